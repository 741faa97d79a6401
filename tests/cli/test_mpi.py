"""Sweeps by several processes: the bytes of one, and nothing lost when one of them is killed."""

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


class MpiTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()
        self.write("small.yaml", SMALL_SCENARIO)
        self.write("sweep.yaml", SWEEP)

    def start(self, processes: int, folder: str, *options: str) -> subprocess.Popen[bytes]:
        """`mpirun` with as many processes of a sweep."""
        command = ["mpirun", "--oversubscribe", *options, "-n", str(processes), str(support.program)]
        process = subprocess.Popen(
            [*command, "sweep", "sweep.yaml", "--out", folder, "--jobs", "1"],
            cwd=self.folder,
            env=os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def ended(self, process: subprocess.Popen[bytes]) -> Result:
        out, err = process.communicate(timeout=support.TIMEOUT_S)
        return Result(process.returncode, out.decode(), err.decode())

    def alone(self) -> str:
        self.succeeds("sweep", "sweep.yaml", "--out", "alone")
        return self.read("alone/points.csv")

    def test_the_same_bytes_as_one_process(self) -> None:
        table = self.alone()
        for processes in (2, 4):
            folder = f"by_{processes}"
            result = self.ended(self.start(processes, folder))
            said = f"{POINTS} points in {folder}/points.csv\n"
            self.assertEqual((result.status, result.out), (0, said), result.err)
            self.assertEqual(self.read(f"{folder}/points.csv"), table)

    def test_the_points_of_a_killed_process_are_done_again(self) -> None:
        self.write("sweep.yaml", SWEEP.replace("requests: 200", "requests: 40000"))
        process = self.start(3, "out", "--enable-recovery")
        helper = self.helper_of(process)
        while not (self.folder / "out/points.sqlite").exists():
            time.sleep(0.01)
        os.kill(helper, signal.SIGKILL)
        result = self.ended(process)
        self.assertIn("dysta: 1 process of 3 did not answer; what was theirs is done here", result.err)
        self.assertIn(f"{POINTS} points in out/points.csv", result.out)
        self.assertEqual(self.read("out/points.csv"), self.alone())

    def test_a_fault_ends_all(self) -> None:
        self.write("sweep.yaml", SWEEP.replace("loads: [0.7, 1.1]", "loads: [0.7, x]"))
        result = self.ended(self.start(2, "out"))
        self.assertEqual(result.status, 1)
        self.assertIn("dysta: sweep.yaml:4:14: loads has 'x'", result.err)

    def helper_of(self, process: subprocess.Popen[bytes]) -> int:
        """The process id of the last rank, once it runs."""
        while process.poll() is None:
            for environment in Path("/proc").glob("[0-9]*/environ"):
                try:
                    text = environment.read_bytes()
                    command = (environment.parent / "cmdline").read_bytes()
                except OSError:
                    continue
                if b"OMPI_COMM_WORLD_RANK=2\0" in text and str(self.folder).encode() in text + b"\0":
                    if b"sweep.yaml" in command and b"mpirun" not in command:
                        return int(environment.parent.name)
            time.sleep(0.01)
        self.fail("mpirun ended early")
