"""Workloads: drawn, written, read back; the same seed gives the same bytes, however it is asked
for."""

import csv
import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from support import CliTest, lines

COUNT = 50
PROCESSES = ("poisson", "periodic:jitter=0.7", "gamma:cv=3", "replay:arrivals.csv")
POLICIES = "fcfs,prema,planaria,sdrm3_sparse,dysta"


class WorkloadTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()
        rng = random.Random(5)
        times = [0.0]
        for _ in range(COUNT):
            times.append(times[-1] + rng.choice((0, 0.01, rng.expovariate(15))))
        self.write("arrivals.csv", lines("arrival_s,host", *[f"{time!r},a" for time in times]))

    def draw(self, *options: str) -> list[dict[str, str]]:
        text = self.succeeds("workload", "--traces", "traces", *options)
        self.assertEqual(text.split("\n")[0], "arrival_s,model,sample,priority,slo_s")
        return list(csv.DictReader(text.splitlines()))


class RoundTripTest(WorkloadTest):
    def check(self, *options: str) -> None:
        options = ("--traces", "traces", "--count", str(COUNT), *options)
        self.write("requests.csv", self.succeeds("workload", *options))
        direct = self.completions(*options, "--policies", POLICIES)
        read = self.completions(
            "--traces", "traces", "--requests", "requests.csv", "--policies", POLICIES
        )
        self.assertEqual(read, direct)

    def test_arrival_processes(self) -> None:
        for process in PROCESSES:
            for pace in (("--rate", "17.3"), ("--load", "0.95")):
                with self.subTest(process=process, pace=pace):
                    self.check("--arrivals", process, *pace)

    def test_replay_at_its_own_pace(self) -> None:
        self.check("--arrivals", "replay:arrivals.csv")

    def test_mix_and_priorities(self) -> None:
        for process in PROCESSES:
            with self.subTest(process=process):
                self.check(
                    "--arrivals",
                    process,
                    *"--load 1.2 --seed 99 --mix resnet=2,vgg_channel50=1".split(),
                    *"--priorities 1=1,9=0.5 --slo-multiplier 2.5".split(),
                )

    def test_attention_with_a_sequence_length(self) -> None:
        (self.folder / "traces").rename(self.folder / "cnn")
        self.write(
            "traces/bert.csv",
            lines(
                "overall-sparsity,50%-skip,batch-indx,layer-indx",
                *[f"0.{s + 1}{layer + 1},0.9,{s},{layer}" for s in range(4) for layer in range(3)],
            ),
        )
        self.check("--load", "0.9", "--seq-len", "512")
        short = self.succeeds("workload", "--traces", "traces", "--rate", "9", "--seq-len", "64")
        self.assertNotEqual(short, self.succeeds("workload", "--traces", "traces", "--rate", "9"))

    def test_requests_from_a_pipe(self) -> None:
        options = ("--traces", "traces", "--rate", "9", "--count", str(COUNT))
        direct = self.succeeds("simulate", *options)
        piped = self.succeeds(
            *"simulate --traces traces --requests /dev/stdin".split(),
            stdin=self.succeeds("workload", *options),
        )
        self.assertEqual(piped.split("\n\n")[1:], direct.split("\n\n")[1:])  # but for the head

    def test_names_that_need_quotes(self) -> None:
        source = self.read("traces/vgg_channel50.csv")
        for name in ("a,b", 'say "x"', " blank ", "é"):
            with self.subTest(name=name):
                (self.folder / "traces").rename(self.folder / f"old{name}")
                self.write(f"traces/{name}.csv", source)
                self.check("--rate", "9")


