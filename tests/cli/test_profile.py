"""`dysta profile` where no network is needed: options, inputs and accelerators that must be refused,
in one line. What networks become is proven in tests/profiler."""

import shutil
import unittest

import support
from support import CliTest


def has_profiler() -> bool:
    return (support.program.parent / "dysta-profile").is_file()


class WithoutProfilerTest(CliTest):
    def test_message(self) -> None:
        """A program on its own says what is missing."""
        alone = self.folder / "alone" / "dysta"
        alone.parent.mkdir()
        shutil.copy(support.program, alone)
        program, support.program = support.program, alone
        try:
            result = self.run_dysta("profile", "net.pt")
        finally:
            support.program = program
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertRegex(
            result.err,
            r"\Adysta: [^\n]*/alone/dysta-profile: does not exist: this build has no profiler; it "
            r"is built where [^\n]*libtorch[^\n]*\n\Z",
        )


class ProfileTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        if not has_profiler():
            self.skipTest("this build has no profiler")
        self.write("tokens.txt", "1 2 3\n")

    def refused(self, status: int, message: str, *options: str) -> None:
        self.fails(status, message, "profile", *options)

    def test_help(self) -> None:
        text = self.succeeds("profile", "--help")
        for option in (
            "NETWORK --inputs --accelerator --out --summary --name --prepare --mean --std "
            "--channels --count --threads --seed --strict --keep-partial"
        ).split():
            self.assertIn(option, text)

    def test_nothing_asked_for(self) -> None:
        self.refused(
            2,
            "nothing is asked for; allowed are --out DIR, --summary or both",
            *"net.pt --inputs tokens.txt".split(),
        )

    def test_options(self) -> None:
        base = "net.pt --inputs tokens.txt --summary".split()
        for options, message in (
            (
                ("--mean", "0,1"),
                "--mean or --std has two numbers; allowed are one and three",
            ),
            (
                ("--count", "1,2"),
                "--count has 2 numbers for 1 set of inputs; allowed are one number and one for "
                "each set",
            ),
            (
                ("--name", "a/b"),
                "the variant's name is 'a/b'; allowed is one word that does not begin with '.' and "
                "holds no '/', ',', '=', ':' or quotes",
            ),
            (
                ("--mean", "0.5"),
                "--prepare, --mean, --std or --channels is given, but no input is a folder of "
                "pictures; allowed are they for pictures alone",
            ),
        ):
            self.refused(2, message, *base, *options)
        for options in (
            ("--threads", "0"), ("--threads", "5000"), ("--count", "0"), ("--channels", "GBR"),
            ("--seed", "-1"), ("--mean", "x"), ("--mean", "1,2,3,4"), ("--unknown",),
        ):  # fmt: skip
            result = self.run_dysta("profile", *base, *options)
            self.assertEqual((result.status, result.out), (2, ""), msg=options)
            self.assertRegex(result.err, r"\Adysta: [^\n]+; allowed [^\n]+\n\Z", msg=options)
        for options in (("--summary",), ("net.pt", "--summary")):
            result = self.run_dysta("profile", *options)
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertRegex(result.err, r"\Adysta: [^\n]+; allowed [^\n]+\n\Z")

    def test_accelerators(self) -> None:
        base = "net.pt --inputs tokens.txt --summary --accelerator".split()
        self.refused(
            2,
            "accelerator 'dense' is asked for twice; allowed is once",
            *base,
            "dense,sanger,dense",
        )
        result = self.run_dysta("profile", *base, "tpu")
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertRegex(result.err, r"\Adysta: accelerator 'tpu' is not known; allowed [^\n]*\n\Z")
        self.write("bad.yaml", "schema: 1\nschema: 1\n")
        self.refused(1, "bad.yaml:2:1: 'schema' stands twice; allowed is once", *base, "bad.yaml")

    def test_inputs(self) -> None:
        self.write("empty/readme.txt", "")
        self.write("inputs.csv", "")
        self.write("words.txt", "1 2\nthree\n")
        self.write("cut.npy", b"\x93NUMPY\x01\x00")
        for inputs, message in (
            (
                "no.npy",
                "no.npy: does not exist; needed is a folder of pictures, a .npy or a .txt file",
            ),
            ("empty", "empty: has no pictures in it; needed are .jpg, .jpeg or .png files"),
            (
                "inputs.csv",
                "inputs.csv: is not a kind of input; allowed are folders of pictures, .npy and "
                ".txt files",
            ),
            (
                "words.txt",
                "words.txt:2: has a token 'three'; allowed are whole numbers from 0",
            ),
            ("set=cut.npy", "cut.npy: is no NumPy array; allowed are .npy files"),
        ):
            self.refused(1, message, "net.pt", "--summary", "--inputs", inputs)
        self.refused(
            2,
            "inputs are 'set='; allowed is [NAME=]PATH",
            *"net.pt --summary --inputs set=".split(),
        )

    def test_networks(self) -> None:
        base = "--inputs tokens.txt --out out".split()
        self.refused(
            1, "net.pt: cannot be opened: No such file or directory", "net.pt", *base
        )
        for name, content in (
            ("empty.pt", b""), ("text.pt", b"no network"), ("zip.pt", b"PK\x03\x04" + bytes(100)),
        ):  # fmt: skip
            self.write(name, content)
            self.refused(
                1,
                f"{name}: is not a TorchScript file, or one of a newer libtorch; allowed is what "
                "torch.jit.save writes",
                name,
                *base,
            )


if __name__ == "__main__":
    unittest.main()
