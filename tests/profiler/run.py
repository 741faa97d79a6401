"""Runs the tests of the profiler.

    run.py --dysta PROGRAM --prepared-image PROGRAM [-v] [MODULE | MODULE.CLASS[.TEST] ...]

Needs PyTorch, NumPy and Pillow; exits with status 77 where they are not installed. Without names
all modules (`test_*.py` in this folder) run.
"""

import argparse
import importlib.util
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cli")]
SKIPPED = 77


def main() -> int:
    parser = argparse.ArgumentParser(description="Tests of dysta profile.")
    parser.add_argument("--dysta", type=Path, required=True, help="the program to test")
    parser.add_argument("--prepared-image", type=Path, required=True, help="built from this folder")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("names", nargs="*", metavar="MODULE", help="what to run; default all")
    options = parser.parse_args()

    missing = [name for name in ("torch", "numpy", "PIL") if not importlib.util.find_spec(name)]
    if missing:
        print(f"skipped: {', '.join(missing)} cannot be imported by {sys.executable}")
        return SKIPPED

    import networks
    import support

    support.program = options.dysta.resolve()
    networks.prepared_image = options.prepared_image.resolve()
    names = options.names or sorted(path.stem for path in HERE.glob("test_*.py"))
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2 if options.verbose else 1).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
