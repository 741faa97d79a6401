"""Draws what `dysta reproduce` left, and writes its page.

    python3 dysta_report draw FOLDER...   figures, tables and verdicts of experiments
    python3 dysta_report page DIR         DIR/index.html of all experiments in DIR
"""

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started as a folder: make it the package that it is.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    __package__ = "dysta_report"

from dysta_report.errors import ReportError


def main() -> int:
    parser = argparse.ArgumentParser(prog="dysta_report", description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("draw", "page"))
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    try:
        if options.action == "draw":
            from dysta_report.draw import draw

            for folder in options.folders:
                for claim in draw(folder)["claims"]:
                    traces = f" (traces: {claim['origin']})" if claim["origin"] else ""
                    print(f"  {claim['verdict']}: {claim['says']}{traces}\n    {claim['evidence']}")
        else:
            from dysta_report.page import write_page

            for folder in options.folders:
                write_page(folder)
    except (ReportError, OSError) as error:
        print(f"dysta: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