class RateTest(WorkloadTest):
    def test_load_is_a_rate(self) -> None:
        mixes: tuple[list[str], ...] = ([], ["--mix", "vgg=3,resnet=1"])
        for mix in mixes:
            with self.subTest(mix=mix):
                self.succeeds(
                    *"simulate --traces traces --load 0.8".split(),
                    *mix,
                    *"--policies fcfs --json out.json".split(),
                )
                rate = repr(json.loads(self.read("out.json"))["workload"]["rate_hz"])
                options = ("workload", "--traces", "traces", *mix)
                self.assertEqual(
                    self.succeeds(*options, "--rate", rate),
                    self.succeeds(*options, "--load", "0.8"),
                )

    def test_load_over_mean_latency(self) -> None:
        means = []
        for path in (self.folder / "traces").iterdir():
            rows = list(csv.DictReader(path.read_text().splitlines()))
            samples = len({row["batch-indx"] for row in rows})
            means.append(sum(float(row["sim_lat"]) for row in rows) / samples)
        self.succeeds(
            *"simulate --traces traces --load 0.8 --policies fcfs --json out.json".split()
        )
        rate = json.loads(self.read("out.json"))["workload"]["rate_hz"]
        self.assertAlmostEqual(rate, 0.8 / (sum(means) / len(means)), delta=1e-9 * rate)

    def test_two_rates_are_paired(self) -> None:
        """Twice the rate: the same requests in half the time."""
        for process in PROCESSES:
            with self.subTest(process=process):
                options = ("--arrivals", process, "--count", str(COUNT))
                slow = self.draw(*options, "--rate", "5")
                fast = self.draw(*options, "--rate", "10")
                for a, b in zip(slow, fast, strict=True):
                    time = float(a["arrival_s"])
                    self.assertAlmostEqual(float(b["arrival_s"]) * 2, time, delta=1e-12 * time)
                    self.assertEqual({**a, "arrival_s": ""}, {**b, "arrival_s": ""})

    def test_periodic(self) -> None:
        rows = self.draw("--arrivals", "periodic", "--rate", "4", "--count", "9")
        self.assertEqual([float(row["arrival_s"]) for row in rows], [i / 4 for i in range(9)])

    def test_jitter_delays_by_at_most_its_share_of_a_period(self) -> None:
        rows = self.draw("--arrivals", "periodic:jitter=0.25", "--rate", "4", "--count", "200")
        late = [float(row["arrival_s"]) * 4 - i for i, row in enumerate(rows)]
        self.assertGreaterEqual(min(late), 0)
        self.assertLessEqual(max(late), 0.25 + 1e-9)
        self.assertGreater(max(late) - min(late), 0.2)

    def test_replay_keeps_the_times(self) -> None:
        rows = self.draw("--arrivals", "replay:arrivals.csv", "--count", str(COUNT))
        wanted = list(csv.DictReader(self.read("arrivals.csv").splitlines()))[:COUNT]
        self.assertEqual(
            [float(row["arrival_s"]) for row in rows], [float(row["arrival_s"]) for row in wanted]
        )

    def test_mean_rate(self) -> None:
        for process in PROCESSES[:3]:
            with self.subTest(process=process):
                rows = self.draw("--arrivals", process, "--rate", "20", "--count", "20000")
                self.assertAlmostEqual(20000 / float(rows[-1]["arrival_s"]) / 20, 1, delta=0.1)


class ShareTest(WorkloadTest):
    def test_mix(self) -> None:
        rows = self.draw("--rate", "1", "--count", "9000", "--mix", "resnet=2,vgg_channel50=1")
        counts = Counter(row["model"] for row in rows)
        for name in ("resnet_nm24", "resnet_random80", "vgg_channel50"):
            self.assertAlmostEqual(counts[name] / 9000, 1 / 3, delta=0.03)
        rows = self.draw("--rate", "1", "--mix", "vgg=0.1")
        self.assertEqual({row["model"] for row in rows}, {"vgg_channel50"})

    def test_priorities(self) -> None:
        rows = self.draw("--rate", "1", "--count", "9000", "--priorities", "1=1,3=2,9=6")
        counts = Counter(row["priority"] for row in rows)
        for priority, share in (("1", 1 / 9), ("3", 2 / 9), ("9", 6 / 9)):
            self.assertAlmostEqual(counts[priority] / 9000, share, delta=0.03)
        rows = self.draw("--rate", "1", "--priorities", "9=1")
        self.assertEqual({row["priority"] for row in rows}, {"9"})

    def test_every_sample_is_drawn(self) -> None:
        rows = self.draw("--rate", "1", "--count", "2000")
        for model, samples in (("resnet_nm24", 5), ("resnet_random80", 6), ("vgg_channel50", 4)):
            drawn = {int(row["sample"]) for row in rows if row["model"] == model}
            self.assertEqual(drawn, set(range(samples)))

    def test_streams_are_separate(self) -> None:
        """Another choice of one thing leaves the others as they were."""
        usual = self.draw("--rate", "1", "--count", str(COUNT))
        for options, changed in (
            (["--arrivals", "gamma"], {"arrival_s"}),
            (["--priorities", "9=1"], {"priority"}),
            (["--slo-multiplier", "3"], {"slo_s"}),
        ):
            with self.subTest(options=options):
                other = self.draw("--rate", "1", "--count", str(COUNT), *options)
                differing = {
                    column
                    for a, b in zip(usual, other, strict=True)
                    for column in a
                    if a[column] != b[column]
                }
                self.assertEqual(differing, changed)

    def test_more_requests_start_with_the_fewer(self) -> None:
        few = self.draw("--rate", "1", "--count", "10")
        self.assertEqual(self.draw("--rate", "1", "--count", "20")[:10], few)


