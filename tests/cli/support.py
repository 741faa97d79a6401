"""What the tests of the command line share: running the program, small traces, what must hold
of every failure."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 120

CNN_HEADER = "sim_lat,overall-sparsity,batch-indx,layer-indx"
ATTENTION_HEADER = "overall-sparsity,50%-skip,batch-indx,layer-indx"
REQUEST_HEADER = "arrival_s,model,sample,priority,slo_s"

# A run on the traces of `write_traces()` that no machine ends before a signal comes: with everybody
# waiting at once, each of its million decisions looks at hundreds of thousands of tasks.
ENDLESS = (
    *"simulate --traces traces --load 50 --count 500000 --policies prema,prema_sparse".split(),
    *"--jobs 2".split(),
)

program = Path("dysta")  # set by the runner
update = False  # set by the runner: write the transcripts' expected output anew


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    status: int
    out: str
    err: str


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def strict_json(text: str) -> Any:
    """The value of a JSON text, in which NaN and infinities are errors."""
    return json.loads(text, parse_constant=_refuse_constant)


def lines(*rows: str) -> str:
    """The text of a file with these lines."""
    return "".join(f"{row}\n" for row in rows)


# On the traces of `write_traces()`.
SMALL_SCENARIO = lines(
    "schema: 1",
    "name: small",
    "what: three variants of two models",
    "accelerators:",
    "  - {name: chip, model: eyeriss_v2}",
    "streams:",
    "  - name: all",
    "    rate_hz: 20",
    "    slo_multiplier: 10",
    "    networks: [{traces: traces}]",
)


def cnn_trace(samples: Iterable[Iterable[tuple[float, float]]]) -> str:
    """The text of a CNN trace; a sample is its layers' (latency in seconds, sparsity)."""
    rows = [
        f"{latency},{sparsity},{s},{layer}"
        for s, sample in enumerate(samples)
        for layer, (latency, sparsity) in enumerate(sample)
    ]
    return lines(CNN_HEADER, *rows)


def random_cnn_trace(seed: int, samples: int, layers: int, scale_s: float) -> str:
    rng = random.Random(seed)
    return cnn_trace(
        [
            [
                (round(scale_s * rng.uniform(0.5, 1.5), 6), round(rng.uniform(0.2, 0.8), 4))
                for _ in range(layers)
            ]
            for _ in range(samples)
        ]
    )


class CliTest(unittest.TestCase):
    """A test with a temporary folder of its own, in which the program runs."""

    maxDiff = 2000

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dysta-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    # ---- files ----

    def write(self, name: str, text: str | bytes) -> Path:
        """Writes a file, in folders that are made as needed."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def files(self) -> dict[str, bytes | None]:
        """All files in the folder with their contents; nothing for what is not a file."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.folder.rglob("*"))
        }

    def write_traces(self) -> None:
        """Three variants of two models in `traces`."""
        self.write("traces/resnet_nm24.csv", random_cnn_trace(1, 5, 4, 0.012))
        self.write("traces/resnet_random80.csv", random_cnn_trace(2, 6, 4, 0.010))
        self.write("traces/vgg_channel50.csv", random_cnn_trace(3, 4, 3, 0.030))

    # ---- runs ----

    def run_dysta(
        self,
        *arguments: str | Path,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Result:
        """Runs the program in the test's folder."""
        how: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        done = subprocess.run(
            [str(program), *map(str, arguments)],
            cwd=self.folder,
            input=stdin.encode() if stdin is not None else None,
            env={**os.environ, **(environment or {})},
            timeout=how.pop("timeout", TIMEOUT_S),
            **how,
        )
        return Result(
            done.returncode,
            (done.stdout or b"").decode("utf-8", "surrogateescape"),
            (done.stderr or b"").decode("utf-8", "surrogateescape"),
        )

    def succeeds(self, *arguments: str | Path, **options: Any) -> str:
        """Standard output of a run that must end well, and silently on standard error."""
        result = self.run_dysta(*arguments, **options)
        self.assertEqual((result.status, result.err), (0, ""), msg=arguments)
        return result.out

    def fails(self, status: int, message: str, *arguments: str | Path, **options: Any) -> None:
        """A run that must fail with just this one line, print nothing and leave no file."""
        before = self.files()
        result = self.run_dysta(*arguments, **options)
        self.assertEqual(result, Result(status, "", f"dysta: {message}\n"), msg=arguments)
        self.assertEqual(self.files(), before, msg=arguments)

    def completions(self, *arguments: str | Path) -> str:
        """What `simulate --completions` writes."""
        self.succeeds("simulate", *arguments, "--completions", "completions.csv")
        text = self.read("completions.csv")
        (self.folder / "completions.csv").unlink()
        return text


def stored(folder: Path) -> tuple[int, int]:
    """The points and figures in a copy of a sweep's database, log included: the original stays locked."""
    with tempfile.TemporaryDirectory(prefix="dysta-copy-") as copy:
        for path in folder.glob("points.sqlite*"):
            shutil.copy(path, copy)
        try:
            with sqlite3.connect(Path(copy, "points.sqlite")) as database:
                (points,) = database.execute("SELECT count(*) FROM points").fetchone()
                (figures,) = database.execute("SELECT count(*) FROM figures").fetchone()
        except sqlite3.DatabaseError:
            return 0, 0  # copied while it was being made
        finally:
            database.close()
    return points, figures


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Waits for something that `process` is about to do."""
    give_up = time.monotonic() + TIMEOUT_S
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"ended early, with status {process.returncode}")
        if time.monotonic() > give_up:
            raise AssertionError("did not come to it in time")
        time.sleep(0.02)
