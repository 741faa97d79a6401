"""Sweeps: their table, what an interrupt leaves, one line for everything that is wrong."""

import csv
import io
import os
import resource
import signal
import sqlite3
import subprocess
import unittest
from pathlib import Path

import support
from support import SMALL_SCENARIO, CliTest, Result, lines

SWEEP = lines(
    "schema: 1",
    "scenarios: [small.yaml]",
    "policies: [fcfs, sjf, srpt_weighted]",
    "grid: {policy: dysta, parameters: {beta: [0.01, 0.1], wait_unit_s: [1, auto]}}",
    "loads: [0.7, 1.1]",
    "seeds: 1-4",
    "requests: 200",
)
POINTS = 7 * 2 * 4
RUN = ("sweep", "sweep.yaml", "--out", "out")
WRITABLE = "; allowed is a file in a folder that can be written, with space left"


class SweepTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()
        self.write("small.yaml", SMALL_SCENARIO)
        self.write("sweep.yaml", SWEEP)

    def sweep(self, folder: str = "out", *options: str) -> str:
        """The table of a sweep that succeeds."""
        result = self.run_dysta("sweep", "sweep.yaml", "--out", folder, *options)
        self.assertEqual(
            (result.status, result.out), (0, f"{POINTS} points in {folder}/points.csv\n"), result.err
        )
        return self.read(f"{folder}/points.csv")

    def slow_sweep(self) -> None:
        """Makes each of the points take a second or so."""
        self.write("sweep.yaml", SWEEP.replace("requests: 200", "requests: 100000"))

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [str(support.program), *RUN, *options],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def stored(self, folder: str = "out") -> int:
        """The points in a folder's database, all of them whole."""
        points, figures = support.stored(self.folder / folder)
        self.assertEqual(figures % 13, 0, "a point is there whole or not at all")
        self.assertEqual(figures, 13 * points)
        return points

    # ---- the table ----

    def test_the_table_is_long_and_tidy(self) -> None:
        rows = list(csv.DictReader(io.StringIO(self.sweep())))
        self.assertEqual(
            list(rows[0]),
            ["scenario", "rate_hz", "utilisation", "slo_multiplier", "seed", "policy", "metric", "value"],
        )
        self.assertEqual(len(rows), POINTS * 13)
        self.assertEqual({row["scenario"] for row in rows}, {"small"})
        self.assertEqual({row["utilisation"] for row in rows}, {"0.7", "1.1"})
        self.assertEqual({row["slo_multiplier"] for row in rows}, {""})
        policies = list(dict.fromkeys(row["policy"] for row in rows))
        self.assertEqual(policies[:4], ["fcfs", "sjf", "srpt_weighted", "dysta:beta=0.01,wait_unit_s=1"])
        # The figures are those of simulate.
        self.succeeds(
            *"simulate --scenario small.yaml --load 0.7 --count 200 --seeds 1-4".split(),
            *"--policies fcfs,sjf --csv simulated.csv".split(),
        )
        for simulated in csv.DictReader(io.StringIO(self.read("simulated.csv"))):
            swept = {
                row["metric"]: row["value"]
                for row in rows
                if row["policy"] == simulated["policy"]
                and row["seed"] == simulated["seed"]
                and row["utilisation"] == "0.7"
            }
            self.assertEqual(swept, {name: simulated[name] for name in swept})
        for row in rows:
            if row["metric"] == "antt":
                antt = float(row["value"])
            if row["metric"] == "antt_lower_bound":
                self.assertLessEqual(float(row["value"]), antt * (1 + 1e-12))

    def test_long_points_are_those_of_simulate_and_are_not_held(self) -> None:
        self.write("sweep.yaml", "schema: 1\nscenarios: [small.yaml]\npolicies: [fcfs]\n")
        with (self.folder / "sweep.yaml").open("a") as plan:
            plan.write("loads: [0.7]\nseeds: 1-2\nrequests: 1000000\n")
        process = self.start("--jobs", "1")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_maxrss, 64 * 1024, "a million requests with outcomes take more than 100 MiB")
        result = self.run_dysta(
            *"simulate --scenario small.yaml --load 0.7 --count 1000000 --seeds 1-2".split(),
            *"--policies fcfs --csv simulated.csv".split(),
        )
        self.assertEqual(result.status, 0, result.err)
        simulated = {row["seed"]: row for row in csv.DictReader(io.StringIO(self.read("simulated.csv")))}
        swept = list(csv.DictReader(io.StringIO(self.read("out/points.csv"))))
        self.assertEqual([row["value"] for row in swept], [simulated[r["seed"]][r["metric"]] for r in swept])

    def test_the_same_bytes_whatever_the_number_of_threads(self) -> None:
        alone = self.sweep("one", "--jobs", "1")
        self.assertEqual(self.sweep("two", "--jobs", "2"), alone)
        self.assertEqual(self.sweep("many", "--jobs", "13"), alone)

    def test_finished_points_are_not_done_again(self) -> None:
        table = self.sweep()
        database = (self.folder / "out/points.sqlite").read_bytes()
        (self.folder / "out/points.csv").unlink()
        self.assertEqual(self.sweep(), table)
        self.assertEqual((self.folder / "out/points.sqlite").read_bytes(), database)

    # ---- interrupts ----

    def test_killed_it_goes_on(self) -> None:
        """What is finished when kill -9 comes is neither lost nor done again."""
        self.slow_sweep()
        finished = 0
        for _ in range(3):
            process = self.start("--jobs", "2")
            support.wait_until(lambda: self.stored() >= finished + 5, process)  # noqa: B023
            process.kill()
            process.wait()
            self.assertFalse((self.folder / "out/points.csv").exists())
            # Each is marked: a point that was done again would lose the mark.
            finished = self.stored()
            self.mark_points()
        marked = self.sweep()
        self.assertEqual(marked.count(",decisions,-1\n"), finished)
        whole = self.sweep("whole")
        for row, again in zip(marked.splitlines(), whole.splitlines(), strict=True):
            if not row.endswith(",decisions,-1"):
                self.assertEqual(row, again)

    def mark_points(self) -> None:
        with sqlite3.connect(self.folder / "out/points.sqlite") as database:
            database.execute("UPDATE figures SET value = -1 WHERE metric = 'decisions'")
        database.close()

    def test_interrupted_it_keeps_what_is_finished(self) -> None:
        self.slow_sweep()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                before = self.stored() if (self.folder / "out").exists() else 0
                process = self.start("--jobs", "2")
                support.wait_until(lambda: self.stored() > before, process)  # noqa: B023
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, -number)
                self.assertEqual(out, b"")
                self.assertEqual(
                    err.decode().splitlines()[-1],
                    "dysta: interrupted; what is finished is kept, and the same command goes on from there",
                )
                self.assertEqual(
                    sorted(path.name for path in (self.folder / "out").iterdir()), ["points.sqlite"]
                )

    def test_progress_and_the_time_left(self) -> None:
        self.write("sweep.yaml", SWEEP.replace("requests: 200", "requests: 4000000"))
        process = self.start("--jobs", "2")
        assert process.stderr is not None
        shown = iter(process.stderr.readline, b"")
        line = next(line.decode() for line in shown if not line.startswith(b"requests drawn: "))
        process.kill()
        self.assertRegex(line, rf"\Apoints: \d+ of {POINTS}, \d+ (s|min) left\n\Z")

    def test_drawing_shows_progress_and_is_given_up(self) -> None:
        self.write("sweep.yaml", SWEEP.replace("requests: 200", "requests: 50000000"))
        process = self.start("--jobs", "1")
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        self.assertRegex(line, r"\Arequests drawn: \d+ of 400000000, .+ left\n\Z")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
        self.assertEqual(process.returncode, -signal.SIGINT)

    # ---- what is wrong ----

    def refused(self, message: str, *command: str) -> None:
        result = self.run_dysta(*(command or RUN))
        self.assertEqual(result, Result(1, "", f"dysta: {message}\n"))

    def test_command_line(self) -> None:
        self.fails(2, "file is required; allowed is what dysta sweep --help lists", "sweep")
        self.fails(2, "--out is required; allowed is what dysta sweep --help lists", *RUN[:2])
        self.fails(
            2, "--jobs: '0' is not allowed; allowed is a whole number from 1 to 1024", *RUN, "--jobs", "0"
        )

    def test_files_that_are_not_there(self) -> None:
        self.fails(1, "no.yaml: cannot be opened: No such file or directory", *RUN[:1], "no.yaml", *RUN[2:])
        self.write("sweep.yaml", SWEEP.replace("small.yaml", "none.yaml"))
        self.fails(1, "none.yaml: cannot be opened: No such file or directory", *RUN)

    def test_faults_have_line_and_column(self) -> None:
        self.write("sweep.yaml", SWEEP + "looads: 3\n")
        result = self.run_dysta(*RUN)
        self.assertEqual(result.status, 1)
        self.assertRegex(result.err, r"\Adysta: sweep\.yaml:8:1: 'looads' is not known here; allowed are ")
        self.write("sweep.yaml", SWEEP.replace("0.7, 1.1", "0.7, high"))
        self.fails(
            1,
            "sweep.yaml:5:14: loads has 'high'; allowed is a number from 1e-06 to 1000, or a list of such",
            *RUN,
        )

    def test_a_database_of_another_program(self) -> None:
        message = "out/points.sqlite: holds something else; allowed is a file that dysta sweep wrote, or none"
        self.write("out/points.sqlite", "no database\n" * 100)
        self.fails(1, message, *RUN)
        (self.folder / "out/points.sqlite").unlink()
        with sqlite3.connect(self.folder / "out/points.sqlite") as other:
            other.execute("CREATE TABLE points (digest TEXT)")
        other.close()
        self.fails(1, message, *RUN)

    def test_a_database_of_a_later_version(self) -> None:
        self.sweep()
        with sqlite3.connect(self.folder / "out/points.sqlite") as later:
            later.execute("PRAGMA user_version=4")
        later.close()
        self.fails(
            1,
            "out/points.sqlite: was written by another version of dysta (schema 4); allowed is "
            "schema 3, or no file",
            *RUN,
        )

    def test_a_truncated_database(self) -> None:
        self.sweep()
        path = self.folder / "out/points.sqlite"
        os.truncate(path, path.stat().st_size - 4096)
        self.fails(
            1, "out/points.sqlite: is damaged; allowed is a file as dysta sweep left it, or none", *RUN
        )

    def test_two_sweeps_in_one_folder(self) -> None:
        self.slow_sweep()
        process = self.start()
        support.wait_until(lambda: self.stored() > 0, process)
        self.refused(
            "out/points.sqlite: is in use by another program; allowed is one sweep at a time in a folder"
        )
        self.assertIsNone(process.poll())

    def test_a_folder_that_cannot_be_made(self) -> None:
        self.write("out", "a file")
        self.refused(
            "out: cannot be made a folder: Not a directory; allowed is a folder, or the name of one to "
            "be made"
        )

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_cannot_be_written(self) -> None:
        (self.folder / "out").mkdir(mode=0o500)
        self.refused("out/points.sqlite: cannot be written: Permission denied" + WRITABLE)

    def test_no_space(self) -> None:
        """A limit on the size of files stands for a full disk."""
        table = self.sweep("whole")

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))

        result = self.run_dysta(*RUN, preexec_fn=limit)
        self.assertEqual(
            result, Result(1, "", f"dysta: out/points.sqlite: cannot be written: disk I/O error{WRITABLE}\n")
        )
        self.assertFalse((self.folder / "out/points.csv").exists())
        self.assertEqual(self.sweep(), table)
