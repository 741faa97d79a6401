"""Where results go: whole or not at all, whatever the target is."""

import functools
import os
import resource
import signal
import stat
import subprocess
import threading
import unittest
from pathlib import Path

import support
from support import CliTest, strict_json

OPTIONS = ("--completions", "--json", "--csv", "--timeline")
RUN = ("simulate", "--traces", "traces", "--rate", "9", "--policies", "fcfs,sjf")
FULL = "No space left on device"
ALLOWED = "allowed is a file in a folder that can be written, with space left"


def close_all(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


class OutputsTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def mode(self, name: str) -> int:
        return stat.S_IMODE((self.folder / name).stat().st_mode)


class RefusedTargetTest(OutputsTest):
    def refused(self, message: str, target: str) -> None:
        for option in OPTIONS:
            with self.subTest(option=option):
                self.fails(1, message, *RUN, "--count", "5", option, target)

    def test_folder(self) -> None:
        for target in ("traces", "traces/", ".", "/"):
            self.refused(f"{target}: is a folder; allowed is the name of a file", target)

    def test_folder_that_does_not_exist(self) -> None:
        for target in ("no/out", "traces/vgg_channel50.csv/out", "no/"):
            reason = "Not a directory" if ".csv/" in target else "No such file or directory"
            self.refused(f"{target}: cannot be written: {reason}; {ALLOWED}", target)

    def test_name_too_long(self) -> None:
        target = "x" * 300
        self.refused(f"{target}: cannot be written: File name too long; {ALLOWED}", target)

    def test_unwritable_folder(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root writes everywhere")
        (self.folder / "locked").mkdir()
        (self.folder / "locked").chmod(0o500)
        self.refused(f"locked/out: cannot be written: Permission denied; {ALLOWED}", "locked/out")

    def test_unwritable_file(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root writes everywhere")
        self.write("out", "old").chmod(0o400)
        self.refused(f"out: cannot be written: Permission denied; {ALLOWED}", "out")

    def test_full_device(self) -> None:
        """Short output fails on the flush, long output on the way."""
        for count in ("2", "2000"):
            for option in OPTIONS:
                with self.subTest(option=option, count=count):
                    self.fails(
                        1,
                        f"/dev/full: cannot be written: {FULL}; {ALLOWED}",
                        *RUN,
                        "--count",
                        count,
                        option,
                        "/dev/full",
                    )

    def test_one_output_fails(self) -> None:
        """Then none of them appears."""
        for count in ("2", "2000"):
            for bad in OPTIONS:
                with self.subTest(bad=bad, count=count):
                    good = [
                        part
                        for option in OPTIONS
                        if option != bad
                        for part in (option, f"out{option}")
                    ]
                    self.fails(
                        1,
                        f"/dev/full: cannot be written: {FULL}; {ALLOWED}",
                        *RUN,
                        "--count",
                        count,
                        bad,
                        "/dev/full",
                        *good,
                    )

    def test_file_size_limit(self) -> None:
        """As on a full disk: told, and nothing stays."""

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        for option in OPTIONS[:1] + OPTIONS[3:]:
            with self.subTest(option=option):
                self.fails(
                    1,
                    f"out: cannot be written: File too large; {ALLOWED}",
                    *RUN,
                    "--count",
                    "2000",
                    option,
                    "out",
                    preexec_fn=limit,
                )

    def test_two_outputs_to_one_file(self) -> None:
        self.fails(
            2,
            "two outputs go to 'out'; allowed is one a file",
            *RUN,
            *"--json out --csv out".split(),
        )

    def test_two_outputs_to_one_file_by_two_names(self) -> None:
        self.write("folder/there", "old")
        os.symlink("folder", self.folder / "link")
        os.symlink("there", self.folder / "folder/alias")
        for first, second in (
            ("out", "./out"),
            ("out", "traces/../out"),
            ("folder/out", "link/out"),
            ("folder/there", "folder/alias"),
            ("out", str(self.folder / "out")),
        ):
            with self.subTest(targets=(first, second)):
                before = self.files()
                result = self.run_dysta(*RUN, "--json", first, "--csv", second)
                self.assertEqual((result.status, result.out), (2, ""))
                self.assertRegex(result.err, r"\Adysta: two outputs go to '[^\n]*\n\Z")
                self.assertEqual(self.files(), before)

    def test_refused_before_the_work(self) -> None:
        """A long run would not end in time."""
        self.fails(
            1,
            f"no/out: cannot be written: No such file or directory; {ALLOWED}",
            *support.ENDLESS,
            "--json",
            "no/out",
        )


class StandardOutputTest(OutputsTest):
    COMMANDS = (
        ("--help",),
        ("--version",),
        ("simulate", "--help"),
        ("policies",),
        ("traces", "check", "traces"),
        ("traces", "describe", "traces"),
        ("workload", "--traces", "traces", "--rate", "1"),
        (*RUN, "--count", "5"),
        (*RUN, "--count", "5", "--json", "/dev/stdout"),
    )

    def test_full_device(self) -> None:
        for command in self.COMMANDS:
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                result = self.run_dysta(*command, stdout=full)
                message = f"standard output: cannot be written: {FULL}"
                if "/dev/stdout" in command:
                    message = f"/dev/stdout: cannot be written: {FULL}; {ALLOWED}"
                self.assertEqual(result, support.Result(1, "", f"dysta: {message}\n"))

    def test_closed(self) -> None:
        for command in self.COMMANDS[:-1]:
            with self.subTest(command=command):
                result = self.run_dysta(*command, preexec_fn=lambda: close_all((1,)))
                self.assertEqual(
                    result,
                    support.Result(
                        1, "", "dysta: standard output: cannot be written: Bad file descriptor\n"
                    ),
                )

    def test_output_to_standard_output_by_name(self) -> None:
        self.succeeds(*RUN, "--count", "5", "--json", "out.json")
        for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            with self.subTest(name=name):
                text = self.succeeds(*RUN, "--count", "5", "--json", name)
                self.assertTrue(text.startswith(self.read("out.json")))

    def test_standard_output_is_a_file(self) -> None:
        """Redirected, and named again: the file holds both, nothing is lost."""
        table = self.succeeds(*RUN, "--count", "5", "--json", "out.json")
        expected = self.read("out.json") + table
        for name in ("both", "/dev/stdout"):
            with self.subTest(name=name):
                with open(self.folder / "both", "wb") as out:
                    self.assertEqual(
                        self.run_dysta(*RUN, "--count", "5", "--json", name, stdout=out).status, 0
                    )
                self.assertEqual(self.read("both"), expected)
                with open(self.folder / "both", "ab") as out:
                    self.run_dysta(*RUN, "--count", "5", "--json", name, stdout=out)
                self.assertEqual(self.read("both"), expected + expected)

    def test_reader_that_leaves(self) -> None:
        """No temporary file stays when a pipe breaks."""
        before = self.files()
        with subprocess.Popen(
            [
                support.program,
                *RUN,
                *"--count 20000 --json out.json --completions /dev/stdout".split(),
            ],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            process.stdout.close()
            process.stderr.read()
        self.assertIn(process.returncode, (1, -signal.SIGPIPE))
        self.assertEqual(self.files(), before)

    def test_closed_descriptors_are_not_taken_for_outputs(self) -> None:
        """What is printed on a closed standard error must not land in a result file."""
        for closed in ((1,), (2,), (0, 1, 2)):
            with self.subTest(closed=closed):
                process = subprocess.Popen(
                    [support.program, *support.ENDLESS, "--json", "out.json"],
                    cwd=self.folder,
                    preexec_fn=functools.partial(close_all, closed),
                )
                try:
                    support.wait_until(lambda: any(self.folder.glob(".*")), process=process)
                    for number in closed:
                        link = Path(f"/proc/{process.pid}/fd/{number}")
                        target = os.readlink(link) if link.is_symlink() else ""
                        self.assertNotIn(str(self.folder), target)
                finally:
                    process.terminate()
                    process.wait()


class TargetsTest(OutputsTest):
    def write_all(self, suffix: str = "") -> None:
        self.succeeds(
            *RUN,
            "--count",
            "5",
            *[part for option in OPTIONS for part in (option, f"out{option}{suffix}")],
        )

    def test_only_the_targets_appear(self) -> None:
        before = set(self.files())
        self.write_all()
        self.assertEqual(set(self.files()) - before, {f"out{option}" for option in OPTIONS})

    def test_existing_file_is_replaced_whole(self) -> None:
        self.write_all()
        fresh = self.files()
        for option in OPTIONS:
            self.write(f"out{option}", "x" * 100_000)
        self.write_all()
        self.assertEqual(self.files(), fresh)

    def test_replaced_not_rewritten(self) -> None:
        """Whoever has the old file open keeps reading the old contents."""
        self.write("out.json", "old")
        with open(self.folder / "out.json", encoding="utf-8") as old:
            self.succeeds(*RUN, "--count", "5", "--json", "out.json")
            self.assertEqual(old.read(), "old")
        strict_json(self.read("out.json"))

    def test_mode_is_kept(self) -> None:
        for mode in (0o600, 0o640, 0o666, 0o755):
            self.write("out.json", "old").chmod(mode)
            self.succeeds(*RUN, "--count", "5", "--json", "out.json")
            self.assertEqual(self.mode("out.json"), mode)

    def test_mode_of_a_new_file_heeds_the_umask(self) -> None:
        for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
            name = f"out{mask:o}.json"
            self.succeeds(
                *RUN, "--count", "5", "--json", name, preexec_fn=lambda mask=mask: os.umask(mask)
            )
            self.assertEqual(self.mode(name), mode)

    def test_failure_keeps_the_old_file(self) -> None:
        self.write("out.json", "old")
        self.fails(
            1,
            "no.csv: cannot be opened: No such file or directory",
            *"simulate --traces no.csv --rate 1 --json out.json".split(),
        )

    def test_link_stays_a_link(self) -> None:
        self.write("folder/real.json", "old").chmod(0o640)
        os.symlink("folder/real.json", self.folder / "link.json")
        os.symlink("link.json", self.folder / "link to link.json")
        for name in ("link.json", "link to link.json"):
            with self.subTest(name=name):
                self.write("folder/real.json", "old")
                self.succeeds(*RUN, "--count", "5", "--json", name)
                self.assertTrue((self.folder / name).is_symlink())
                strict_json(self.read("folder/real.json"))
                self.assertEqual(self.mode("folder/real.json"), 0o640)
        self.assertEqual(os.listdir(self.folder / "folder"), ["real.json"])

    def test_link_to_a_file_that_is_not_there_yet(self) -> None:
        (self.folder / "folder").mkdir()
        os.symlink("folder/real.json", self.folder / "link.json")
        self.succeeds(*RUN, "--count", "5", "--json", "link.json")
        self.assertTrue((self.folder / "link.json").is_symlink())
        strict_json(self.read("folder/real.json"))

    def test_link_to_itself(self) -> None:
        os.symlink("loop", self.folder / "loop")
        result = self.run_dysta(*RUN, "--count", "5", "--json", "loop")
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(result.err, r"\Adysta: loop: [^\n]*\n\Z")
        self.assertTrue((self.folder / "loop").is_symlink())

    def test_pipe(self) -> None:
        self.write_all()
        for option in OPTIONS:
            with self.subTest(option=option):
                pipe = self.folder / "pipe"
                os.mkfifo(pipe)
                got: list[str] = []
                reader = threading.Thread(target=lambda: got.append(pipe.read_text()), daemon=True)
                reader.start()
                self.succeeds(*RUN, "--count", "5", option, "pipe")
                reader.join(support.TIMEOUT_S)
                self.assertEqual(got, [self.read(f"out{option}")])
                self.assertTrue(pipe.is_fifo())
                pipe.unlink()

    def test_null_device_stays(self) -> None:
        for option in OPTIONS:
            self.succeeds(*RUN, "--count", "5", option, "/dev/null")
        self.assertTrue(Path("/dev/null").is_char_device())

    def test_table_is_printed_whatever_else_is_written(self) -> None:
        table = self.succeeds(*RUN, "--count", "5")
        for option in OPTIONS:
            self.assertEqual(self.succeeds(*RUN, "--count", "5", option, "out"), table)

    def test_odd_names(self) -> None:
        for name in ("a b", "-", "--odd", "é", "new\nline", "%s%n", "*"):
            with self.subTest(name=name):
                self.succeeds(*RUN, "--count", "5", f"--json={name}")
                strict_json(self.read(name))
                (self.folder / name).unlink()


if __name__ == "__main__":
    unittest.main()
