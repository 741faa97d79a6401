"""What other programs rely on: help, --version, --policies, --completions, --csv."""

import csv
import re
import unittest
from collections.abc import Iterator

from support import REQUEST_HEADER, CliTest, cnn_trace, lines

SUBCOMMANDS: tuple[list[str], ...] = (
    [],
    ["simulate"],
    ["workload"],
    ["policies"],
    ["traces"],
    ["traces", "check"],
    ["traces", "describe"],
)
DRAW = ("--traces", "traces", "--load", "1.1", "--count", "60")


def digits(number: str) -> str:
    """The significant digits of a number as written."""
    mantissa = number.lower().split("e")[0].lstrip("-").replace(".", "")
    return mantissa.strip("0")


class HelpTest(CliTest):
    def test_every_command_has_help(self) -> None:
        for command in SUBCOMMANDS:
            for flag in ("--help", "-h"):
                with self.subTest(command=command, flag=flag):
                    text = self.succeeds(*command, flag)
                    self.assertIn("Usage: dysta", text)
                    self.assertIn("--help", text)

    def test_help_lists_the_subcommands(self) -> None:
        text = self.succeeds("--help")
        for name in ("simulate", "workload", "policies", "traces"):
            self.assertRegex(text, rf"(?m)^  {name} ")

    def test_help_of_simulate_lists_its_options(self) -> None:
        text = self.succeeds("simulate", "--help")
        for option in (
            "traces seq-len requests rate load count seed arrivals slo-multiplier mix priorities "
            "policies admission seeds completions json timeline csv baseline preemption-cost decision-cost "
            "jobs by-model by-priority explain"
        ).split():
            self.assertRegex(text, rf"(?m)^  --{option}[ =\n]", msg=option)

    def test_version(self) -> None:
        self.assertRegex(self.succeeds("--version"), r"\Adysta \d+\.\d+\.\d+\n\Z")


