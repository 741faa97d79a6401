"""`simulate --json`: its fields, and that they are what the completions say."""

import csv
import math
import statistics
from typing import Any

from support import REQUEST_HEADER, CliTest, cnn_trace, lines, strict_json

METRICS = (
    *"violation_rate antt stp_inferences_per_s system_throughput_normalised".split(),
    *"mean_turnaround_s p50_turnaround_s p95_turnaround_s p99_turnaround_s".split(),
    *"preemptions decisions refusal_rate".split(),
)
DRAW = ("--traces", "traces", "--load", "1.1", "--count", "70")


def quantile(values: list[float], share: float) -> float:
    """By linear interpolation between order statistics."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


class JsonTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def json(self, *arguments: str) -> dict[str, Any]:
        self.succeeds("simulate", *arguments, "--json", "out.json")
        text = self.read("out.json")
        self.assertTrue(text.endswith("}\n"))
        out: dict[str, Any] = strict_json(text)
        return out

    def test_head(self) -> None:
        out = self.json(*DRAW, "--policies", "fcfs")
        self.assertEqual(out["schema"], 1)
        self.assertEqual(self.succeeds("--version"), f"dysta {out['dysta']}\n")
        workload = out["workload"]
        self.assertEqual(workload["variants"], ["resnet_nm24", "resnet_random80", "vgg_channel50"])
        self.assertEqual(workload["requests"], 70)
        self.assertEqual(workload["seeds"], [1])
        self.assertEqual(workload["slo_multiplier"], 10)

    def test_fields_of_policies(self) -> None:
        out = self.json(*DRAW, "--policies", "fcfs,dysta:beta=0.5,wait_unit_s=auto,sjf")
        self.assertEqual([p["name"] for p in out["policies"]], ["fcfs", "dysta", "sjf"])
        for policy in out["policies"]:
            for metric in METRICS:
                self.assertIsInstance(policy[metric], (int, float), msg=metric)
        self.assertEqual(out["policies"][0]["parameters"], {})
        self.assertEqual(
            out["policies"][1]["parameters"],
            {
                "beta": 0.5,
                "wait_unit_s": "auto",
                "refresh": "boundary",
                "arithmetic": "double",
                "tick_s": "auto",
                "tables": "pattern",
                "predictor": "average_all",
                "n": 3,
            },
        )

    def test_figures_are_those_of_the_completions(self) -> None:
        names = ("fcfs", "sjf", "sdrm3", "dysta")
        self.write("requests.csv", self.succeeds("workload", *DRAW, "--slo-multiplier", "3"))
        out = self.json(
            *"--traces traces --requests requests.csv --policies".split(),
            ",".join(names),
            "--completions",
            "completions.csv",
        )
        requests = list(csv.DictReader(self.read("requests.csv").splitlines()))
        rows = list(csv.DictReader(self.read("completions.csv").splitlines()))
        arrivals = [float(request["arrival_s"]) for request in requests]
        isolated = [float(row["isolated_s"]) for row in rows]
        layers = sum(3 if r["model"].startswith("vgg") else 4 for r in requests)
        for name, policy in zip(names, out["policies"], strict=True):
            with self.subTest(policy=name):
                ends = [float(row[name]) for row in rows]
                turnarounds = [end - arrival for end, arrival in zip(ends, arrivals, strict=True)]
                late = [
                    end > arrival + float(request["slo_s"])
                    for end, arrival, request in zip(ends, arrivals, requests, strict=True)
                ]
                slowdowns = [t / p for t, p in zip(turnarounds, isolated, strict=True)]
                expected = {
                    "violation_rate": statistics.fmean(late),
                    "antt": statistics.fmean(slowdowns),
                    "stp_inferences_per_s": len(rows) / (max(ends) - min(arrivals)),
                    "system_throughput_normalised": math.fsum(1 / s for s in slowdowns),
                    "mean_turnaround_s": statistics.fmean(turnarounds),
                    "p50_turnaround_s": quantile(turnarounds, 0.5),
                    "p95_turnaround_s": quantile(turnarounds, 0.95),
                    "p99_turnaround_s": quantile(turnarounds, 0.99),
                    "decisions": layers,
                }
                for metric, value in expected.items():
                    self.assertAlmostEqual(
                        policy[metric], value, delta=1e-9 * max(1, value), msg=metric
                    )
        self.assertEqual(out["policies"][0]["preemptions"], 0)
        self.assertGreater(out["policies"][2]["preemptions"], 0)
        self.assertGreater(out["policies"][0]["violation_rate"], 0)

    def test_groups_add_up(self) -> None:
        (policy,) = self.json(*DRAW, "--policies", "sjf")["policies"]
        for groups in ("by_size", "by_priority", "by_model"):
            with self.subTest(groups=groups):
                parts = policy[groups].values()
                self.assertEqual(sum(part["requests"] for part in parts), 70)
                for metric in ("antt", "violation_rate", "mean_turnaround_s"):
                    total = math.fsum(part["requests"] * part[metric] for part in parts)
                    self.assertAlmostEqual(total / 70, policy[metric], delta=1e-9)
        self.assertEqual(list(policy["by_size"]), ["short", "middle", "long"])
        self.assertEqual(list(policy["by_priority"]), ["1", "3", "9"])
        self.assertEqual(list(policy["by_model"]), ["resnet", "vgg"])

    def test_several_seeds(self) -> None:
        options = ("--policies", "fcfs,dysta")
        out = self.json(*DRAW, *options, "--seeds", "2-3,9", "--baseline", "fcfs")
        self.assertEqual(out["workload"]["seeds"], [2, 3, 9])
        singles = [self.json(*DRAW, *options, "--seed", seed) for seed in ("2", "3", "9")]
        student_t = 4.3027  # two degrees of freedom, 95%
        for index, policy in enumerate(out["policies"]):
            self.assertEqual([run["seed"] for run in policy["runs"]], [2, 3, 9])
            for metric in METRICS:
                values = [single["policies"][index][metric] for single in singles]
                self.assertEqual([run[metric] for run in policy["runs"]], values)
                mean = statistics.fmean(values)
                self.assertAlmostEqual(policy[metric], mean, delta=1e-9 * max(1, mean))
                half = student_t * statistics.stdev(values) / math.sqrt(3)
                self.assertAlmostEqual(
                    policy["ci95_half_width"][metric], half, delta=1e-9 * max(1, half)
                )

    def test_differences_are_paired(self) -> None:
        out = self.json(*DRAW, "--policies", "fcfs,dysta", "--seeds", "1-4", "--baseline", "fcfs")
        fcfs, dysta = out["policies"]
        differences = [
            theirs["antt"] - ours["antt"]
            for theirs, ours in zip(dysta["runs"], fcfs["runs"], strict=True)
        ]
        got = dysta["difference_to_baseline"]["antt"]
        self.assertAlmostEqual(got["mean"], statistics.fmean(differences), delta=1e-9)
        half = 3.1824 * statistics.stdev(differences) / 2
        self.assertAlmostEqual(got["ci95_half_width"], half, delta=1e-9 * half)
        self.assertEqual(fcfs["difference_to_baseline"]["antt"]["mean"], 0)

    def test_costs_are_named(self) -> None:
        out = self.json(
            *DRAW, "--policies", "fcfs", "--decision-cost", "0.001", "--preemption-cost", "0.5"
        )
        self.assertEqual(out["workload"]["decision_cost_s"], 0.001)
        self.assertEqual(out["workload"]["preemption_cost_s"], 0.5)

    def test_request_file_has_no_rate_and_no_seeds(self) -> None:
        self.write("requests.csv", self.succeeds("workload", *DRAW))
        out = self.json("--traces", "traces", "--requests", "requests.csv", "--policies", "fcfs")
        self.assertIsNone(out["workload"]["rate_hz"])
        self.assertIsNone(out["workload"]["slo_multiplier"])
        self.assertEqual(out["workload"]["seeds"], [])

    def test_file_names_in_any_bytes(self) -> None:
        """A file name need not be UTF-8; JSON must be."""
        source = self.folder / "traces/vgg_channel50.csv"
        for name in (
            b'quo"te.csv',
            b"back\\slash.csv",
            b"tab\t.csv",
            "é.csv".encode(),
            b"\xe9.csv",
        ):
            with self.subTest(name=name):
                path = bytes(self.folder) + b"/" + name
                with open(path, "wb") as file:
                    file.write(source.read_bytes())
                done = self.run_dysta(
                    "simulate",
                    "--traces",
                    path.decode("utf-8", "surrogateescape"),
                    *"--rate 1 --count 3 --policies fcfs --json out.json --timeline".split(),
                    *"timeline.json".split(),
                )
                self.assertEqual((done.status, done.err), (0, ""))
                for out in ("out.json", "timeline.json"):
                    strict_json(self.read(out))


class RefusalsTest(CliTest):
    """Two seconds a request: after the second, the third cannot end by its deadline."""

    def setUp(self) -> None:
        super().setUp()
        self.write("two.csv", cnn_trace([[(2, 0.5)]]))
        rows = ("0,two,0,3,9", "0,two,0,3,3", "0,two,0,3,3")
        self.write("requests.csv", lines(REQUEST_HEADER, *rows))

    def simulate(self, *arguments: str) -> str:
        return self.succeeds(
            *"simulate --traces two.csv --requests requests.csv --policies edf".split(),
            *("--admission", "all,deadline"),
            *arguments,
        )

    def test_in_json(self) -> None:
        self.simulate("--json", "out.json")
        everything, some = strict_json(self.read("out.json"))["policies"]
        self.assertEqual(everything["refusal_rate"], 0)
        self.assertNotIn("admission", everything["parameters"])
        self.assertEqual(everything["antt"], 2)
        self.assertEqual(some["name"], "edf")
        self.assertEqual(some["label"], "edf refusing late")
        self.assertEqual(some["parameters"]["admission"], "deadline")
        self.assertAlmostEqual(some["refusal_rate"], 1 / 3)
        self.assertAlmostEqual(some["violation_rate"], 1 / 3)
        self.assertIsNone(some["antt"])
        self.assertIsNone(some["antt_lower_bound"])
        self.assertEqual(some["mean_turnaround_s"], 3)
        self.assertEqual(some["by_priority"]["3"]["refused"], 1)
        self.assertIsNone(some["by_priority"]["3"]["antt"])

    def test_in_csv_and_completions(self) -> None:
        self.simulate("--csv", "out.csv", "--completions", "completions.csv")
        everything, some = csv.DictReader(self.read("out.csv").splitlines())
        self.assertEqual(everything["refusal_rate"], "0")
        self.assertEqual(some["antt"], "")
        self.assertEqual(some["antt_lower_bound"], "")
        self.assertAlmostEqual(float(some["refusal_rate"]), 1 / 3)
        self.assertEqual(
            self.read("completions.csv"),
            lines("request,isolated_s,edf,edf refusing late", "0,2,6,4", "1,2,2,2", "2,2,4,"),
        )

    def test_in_text(self) -> None:
        text = self.simulate()
        self.assertRegex(text, r"(?m)^policy +violations % +refused % +ANTT ")
        self.assertRegex(text, r"(?m)^edf +33\.3\* +0\.00 +2\.00\* ")
        self.assertRegex(text, r"(?m)^edf refusing late +33\.3\* +33\.3 +- ")
        self.assertIn("refused requests are violations", text)
        self.assertIn("no schedule has an ANTT below 2.00", text)

    def test_in_the_timeline(self) -> None:
        self.simulate("--timeline", "out.json")
        events = strict_json(self.read("out.json"))["traceEvents"]
        (refused,) = [event for event in events if event["ph"] == "i"]
        self.assertEqual(refused["name"], "#2 two (refused)")
        self.assertEqual(round(refused["ts"]), 0)

    def test_unknown_admissions(self) -> None:
        self.fails(
            2,
            "unknown admission 'late'; allowed is all, deadline",
            *"simulate --traces two.csv --load 1 --admission late".split(),
        )
