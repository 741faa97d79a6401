"""Synthesised traces and fitted models: what is written, and what is refused."""

import shutil
from pathlib import Path

from support import CliTest, lines, strict_json

MEASURED = Path(__file__).resolve().parents[2] / "data" / "traces" / "eyeriss_v2"
SYNTHESIZE = ("traces", "synthesize")


class SynthesizeTest(CliTest):
    def test_lists_the_models(self) -> None:
        names = [line.split()[0] for line in self.succeeds(*SYNTHESIZE).splitlines()[1:]]
        self.assertEqual(
            names,
            "bart bert googlenet gpt2 inceptionv3 mobilenetv1 resnet50 ssd300-resnet18".split()
            + ["vgg16"],
        )

    def draw(self, model: str, out: str, *options: str) -> None:
        on = "sanger" if model in ("bart", "bert", "gpt2") else "eyeriss_v2"
        text = self.succeeds(*SYNTHESIZE, model, "--accelerator", on, "--out", out, *options)
        self.assertEqual(text, "")

    def test_writes_a_trace_and_its_provenance_for_each_pattern(self) -> None:
        self.draw(
            *("resnet50", "out", "--pattern", "dense,random80"),
            *("--inputs", "imagenet=4,imagenet_dark=2", "--seed", "5"),
        )
        self.assertEqual(
            sorted(name for name, content in self.files().items() if content is not None),
            [f"out/resnet50_{p}.{e}" for p in ("dense", "random80") for e in ("csv", "json")],
        )
        provenance = strict_json(self.read("out/resnet50_random80.json"))
        self.assertEqual(provenance["schema"], 1)
        self.assertEqual(
            provenance["origin"], "synthesised from a statistical model; latency modelled"
        )
        self.assertEqual(provenance["seed"], 5)
        self.assertEqual(
            [(entry["name"], entry["inputs"]) for entry in provenance["inputs"]],
            [("imagenet", 4), ("imagenet_dark", 2)],
        )
        self.assertEqual(len(provenance["layers"]), 54)
        self.assertIn("kind: eyeriss_v2", provenance["accelerator"]["parameters"])
        self.assertEqual(
            self.succeeds("traces", "check", "out"),
            lines(
                *(f"out/resnet50_{p}.csv: ok, cnn, 6 inputs, 54 layers" for p in ("dense", "random80")),
                "2 networks of 1 model: ok",
            ),
        )

    def test_same_seed_same_bytes(self) -> None:
        for folder, seed in (("a", "3"), ("b", "3"), ("c", "4")):
            self.draw("bert", folder, "--inputs", "tokens_varied=7", "--seed", seed)
        for name in ("bert.csv", "bert.json"):
            self.assertEqual(self.read(f"a/{name}"), self.read(f"b/{name}"))
            self.assertNotEqual(self.read(f"a/{name}"), self.read(f"c/{name}"))

    def test_a_length_for_all(self) -> None:
        self.draw("gpt2", "out", "--inputs", "tokens_varied=3", "--seq-len", "77")
        self.assertEqual({row.split(",")[-1] for row in self.read("out/gpt2.csv").splitlines()[1:]}, {"77"})

    def refused(self, status: int, message: str, *arguments: str) -> None:
        """Nothing is left behind."""
        before = self.files()
        self.fails(status, message, *SYNTHESIZE, *arguments)
        self.assertEqual(self.files(), before)

    def test_refuses_wrong_command_lines(self) -> None:
        on = ("--accelerator", "eyeriss_v2", "--out", "out")
        self.refused(
            2, "--accelerator or --out is missing; needed are both to synthesise a trace", "vgg16"
        )
        self.refused(
            2,
            "model 'vgg' is not known; allowed are bart, bert, googlenet, gpt2, inceptionv3, "
            "mobilenetv1, resnet50, ssd300-resnet18, vgg16, and model files (.yaml)",
            *("vgg", *on),
        )
        self.refused(
            2,
            "pattern 'random' is not known; allowed are dense, randomR, blockR and channelR with R "
            "percent removed (1 to 99), and nmNM with N of M kept (nm24)",
            *("vgg16", *on, "--pattern", "dense,random"),
        )
        self.refused(
            2,
            "pattern 'dense' is asked for twice; allowed is once",
            *("vgg16", *on, "--pattern", "dense,dense"),
        )
        self.refused(
            2,
            "model 'vgg16' has no data set 'cifar10'; allowed are imagenet, imagenet_dark",
            *("vgg16", *on, "--inputs", "cifar10=3"),
        )
        for wrong in ("imagenet", "imagenet=", "=3", "imagenet=-1", "imagenet=1.5"):
            self.refused(
                2,
                f"--inputs has '{wrong}'; allowed is DATA_SET=NUMBER, more of them after commas",
                *("vgg16", *on, "--inputs", wrong),
            )
        self.refused(
            2,
            "a sequence length is given, and model 'vgg16' is a CNN; allowed is one for attention "
            "alone",
            *("vgg16", *on, "--seq-len", "5"),
        )
        self.refused(
            2,
            "accelerator 'eyeriss_v2' does not run attention, which model 'bert' consists of; "
            "allowed is one that does",
            *("bert", *on),
        )

    def test_refuses_faulty_model_files(self) -> None:
        self.write("m.yaml", "schema: 1\nname: m\nkind: cnn\nwhat: w\norgin: x\n")
        self.refused(
            1,
            "m.yaml:1:1: lacks 'origin'; it is needed here",
            *("m.yaml", "--accelerator", "eyeriss_v2", "--out", "out"),
        )


