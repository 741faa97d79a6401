"""Interrupted runs: the signal's status, no temporary file, earlier results untouched."""

import os
import signal
import subprocess
import time
from typing import Any

import support
from support import CliTest


class InterruptsTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def start(self, *options: str, **how: Any) -> subprocess.Popen[bytes]:
        """Starts an endless run and waits until its outputs are open."""
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [str(support.program), *support.ENDLESS, *options],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **how,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        outputs = sum(option in ("--json", "--completions", "--csv") for option in options)
        support.wait_until(lambda: len(self.temporaries()) == outputs, process=process)
        return process

    def temporaries(self) -> list[str]:
        return [name for name in os.listdir(self.folder) if name.startswith(".")]

    def test_nothing_stays(self) -> None:
        before = self.files()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                process = self.start("--json", "out.json", "--completions", "out.csv")
                process.send_signal(number)
                out, err = process.communicate(timeout=30)
                self.assertEqual((process.returncode, out, err), (-number, b"", b""))
                self.assertEqual(self.files(), before)

    def test_earlier_results_stay(self) -> None:
        self.write("out.json", "old").chmod(0o600)
        self.write("real.csv", "older")
        os.symlink("real.csv", self.folder / "out.csv")
        before = self.files()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                process = self.start("--json", "out.json", "--completions", "out.csv")
                self.assertEqual(self.read("out.json"), "old")
                process.send_signal(number)
                process.communicate(timeout=30)
                self.assertEqual(process.returncode, -number)
                self.assertEqual(self.files(), before)
                self.assertTrue((self.folder / "out.csv").is_symlink())

    def test_twice(self) -> None:
        """An impatient second signal changes nothing."""
        before = self.files()
        process = self.start("--json", "out.json")
        for _ in range(2):
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertEqual(self.files(), before)

    def test_a_signal_ignored_from_above_stays_ignored(self) -> None:
        """nohup."""
        process = self.start(
            "--json", "out.json", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        )
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, -signal.SIGTERM)
