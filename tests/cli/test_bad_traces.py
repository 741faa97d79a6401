"""Trace files that must be refused: one line with file, line, what is wrong and what is allowed;
status 1; nothing on standard output and no file."""

import os

import support
from support import ATTENTION_HEADER, CNN_HEADER, REQUEST_HEADER, CliTest, cnn_trace, lines

INDEX = "a whole number from 0 to 4294967294"
LATENCY = "a latency in seconds greater than 0 and at most 1e15"
SPARSITY = "a sparsity of at least 0 and less than 1"
DENSITY = "a density (attention traces hold the share kept) greater than 0 and at most 1"
BALANCE = "a load balance greater than 0 and at most 1"
LENGTH_HEADER = ATTENTION_HEADER + ",seq-len"


class BadTracesTest(CliTest):
    def refused(self, message: str, *names: str) -> None:
        """By every subcommand that reads traces, in the same words."""
        for arguments in (
            ("traces", "check", *names),
            ("traces", "describe", *names),
            ("simulate", "--rate", "1", "--json", "out.json", "--traces", *names),
            ("workload", "--rate", "1", "--traces", *names),
        ):
            self.fails(1, message, *arguments)

    def refused_rows(self, message: str, header: str, *rows: str) -> None:
        """`message` follows `net.csv:`."""
        with self.subTest(header=header, rows=rows):
            self.write("net.csv", lines(header, *rows))
            self.refused(f"net.csv:{message}", "net.csv")


