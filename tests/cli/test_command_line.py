"""Wrong command lines: one line, status 2, nothing on standard output, no file."""

from support import CliTest

RUN = ("simulate", "--traces", "traces", "--rate", "9", "--count", "5", "--json", "out.json")
POLICIES = (
    "aged, dysta, dysta_naive, dysta_oracle, edf, fcfs, feasible_first, hrrn, likely_first, llf, planaria, "
    "prema, prema_sparse, punctual, punctual_oracle, sdrm3, sdrm3_sparse, sjf, sjf_sparse, srpt, "
    "srpt_weighted"
)
NOT_NUMBERS = ("", *"abc nan inf -inf 1e400 0x10 +5".split(), " 5", "5 ", *"1,5 1e --1".split())
ARRIVALS = "allowed is poisson, periodic[:jitter=0..1], gamma[:cv=0.05..20] or replay:FILE"
WEIGHT = "allowed is NAME=WEIGHT with a weight greater than 0 and at most 1e9"


class CommandLineTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def refused(self, message: str, *arguments: str) -> None:
        with self.subTest(arguments=arguments):
            self.fails(2, message, *arguments)

    def refused_value(self, option: str, value: str, allowed: str, *command: str) -> None:
        self.refused(
            f"{option}: '{value}' is not allowed; allowed is {allowed}", *command, option, value
        )


def see(command: str) -> str:
    """How a message about the command line ends."""
    return f"; allowed is what {command} --help lists"


class StructureTest(CommandLineTest):
    def test_no_subcommand(self) -> None:
        self.refused("a command is needed" + see("dysta"))
        for word in ("help", "sim", "Simulate"):
            self.refused(f"'{word}' is not known here" + see("dysta"), word)

    def test_no_subcommand_of_traces(self) -> None:
        result = self.run_dysta("traces")
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertRegex(result.err, r"\Adysta: a command is needed; [^\n]*\n\Z")

    def test_unknown_option(self) -> None:
        self.refused("'--frob' is not known here" + see("dysta simulate"), *RUN, "--frob")
        self.refused("'extra' is not known here" + see("dysta policies"), "policies", "extra")
        self.refused(
            "'--seeds' is not known here" + see("dysta workload"),
            *"workload --traces traces --rate 1 --seeds 1-2".split(),
        )
        # Abbreviations are not understood.
        self.refused("'--basel' is not known here" + see("dysta simulate"), *RUN, "--basel")

    def test_required_options(self) -> None:
        self.refused("--traces is required" + see("dysta workload"), *"workload --rate 1".split())
        self.refused(
            "--traces or --scenario is needed; allowed is one of them",
            *"simulate --rate 1".split(),
        )
        for command in ("check", "describe"):
            self.refused("PATH is required" + see(f"dysta traces {command}"), "traces", command)

    def test_option_without_value(self) -> None:
        self.refused(
            "--traces: 1 required PATH missing" + see("dysta simulate"), "simulate", "--traces"
        )
        self.refused(
            "--rate: 1 required R missing" + see("dysta workload"),
            *"workload --traces traces --rate".split(),
        )

    def test_option_twice(self) -> None:
        self.refused(
            "--rate: At Most 1 required but received 2" + see("dysta simulate"), *RUN, "--rate", "3"
        )

    def test_a_pace_is_needed(self) -> None:
        for command in ("simulate", "workload"):
            for process in ("poisson", "periodic", "gamma"):
                self.refused(
                    "--rate or --load is needed (or --requests, or replayed arrivals)",
                    command,
                    *"--traces traces --arrivals".split(),
                    process,
                )

    def exclusive(self, first: str, second: str, command: str, *arguments: str) -> None:
        with self.subTest(options=(first, second)):
            before = self.files()
            result = self.run_dysta(command, *arguments)
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertIn(
                result.err,
                [
                    f"dysta: {a} excludes {b}{see(f'dysta {command}')}\n"
                    for a, b in ((first, second), (second, first))
                ],
            )
            self.assertEqual(self.files(), before)

    def test_rate_excludes_load(self) -> None:
        for command in ("simulate", "workload"):
            self.exclusive(
                "--rate", "--load", command, "--traces", "traces", "--rate", "1", "--load", "1"
            )

    def test_seeds_exclude_one_run_outputs(self) -> None:
        for option, value in (
            ("--completions", "completions.csv"),
            ("--timeline", "timeline.json"),
        ):
            for seeds in ("1-3", "1"):
                self.exclusive("--seeds", option, *RUN, "--seeds", seeds, option, value)

    def test_seeds_come_before_seed(self) -> None:
        several = self.succeeds(*RUN, "--seeds", "2-3")
        self.assertEqual(self.succeeds(*RUN, "--seed", "7", "--seeds", "2-3"), several)
        self.assertEqual(self.succeeds(*RUN, "--seeds", "2-3", "--seed", "7"), several)

    def test_requests_exclude_a_drawn_workload(self) -> None:
        for option, value in (
            ("--rate", "1"),
            ("--load", "1"),
            ("--count", "3"),
            ("--arrivals", "poisson"),
            ("--slo-multiplier", "3"),
            ("--mix", "vgg=1"),
            ("--priorities", "1=1"),
            ("--seed", "1"),
            ("--seeds", "1-2"),
        ):
            self.exclusive(
                "--requests",
                option,
                *"simulate --traces traces --requests requests.csv".split(),
                option,
                value,
            )