class PolicyListTest(CliTest):
    """The grammar of --policies: a part without `=` starts the next policy."""

    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def header(self, policies: str) -> list[str]:
        text = self.completions(*DRAW, "--policies", policies)
        return next(csv.reader(text.splitlines()))[2:]

    def test_grammar(self) -> None:
        for text, names in (
            ("fcfs", ["fcfs"]),
            ("dysta:beta=0.05,sjf,sdrm3:alpha=0.5", ["dysta", "sjf", "sdrm3"]),
            ("dysta:beta=0.05,wait_unit_s=auto,sjf", ["dysta", "sjf"]),
            ("sjf:predictor=last_n,n=2,tables=pattern", ["sjf"]),
            ("fcfs,dysta:beta=1,n=2,fcfs:", None),
        ):
            with self.subTest(policies=text):
                if names is None:
                    result = self.run_dysta("simulate", *DRAW, "--policies", text)
                    self.assertEqual((result.status, result.out), (2, ""))
                else:
                    self.assertEqual(self.header(text), names)

    def test_names_that_collide_keep_their_parameters(self) -> None:
        self.assertEqual(
            self.header("dysta:beta=0.05,n=2,sjf:n=2,dysta,dysta_naive"),
            ["dysta:beta=0.05,n=2", "sjf", "dysta", "dysta_naive"],
        )

    def test_label_with_a_comma_is_quoted(self) -> None:
        text = self.completions(*DRAW, "--policies", "dysta:beta=1,n=2,dysta")
        self.assertEqual(text.split("\n")[0], 'request,isolated_s,"dysta:beta=1,n=2",dysta')

    def test_order_of_policies_is_kept(self) -> None:
        self.assertEqual(self.header("sjf,fcfs,edf"), ["sjf", "fcfs", "edf"])

    def registry(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Names and default parameters, from `dysta policies`."""
        for entry in re.split(r"(?m)^(?=\S)", self.succeeds("policies"))[1:]:
            name = entry.split(":")[0]
            yield name, dict(re.findall(r"(?m)^  (\w+)=(\S+)  ", entry))

    def test_published_names_are_there(self) -> None:
        names = {name for name, _ in self.registry()}
        published = "fcfs sjf sjf_sparse prema prema_sparse planaria sdrm3 sdrm3_sparse dysta"
        self.assertLessEqual({*published.split(), "dysta_naive", "dysta_oracle"}, names)

    def test_listed_defaults_are_the_defaults(self) -> None:
        for name, parameters in self.registry():
            if not parameters:
                continue
            with self.subTest(policy=name):
                settings = ",".join(f"{key}={value}" for key, value in parameters.items())
                text = self.completions(*DRAW, "--policies", f"{name},{name}:{settings}")
                rows = list(csv.reader(text.splitlines()))[1:]
                self.assertEqual([row[2] for row in rows], [row[3] for row in rows])

    def test_policies_do_not_influence_each_other(self) -> None:
        names = [name for name, _ in self.registry()]
        together = list(
            csv.DictReader(self.completions(*DRAW, "--policies", ",".join(names)).splitlines())
        )
        for name in names:
            with self.subTest(policy=name):
                alone = csv.DictReader(self.completions(*DRAW, "--policies", name).splitlines())
                self.assertEqual([row[name] for row in alone], [row[name] for row in together])


class CompletionsTest(CliTest):
    def test_worked_example(self) -> None:
        """Two requests on a three-layer network, by hand, in numbers that floating point holds."""
        self.write("net.csv", cnn_trace([[(0.5, 0.5), (0.25, 0.5), (1, 0.5)], [(2, 0.5)] * 3]))
        self.write(
            "requests.csv", lines(REQUEST_HEADER, "0,net,1,3,100", "0.5,net,0,3,100", "9,net,0,1,1")
        )
        text = self.completions(
            "--traces", "net.csv", "--requests", "requests.csv", "--policies", "fcfs,srpt"
        )
        self.assertEqual(
            text,
            lines(
                *"request,isolated_s,fcfs,srpt 0,6,6,7.75 1,1.75,7.75,3.75".split(),
                *"2,1.75,10.75,10.75".split(),
            ),
        )

    def test_costs_in_the_worked_example(self) -> None:
        """A decision 1/8 s, a preemption 1/16 s; putting a finished task aside costs nothing."""
        self.write("net.csv", cnn_trace([[(0.5, 0.5), (0.25, 0.5), (1, 0.5)], [(2, 0.5)] * 3]))
        self.write("requests.csv", lines(REQUEST_HEADER, "0,net,1,3,100", "0.5,net,0,3,100"))
        text = self.completions(
            *"--traces net.csv --requests requests.csv --policies fcfs,srpt".split(),
            *"--decision-cost 0.125 --preemption-cost 0.0625".split(),
        )
        self.assertEqual(
            text, lines("request,isolated_s,fcfs,srpt", "0,6,6.375,8.5625", "1,1.75,8.5,4.3125")
        )

    def test_numbers_are_the_shortest_that_read_back(self) -> None:
        self.write_traces()
        rows = csv.reader(self.completions(*DRAW, "--policies", "fcfs,dysta").splitlines()[1:])
        for row in rows:
            for number in row[1:]:
                self.assertEqual(digits(number), digits(repr(float(number))))

    def test_a_row_a_request_in_their_order(self) -> None:
        self.write_traces()
        rows = list(csv.reader(self.completions(*DRAW, "--policies", "sjf").splitlines()))
        self.assertEqual([row[0] for row in rows[1:]], [str(i) for i in range(60)])
        self.assertEqual({len(row) for row in rows}, {3})

    def test_isolated_time_is_the_sum_of_the_layers(self) -> None:
        self.write_traces()
        requests = self.succeeds("workload", *DRAW)
        completions = self.completions(*DRAW, "--policies", "fcfs")
        for request, row in zip(
            csv.DictReader(requests.splitlines()),
            csv.DictReader(completions.splitlines()),
            strict=True,
        ):
            trace = csv.DictReader(self.read(f"traces/{request['model']}.csv").splitlines())
            layers = [float(r["sim_lat"]) for r in trace if r["batch-indx"] == request["sample"]]
            self.assertAlmostEqual(float(row["isolated_s"]), sum(layers), delta=1e-12)
            self.assertGreaterEqual(
                float(row["fcfs"]), float(request["arrival_s"]) + float(row["isolated_s"]) - 1e-9
            )

    def test_ties_break_by_request_index(self) -> None:
        self.write("net.csv", cnn_trace([[(1, 0.5)]]))
        self.write("requests.csv", lines(REQUEST_HEADER, *["0,net,0,3,9"] * 4))
        names = "fcfs,sjf,edf,llf,hrrn,prema,sdrm3:overdue=urgent,dysta"
        text = self.completions(
            "--traces", "net.csv", "--requests", "requests.csv", "--policies", names
        )
        self.assertEqual(
            [row[1:] for row in csv.reader(text.splitlines()[1:])],
            [["1", *[str(i + 1)] * 8] for i in range(4)],
        )

    def test_an_arrival_at_the_end_of_a_layer_takes_part_in_the_decision(self) -> None:
        self.write("long.csv", cnn_trace([[(1, 0.5), (1, 0.5)]]))
        self.write("short.csv", cnn_trace([[(0.5, 0.5)]]))
        self.write("requests.csv", lines(REQUEST_HEADER, "0,long,0,3,9", "1,short,0,3,9"))
        text = self.completions(
            "--traces", "long.csv", "short.csv", "--requests", "requests.csv", "--policies", "sjf"
        )
        self.assertEqual(text, lines("request,isolated_s,sjf", "0,2,2.5", "1,0.5,1.5"))


class CsvTest(CliTest):
    METRICS = (
        "violation_rate,antt,antt_lower_bound,stp_inferences_per_s,system_throughput_normalised,"
        "mean_turnaround_s,p50_turnaround_s,p95_turnaround_s,p99_turnaround_s,fairness_jain,preemptions,decisions,refusal_rate"
    )

    def test_a_row_a_policy_and_run(self) -> None:
        self.write_traces()
        self.succeeds(
            "simulate",
            *DRAW,
            *"--policies fcfs,dysta:beta=1,n=2 --seeds 3,8-9 --csv out.csv".split(),
        )
        rows = list(csv.reader(self.read("out.csv").splitlines()))
        self.assertEqual(rows[0], ["policy", "run", "seed", *self.METRICS.split(",")])
        self.assertEqual(
            [row[:3] for row in rows[1:]],
            [
                [policy, str(run), seed]
                for policy in ("fcfs", "dysta:beta=1,n=2")
                for run, seed in enumerate(("3", "8", "9"))
            ],
        )

    def test_no_seed_for_a_request_file(self) -> None:
        self.write_traces()
        self.write("requests.csv", self.succeeds("workload", *DRAW))
        self.succeeds(
            *"simulate --traces traces --requests requests.csv --policies fcfs --csv".split(),
            *"out.csv".split(),
        )
        self.assertEqual(self.read("out.csv").splitlines()[1].split(",")[:3], ["fcfs", "0", ""])


if __name__ == "__main__":
    unittest.main()