class FitTest(CliTest):
    def copy(self, *names: str) -> None:
        for name in names:
            for ending in (".csv", ".json"):
                shutil.copy(MEASURED / (name + ending), self.folder)

    def test_what_is_fitted_can_be_synthesised(self) -> None:
        self.copy("resnet8_random30")
        text = self.succeeds("traces", "fit", "resnet8_random30.csv")
        self.assertEqual(
            self.succeeds("traces", "fit", "resnet8_random30.csv", "--out", "resnet8.yaml"), ""
        )
        self.assertEqual(self.read("resnet8.yaml"), text)
        self.succeeds(
            *SYNTHESIZE, "resnet8.yaml", *"--accelerator eyeriss_v2 --out out".split(),
            *"--inputs cifar10=6,cifar10_dark=3".split(),
        )  # fmt: skip
        self.assertEqual(
            self.succeeds("traces", "check", "out"),
            lines(
                "out/resnet8_random30.csv: ok, cnn, 9 inputs, 10 layers", "1 network of 1 model: ok"
            ),
        )

    def test_comparison(self) -> None:
        self.copy("resnet8_random30", "resnet8_dense")
        text = self.succeeds("traces", "fit", "--compare", ".", "--draws", "3", "--json", "c.json")
        self.assertIn("mean of 3 draws", text)
        comparison = strict_json(self.read("c.json"))
        self.assertEqual(
            [entry["trace"] for entry in comparison["traces"]], ["resnet8_dense", "resnet8_random30"]
        )
        (family,) = comparison["families"]
        self.assertEqual((family["model"], family["traces"], family["inputs"]), ("resnet8", 2, 180))
        for entry in comparison["traces"]:
            measured, drawn = entry["measured"], entry["synthesised"]
            self.assertLess(abs(measured["sparsity"] - drawn["sparsity"]), 0.02)
            self.assertLess(abs(measured["latency_s"] / drawn["latency_s"] - 1), 0.02)

    def test_refusals(self) -> None:
        self.copy("resnet8_random30", "resnet8_dense")
        self.fails(
            2,
            "2 paths are given; allowed is one trace to fit a model to, or several with --compare",
            *"traces fit resnet8_random30.csv resnet8_dense.csv".split(),
        )
        self.fails(
            2,
            "'.' holds 2 traces; allowed is one to fit a model to, or several with --compare",
            *"traces fit .".split(),
        )
        self.fails(
            2,
            "--out is given with --compare, which writes no model; allowed is one of them",
            *"traces fit --compare . --out m.yaml".split(),
        )
        (self.folder / "resnet8_dense.json").unlink()
        self.fails(
            1,
            "resnet8_dense.json: cannot be opened: No such file or directory",
            *"traces fit resnet8_dense.csv --out m.yaml".split(),
        )
        self.assertNotIn("m.yaml", self.files())
