"""Cases with the exact completion time of every request, from outside this project.

    test_golden.py --dysta PROGRAM [--golden FOLDER]

A case is a folder: traces/, requests.csv, completions.csv (what every policy of its header must
give) and summary.json. They lie in FOLDER, or in $DYSTA_GOLDEN if that is set; with neither there
is nothing to compare with and the test is skipped (exit status 77).
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
TOLERANCE = 1e-9  # relative
DEFAULTS = {"beta": 0.01, "alpha": 1.0, "seq_len": 512}
# A parameter of summary.json, and the policies that have it.
PARAMETERS = {"beta": ("dysta",), "alpha": ("sdrm3",)}
# Lower bounds on ANTT of some cases, to two digits, from another implementation.
LOWER_BOUNDS = {
    "attnn_overload": "29.75",
    "attnn_tight_slo": "4.39",
    "cnn_overload": "4.88",
    "cnn_tight_slo": "1.37",
}
METRICS = {"antt": "antt", "stp": "stp_inferences_per_s", "violation_rate": "violation_rate"}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def policy_text(name: str, summary: dict[str, Any]) -> str:
    """The policy as --policies wants it, with the case's parameters where they are unusual."""
    for parameter, families in PARAMETERS.items():
        value = summary.get(parameter, DEFAULTS[parameter])
        if value != DEFAULTS[parameter] and name.split("_")[0] in families:
            return f"{name}:{parameter}={value!r}"
    return name


class Golden(unittest.TestCase):
    program: Path

    def close(self, value: float, expected: float, what: str) -> None:
        self.assertLessEqual(abs(value - expected), TOLERANCE * abs(expected), msg=what)

    def check(self, case: Path) -> None:
        expected = read_csv(case / "completions.csv")
        summary = json.loads((case / "summary.json").read_text(encoding="utf-8"))
        policies = [name for name in expected[0] if name not in ("request", "isolated_s")]
        with tempfile.TemporaryDirectory(prefix="dysta-golden-") as folder:
            completions, report = Path(folder, "completions.csv"), Path(folder, "report.json")
            subprocess.run(
                [
                    self.program,
                    "simulate",
                    *("--traces", case / "traces"),
                    *("--seq-len", str(summary.get("seq_len", DEFAULTS["seq_len"]))),
                    *("--requests", case / "requests.csv"),
                    *("--policies", ",".join(policy_text(name, summary) for name in policies)),
                    *("--completions", completions),
                    *("--json", report),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            got = read_csv(completions)
            results = json.loads(report.read_text(encoding="utf-8"))["policies"]

        self.assertEqual(list(got[0]), list(expected[0]))
        self.assertEqual(len(got), len(expected))
        for ours, theirs in zip(got, expected, strict=True):
            for column, value in theirs.items():
                self.close(float(ours[column]), float(value), f"{theirs['request']}: {column}")
        for name, result in zip(policies, results, strict=True):
            wanted = summary["policies"][name]
            for key, metric in METRICS.items():
                self.close(result[metric], wanted[key], f"{name}: {metric}")
            self.assertEqual(result["decisions"], wanted["layers"], msg=name)
            self.assertLessEqual(result["antt_lower_bound"], result["antt"] * (1 + 1e-12), msg=name)
            if case.name in LOWER_BOUNDS:
                bound = f"{result['antt_lower_bound']:.2f}"
                self.assertEqual(bound, LOWER_BOUNDS[case.name], msg=name)


def add_tests(cases: list[Path]) -> None:
    """A test a case."""
    for case in cases:

        def test(self: Golden, case: Path = case) -> None:
            self.check(case)

        setattr(Golden, f"test_{case.name}", test)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares dysta with the golden cases.")
    parser.add_argument("--dysta", type=Path, required=True, help="the program to test")
    parser.add_argument("--golden", type=Path, help="the folder of cases")
    options = parser.parse_args()

    named = os.environ.get("DYSTA_GOLDEN")
    folder = Path(named) if named else options.golden
    if folder is None or not folder.is_dir():
        print(f"no golden cases: {folder} is not a folder (DYSTA_GOLDEN names another)")
        # A folder that somebody named and that is not there is a mistake, not a reason to skip.
        return 1 if named else SKIPPED
    cases = sorted(path.parent for path in folder.glob("*/completions.csv"))
    if not cases:
        print(f"{folder} has no cases in it")
        return 1
    Golden.program = options.dysta.resolve()
    add_tests(cases)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Golden)
    return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
