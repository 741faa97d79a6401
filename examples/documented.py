#!/usr/bin/env python3
"""Runs the commands of documentation pages and compares what they print with what stands there.

In a page, a block of sh is run if it starts with `build/release/dysta`, `mkdir`, `cat`, `for` or
`python3`; a block of text right after it is what it prints, standard error included. Between
`<!-- COMMAND -->` and `<!-- end -->` stands what `build/release/COMMAND` prints. All commands of a
page run in one folder that holds the repository's data, examples and suite; one that fails without
saying what in a block of text is a fault, and so is one in an indented block, which is not run.

usage: documented.py [--update] DYSTA PAGE...
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ("build/release/dysta", "mkdir", "cat", "for ", "python3")
PART = re.compile(
    r"```sh\n(?P<command>.*?)```\n(?:\n?```text\n(?P<output>.*?)```\n)?"
    r"|<!-- (?P<program>dysta [^>]*?) -->\n(?P<printed>.*?)<!-- end -->\n",
    re.DOTALL,
)
INDENTED = re.compile(r"^ +```sh\n +(?P<command>.*)$", re.MULTILINE)


def run(command: str, folder: Path) -> tuple[str, int]:
    """Standard output and error of a shell command, and its exit status."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.stdout, done.returncode


def renewed(page: Path, dysta: Path) -> str:
    """The page with what its commands print now."""
    for block in INDENTED.finditer(page.read_text()):
        if block["command"].startswith(RUN):
            sys.exit(f"{page}: is in an indented block, and not run:\n{block['command']}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "build" / "release").mkdir(parents=True)
        (folder / "build" / "release" / "dysta").symlink_to(dysta)
        for shared in ("data", "examples", "suite"):
            (folder / shared).symlink_to(ROOT / shared)

        def part(match: re.Match[str]) -> str:
            if match["program"]:
                text, _ = run("build/release/" + match["program"], folder)
                return f"<!-- {match['program']} -->\n{text}<!-- end -->\n"
            if not match["command"].startswith(RUN):
                return match[0]
            text, status = run(match["command"], folder)
            if match["output"] is None:
                if status != 0:
                    sys.exit(f"{page}: status {status} of\n{match['command']}{text}")
                return match[0]
            return match[0][: match.start("output") - match.start()] + text + "```\n"

        return PART.sub(part, page.read_text())


def main() -> int:
    arguments = sys.argv[1:]
    update = arguments[:1] == ["--update"]
    dysta, *pages = arguments[update:]
    stale = 0
    for page in map(Path, pages):
        before, after = page.read_text(), renewed(page, Path(os.path.abspath(dysta)))
        if before == after:
            continue
        stale += 1
        if update:
            page.write_text(after)
        lines = (text.splitlines(keepends=True) for text in (before, after))
        sys.stdout.writelines(difflib.unified_diff(*lines, str(page), "what the commands print"))
    return 1 if stale and not update else 0


if __name__ == "__main__":
    sys.exit(main())
