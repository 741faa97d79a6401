"""Sweeps by several processes: the bytes of one, nothing lost when one of them is killed, and whoever
is in trouble says so."""

import os
import signal
import subprocess
import time
from pathlib import Path

import support
from support import SMALL_SCENARIO, CliTest, Result, lines

SWEEP = lines(
    "schema: 1",
    "scenarios: [small.yaml]",
    "policies: [fcfs, sjf, dysta]",
    "loads: [0.7, 1.1]",
    "seeds: 1-6",
    "requests: 200",
)
POINTS = 36
# Takes some seconds.
LONG = SWEEP.replace("seeds: 1-6", "seeds: 1-20").replace("requests: 200", "requests: 50000")
LONG_POINTS = 120


class MpiTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()
        self.write("small.yaml", SMALL_SCENARIO)
        self.write("sweep.yaml", SWEEP)

    def start(self, processes: int, folder: str, *options: str) -> subprocess.Popen[bytes]:
        """`mpirun` with as many processes of a sweep."""
        return self.mpirun(*options, *self.sweep(processes, folder))

    def sweep(self, processes: int, folder: str) -> list[str]:
        """What `mpirun` is told of the processes that it starts."""
        return ["-n", str(processes), str(support.program)] + [
            *"sweep sweep.yaml --jobs 1 --out".split(),
            folder,
        ]

    def mpirun(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            ["mpirun", "--oversubscribe", *arguments],
            cwd=self.folder,
            env=os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def start_two_in_two_folders(self) -> subprocess.Popen[bytes]:
        """Rank 1 reads its plan, scenario and traces in `elsewhere`."""
        there = ["--wdir", str(self.folder / "elsewhere")]
        return self.mpirun(*self.sweep(1, "out"), ":", *there, *self.sweep(1, "out"))

    def ended(self, process: subprocess.Popen[bytes]) -> Result:
        out, err = process.communicate(timeout=support.TIMEOUT_S)
        return Result(process.returncode, out.decode(), err.decode())

    def alone(self) -> str:
        result = self.run_dysta("sweep", "sweep.yaml", "--out", "alone")
        self.assertEqual(result.status, 0, result.err)
        return self.read("alone/points.csv")

    def stored(self) -> int:
        """How many points are finished."""
        return support.stored(self.folder / "out")[0]

    def test_the_same_bytes_as_one_process(self) -> None:
        table = self.alone()
        for processes in (2, 4):
            folder = f"by_{processes}"
            result = self.ended(self.start(processes, folder))
            self.assertEqual(result, Result(0, f"{POINTS} points in {folder}/points.csv\n", ""))
            self.assertEqual(self.read(f"{folder}/points.csv"), table)

    def test_the_points_of_a_killed_process_are_done_again(self) -> None:
        self.write("sweep.yaml", LONG)
        process = self.start(3, "out", "--enable-recovery")
        helper = self.helper_of(process)
        # Then it has points, and more than it has done: they are handed out ahead.
        support.wait_until(lambda: self.stored() >= LONG_POINTS // 10, process)
        os.kill(helper, signal.SIGKILL)
        result = self.ended(process)
        self.assertRegex(
            result.err,
            r"dysta: 1 process of 3 did not answer; what was theirs is done here, [1-9]\d* items? of the work\n",
        )
        self.assertIn(f"{LONG_POINTS} points in out/points.csv", result.out)
        self.assertEqual(self.read("out/points.csv"), self.alone())

    def test_a_fault_ends_all(self) -> None:
        self.write("sweep.yaml", SWEEP.replace("loads: [0.7, 1.1]", "loads: [0.7, x]"))
        result = self.ended(self.start(2, "out"))
        self.assertEqual(result.status, 1)
        self.assertIn("dysta: sweep.yaml:4:14: loads has 'x'", result.err)

    def test_a_fault_of_the_leader_ends_all(self) -> None:
        self.write("out", "a file")
        result = self.ended(self.start(2, "out"))
        self.assertEqual(result.status, 1)
        self.assertIn("dysta: out: cannot be made a folder: Not a directory", result.err)

    def test_what_one_process_cannot_read_is_told_at_once_and_done_by_the_others(self) -> None:
        self.write("sweep.yaml", LONG)
        self.write("elsewhere/sweep.yaml", LONG)
        self.write("elsewhere/small.yaml", SMALL_SCENARIO)
        process = self.start_two_in_two_folders()
        assert process.stderr is not None
        told = process.stderr.readline().decode()
        self.assertEqual(told, "dysta: rank 1: traces: cannot be opened: No such file or directory\n")
        self.assertFalse((self.folder / "out/points.csv").exists())
        result = self.ended(process)
        self.assertEqual((result.status, result.out), (1, f"{LONG_POINTS} points in out/points.csv\n"))
        self.assertEqual(self.read("out/points.csv"), self.alone())

    def test_a_process_whose_work_fails_says_why_and_leaves(self) -> None:
        self.write("sweep.yaml", LONG)
        self.write("elsewhere/sweep.yaml", LONG)
        self.write("elsewhere/small.yaml", SMALL_SCENARIO)
        # So slow that its requests cannot be drawn.
        self.write("elsewhere/traces/slow.csv", support.cnn_trace([[(1e14, 0.5)]]))
        result = self.ended(self.start_two_in_two_folders())
        self.assertIn("dysta: rank 1: small.yaml: a request of 'all' would arrive after ", result.err)
        self.assertEqual((result.status, result.out), (1, f"{LONG_POINTS} points in out/points.csv\n"))
        self.assertEqual(self.read("out/points.csv"), self.alone())

    def test_one_process_shows_progress_and_all_give_up_drawing(self) -> None:
        self.write("sweep.yaml", SWEEP.replace("requests: 200", "requests: 100000000"))
        process = self.start(2, "out", "--mca", "odls_base_sigkill_timeout", "2")
        assert process.stderr is not None
        first = process.stderr.readline().decode()
        self.assertRegex(first, r"\Arequests drawn: \d+ of 1200000000, .+ left\n\Z")
        time.sleep(1)  # so long after it, not five seconds, the other would show its own
        process.send_signal(signal.SIGINT)
        result = self.ended(process)
        self.assertNotEqual(result.status, 0)
        self.assertNotIn("requests drawn", result.err)
        self.assertIn("dysta: interrupted; what is finished is kept, and the same command", result.err)

    def test_interrupted_all_finish_what_is_under_way(self) -> None:
        self.write("sweep.yaml", LONG.replace("seeds: 1-20", "seeds: 1-100"))
        process = self.start(2, "out", "--mca", "odls_base_sigkill_timeout", "2")
        support.wait_until(lambda: self.stored() > 0, process)
        process.send_signal(signal.SIGTERM)
        result = self.ended(process)
        self.assertNotEqual(result.status, 0)
        self.assertIn("dysta: interrupted; what is finished is kept, and the same command", result.err)
        self.assertNotIn("did not answer", result.err)
        self.assertEqual(result.out, "")
        self.assertGreater(self.stored(), 2)
        self.assertFalse((self.folder / "out/points.csv").exists())

    def helper_of(self, process: subprocess.Popen[bytes]) -> int:
        """The process id of the last of three ranks, once it runs."""
        found: list[int] = []

        def find() -> bool:
            for environment in Path("/proc").glob("[0-9]*/environ"):
                try:
                    text = environment.read_bytes()
                    command = (environment.parent / "cmdline").read_bytes()
                except OSError:
                    continue
                if b"OMPI_COMM_WORLD_RANK=2\0" in text and str(self.folder).encode() in text + b"\0":
                    if b"sweep.yaml" in command and b"mpirun" not in command:
                        found.append(int(environment.parent.name))
            return bool(found)

        support.wait_until(find, process)
        return found[0]