class WholeFileTest(BadTracesTest):
    def test_missing_file(self) -> None:
        self.refused("no.csv: cannot be opened: No such file or directory", "no.csv")

    def test_empty_file(self) -> None:
        for text in ("", "\ufeff", "\n\r\n \n"):
            with self.subTest(text=text):
                self.write("net.csv", text)
                self.refused(
                    "net.csv: is empty; a header line with column names is needed", "net.csv"
                )
        self.refused("/dev/null: is empty; a header line with column names is needed", "/dev/null")

    def test_header_only(self) -> None:
        for header in (CNN_HEADER, ATTENTION_HEADER):
            self.write("net.csv", lines(header, ""))
            self.refused(
                "net.csv: has a header but no rows; at least one layer is needed", "net.csv"
            )

    def test_folder_without_csv(self) -> None:
        message = (
            "has no .csv files in it (its own folders are not searched); give trace files or a "
            "folder of them"
        )
        self.write("none/readme.txt", "")
        self.write("none/deeper/net.csv", cnn_trace([[(1, 0.5)]]))
        self.write("none/folder.csv/net.csv", cnn_trace([[(1, 0.5)]]))
        self.refused(f"none: {message}", "none")
        self.write_traces()
        self.refused(f"none: {message}", "traces", "none")

    def test_unreadable_file(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root reads every file")
        self.write("net.csv", cnn_trace([[(1, 0.5)]])).chmod(0)
        self.addCleanup((self.folder / "net.csv").chmod, 0o600)
        before = sorted(os.listdir(self.folder))
        result = self.run_dysta("traces", "check", "net.csv")
        self.assertEqual(result.err, "dysta: net.csv: cannot be opened: Permission denied\n")
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_endless_file(self) -> None:
        self.fails(
            1,
            "/dev/zero: is larger than 1 GiB; split it, or give the right file",
            *"traces check /dev/zero".split(),
        )

    def test_binary_file(self) -> None:
        result = self.run_dysta("traces", "check", support.program)
        self.assertEqual((result.status, result.out), (1, ""))
        message = r"column 'overall-sparsity' is missing; the header has '\\x7fELF[^\n]*"
        self.assertRegex(result.err, rf"\Adysta: \S+:1: {message}\n\Z")

    def test_some_good_some_bad(self) -> None:
        """`check` reports every faulty file, and the good ones."""
        self.write("a.csv", lines(CNN_HEADER, "1,2,0,0"))
        self.write("b.csv", cnn_trace([[(1, 0.5)]]))
        self.write("c.csv", "")
        result = self.run_dysta("traces", "check", "a.csv", "b.csv", "c.csv", "d.csv")
        self.assertEqual(result.status, 1)
        self.assertEqual(result.out, "b.csv: ok, cnn, 1 inputs, 1 layers\n")
        self.assertEqual(
            result.err,
            lines(
                f"dysta: a.csv:2: overall-sparsity is '2'; allowed is {SPARSITY}",
                "dysta: c.csv: is empty; a header line with column names is needed",
                "dysta: d.csv: cannot be opened: No such file or directory",
            ),
        )

    def test_name_that_would_break_the_line(self) -> None:
        """A message is one line, and names the whole file, whatever its name holds."""
        for command in (("traces", "check"), ("traces", "describe")):
            result = self.run_dysta(*command, "new\nline.csv")
            self.assertEqual((result.status, result.out), (1, ""))
            self.assertRegex(result.err, r"\Adysta: [^\n]*new[^\n]*line\.csv[^\n]*\n\Z")


class HeaderTest(BadTracesTest):
    def test_missing_columns(self) -> None:
        self.refused_rows(
            "1: column 'overall-sparsity' is missing; the header has 'a', 'b', 'c'",
            "a,b,c",
            "1,2,3",
        )
        for header in (CNN_HEADER, ATTENTION_HEADER):
            columns = header.split(",")
            for gone in columns:
                if gone in ("50%-skip", "sim_lat"):
                    continue  # what makes it one kind of file or the other
                left = [column for column in columns if column != gone]
                shown = ", ".join(f"'{name}'" for name in left)
                self.refused_rows(
                    f"1: column '{gone}' is missing; the header has {shown}",
                    ",".join(left),
                    "1,1,0",
                )

    def test_neither_kind_of_file(self) -> None:
        self.refused_rows(
            "1: neither 'sim_lat' (CNN traces) nor '50%-skip' (attention traces) is there; the "
            "header has 'overall-sparsity', 'batch-indx', 'layer-indx'",
            "overall-sparsity,batch-indx,layer-indx",
            "1,0,0",
        )

    def test_many_columns_are_not_all_listed(self) -> None:
        names = [f"c{i}" for i in range(12)]
        shown = ", ".join(f"'{name}'" for name in names[:8])
        self.refused_rows(
            f"1: column 'overall-sparsity' is missing; the header has {shown}, ...", ",".join(names)
        )

    def test_column_twice(self) -> None:
        for column in CNN_HEADER.split(","):
            self.refused_rows(
                f"1: column '{column}' stands twice in the header; allowed is once",
                f"{CNN_HEADER},{column}",
            )

    def test_case_matters(self) -> None:
        shown = ", ".join(f"'{name}'" for name in CNN_HEADER.upper().split(","))
        self.refused_rows(
            f"1: column 'overall-sparsity' is missing; the header has {shown}",
            CNN_HEADER.upper(),
            "1,0,0,0",
        )

    def test_no_header(self) -> None:
        self.refused_rows(
            "1: column 'overall-sparsity' is missing; the header has '0.5', '0.5', '0', '0'",
            "0.5,0.5,0,0",
        )


class FieldsTest(BadTracesTest):
    def test_not_a_number(self) -> None:
        for text in ("fast", "", "nan", "NaN", "inf", "-inf", "1e400", "1 2", "0x1", "1;0", "--1"):
            self.refused_rows(
                f"2: sim_lat is '{text}'; allowed is a finite number", CNN_HEADER, f"{text},0.5,0,0"
            )
            self.refused_rows(
                f"3: overall-sparsity is '{text}'; allowed is a finite number",
                CNN_HEADER,
                "1,0.5,0,0",
                f"1,{text},0,1",
            )
            self.refused_rows(
                f"2: 50%-skip is '{text}'; allowed is a finite number",
                ATTENTION_HEADER,
                f"0.5,{text},0,0",
            )

    def test_not_an_index(self) -> None:
        for text in ("one", "", "nan", "inf", "-1", "0.5", "4294967295", "1e300", "-0.5"):
            self.refused_rows(
                f"2: batch-indx is '{text}'; allowed is {INDEX}", CNN_HEADER, f"1,0.5,{text},0"
            )
            self.refused_rows(
                f"2: layer-indx is '{text}'; allowed is {INDEX}", CNN_HEADER, f"1,0.5,0,{text}"
            )

    def test_latency_out_of_range(self) -> None:
        for text in ("0", "-1", "-1e-9", "1e16", "1e308"):
            message = f"2: sim_lat is '{text}'; allowed is {LATENCY}"
            self.refused_rows(message, CNN_HEADER, f"{text},0.5,0,0")
            self.refused_rows(message, ATTENTION_HEADER + ",sim_lat", f"0.5,0.5,0,0,{text}")

    def test_sparsity_out_of_range(self) -> None:
        for text in ("1", "1.5", "-0.1", "0.99999999999999999999"):
            self.refused_rows(
                f"2: overall-sparsity is '{text}'; allowed is {SPARSITY}",
                CNN_HEADER,
                f"1,{text},0,0",
            )

    def test_density_out_of_range(self) -> None:
        for text in ("0", "1.1", "-0.1", "-0"):
            self.refused_rows(
                f"2: overall-sparsity is '{text}'; allowed is {DENSITY}",
                ATTENTION_HEADER,
                f"{text},0.5,0,0",
            )

    def test_load_balance_out_of_range(self) -> None:
        for text in ("0", "1.1", "-0.1"):
            self.refused_rows(
                f"2: 50%-skip is '{text}'; allowed is {BALANCE}",
                ATTENTION_HEADER,
                f"0.5,{text},0,0",
            )

    def test_latency_too_small_to_tell(self) -> None:
        for text in ("1e-16", "1e-320"):
            message = f"2: sim_lat is '{text}'; allowed is a latency of at least 1e-15 seconds"
            self.refused_rows(message, CNN_HEADER, f"{text},0.5,0,0")

    def test_computed_latency_out_of_range(self) -> None:
        for text in ("1e-17", "1e-200"):
            self.refused_rows(
                f"2: 50%-skip is '{text}'; allowed is a load balance that gives a latency of at most 1e15 seconds",
                ATTENTION_HEADER,
                f"1,{text},0,0",
            )

    def test_tiny_density(self) -> None:
        """1 - 1e-17 is 1, which no sparsity is; scores must not become NaN."""
        self.write("net.csv", lines(ATTENTION_HEADER + ",sim_lat", "1e-17,0.5,0,0,1"))
        draw = "--traces net.csv --load 2 --count 30 --policies fcfs,sjf_sparse".split()
        rows = [row.split(",") for row in self.completions(*draw).splitlines()]
        self.assertEqual([row[2] for row in rows[1:]], [row[3] for row in rows[1:]])

    def test_sequence_length_out_of_range(self) -> None:
        self.refused_rows(
            "2: seq-len is '0'; allowed is a number of tokens from 1", LENGTH_HEADER, "1,1,0,0,0"
        )
        for text in ("-1", "1.5", "1000001", "many"):
            self.refused_rows(
                f"2: seq-len is '{text}'; allowed is a whole number from 0 to 1000000",
                LENGTH_HEADER,
                f"1,1,0,0,{text}",
            )

    def test_number_of_fields(self) -> None:
        self.refused_rows("2: the row has 3 fields; the header has 4", CNN_HEADER, "1,0.5,0")
        self.refused_rows(
            "3: the row has 5 fields; the header has 4", CNN_HEADER, "1,0.5,0,0", "1,0.5,0,1,"
        )
        self.refused_rows("2: the row has 1 field; the header has 4", CNN_HEADER, "1;0.5;0;0")

    def test_quotes(self) -> None:
        self.refused_rows(
            "2: a quoted field does not end on its line; allowed are quotes in pairs",
            CNN_HEADER,
            '"1,0.5,0,0',
        )
        self.refused_rows(
            "2: a comma is missing after a quoted field; allowed is a comma or the line's end",
            CNN_HEADER,
            '"1"2,0.5,0,0',
        )

    def test_unprintable_bytes_are_escaped(self) -> None:
        self.refused_rows(
            r"2: sim_lat is '1\x1b[31m\x07'; allowed is a finite number",
            CNN_HEADER,
            "1\x1b[31m\x07,0.5,0,0",
        )
        self.refused_rows(
            rf"2: layer-indx is '0\x00'; allowed is {INDEX}", CNN_HEADER, "1,0.5,0,0\x00"
        )

    def test_messages_are_utf8(self) -> None:
        self.refused_rows("2: sim_lat is 'é'; allowed is a finite number", CNN_HEADER, "é,0.5,0,0")
        for field in (b"caf\xe9", "é".encode() * 30 + b"x", b"x" + "é".encode() * 30):
            with self.subTest(field=field):
                self.write("net.csv", lines(CNN_HEADER).encode() + field + b",0.5,0,0\n")
                result = self.run_dysta("traces", "check", "net.csv")
                self.assertEqual(result.status, 1)
                result.err.encode("utf-8")  # fails on bytes that are not

    def test_long_field_is_shortened(self) -> None:
        self.refused_rows(
            f"2: sim_lat is '{'x' * 40}...'; allowed is a finite number",
            CNN_HEADER,
            f"{'x' * 5000},0.5,0,0",
        )

    def test_lines_are_counted_with_blank_ones_and_carriage_returns(self) -> None:
        self.refused_rows(
            "5: sim_lat is '-1'; allowed is " + LATENCY,
            CNN_HEADER + "\r",
            "\r",
            "1,0.5,0,0\r",
            "",
            "-1,0.5,0,1\r",
        )


class CompletenessTest(BadTracesTest):
    def test_missing_layer(self) -> None:
        message = "lacks layer 1; layers are numbered from 0 without a gap"
        self.refused_rows(f"3: sample 0 {message}", CNN_HEADER, "1,0,0,0", "1,0,0,2")
        self.refused_rows(
            f"5: sample 1 {message}", CNN_HEADER, *"1,0,0,0 1,0,0,1 1,0,1,0 1,0,1,2 1,0,0,2".split()
        )
        self.refused_rows(
            "2: sample 0 lacks layer 0; layers are numbered from 0 without a gap",
            CNN_HEADER,
            "1,0,0,1",
        )

    def test_missing_sample(self) -> None:
        message = "is missing; samples are numbered from 0 without a gap"
        self.refused_rows(f"3: sample 1 {message}", CNN_HEADER, "1,0,0,0", "1,0,2,0")
        self.refused_rows(f"2: sample 0 {message}", CNN_HEADER, "1,0,1,0")

    def test_samples_with_different_numbers_of_layers(self) -> None:
        self.refused_rows(
            "4: sample 1 has 1 layers and sample 0 has 2; every sample has the same layers",
            CNN_HEADER,
            *"1,0,0,0 1,0,0,1 1,0,1,0".split(),
        )
        self.refused_rows(
            "4: sample 1 has 2 layers and sample 0 has 1; every sample has the same layers",
            CNN_HEADER,
            *"1,0,0,0 1,0,1,0 1,0,1,1".split(),
        )

    def test_duplicate_rows(self) -> None:
        self.refused_rows(
            "4: sample 0, layer 1 stands already in line 3; allowed is once",
            CNN_HEADER,
            *"1,0,0,0 1,0,0,1 2,0,0,1".split(),
        )

    def test_two_sequence_lengths_in_a_sample(self) -> None:
        self.refused_rows(
            "3: sample 0 has two sequence lengths, 12 and 13; all layers of a sample have the same",
            LENGTH_HEADER,
            "1,1,0,0,12",
            "1,1,0,1,13",
        )


class SetsTest(BadTracesTest):
    """Faults between files; `check` has said by then that each file is fine."""

    def refused(self, message: str, *names: str) -> None:
        self.fails(1, message, "traces", "describe", *names)
        self.fails(1, message, "workload", "--rate", "1", "--traces", *names)
        result = self.run_dysta("traces", "check", *names)
        self.assertEqual((result.status, result.err), (1, f"dysta: {message}\n"))

    def test_one_stem_twice(self) -> None:
        for name in ("a/net.csv", "b/net.csv"):
            self.write(name, cnn_trace([[(1, 0.5)]]))
        rule = "a variant is named by its file's stem, so stems must differ"
        self.refused(f"b/net.csv: has the same stem as a/net.csv; {rule}", "a", "b")
        self.refused(f"a/net.csv: has the same stem as a/net.csv; {rule}", "a", "a/net.csv")

    def test_variants_with_different_numbers_of_layers(self) -> None:
        self.write("net_a.csv", cnn_trace([[(1, 0.5)]]))
        self.write("net_b.csv", cnn_trace([[(1, 0.5), (1, 0.5)]]))
        self.refused(
            "net_b.csv: has 2 layers and net_a.csv has 1; variants of one model ('net') have the "
            "same number",
            "net_b.csv",
            "net_a.csv",
        )

    def test_variants_of_different_kinds(self) -> None:
        self.write("net.csv", lines(ATTENTION_HEADER, "1,1,0,0"))
        self.write("net_b.csv", cnn_trace([[(1, 0.5)]]))
        self.refused(
            "net_b.csv: is a trace of another kind than net.csv; variants of one model ('net') are "
            "of one kind",
            "net_b.csv",
            "net.csv",
        )

    def test_simulate_refuses_before_it_writes(self) -> None:
        self.write("a/net.csv", "")
        self.write("requests.csv", lines(REQUEST_HEADER, "0,net,0,1,1"))
        self.fails(
            1,
            "a/net.csv: is empty; a header line with column names is needed",
            *"simulate --traces a --requests requests.csv --completions".split(),
            *"completions.csv --csv out.csv --timeline timeline.json".split(),
        )
