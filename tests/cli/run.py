"""Runs the tests of the command line.

    run.py --dysta PROGRAM [--update] [-v] [MODULE | MODULE.CLASS[.TEST] ...]

Without names all modules (`test_*.py` in this folder) run. `--update` writes the transcripts'
expected output anew from what the program prints now (only `test_transcripts` heeds it); look at
the difference before you keep it.
"""

import argparse
import sys
import unittest
from pathlib import Path

import support


def main() -> int:
    parser = argparse.ArgumentParser(description="Tests of dysta's command line.")
    parser.add_argument("--dysta", type=Path, required=True, help="the program to test")
    parser.add_argument("--update", action="store_true", help="write expected output anew")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("names", nargs="*", metavar="MODULE", help="what to run; default all")
    options = parser.parse_args()

    if not options.dysta.is_file():
        parser.error(f"there is no program {options.dysta}")
    support.program = options.dysta.resolve()
    support.update = options.update
    names = options.names or sorted(path.stem for path in support.HERE.glob("test_*.py"))
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2 if options.verbose else 1).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
