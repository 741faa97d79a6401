"""`simulate --scenario` and `--accelerators`: several accelerators, streams, and what is refused."""

import json
from typing import Any

from support import HERE, CliTest, lines, strict_json

SCENARIOS = HERE.parent.parent / "suite" / "scenarios"
SHIPPED = ("phone", "wearable", "data_centre")
HELP = "allowed is what dysta simulate --help lists"

# Two pools: `eye` runs what `write_traces()` writes, `ear` a network of its own on two accelerators.
TWO_POOLS = lines(
    "schema: 1",
    "name: two_pools",
    "what: a test",
    "accelerators:",
    "  - {name: eye, model: eyeriss_v2}",
    "  - {name: ear, model: sanger, count: 2}",
    "streams:",
    "  - name: frames",
    "    accelerator: eye",
    "    arrivals: periodic:jitter=0.5",
    "    rate_hz: 20",
    "    deadline_periods: 1",
    "    networks: {traces: traces}",
    "  - name: words",
    "    accelerator: ear",
    "    rate_hz: 40",
    "    deadline_s: 0.1",
    "    priority: 9",
    "    networks: {traces: words.csv}",
)
NETWORKS = {"eye": ("resnet_nm24", "resnet_random80", "vgg_channel50"), "ear": ("words",)}


class ScenarioTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()
        self.write("words.csv", (self.folder / "traces/vgg_channel50.csv").read_bytes())
        self.write("two_pools.yaml", TWO_POOLS)

    def simulated(self, *options: str) -> dict[str, Any]:
        """The JSON of a run of the two pools."""
        self.succeeds(
            *"simulate --scenario two_pools.yaml --policies fcfs,dysta --json out.json".split(),
            *options,
        )
        found: dict[str, Any] = strict_json(self.read("out.json"))
        return found

    # ---- what ships ----

    def test_shipped_are_found_from_anywhere(self) -> None:
        for name in SHIPPED:
            with self.subTest(scenario=name):
                options = ("--count", "50", "--policies", "fcfs,dysta", "--by-stream")
                by_name = self.succeeds("simulate", "--scenario", name, *options)
                path = SCENARIOS / f"{name}.yaml"
                self.assertEqual(self.succeeds("simulate", "--scenario", path, *options), by_name)
                self.assertTrue(by_name.startswith(f"{name}: "))

    def test_a_folder_above_comes_first(self) -> None:
        self.write("suite/scenarios/phone.yaml", TWO_POOLS.replace("traces: ", "traces: ../../"))
        said = self.succeeds(*"simulate --scenario phone --count 20 --policies fcfs".split())
        self.assertTrue(said.startswith("two_pools: 4 networks, 20 requests, 3 accelerators\n"))

    # ---- what is refused ----

    def test_what_a_scenario_says_is_not_given_beside_it(self) -> None:
        for option, value in (
            ("--traces", "traces"),
            ("--seq-len", "9"),
            ("--arrivals", "poisson"),
            ("--mix", "resnet=1"),
            ("--priorities", "1=1"),
            ("--requests", "requests.csv"),
            ("--accelerators", "2"),
        ):
            with self.subTest(option=option):
                self.fails(
                    2,
                    f"--scenario excludes {option}; {HELP}",
                    *("simulate", "--scenario", "two_pools.yaml", option, value),
                )

    def test_by_stream_needs_streams(self) -> None:
        self.fails(
            2,
            f"--by-stream requires --scenario; {HELP}",
            *"simulate --traces traces --load 1 --by-stream".split(),
        )

    def test_an_unknown_name(self) -> None:
        self.fails(
            2,
            "scenario 'nowhere' is unknown; allowed is a file that ends in .yaml, or the name of one "
            "in suite/scenarios",
            *"simulate --scenario nowhere".split(),
        )

    def test_a_file_that_is_not_there(self) -> None:
        self.fails(
            1,
            "nowhere.yaml: cannot be opened: No such file or directory",
            *"simulate --scenario nowhere.yaml".split(),
        )

    def test_a_multiplier_for_other_deadlines(self) -> None:
        self.fails(
            2,
            "an SLO multiplier is given, and stream 'frames' of scenario 'two_pools' has deadlines of "
            "another kind; allowed are scenarios whose streams all have slo_multiplier",
            *"simulate --scenario two_pools.yaml --slo-multiplier 3".split(),
        )

    def test_faults_in_the_file(self) -> None:
        for old, new, message in (
            ("what: a test", "what: a test\nloud: 1", "4:1: 'loud' is not known here; allowed are "
             "accelerators, load, name, schema, streams, trace_seed, what"),
            ("rate_hz: 20", "rate_hz: nan", "11:14: rate_hz is 'nan'; allowed is a number greater "
             "than 0 and at most 1e12"),
            ("accelerator: ear", "accelerator: nose", "15:18: accelerator is 'nose'; allowed is one "
             "of the accelerators above: eye, ear"),
            ("accelerator: ear", "accelerator: eye", "5:3: accelerator 'ear' has no stream; allowed "
             "are those that have one"),
        ):
            with self.subTest(fault=new):
                self.assertIn(old, TWO_POOLS)
                self.write("faulty.yaml", TWO_POOLS.replace(old, new))
                self.fails(1, f"faulty.yaml:{message}", *"simulate --scenario faulty.yaml".split())

    # ---- what comes out ----

    def test_json(self) -> None:
        workload = self.simulated("--count", "200")["workload"]
        self.assertEqual(workload["scenario"], "two_pools")
        self.assertEqual(workload["accelerators"], 3)
        self.assertEqual(workload["requests"], 200)
        self.assertEqual(workload["rate_hz"], 60)
        self.assertEqual(workload["traces"], {"measured": 0, "synthesised": 0, "unknown": 4})
        self.assertIsNone(workload["slo_multiplier"])
        pools = workload["pools"]
        self.assertEqual(
            [(pool["name"], pool["accelerator"], pool["accelerators"]) for pool in pools],
            [("eye", "eyeriss_v2", 1), ("ear", "sanger", 2)],
        )
        mean_s = sum(map(self.mean_latency_s, NETWORKS["eye"])) / 3
        self.assertAlmostEqual(pools[0]["utilisation"], 20 * mean_s)
        self.assertAlmostEqual(pools[1]["utilisation"], 40 * self.mean_latency_s("words") / 2)

    def mean_latency_s(self, network: str) -> float:
        path = self.folder / ("words.csv" if network == "words" else f"traces/{network}.csv")
        rows = [row.split(",") for row in path.read_text().splitlines()[1:]]
        return sum(float(row[0]) for row in rows) / len({row[2] for row in rows})

    def test_groups_by_stream_are_all_requests(self) -> None:
        for policy in self.simulated("--count", "200")["policies"]:
            groups = policy["by_stream"]
            self.assertEqual(list(groups), ["frames", "words"])
            self.assertEqual(sum(group["requests"] for group in groups.values()), 200)
            antt = sum(group["requests"] * group["antt"] for group in groups.values()) / 200
            self.assertAlmostEqual(policy["antt"], antt)
            self.assertLessEqual(policy["antt_lower_bound"], policy["antt"])

    def test_load_and_rate(self) -> None:
        def utilisations(*options: str) -> list[float]:
            pools = self.simulated("--count", "10", *options)["workload"]["pools"]
            return [pool["utilisation"] for pool in pools]

        stated = utilisations()
        loaded = utilisations("--load", "0.5")
        self.assertAlmostEqual(max(loaded), 0.5)
        self.assertAlmostEqual(loaded[0] / loaded[1], stated[0] / stated[1])
        doubled = utilisations("--rate", "120")
        for before, after in zip(stated, doubled, strict=True):
            self.assertAlmostEqual(2 * before, after)

    def test_a_timeline_has_a_track_for_each_accelerator(self) -> None:
        self.simulated("--count", "100", "--timeline", "timeline.json")
        events = strict_json(self.read("timeline.json"))["traceEvents"]
        processes = {
            event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"
        }
        for pid, process in processes.items():
            if not process.endswith(": accelerator"):
                continue
            tracks = {
                event["tid"]: event["args"]["name"]
                for event in events
                if event["name"] == "thread_name" and event["pid"] == pid
            }
            self.assertEqual(list(tracks.values()), ["eye", "ear 0", "ear 1"])
            ran: dict[str, set[str]] = {name: set() for name in tracks.values()}
            for event in events:
                if event["pid"] == pid and event["ph"] == "X":
                    ran[tracks[event["tid"]]].add(event["name"].split(" ")[0])
            self.assertEqual(ran["eye"], set(NETWORKS["eye"]))
            self.assertEqual((ran["ear 0"], ran["ear 1"]), ({"words"}, {"words"}))

    def test_jobs_change_nothing(self) -> None:
        texts = set()
        for jobs in ("1", "2", "5"):
            self.simulated("--count", "100", "--seeds", "1-3", "--jobs", jobs)
            texts.add(self.read("out.json"))
        self.assertEqual(len(texts), 1)


class AcceleratorsTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def simulated(self, accelerators: str, *options: str) -> dict[str, Any]:
        self.succeeds(
            *"simulate --traces traces --policies fcfs,dysta --json out.json --accelerators".split(),
            accelerators,
            *options,
        )
        found: dict[str, Any] = json.loads(self.read("out.json"))
        return found

    def test_a_load_is_of_all_of_them(self) -> None:
        one = self.simulated("1", "--load", "0.5")["workload"]
        four = self.simulated("4", "--load", "0.5")["workload"]
        self.assertEqual((one["accelerators"], four["accelerators"]), (1, 4))
        self.assertAlmostEqual(four["rate_hz"], 4 * one["rate_hz"])
        self.assertAlmostEqual(four["offered_load"], one["offered_load"])

    def test_more_of_them_wait_less(self) -> None:
        antt = [
            self.simulated(count, "--rate", "20")["policies"][0]["antt"]
            for count in ("1", "2", "1000")
        ]
        self.assertGreater(antt[0], antt[1])
        self.assertGreater(antt[1], antt[2])
        self.assertAlmostEqual(antt[2], 1)

    def test_what_is_no_number_of_them(self) -> None:
        for count in ("0", "4097", "1.5", "-1", "two"):
            self.fails(
                2,
                f"--accelerators: '{count}' is not allowed; allowed is a whole number from 1 to 4096",
                *"simulate --traces traces --load 1 --accelerators".split(),
                count,
            )