class NumbersTest(CommandLineTest):
    def test_real_options(self) -> None:
        for option, commands, bad, allowed in (
            (
                "--rate",
                ("simulate", "workload"),
                ("0", "-1", "1e13", "-0", "1e-400"),
                "a number above 0, at most 1e12",
            ),
            (
                "--load",
                ("simulate", "workload"),
                ("0", "-1", "1001"),
                "a number above 0, at most 1000",
            ),
            (
                "--slo-multiplier",
                ("simulate", "workload"),
                ("0", "-1", "1e10"),
                "a number above 0, at most 1e9",
            ),
            ("--preemption-cost", ("simulate",), ("-1", "1e7"), "a number from 0, at most 1e6"),
            ("--decision-cost", ("simulate",), ("-1e-9", "1e7"), "a number from 0, at most 1e6"),
        ):
            for command in commands:
                pace = [] if option in ("--rate", "--load") else ["--rate", "9"]
                for value in (*bad, *NOT_NUMBERS):
                    self.refused_value(option, value, allowed, command, "--traces", "traces", *pace)

    def test_whole_options(self) -> None:
        draw = ("--traces", "traces", "--rate", "9")
        for option, command, bad, allowed in (
            (
                "--count",
                ("simulate", *draw),
                ("0", "100000001"),
                "a whole number from 1 to 100000000",
            ),
            (
                "--count",
                ("workload", *draw),
                ("0", "100000001"),
                "a whole number from 1 to 100000000",
            ),
            (
                "--seed",
                ("simulate", *draw),
                ("9007199254740993",),
                "a whole number from 0 to 9007199254740992",
            ),
            (
                "--seed",
                ("workload", *draw),
                ("9007199254740993",),
                "a whole number from 0 to 9007199254740992",
            ),
            ("--jobs", ("simulate", *draw), ("0", "1025"), "a whole number from 1 to 1024"),
            (
                "--seq-len",
                ("workload", *draw),
                ("0", "1048577"),
                "a whole number from 1 to 1000000",
            ),
            (
                "--seq-len",
                ("traces", "check", "traces"),
                ("0", "1048577"),
                "a whole number from 1 to 1000000",
            ),
        ):
            for value in (*bad, "-1", "1.5", "99999999999999999999999", *NOT_NUMBERS):
                self.refused_value(option, value, allowed, *command)

    def test_whole_numbers_written_as_floating_point(self) -> None:
        """Everywhere or nowhere: a table's 3.0 is 3, so is an option's."""
        draw = ("workload", "--traces", "traces", "--rate", "9")
        self.assertEqual(
            self.succeeds(*draw, "--count", "3.0", "--seed", "2e0"),
            self.succeeds(*draw, "--count", "3", "--seed", "2"),
        )
        self.assertEqual(
            self.succeeds(*RUN, "--jobs", "2.0", "--seed", "2.0", "--seq-len", "64.0"),
            self.succeeds(*RUN, "--jobs", "2", "--seed", "2", "--seq-len", "64"),
        )

    def test_seeds(self) -> None:
        for text in (
            *"- 1- -3 5-1 1-5-7 1, ,1 1,,2 1,1 1-3,2 a 1.5 1-20000 0-9999,10000 0x1".split(),
            "1 - 3",
            "9007199254740993",
            "18446744073709551615",
            "18446744073709551616",
            "9007199254740993-9007199254740994",
            "1-18446744073709551615",
        ):
            self.refused(
                f"seeds '{text}' are not allowed; allowed are whole numbers and ranges like 1-5, "
                "separated by commas, each once and at most 2^53, 10000 in all",
                *RUN,
                "--seeds",
                text,
            )

    def test_a_pace_that_the_clock_cannot_tell(self) -> None:
        """Alone, a request takes its isolated time: figures say so, or there are none."""
        for rate in ("1e-6", "1e-9", "1e-10", "1e-12", "1e-14", "1e-300"):
            with self.subTest(rate=rate):
                result = self.run_dysta(
                    *"simulate --traces traces --count 500 --policies fcfs".split(),
                    *("--rate", rate, "--csv", "out.csv"),
                )
                if result.status == 0:
                    header, row = (line.split(",") for line in self.read("out.csv").splitlines())
                    self.assertAlmostEqual(float(row[header.index("antt")]), 1, delta=0.01)
                    (self.folder / "out.csv").unlink()
                    continue
                self.assertEqual(result.out, "")
                self.assertRegex(
                    result.err,
                    r"\Adysta: ("
                    r"a request would arrive after [0-9.e+]+ s; allowed are rates and counts "
                    r"that end within 1e15 s|"
                    r"a layer of [0-9.e-]+ s vanishes in rounding at [0-9.e+]+ s; allowed are times "
                    r"that a double can tell apart)\n\Z",
                )
                self.assertFalse((self.folder / "out.csv").exists())


