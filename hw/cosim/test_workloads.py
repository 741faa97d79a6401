#!/usr/bin/env python3
"""Whole workloads with the RTL as the policy.

    test_workloads.py --dysta PROGRAM --cosim PROGRAM [--golden FOLDER]

The co-simulation compares every decision with its model; here what comes of them is compared with
what `dysta simulate` says of the same arithmetic.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FORMATS = ("fp32", "fp16", "fixed")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def completions(path: Path) -> list[str]:
    """Completion times of the file's one policy, as they are written."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row[-1] for row in list(csv.reader(file))[1:]]


class Workloads(unittest.TestCase):
    dysta: Path
    cosim: Path
    golden: Path | None

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="dysta-cosim-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def draw(self, traces: str, load: str, count: int) -> Path:
        requests = self.folder / "requests.csv"
        drawn = run(self.dysta, "workload", "--traces", ROOT / "data/traces" / traces, "--load", load,
                    "--count", str(count), "--seed", "1")
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        requests.write_text(drawn.stdout, encoding="utf-8")
        return requests

    def test_the_hardware_does_what_the_simulator_says(self) -> None:
        for traces in ("eyeriss_v2", "sanger"):
            requests = self.draw(traces, "0.9", 200)
            for form in FORMATS:
                for parameters in ("wait_unit_s=1", "wait_unit_s=auto,beta=0.1"):
                    with self.subTest(traces=traces, format=form, parameters=parameters):
                        self.compare(traces, requests, form, parameters)

    def compare(self, traces: str, requests: Path, form: str, parameters: str) -> None:
        common = ("--traces", ROOT / "data/traces" / traces, "--requests", requests, "--completions")
        ours, theirs = self.folder / "rtl.csv", self.folder / "model.csv"
        done = run(self.cosim, *common, ours, "--format", form, "--capacity", "512",
                   "--parameters", parameters)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f", all as the {form} model decides; at most 0 requests waited", done.stdout)
        policy = f"dysta:arithmetic={form},{parameters}"
        done = run(self.dysta, "simulate", *common, theirs, "--policies", policy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(completions(ours), completions(theirs))

    def test_requests_wait_in_software_while_the_table_is_full(self) -> None:
        requests = self.draw("sanger", "3", 200)
        done = run(self.cosim, "--traces", ROOT / "data/traces/sanger", "--requests", requests)
        self.assertEqual(done.returncode, 0, done.stderr)
        waited = re.search(r"at most (\d+) requests waited", done.stdout)
        assert waited is not None
        self.assertGreater(int(waited.group(1)), 0)

    def test_golden_workloads(self) -> None:
        if self.golden is None:
            self.skipTest("the golden cases are not here")
        for case in sorted(path for path in self.golden.iterdir() if path.is_dir()):
            for form in FORMATS:
                with self.subTest(case=case.name, format=form):
                    done = run(self.cosim, "--traces", case / "traces", "--requests",
                               case / "requests.csv", "--format", form, "--capacity", "512")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertRegex(done.stdout, rf"\d+ decisions, all as the {form} model decides")

    def test_what_is_not_built_is_refused(self) -> None:
        requests = self.draw("sanger", "0.9", 10)
        workload = ("--traces", ROOT / "data/traces/sanger", "--requests", requests)
        for words, complaint in (
            ((*workload, "--format", "fp64"), "--format: fp64 not in"),
            ((*workload, "--capacity", "100"), "--capacity: 100 not in {64,512}"),
            ((*workload, "--arithmetic", "mixed"), "--arithmetic: mixed not in {separate,shared}"),
            ((*workload, "--fault", "luck"), "--fault: luck not in {none,tie-break"),
            ((*workload, "--format", "fp32", "--fault", "tie-break"), "there is no such hardware; allowed"),
            ((*workload, "--parameters", "predictor=none"), "allowed with it is predictor=average_all"),
            ((*workload[:2],), "--traces and --requests are needed, or --random"),
            (("--random", "0"), "--random"),
        ):
            with self.subTest(words=words):
                done = run(self.cosim, *words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(complaint, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Runs workloads through the RTL.")
    parser.add_argument("--dysta", type=Path, required=True)
    parser.add_argument("--cosim", type=Path, required=True)
    parser.add_argument("--golden", type=Path, help="the folder of golden cases")
    options = parser.parse_args()
    Workloads.dysta, Workloads.cosim = options.dysta.resolve(), options.cosim.resolve()
    golden = Path(os.environ["DYSTA_GOLDEN"]) if "DYSTA_GOLDEN" in os.environ else options.golden
    Workloads.golden = golden if golden is not None and golden.is_dir() else None
    unittest.main(argv=[sys.argv[0]], verbosity=2)


if __name__ == "__main__":
    main()
