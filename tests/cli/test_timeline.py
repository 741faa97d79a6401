"""`simulate --timeline`: a trace that Perfetto opens, and that says what happened."""

import csv
from typing import Any

from support import CliTest, strict_json

DRAW = ("--traces", "traces", "--load", "1.2", "--count", "40")
POLICIES = ("fcfs", "dysta", "planaria")
LAYERS = {"resnet_nm24": 4, "resnet_random80": 4, "vgg_channel50": 3}
Event = dict[str, Any]


def nanoseconds(seconds: float | str) -> int:
    return round(float(seconds) * 1e9)


class TimelineTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def record(self, *options: str) -> None:
        """Runs, sorts the events by process name, and takes times as viewers do: in whole
        nanoseconds, the fraction cut off."""
        self.write("requests.csv", self.succeeds("workload", *DRAW))
        self.succeeds(
            *"simulate --traces traces --requests requests.csv --policies".split(),
            ",".join(POLICIES),
            *"--timeline timeline.json --completions completions.csv".split(),
            *options,
        )
        timeline = strict_json(self.read("timeline.json"))
        self.requests = list(csv.DictReader(self.read("requests.csv").splitlines()))
        self.rows = list(csv.DictReader(self.read("completions.csv").splitlines()))
        names = {
            event["pid"]: event["args"]["name"]
            for event in timeline["traceEvents"]
            if event["name"] == "process_name"
        }
        self.processes: dict[str, list[Event]] = {name: [] for name in names.values()}
        for event in timeline["traceEvents"]:
            for time in ("ts", "dur"):
                if time in event:
                    event[time] = int(event[time] * 1000)
            self.processes[names[event["pid"]]].append(event)

    def slices(self, process: str) -> list[Event]:
        return [event for event in self.processes[process] if event["ph"] == "X"]

    def assert_apart(self, slices: list[Event]) -> None:
        """Slices of one track do not overlap."""
        ordered = sorted(slices, key=lambda event: int(event["ts"]))
        for before, after in zip(ordered, ordered[1:], strict=False):
            self.assertLessEqual(before["ts"] + before["dur"], after["ts"])

    def test_processes(self) -> None:
        self.record()
        self.assertEqual(
            set(self.processes),
            {f"{name}: {what}" for name in POLICIES for what in ("accelerator", "requests")},
        )

    def test_a_slice_a_layer_on_one_track(self) -> None:
        self.record()
        for name in POLICIES:
            with self.subTest(policy=name):
                slices = self.slices(f"{name}: accelerator")
                self.assertEqual(len({event["tid"] for event in slices}), 1)
                self.assert_apart(slices)
                ran = [(e["args"]["request"], e["args"]["layer"]) for e in slices]
                wanted = [
                    (index, layer)
                    for index, request in enumerate(self.requests)
                    for layer in range(LAYERS[request["model"]])
                ]
                self.assertEqual(sorted(ran), wanted)

    def test_slices_are_the_trace(self) -> None:
        self.record()
        table = {
            (path.stem, row["batch-indx"], row["layer-indx"]): row
            for path in (self.folder / "traces").iterdir()
            for row in csv.DictReader(path.read_text().splitlines())
        }
        for event in self.slices("dysta: accelerator"):
            request = self.requests[event["args"]["request"]]
            layer = event["args"]["layer"]
            row = table[request["model"], request["sample"], str(layer)]
            self.assertAlmostEqual(event["dur"], nanoseconds(row["sim_lat"]), delta=1)
            self.assertEqual(event["args"]["sparsity"], float(row["overall-sparsity"]))
            self.assertEqual(event["name"], f"{request['model']} layer {layer}")

    def test_last_layers_end_at_the_completions(self) -> None:
        self.record()
        for name in POLICIES:
            ends: dict[int, int] = {}
            for event in self.slices(f"{name}: accelerator"):
                request = event["args"]["request"]
                arrival = nanoseconds(self.requests[request]["arrival_s"])
                self.assertGreaterEqual(event["ts"], arrival)
                ends[request] = max(ends.get(request, 0), event["ts"] + event["dur"])
            self.assertEqual(ends, {i: nanoseconds(row[name]) for i, row in enumerate(self.rows)})

    def test_request_spans(self) -> None:
        self.record()
        for name in POLICIES:
            with self.subTest(policy=name):
                spans = self.slices(f"{name}: requests")
                self.assertEqual(len(spans), 40)
                by_index = {int(span["name"].split()[0].lstrip("#")): span for span in spans}
                for index, request in enumerate(self.requests):
                    span = by_index[index]
                    arrival = float(request["arrival_s"])
                    completion = float(self.rows[index][name])
                    self.assertEqual(span["ts"], nanoseconds(arrival))
                    self.assertEqual(span["ts"] + span["dur"], nanoseconds(completion))
                    late = completion > arrival + float(request["slo_s"])
                    self.assertEqual(span["args"]["violated"], late)
                    self.assertEqual(span["name"].endswith(" (late)"), late)
                for track in {span["tid"] for span in spans}:
                    self.assert_apart([span for span in spans if span["tid"] == track])

    def test_queue_counter(self) -> None:
        self.record()
        for name in POLICIES:
            with self.subTest(policy=name):
                counts = [e for e in self.processes[f"{name}: accelerator"] if e["ph"] == "C"]
                times = [event["ts"] for event in counts]
                self.assertEqual(times, sorted(set(times)))
                for event in counts:
                    present = sum(
                        nanoseconds(request["arrival_s"]) <= event["ts"] < nanoseconds(row[name])
                        for request, row in zip(self.requests, self.rows, strict=True)
                    )
                    self.assertEqual(event["args"]["requests"], present)
                self.assertEqual(counts[-1]["args"]["requests"], 0)

    def test_costs_are_shown_before_the_layer(self) -> None:
        self.record("--decision-cost", "0.001", "--preemption-cost", "0.002")
        for name in POLICIES:
            slices = self.slices(f"{name}: accelerator")
            costs = [event for event in slices if event["name"] == "scheduling"]
            self.assertEqual(2 * len(costs), len(slices))
            self.assert_apart(slices)
            for event in costs:
                self.assertIn(round(event["dur"] / 1e6, 5), (1, 3))
        fcfs = [e for e in self.slices("fcfs: accelerator") if e["name"] == "scheduling"]
        self.assertEqual({round(event["dur"] / 1e6, 5) for event in fcfs}, {1})