class WorkloadListsTest(CommandLineTest):
    def refused_draw(self, message: str, *options: str) -> None:
        for command in ("workload", "simulate"):
            self.refused(message, command, "--traces", "traces", "--rate", "9", *options)

    def test_unknown_arrivals(self) -> None:
        for text in ("frob", "Poisson", "poisson:", "poisson:x", "replay", "replay:"):
            self.refused_draw(f"arrivals: '{text}' is unknown; {ARRIVALS}", "--arrivals", text)

    def test_bad_parameters_of_arrivals(self) -> None:
        for name, values in (
            (
                "periodic",
                (
                    "",
                    *"jitter jitter= jitter=1.1 jitter=-0.1 jitter=nan cv=1".split(),
                    *"jitter=0,jitter=0".split(),
                ),
            ),
            ("gamma", ("", "cv", "cv=", "cv=0", "cv=0.04", "cv=20.5", "cv=x", "jitter=1")),
        ):
            for value in values:
                self.refused_draw(
                    f"arrivals: parameter '{value}' is not allowed; {ARRIVALS}",
                    "--arrivals",
                    f"{name}:{value}",
                )

    def test_bad_mix(self) -> None:
        for text, part in (
            ("vgg", "vgg"),
            ("vgg=", "vgg="),
            ("vgg=0", "vgg=0"),
            ("vgg=-1", "vgg=-1"),
            ("vgg=nan", "vgg=nan"),
            ("vgg=2e9", "vgg=2e9"),
            ("vgg=1,", ""),
            (",vgg=1", ""),
        ):
            self.refused_draw(f"mix: '{part}' is malformed; {WEIGHT}", "--mix", text)
        for name in ("alexnet", "", "vgg_channel50.csv"):
            self.refused_draw(
                f"mix: '{name}' is unknown; allowed are the variants and models of the traces "
                "(dysta traces describe lists them)",
                "--mix",
                f"resnet=1,{name}=1",
            )
        self.refused_draw("mix: 'vgg' is given twice; allowed is once", "--mix", "vgg=1,vgg=2")

    def test_bad_priorities(self) -> None:
        for text in ("1", "1=", "1=0", "3=nan"):
            self.refused_draw(f"priorities: '{text}' is malformed; {WEIGHT}", "--priorities", text)
        for name in ("2", "0", "high", "", "10"):
            self.refused_draw(
                f"priorities: '{name}' is unknown; allowed is 1, 3 or 9",
                "--priorities",
                f"1=1,{name}=1",
            )
        self.refused_draw(
            "priorities: '9' is given twice; allowed is once", "--priorities", "9=1,9=2"
        )

    def test_priority_twice_in_other_words(self) -> None:
        result = self.run_dysta(
            "workload", "--traces", "traces", "--rate", "9", "--priorities", "9=1,9.0=2"
        )
        self.assertEqual((result.status, result.out), (2, ""))

    def test_empty_values_are_not_defaults(self) -> None:
        """`--json "$unset"` must not pass for a run without --json."""
        for option in (
            *"--arrivals --mix --priorities --policies --baseline --seeds".split(),
            *"--completions --json --csv --timeline --requests".split(),
        ):
            pace = [] if option == "--requests" else ["--rate", "9"]
            self.refused(
                f"{option}: is empty; allowed is any other text",
                *"simulate --traces traces".split(),
                *pace,
                option,
                "",
            )


