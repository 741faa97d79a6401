"""Request tables and recorded arrivals that must be refused, in the manner of bad traces."""

from support import REQUEST_HEADER, CliTest, lines

ARRIVAL = "seconds from 0 to 1e15, not before the row above"
NUMBER = "a finite number"


class BadRequestsTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def refused(self, message: str, name: str = "requests.csv") -> None:
        self.fails(
            1,
            message,
            *"simulate --traces traces --requests".split(),
            name,
            *"--completions completions.csv --json out.json".split(),
        )

    def refused_rows(self, message: str, *rows: str, header: str = REQUEST_HEADER) -> None:
        """`message` follows `requests.csv:`."""
        with self.subTest(header=header, rows=rows):
            self.write("requests.csv", lines(header, *rows))
            self.refused(f"requests.csv:{message}")

    def test_missing_file(self) -> None:
        self.refused("no.csv: cannot be opened: No such file or directory", "no.csv")

    def test_folder(self) -> None:
        self.refused("traces: cannot be read: Is a directory", "traces")

    def test_empty_file(self) -> None:
        self.write("requests.csv", "")
        self.refused("requests.csv: is empty; a header line with column names is needed")

    def test_header_only(self) -> None:
        self.refused_rows(" has no rows; at least one is needed")

    def test_missing_columns(self) -> None:
        columns = REQUEST_HEADER.split(",")
        for gone in columns:
            left = [column for column in columns if column != gone]
            shown = ", ".join(f"'{name}'" for name in left)
            self.refused_rows(
                f"1: column '{gone}' is missing; the header has {shown}",
                "0,1,2,3",
                header=",".join(left),
            )

    def test_a_trace_is_no_request_table(self) -> None:
        self.refused(
            "traces/vgg_channel50.csv:1: column 'arrival_s' is missing; the header has 'sim_lat', "
            "'overall-sparsity', 'batch-indx', 'layer-indx'",
            "traces/vgg_channel50.csv",
        )

    def test_not_a_number(self) -> None:
        for text in ("soon", "", "nan", "inf", "-inf", "1e400"):
            self.refused_rows(
                f"2: arrival_s is '{text}'; allowed is {NUMBER}", f"{text},vgg_channel50,0,1,1"
            )
            self.refused_rows(
                f"2: slo_s is '{text}'; allowed is {NUMBER}", f"0,vgg_channel50,0,1,{text}"
            )

    def test_arrival_out_of_range(self) -> None:
        for text in ("-1", "-1e-9", "1e16", "1e300"):
            self.refused_rows(
                f"2: arrival_s is '{text}'; allowed is {ARRIVAL}", f"{text},vgg_channel50,0,1,1"
            )

    def test_arrivals_out_of_order(self) -> None:
        self.refused_rows(
            f"4: arrival_s is '0.999'; allowed is {ARRIVAL}",
            *"0,vgg_channel50,0,1,1 1,vgg_channel50,0,1,1 0.999,vgg_channel50,0,1,1".split(),
        )

    def test_slo_out_of_range(self) -> None:
        for text in ("0", "-1", "-0", "1e16"):
            with self.subTest(text=text):
                self.write("requests.csv", lines(REQUEST_HEADER, f"0,vgg_channel50,0,1,{text}"))
                result = self.run_dysta(
                    "simulate", "--traces", "traces", "--requests", "requests.csv"
                )
                self.assertEqual((result.status, result.out), (1, ""))
                self.assertRegex(
                    result.err,
                    rf"\Adysta: requests\.csv:2: slo_s is '{text}'; allowed is seconds greater "
                    r"than 0[^\n]*\n\Z",
                )

    def test_unknown_model(self) -> None:
        for name in ("alexnet", "vgg", "vgg_channel50.csv", "VGG_channel50", ""):
            self.refused_rows(
                f"2: model is '{name}'; allowed is the stem of a trace file that is loaded",
                f"0,{name},0,1,1",
            )

    def test_unknown_sample(self) -> None:
        for text in ("4", "-1", "0.5", "x", "1e300", ""):
            self.refused_rows(
                f"2: sample is '{text}'; allowed is a whole number from 0 to 3",
                f"0,vgg_channel50,{text},1,1",
            )

    def test_bad_priority(self) -> None:
        for text in ("0", "2", "10", "-1", "1.5", "high", "", "nan"):
            self.refused_rows(
                f"2: priority is '{text}'; allowed is 1, 3 or 9", f"0,vgg_channel50,0,{text},1"
            )

    def test_number_of_fields(self) -> None:
        self.refused_rows("2: the row has 4 fields; the header has 5", "0,vgg_channel50,0,1")


class BadReplayTest(CliTest):
    """`--arrivals replay:FILE`."""

    def setUp(self) -> None:
        super().setUp()
        self.write_traces()

    def refused(self, status: int, message: str, *options: str) -> None:
        for command in ("workload", "simulate"):
            self.fails(
                status,
                message,
                command,
                *"--traces traces --arrivals replay:arrivals.csv".split(),
                *options,
            )

    def test_missing_file(self) -> None:
        self.refused(1, "arrivals.csv: cannot be opened: No such file or directory")

    def test_bad_rows(self) -> None:
        cases: list[tuple[list[str], str]] = [
            ([], " has no rows; at least one arrival is needed"),
            (["-1"], f"2: arrival_s is '-1'; allowed is {ARRIVAL}"),
            (["0", "2", "1"], f"4: arrival_s is '1'; allowed is {ARRIVAL}"),
            (["1e16"], f"2: arrival_s is '1e16'; allowed is {ARRIVAL}"),
            (["noon"], f"2: arrival_s is 'noon'; allowed is {NUMBER}"),
            (["nan"], f"2: arrival_s is 'nan'; allowed is {NUMBER}"),
        ]
        for rows, message in cases:
            with self.subTest(rows=rows):
                self.write("arrivals.csv", lines("arrival_s", *rows))
                self.refused(1, f"arrivals.csv:{message}", "--count", "1")

    def test_missing_column(self) -> None:
        self.write("arrivals.csv", lines("time,host", "1,a"))
        self.refused(
            1, "arrivals.csv:1: column 'arrival_s' is missing; the header has 'time', 'host'"
        )

    def test_too_few_times(self) -> None:
        self.write("arrivals.csv", lines("arrival_s", "1", "2"))
        self.refused(
            2,
            "arrivals: arrivals.csv holds 2 times and 3 are asked for; allowed is at most as many",
            "--count",
            "3",
        )

    def test_all_times_without_a_count(self) -> None:
        self.write("arrivals.csv", lines("arrival_s", "1", "2"))
        text = self.succeeds(*"workload --traces traces --arrivals replay:arrivals.csv".split())
        self.assertEqual(len(text.splitlines()), 1 + 2)

    def test_no_pace_to_scale(self) -> None:
        self.write("arrivals.csv", lines("arrival_s", "1", "1", "2"))
        for count in ("1", "2"):
            self.refused(
                2,
                f"arrivals: the first {count} times of arrivals.csv are all the same, so they have "
                "no rate to scale",
                "--count",
                count,
                "--rate",
                "1",
            )