class SameBytesTest(WorkloadTest):
    OUTPUTS = (
        *"--completions completions.csv --json out.json --csv out.csv --timeline".split(),
        *"timeline.json".split(),
    )

    def outputs(
        self, *options: str, traces: Sequence[str] = ("traces",), **run: Any
    ) -> dict[str, str]:
        """All that a run writes, by name."""
        text = self.succeeds(
            "simulate",
            "--traces",
            *traces,
            *"--load 1.1 --count".split(),
            str(COUNT),
            "--policies",
            POLICIES,
            *self.OUTPUTS,
            *options,
            **run,
        )
        return {"stdout": text, **{name: self.read(name) for name in self.OUTPUTS[1::2]}}

    def test_same_seed(self) -> None:
        self.assertEqual(self.outputs("--seed", "7"), self.outputs("--seed", "7"))
        self.assertEqual(self.outputs("--seed", "1"), self.outputs())

    def test_other_seed(self) -> None:
        self.assertNotEqual(self.draw("--rate", "1"), self.draw("--rate", "1", "--seed", "2"))
        largest = str(2**53)
        self.assertNotEqual(
            self.draw("--rate", "1", "--seed", largest), self.draw("--rate", "1", "--seed", "0")
        )

    def test_one_of_several_seeds(self) -> None:
        options = ("simulate", "--traces", "traces", "--rate", "9", "--count", str(COUNT))
        self.assertEqual(
            self.succeeds(*options, "--seed", "4"), self.succeeds(*options, "--seeds", "4")
        )

    def test_any_number_of_jobs(self) -> None:
        one = self.outputs("--jobs", "1")
        several = [
            self.succeeds(
                *"simulate --traces traces --rate 15 --count".split(),
                str(COUNT),
                *"--seeds 1-7 --policies".split(),
                POLICIES,
                "--jobs",
                jobs,
                "--json",
                "seeds.json",
            )
            + self.read("seeds.json")
            for jobs in ("1", "2", "4")
        ]
        self.assertEqual(len(set(several)), 1)
        for jobs in ("2", "4"):
            self.assertEqual(self.outputs("--jobs", jobs), one)

    def test_any_locale(self) -> None:
        usual = self.outputs()
        for name in ("C", "de_DE.UTF-8", "nonsense"):
            self.assertEqual(self.outputs(environment={"LC_ALL": name}), usual)

    def test_any_writing_of_the_traces(self) -> None:
        usual = self.outputs()
        rng = random.Random(1)
        for writing in ("shuffled", "crlf", "bom", "columns", "blanks", "quotes", "all"):
            folder = self.folder / writing
            folder.mkdir()
            for path in (self.folder / "traces").iterdir():
                rows = list(csv.DictReader(path.read_text().splitlines()))
                columns = list(rows[0])
                if writing in ("shuffled", "all"):
                    rng.shuffle(rows)
                if writing in ("columns", "all"):
                    columns = ["unknown", *reversed(columns)]
                text = [columns, *[[row.get(c, "x") for c in columns] for row in rows]]
                glue = {"blanks": " ,\t", "quotes": '","'}.get(writing, ",")
                edge = '"' if writing == "quotes" else ""
                end = "\r\n" if writing in ("crlf", "all") else "\n"
                if writing == "blanks":
                    end = "\n\n"
                body = end.join(edge + glue.join(row) + edge for row in text) + end
                mark = "\ufeff" if writing in ("bom", "all") else ""
                (folder / path.name).write_bytes((mark + body).encode())
            with self.subTest(writing=writing):
                self.assertEqual(self.outputs(traces=[writing]), usual)

    def test_any_order_of_the_traces(self) -> None:
        usual = self.outputs()
        files = [str(path.relative_to(self.folder)) for path in self.folder.glob("traces/*.csv")]
        for order in (sorted(files), sorted(files, reverse=True)):
            self.assertEqual(self.outputs(traces=order), usual)

    def test_requests_in_any_writing(self) -> None:
        options = ("--traces", "traces", "--requests", "requests.csv", "--policies", POLICIES)
        text = self.succeeds("workload", "--traces", "traces", "--rate", "15", "--count", "30")
        self.write("requests.csv", text)
        usual = self.completions(*options)
        rows = [line.split(",") for line in text.splitlines()]
        turned = "".join(",".join(row[::-1]) + ",note\r\n" for row in rows)
        self.write("requests.csv", "\ufeff" + turned)
        self.assertEqual(self.completions(*options), usual)

    def test_last_line_without_an_end(self) -> None:
        usual = self.outputs()
        for path in (self.folder / "traces").iterdir():
            path.write_text(path.read_text().rstrip("\n"))
        self.assertEqual(self.outputs(), usual)

    def test_folder_or_link_to_it(self) -> None:
        usual = self.outputs()
        os.symlink("traces", self.folder / "link")
        self.assertEqual(self.outputs(traces=["link"]), usual)
