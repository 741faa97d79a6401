"""Runs the tests of what is drawn of an evaluation.

    run.py --dysta PROGRAM [-v] [MODULE | MODULE.CLASS[.TEST] ...]

Without names all modules (`test_*.py` in this folder) run.
"""

import argparse
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))

import support  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description="Tests of figures, verdicts and the page.")
    parser.add_argument("--dysta", type=Path, required=True, help="the program to test")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("names", nargs="*", metavar="MODULE", help="what to run; default all")
    options = parser.parse_args()
    if not options.dysta.is_file():
        parser.error(f"there is no program {options.dysta}")
    support.program = options.dysta.resolve()
    names = options.names or sorted(path.stem for path in HERE.glob("test_*.py"))
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2 if options.verbose else 1).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
