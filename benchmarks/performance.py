#!/usr/bin/env python3
"""Measures speed and memory, and writes the tables of docs/performance.md anew.

  cmake --preset release -DDYSTA_BENCHMARKS=ON && cmake --build --preset release
  benchmarks/performance.py

Takes about ten minutes on an idle machine. With DYSTA_GOLDEN the golden cases' networks are measured
too; without, their columns are left out. Every table stands between two comments that name it.
"""

import argparse
import csv
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
SHORT = ("fcfs", "sjf", "dysta")  # those with targets for whole runs
LENGTHS = (4, 10, 100, 1_000, 10_000, 100_000)
MPIRUN = ["mpirun", "--oversubscribe"]
ENVIRONMENT = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose first column is text."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of a command that succeeds."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{said.decode()}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


class Measurements:
    def __init__(self, build: Path) -> None:
        self.dysta = build / "dysta"
        self.benchmark = build / "benchmarks/dysta_benchmark"
        self.one_run = build / "benchmarks/dysta_one_run"

    def benchmarks(self, pattern: str, seconds: float = 0.05) -> list[dict]:
        """What the benchmarks of this name measure, each at its fastest of five times."""
        command = [str(self.benchmark), f"--benchmark_filter={pattern}", "--benchmark_format=json"]
        command += [f"--benchmark_min_time={seconds}", "--benchmark_repetitions=5"]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        fastest: dict[str, dict] = {}
        for b in json.loads(run.stdout)["benchmarks"]:
            if b["run_type"] != "iteration":
                continue
            best = fastest.setdefault(b["run_name"], b)
            if b["items_per_second"] > best["items_per_second"]:
                fastest[b["run_name"]] = b
        return list(fastest.values())

    # ---- tables ----

    def whole_simulations(self) -> str:
        rate: dict[tuple[str, str], str] = {}
        ready: dict[str, list[float]] = {}
        for b in self.benchmarks("^simulate/"):
            _, networks, policy, queue = b["run_name"].split("/")
            column = f"{networks}, {queue}"
            rate[policy, column] = f"{b['items_per_second'] / 1e6:.1f}"
            ready.setdefault(column, []).append(b["ready"])
        columns = list(ready)
        rows = [
            [f"`{policy}`", *(rate[policy, c] for c in columns)] for policy in dict.fromkeys(p for p, _ in rate)
        ]
        return (
            table(["policy", *columns], rows)
            + "\nReady tasks, by policy: "
            + "; ".join(f"{c} {min(r):.1f} to {max(r):.1f}" for c, r in ready.items())
            + ".\n"
        )

    def by_length(self) -> str:
        ns: dict[str, dict[int, float]] = {}
        # Of a long queue every task is to run, not only those that are near after it was filled.
        short, long = "ready:(4|10|100|1000)$", "ready:(10000|100000)$"
        for b in self.benchmarks(f"^decide/.*{short}") + self.benchmarks(f"^decide/.*{long}", 0.4):
            _, policy, ready = b["run_name"].split("/")
            ns.setdefault(policy, {})[int(ready.removeprefix("ready:"))] = 1e9 / b["items_per_second"]
        rows = []
        for policy, by in ns.items():
            fitted = [n for n in LENGTHS if n >= 100]
            x = [math.log(n) for n in fitted]
            y = [math.log(by[n]) for n in fitted]
            mx, my = sum(x) / len(x), sum(y) / len(y)
            slope = sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)
            rows.append(
                [f"`{policy}`", *(f"{by[n]:.0f}" for n in LENGTHS), f"{by[100_000] / by[100]:.1f}", f"{slope:.2f}"]
            )
        return table(["policy", *(f"{n:,}" for n in LENGTHS), "100,000 / 100", "exponent"], rows)

    def limit(self) -> str:
        bandwidth = self.bandwidth()
        rows = []
        for policy in SHORT:
            for load, requests in (("0.9", 3000), ("3", 3000)):
                instructions, lines, ns = self.cost(policy, load, requests)
                rows.append(
                    [f"`{policy}`, load {load}", f"{instructions:.0f}", f"{64 * lines:.0f}"]
                    + [f"{64 * lines / bandwidth:.1f}", f"{ns:.0f}"]
                )
        head = [
            "run",
            "instructions",
            "bytes into the first cache",
            "ns they take at the bandwidth",
            "ns measured",
        ]
        return table(head, rows) + f"\nBandwidth of a copy of 256 MiB on one core: {bandwidth:.1f} GB/s.\n"

    def bandwidth(self) -> float:
        """GB/s, read and written, of copying what no cache holds; the best of five."""
        import numpy

        source = numpy.ones(1 << 25)
        target = numpy.empty_like(source)
        best = math.inf
        for _ in range(5):
            start = time.monotonic()
            numpy.copyto(target, source)
            best = min(best, time.monotonic() - start)
        return 2 * source.nbytes / best / 1e9

    def cost(self, policy: str, load: str, requests: int) -> tuple[float, float, float]:
        """Instructions, cache lines brought into the first cache, and ns, a layer decision."""
        traces = str(ROOT / "data/traces/sanger")
        with tempfile.TemporaryDirectory(prefix="dysta-performance-") as folder:
            out = Path(folder, "callgrind")
            command = ["valgrind", "--tool=callgrind", "--cache-sim=yes", f"--callgrind-out-file={out}"]
            command += ["--toggle-collect=dysta::Simulation::run(dysta::RequestSource*", str(self.one_run)]
            command += [traces, policy, load, str(requests)]
            decisions = int(subprocess.run(command, capture_output=True, check=True).stdout)
            text = out.read_text()
        events = re.search(r"^events: (.*)$", text, re.MULTILINE)[1].split()
        totals = re.search(r"^(?:totals|summary): (.*)$", text, re.MULTILINE)[1].split()
        counts = dict(zip(events, map(int, totals)))
        # Runs of the same length, so that queues are as long; one thread.
        simulate = [str(self.dysta), "simulate", "--traces", traces, "--load", load]
        simulate += ["--count", str(requests), "--policies", policy]
        more, less = (
            min(measured([*simulate, "--jobs", "1", "--seeds", f"1-{seeds}"])[0] for _ in range(3))
            for seeds in (440, 40)
        )
        layers = decisions / requests
        misses = counts["D1mr"] + counts["D1mw"]
        return (
            counts["Ir"] / decisions,
            misses / decisions,
            (more - less) / (400 * requests * layers) * 1e9,
        )

    def long_runs(self) -> str:
        rows = []
        simulate = [str(self.dysta), "simulate", "--traces", str(ROOT / "data/traces/sanger")]
        cases = [(policy, "0.9", 10_000_000) for policy in SHORT] + [("dysta", "0.9", 100_000_000)]
        for policy, load, requests in cases:
            command = [*simulate, "--load", load, "--policies", policy, "--count", str(requests)]
            seconds, mib = measured(command)
            rows.append([f"`{policy}`", load, f"{requests:,}", f"{seconds:.1f}"])
            rows[-1] += [f"{12 * requests / seconds / 1e6:.1f}", f"{mib:.0f}", ""]
        for policy in SHORT:
            command = [*simulate, "--load", "3", "--policies", policy, "--count"]
            _, small = measured([*command, "200000"])
            seconds, large = measured([*command, "1200000"])
            more = self.left_waiting([*command, "1200000"]) - self.left_waiting([*command, "200000"])
            rows.append([f"`{policy}`", "3", "1,200,000", f"{seconds:.1f}"])
            rows[-1] += [f"{12 * 1.2 / seconds:.1f}", f"{large:.0f}", f"{(large - small) * 2**20 / more:.0f}"]
        head = ["policy", "load", "requests", "s", "million layers a second", "peak MiB", "bytes a waiting task"]
        return table(head, rows)

    def left_waiting(self, simulate: list[str]) -> int:
        """How many requests wait at the last arrival of a run at load 3: a third of its time is over."""
        with tempfile.TemporaryDirectory(prefix="dysta-performance-") as folder:
            file = Path(folder, "completions.csv")
            measured([*simulate, "--completions", str(file)])

            def ends() -> Iterator[float]:  # not a list: what this process holds counts for its children
                with file.open() as rows:
                    next(rows)
                    yield from (float(row.rsplit(",", 1)[1]) for row in rows)

            last_arrival = max(ends()) / 3
            return sum(end > last_arrival for end in ends())

    def sweeps(self) -> str:
        plan = (
            "schema: 1\nscenarios: [measured_attention, measured_cnn]\npolicies: [fcfs, sjf, dysta, punctual]\n"
            "loads: [0.6, 0.8, 0.9, 1]\nseeds: 1-20\nrequests: 100000\n"
        )
        with tempfile.TemporaryDirectory(prefix="dysta-performance-") as folder:
            file = Path(folder, "sweep.yaml")
            file.write_text(plan)

            def seconds(name: str, before: list[str], jobs: int) -> float:
                best, tables = math.inf, set()
                for i in range(2):
                    out = Path(folder, f"{name}{i}")
                    sweep = [str(self.dysta), "sweep", str(file), "--out", str(out), "--jobs", str(jobs)]
                    best = min(best, measured([*before, *sweep])[0])
                    tables.add((out / "points.csv").read_bytes())
                assert len(tables) == 1
                return best

            alone = seconds("alone", [], 1)
            rows = [["1 thread", f"{alone:.1f}", ""]]
            for name, before, jobs in (("2 threads", [], 2), ("2 ranks", [*MPIRUN, "-n", "2"], 1)):
                s = seconds(name.replace(" ", ""), before, jobs)
                rows.append([name, f"{s:.1f}", f"{100 * alone / (2 * s):.0f}%"])
        return table(["640 points of 100,000 requests", "s", "efficiency"], rows)

    def instructions(self) -> str:
        with (Path(__file__).parent / "instructions.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        loads = list(dict.fromkeys(row["load"] for row in rows))
        policies = list(dict.fromkeys(row["policy"] for row in rows))
        by = {(row["policy"], row["load"]): row["instructions_per_decision"] for row in rows}
        return table(
            ["policy", *(f"load {load}" for load in loads)],
            [[f"`{policy}`", *(by[policy, load] for load in loads)] for policy in policies],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--only", action="append", help="this table alone; may be repeated")
    options = parser.parse_args()
    measurements = Measurements(options.build.resolve())
    tables: dict[str, Callable[[], str]] = {
        "whole simulations": measurements.whole_simulations,
        "by length": measurements.by_length,
        "limit": measurements.limit,
        "long runs": measurements.long_runs,
        "sweeps": measurements.sweeps,
        "instructions": measurements.instructions,
    }
    page = PAGE.read_text()
    for name, measure in tables.items():
        if options.only and name not in options.only:
            continue
        print(name, file=sys.stderr, flush=True)
        place = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not place.search(page):
            sys.exit(f"{PAGE.name} has no place for '{name}'")
        text = measure()
        page = place.sub(lambda match: match[1] + "\n" + text + "\n" + match[2], page)
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
