"""Commands with their whole output beside them: transcripts/NAME/cmd and .../expected.

A command runs in this folder, so that its paths start with `data/`. After a change of what the
program prints, write the expected output anew and read the difference:

    run.py --dysta PROGRAM --update test_transcripts
"""

import shlex
import subprocess
import unittest
from pathlib import Path

import support

TRANSCRIPTS = support.HERE / "transcripts"


class Transcripts(unittest.TestCase):
    maxDiff = None

    def check(self, folder: Path) -> None:
        name, *arguments = shlex.split((folder / "cmd").read_text(encoding="utf-8"))
        self.assertEqual(name, "dysta")
        done = subprocess.run(
            [str(support.program), *arguments],
            cwd=support.HERE,
            capture_output=True,
            timeout=support.TIMEOUT_S,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        expected = folder / "expected"
        if support.update:
            expected.write_bytes(done.stdout)
        self.assertEqual(done.stdout.decode("utf-8"), expected.read_text(encoding="utf-8"))


def add_tests() -> None:
    """A test a folder."""
    for folder in sorted(path.parent for path in TRANSCRIPTS.glob("*/cmd")):

        def test(self: Transcripts, folder: Path = folder) -> None:
            self.check(folder)

        setattr(Transcripts, f"test_{folder.name}", test)


add_tests()