class PoliciesTest(CommandLineTest):
    def refused_list(self, text: str, message: str) -> None:
        self.refused(message, *RUN, "--policies", text)

    def test_unknown(self) -> None:
        for text, name in (
            ("frob", "frob"),
            ("FCFS", "FCFS"),
            ("fcfs,", ""),
            (",fcfs", ""),
            ("fcfs,,sjf", ""),
            (" fcfs", " fcfs"),
            ("fcfs, sjf", " sjf"),
            ("frob:beta=1", "frob"),
            (":beta=1", ""),
        ):
            self.refused_list(text, f"unknown policy '{name}'; allowed is {POLICIES}")

    def test_same_policy_twice(self) -> None:
        for text in ("fcfs", "dysta:beta=1", "dysta:beta=1,n=2"):
            self.refused_list(
                f"{text},sjf,{text}", f"policy '{text}' is given twice; allowed is once"
            )

    def test_malformed_parameter(self) -> None:
        for part in ("", "beta", "beta=", "=1", "="):
            self.refused_list(
                f"dysta:{part}", f"parameter '{part}' is malformed; allowed is key=value"
            )

    def test_parameter_without_policy(self) -> None:
        for text in ("beta=1", "fcfs,beta=1", "dysta,beta=1"):
            self.refused_list(
                text,
                "parameter 'beta=1' follows no policy with parameters; allowed is "
                "NAME[:key=value[,key=value]][,NAME...]",
            )

    def test_unknown_parameter(self) -> None:
        self.refused_list("fcfs:n=1", "policy 'fcfs' has no parameter 'n'; allowed is none")
        for key in ("frob", "Beta", " beta", "alpha"):
            self.refused_list(
                f"dysta:{key}=1",
                f"policy 'dysta' has no parameter '{key}'; allowed is beta, wait_unit_s, refresh, "
                "arithmetic, tick_s, tables, predictor, n",
            )

    def test_parameter_twice(self) -> None:
        self.refused_list(
            "dysta:beta=1,n=2,beta=1",
            "policy 'dysta' is given parameter 'beta' twice; allowed is once",
        )

    def test_value_out_of_range(self) -> None:
        number = "a number from 0 to 1e9"
        predictors = "none, average_all, last_one, last_n, length, elasticity, recursive or oracle"
        for policy, key, values, allowed in (
            ("dysta", "beta", ("-1", "nan", "inf", "1e400", "x", "auto", "1=2", "1:n=2"), number),
            ("dysta", "wait_unit_s", ("-1", "nan", "Auto", "1s"), f"auto or {number}"),
            ("sdrm3", "alpha", ("-0.5", "x"), number),
            ("sjf", "n", ("0", "65", "1.5", "-1", "x", "nan"), "a whole number from 1 to 64"),
            ("dysta", "refresh", ("never", "1"), "boundary or static"),
            ("sjf", "tables", ("none",), "pattern or model"),
            ("llf", "predictor", ("average", "last_n:n=3"), predictors),
            ("prema", "tokens", ("twice",), "published or once"),
            ("planaria", "overdue", ("late",), "published or urgent"),
        ):
            for value in values:
                self.refused_list(
                    f"{policy}:{key}={value}",
                    f"policy '{policy}': parameter '{key}' is '{value}'; allowed is {allowed}",
                )

    def test_baseline(self) -> None:
        policies = ("--policies", "fcfs,dysta:beta=1,n=2,sjf:n=1,sjf:n=2")
        for name in ("frob", "edf", "fcfs ", "dysta:beta=1", "sjf"):
            self.refused(
                f"--baseline: '{name}' is none of the policies compared, or several; allowed is "
                "one of --policies, as written there",
                *RUN,
                *policies,
                "--baseline",
                name,
            )
        by_label = self.succeeds(*RUN, *policies, "--baseline", "dysta:beta=1,n=2")
        self.assertIn("\nless dysta:beta=1,n=2 ", by_label)
        self.assertEqual(self.succeeds(*RUN, *policies, "--baseline", "dysta"), by_label)

    def test_refused_before_any_file_is_read(self) -> None:
        self.refused(
            f"unknown policy 'frob'; allowed is {POLICIES}",
            *"simulate --traces no.csv --rate 1 --policies frob".split(),
        )
