"""Installs a build into a temporary prefix and uses it as another project would.

    test_install.py --build FOLDER --source FOLDER --cmake PROGRAM --cxx PROGRAM [--flags TEXT]
                    [--config NAME] [--launcher PROGRAM] --dysta-version TEXT
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONSUMER_SAYS = "fcfs: 2 3 3.25\ndysta:beta=0: 2.25 3.25 1.25\n"

options = argparse.Namespace()  # set by main


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Standard output; on failure all that was printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class InstallTest(unittest.TestCase):
    folder: Path
    prefix: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="dysta-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        first = cls.folder / "first"
        run(options.cmake, "--install", options.build, "--prefix", first)
        # Packages are unpacked anywhere: nothing may depend on where they were installed.
        cls.prefix = first.rename(cls.folder / "moved")

    def test_program(self) -> None:
        said = run(self.prefix / "bin/dysta", "--version")
        self.assertEqual(said, f"dysta {options.dysta_version}\n")

    def test_what_ships_is_found(self) -> None:
        listed = run(self.prefix / "bin/dysta", "reproduce", "list", cwd=self.folder)
        self.assertIn("fig12 ", listed)
        said = run(
            self.prefix / "bin/dysta",
            *"simulate --scenario paper_attention --count 10 --policies fcfs".split(),
            cwd=self.folder,
        )
        self.assertIn("paper_attention", said)

    def test_consumer(self) -> None:
        build = self.folder / "consumer"
        run(
            options.cmake,
            *(
                "-S",
                HERE / "consumer",
                "-B",
                build,
                "-G",
                "Ninja" if shutil.which("ninja") else "Unix Makefiles",
            ),
            f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_BUILD_TYPE={options.config}",
            f"-DCMAKE_CXX_COMPILER={options.cxx}",
            f"-DCMAKE_CXX_FLAGS={options.flags}",
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={options.launcher}",
        )
        run(options.cmake, "--build", build)
        self.assertEqual(run(build / "consumer"), CONSUMER_SAYS)

    def test_nothing_refers_to_the_source_or_build(self) -> None:
        for path in sorted(self.prefix.rglob("*.cmake")):
            text = path.read_text(encoding="utf-8")
            for folder in (options.source, options.build, self.folder):
                self.assertNotIn(f"{folder}/", text, msg=path)

    def test_every_header_stands_alone(self) -> None:
        """A translation unit a header, included twice, with nothing but the prefix to find."""
        include = self.prefix / "include"
        headers = sorted(path.relative_to(include) for path in include.rglob("*.hpp"))
        source = options.source / "src"
        self.assertEqual(
            headers, sorted(path.relative_to(source) for path in source.rglob("*.hpp"))
        )
        units: list[Path] = []
        for header in headers:
            unit = self.folder / f"{'_'.join(header.with_suffix('').parts)}.cpp"
            unit.write_text(f"#include <{header}>\n#include <{header}>\n", encoding="utf-8")
            units.append(unit)
        jobs = os.cpu_count() or 1
        with ThreadPoolExecutor(jobs) as pool:
            command = (options.cxx, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror")
            parts = [units[first::jobs] for first in range(jobs)]
            for _ in pool.map(lambda part: run(*command, "-I", include, *part), parts):
                pass


def main() -> int:
    parser = argparse.ArgumentParser(description="Installs dysta and uses what was installed.")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--cmake", type=Path, required=True)
    parser.add_argument("--cxx", type=Path, required=True)
    parser.add_argument("--dysta-version", required=True)
    parser.add_argument("--flags", default="", help="what the build was compiled with")
    parser.add_argument("--config", default="", help="build type")
    parser.add_argument("--launcher", default="", help="compiler launcher, such as ccache")
    parser.parse_args(namespace=options)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(InstallTest)
    return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
