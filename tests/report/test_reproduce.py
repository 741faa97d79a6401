"""dysta reproduce and dysta report from end to end, with an experiment of seconds."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import support
from support import ReportTest

SCENARIO = """\
schema: 1
name: tiny
what: two networks
accelerators:
  - {name: one, model: eyeriss_v2}
load: 0.8
streams:
  - name: all
    arrivals: poisson
    rate_hz: 100
    slo_multiplier: 10
    networks:
      - {traces: traces}
"""

EXPERIMENT = """\
schema: 1
order: 1
title: Tiny
about: Nothing but a test.
figures: [tradeoff, predictors]
sweeps:
  - name: loads
    title: Two loads
    schema: 1
    scenarios: tiny_scenario.yaml
    policies: [fcfs, sjf]
    loads: [0.7, 0.9]
    seeds: 1-3
    requests: 60
traces:
  - {name: measured, title: Measured, files: data/traces/eyeriss_v2/resnet8_dense.csv}
  - name: drawn
    title: Drawn
    synthesised:
      - {model: mobilenetv1, accelerator: eyeriss_v2, inputs: {imagenet: 20}}
predictions: {folds: 5, last_n: 3}
claims:
  - says: sjf has the lower ANTT
    kind: lowest
    sweep: loads
    metric: antt
    policy: sjf
    against: fcfs
