#!/usr/bin/env python3
"""Instructions a layer decision takes, held against committed figures.

  benchmarks/instructions.py             holds; status 1 where it took more
  benchmarks/instructions.py --update    writes the figures anew

Counts with valgrind's callgrind what `Simulation::run` does, estimates and choices included,
outcomes dropped, on fixed workloads of the measured attention traces: with few ready tasks at a load
of 0.9, with hundreds under overload. Counts do not depend on how busy a machine is; they do depend on the
compiler, so the figures are those of Debian 12's GCC 12.2 with the release preset, and only with a
GCC 12 is it one of the tests.
"""

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIGURES = Path(__file__).with_suffix(".csv")
COLUMNS = ["policy", "load", "requests", "decisions", "instructions_per_decision"]
POLICIES = [
    *("fcfs", "sjf", "edf", "srpt", "dysta", "dysta:wait_unit_s=auto", "punctual"),
    "punctual:preemption_s=0.0001",  # chooses in a way of its own
]
LOADS = {"0.9": 3000, "3": 3000}  # requests by load
MOST = 1.03  # of the committed figure
SKIPPED = 77


def count(program: Path, policy: str, load: str, requests: int) -> dict[str, str]:
    """A row of the figures, measured."""
    with tempfile.TemporaryDirectory(prefix="dysta-instructions-") as folder:
        out = Path(folder, "callgrind")
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        command += ["--toggle-collect=dysta::Simulation::run(dysta::RequestSource*", str(program)]
        command += [str(ROOT / "data/traces/sanger"), policy, load, str(requests)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
        instructions = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
    decisions = int(run.stdout)
    if instructions is None or int(instructions[1]) < decisions:
        sys.exit(f"callgrind counted nothing in Simulation::run under {policy}")
    row = [policy, load, requests, decisions, f"{int(instructions[1]) / decisions:.1f}"]
    return dict(zip(COLUMNS, map(str, row)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--program",
        type=Path,
        default=ROOT / "build/release/benchmarks/dysta_one_run",
        help="built for release; default: %(default)s",
    )
    parser.add_argument("--update", action="store_true", help=f"write {FIGURES.name} anew")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return SKIPPED

    cases = [(policy, load, requests) for load, requests in LOADS.items() for policy in POLICIES]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(lambda case: count(options.program, *case), cases))
    if options.update:
        with FIGURES.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return 0

    with FIGURES.open(newline="") as file:
        committed = {(row["policy"], row["load"]): row for row in csv.DictReader(file)}
    worse = 0
    for row in rows:
        before = committed.get((row["policy"], row["load"]))
        if before is None:
            sys.exit(f"{FIGURES.name} has no figure for {row['policy']} at load {row['load']}")
        ratio = float(row["instructions_per_decision"]) / float(before["instructions_per_decision"])
        worse += ratio > MOST
        verdict = f"more than {MOST} times as many" if ratio > MOST else ""
        print(
            f"{row['policy']:24} load {row['load']:>3}  {row['instructions_per_decision']:>7} a decision,"
            f" {ratio:.3f} of the committed  {verdict}".rstrip()
        )
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