"""


class ReproduceTest(ReportTest):
    def setUp(self) -> None:
        super().setUp()
        for name, latency_s in (("short_a", 0.001), ("long_a", 0.02)):
            rows = ["sim_lat,overall-sparsity,batch-indx,layer-indx"]
            rows += [f"{latency_s * (1 + s / 9)},0.5,{s},{l}" for s in range(4) for l in range(3)]
            self.write(f"traces/{name}.csv", "\n".join([*rows, ""]))
        self.write("tiny_scenario.yaml", SCENARIO)
        self.write("tiny.yaml", EXPERIMENT)

    def run_dysta(self, *arguments: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(support.program), *map(str, arguments)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def reproduce(self, *options: str) -> str:
        done = self.run_dysta(
            "reproduce", "tiny.yaml", "--out", "out", "--python", sys.executable, *options
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def fails(self, status: int, message: str, *arguments: str) -> None:
        done = self.run_dysta(*arguments)
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertRegex(done.stderr, rf"\Adysta: {message}\n\Z")

    def contents(self) -> dict[str, bytes]:
        """All that is made of the data; not the database, nor how long it took."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted((self.folder / "out").rglob("*"))
            if path.is_file() and path.suffix in (".csv", ".svg", ".pdf", ".png")
        }

    def test_everything(self) -> None:
        said = self.reproduce()
        self.assertIn("[1/1] tiny: Tiny\n", said)
        self.assertIn("sjf has the lower ANTT", said)
        self.assertTrue(said.endswith("The report: out/index.html\n"))
        facts = json.loads((self.folder / "out/tiny/experiment.json").read_text())
        self.assertEqual(
            [group["origin"] for group in facts["traces"]], ["measured", "synthesised"]
        )
        self.assertEqual(facts["sweeps"][0]["origins"], "unknown")
        self.assertEqual(facts["sweeps"][0]["seeds"], [1, 2, 3])
        made = self.contents()
        for name in (
            "loads/points.csv",
            "predictions.csv",
            "traces/resnet8_dense.csv",
            "figures/tradeoff_loads_1.svg",
            "figures/predictors_drawn.pdf",
        ):
            self.assertIn(f"out/tiny/{name}", made)
        page = (self.folder / "out/index.html").read_text(encoding="utf-8")
        for words in (
            "SYNTHESISED",
            "seeds 1, 2, 3",
            "dysta reproduce tiny.yaml --out out",
            "measured",
        ):
            self.assertIn(words, page)

        # Again, and with another number of threads: the same bytes; a stale trace goes.
        self.write("out/tiny/traces/stale.csv", "")
        self.reproduce("--jobs", "1")
        self.assertEqual(self.contents(), made)
        facts = json.loads((self.folder / "out/tiny/experiment.json").read_text())
        self.assertEqual(
            [facts["sweeps"][0][key] for key in ("points_run", "points_reused")], [0, 12]
        )

        # Ended while new traces took the place of old ones: these come back with the next run.
        traces = self.folder / "out/tiny/traces"
        traces.rename(self.folder / "out/tiny/.traces.old")
        self.write("tiny.yaml", EXPERIMENT.replace("resnet8_dense", "none"))
        done = self.run_dysta(
            "reproduce", "tiny.yaml", "--out", "out", "--python", sys.executable
        )
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Adysta: .*none.csv: .*\n\Z")
        self.assertEqual(self.contents(), made)

        # The page from what is there.
        (self.folder / "out/index.html").unlink()
        done = self.run_dysta("report", "out", "--python", sys.executable)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.contents(), made)
        self.assertTrue((self.folder / "out/index.html").exists())

    def test_fewer_seeds_are_told(self) -> None:
        self.reproduce("--most-seeds", "2")
        page = (self.folder / "out/index.html").read_text(encoding="utf-8")
        self.assertIn("Reduced: at most 2 seeds of each sweep.", page)
        self.assertIn("seeds 1, 2;", page)

    def test_the_recorded_command_makes_the_same(self) -> None:
        text = EXPERIMENT.replace("tiny_scenario", "../tiny_scenario")
        self.write("of mine/it's.yaml", text)
        done = self.run_dysta(
            "reproduce", "of mine/it's.yaml", "--out", "an out", "--python", sys.executable
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        facts = json.loads((self.folder / "an out/it's/experiment.json").read_text())
        program, *arguments = shlex.split(facts["command"])
        self.assertEqual(
            [program, *arguments], ["dysta", "reproduce", "of mine/it's.yaml", "--out", "an out"]
        )

    def test_list(self) -> None:
        done = self.run_dysta("reproduce", "list")
        self.assertEqual(done.returncode, 0)
        shipped = Path(__file__).resolve().parents[2] / "experiments"
        listed = {line.split()[0] for line in done.stdout.splitlines()}
        self.assertEqual(listed, {path.stem for path in shipped.glob("*.yaml")})

    def test_wrong_command_lines(self) -> None:
        self.fails(
            2, "there is no experiment 'fig99'; allowed are .*", "reproduce", "fig99", "--out", "o"
        )
        self.fails(2, "--out is missing; .*", "reproduce", "tiny.yaml")
        self.fails(2, "list is given with other names; .*", "reproduce", "list", "fig13")
        twice = ("reproduce", "tiny.yaml", "./tiny.yaml", "--out", "o")
        self.fails(2, "experiment 'tiny' is asked for twice; .*", *twice)

    def test_what_is_wrong(self) -> None:
        out = ("--out", "o", "--python", sys.executable)
        self.write("odd.yaml", EXPERIMENT.replace("kind: lowest", "kind: odd"))
        message = "odd.yaml:24:11: kind is 'odd'; allowed is one of order, lowest, .*"
        self.fails(1, message, "reproduce", "odd.yaml", *out)
        self.fails(1, "none.yaml: .*", "reproduce", "none.yaml", *out)
        self.fails(1, ".*: holds no experiments; .*", "report", ".", "--python", sys.executable)
        message = "/bin/false: has no matplotlib and numpy, .*"
        self.fails(1, message, "reproduce", "tiny.yaml", "--out", "o", "--python", "/bin/false")
        message = "/nope: cannot be started: .*; allowed is a Python 3 with matplotlib and numpy"
        self.fails(1, message, "reproduce", "tiny.yaml", "--out", "o", "--python", "/nope")
        self.write("odd.yaml", EXPERIMENT.replace("model: mobilenetv1", "model: m.yaml"))
        self.fails(1, ".*m.yaml: .*", "reproduce", "odd.yaml", *out)
        self.assertFalse((self.folder / "o").exists())
