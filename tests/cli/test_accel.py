"""`dysta accel`: the models, their parameters, what one layer costs; layer files that must be
refused."""

import json
import os
import random
import unittest
from pathlib import Path
from typing import Any

import support
from support import CliTest, strict_json

ACCELERATORS = ("dense", "eyeriss_v2", "eyeriss_v2_artifact", "sanger")


def number(layer: dict[str, Any], key: str) -> int:
    return int(layer.get(key, {"padding": 0}.get(key, 1)))


def out_size(layer: dict[str, Any], side: str) -> int:
    span = number(layer, "dilation") * (number(layer, "kernel") - 1) + 1
    return (layer[side] + 2 * number(layer, "padding") - span) // number(layer, "stride") + 1


def effectual_macs(layer: dict[str, Any], iacts: str, weights: str) -> int:
    """All seven loops. Activations lie [height][width][channel], weights [out][in][row][column]."""
    kernel, groups = number(layer, "kernel"), number(layer, "groups")
    ins = layer["in_channels"] // groups
    outs = layer["out_channels"] // groups
    height, width = layer["height"], layer["width"]
    macs = 0
    for out in range(layer["out_channels"]):
        for i in range(ins):
            channel = out // outs * ins + i
            for tap_row in range(kernel):
                for tap_column in range(kernel):
                    if weights[((out * ins + i) * kernel + tap_row) * kernel + tap_column] == "0":
                        continue
                    for out_row in range(out_size(layer, "height")):
                        row = (
                            out_row * number(layer, "stride")
                            - number(layer, "padding")
                            + tap_row * number(layer, "dilation")
                        )
                        if not 0 <= row < height:
                            continue
                        for out_column in range(out_size(layer, "width")):
                            column = (
                                out_column * number(layer, "stride")
                                - number(layer, "padding")
                                + tap_column * number(layer, "dilation")
                            )
                            if 0 <= column < width:
                                place = (row * width + column) * layer["in_channels"] + channel
                                macs += iacts[place] == "1"
    return macs


class AccelTest(CliTest):
    def write_layer(self, layer: dict[str, Any], name: str = "layer.json") -> None:
        self.write(name, json.dumps(layer))

    def write_masks(self, layer: dict[str, Any], seed: int = 1) -> tuple[str, str]:
        """Random masks beside the layer; blanks between characters do not count."""
        rng = random.Random(seed)
        inputs = layer["in_channels"] * layer["height"] * layer["width"]
        weights = (
            layer["out_channels"] * layer["in_channels"] // number(layer, "groups")
        ) * number(layer, "kernel") ** 2
        texts = tuple("".join(rng.choice("01") for _ in range(n)) for n in (inputs, weights))
        self.write("a/iacts.txt", "\n".join(texts[0][i : i + 7] for i in range(0, inputs, 7)))
        self.write("a/weights.txt", " \t\r\n" + texts[1] + "\n")
        self.write_layer({**layer, "iacts": "iacts.txt", "weights": "weights.txt"}, "a/layer.json")
        return texts

    def cost(self, accelerator: str, layer: str = "layer.json", *options: str) -> Any:
        text = self.succeeds("accel", accelerator, "--layer", layer, *options)
        self.assertTrue(text.endswith("\n"))
        return strict_json(text)


class ListTest(AccelTest):
    def test_all(self) -> None:
        text = self.succeeds("accel")
        for name in ACCELERATORS:
            self.assertIn(f"\nname: {name}\n", text)
            self.assertIn(self.succeeds("accel", name), text)

    def test_parameters_can_be_changed(self) -> None:
        """What is printed is a parameter file."""
        self.write("mine.yaml", self.succeeds("accel", "dense").replace("200e6", "100e6"))
        self.write_layer({"in_channels": 4, "out_channels": 4, "height": 1, "width": 1})
        theirs, mine = self.cost("dense"), self.cost("mine.yaml")
        self.assertEqual(mine["cycles"], theirs["cycles"])
        self.assertEqual(mine["latency_s"], 2 * theirs["latency_s"])

    def test_unknown_accelerator(self) -> None:
        known = ", ".join(ACCELERATORS)
        for arguments in (("tpu",), ("tpu", "--layer", "no.json")):
            self.fails(
                2,
                f"accelerator 'tpu' is not known; allowed are {known}, and parameter files (.yaml)",
                "accel",
                *arguments,
            )

    def test_bad_parameter_files(self) -> None:
        text = self.succeeds("accel", "dense")
        self.write("bad.yaml", text.replace("rows: 16", "rows: 16.5"))
        line = text.splitlines().index("rows: 16") + 1
        message = f"bad.yaml:{line}:7: rows is '16.5'; allowed is a whole number from 1 to 1e6"
        self.fails(1, message, "accel", "bad.yaml")
        self.write("bad.yml", "schema: 1\nname: x\nwhat: x\nkind: tpu\n")
        message = "bad.yml:4:7: kind is 'tpu'; allowed is eyeriss_v2, sanger or systolic"
        self.fails(1, message, "accel", "bad.yml")
        message = "no.yaml: cannot be opened: No such file or directory"
        self.fails(1, message, "accel", "no.yaml")


class ConvolutionTest(AccelTest):
    LAYERS: dict[str, dict[str, Any]] = {
        "strided": {
            "in_channels": 3, "out_channels": 5, "height": 9, "width": 12, "kernel": 3,
            "stride": 2, "padding": 1,
        },
        "padded": {"in_channels": 2, "out_channels": 3, "height": 4, "width": 5, "kernel": 2,
                   "padding": 2},
        "plain 3x3": {"in_channels": 4, "out_channels": 4, "height": 8, "width": 8, "kernel": 3},
        "pointwise": {"in_channels": 9, "out_channels": 7, "height": 5, "width": 4},
        "dilated": {"in_channels": 2, "out_channels": 2, "height": 9, "width": 9, "kernel": 3,
                    "dilation": 2, "stride": 3, "padding": 3},
        "depthwise": {"in_channels": 6, "out_channels": 6, "height": 7, "width": 7, "kernel": 3,
                      "padding": 1, "groups": 6},
        "grouped": {"in_channels": 6, "out_channels": 4, "height": 5, "width": 6, "kernel": 2,
                    "groups": 2},
        "fully connected": {"in_channels": 40, "out_channels": 30, "height": 1, "width": 1},
        "wide": {"in_channels": 2, "out_channels": 2, "height": 3, "width": 130, "kernel": 3,
                 "padding": 1},
    }  # fmt: skip

    def test_effectual_macs_are_what_the_loops_count(self) -> None:
        for name, layer in self.LAYERS.items():
            iacts, weights = self.write_masks(layer)
            expected = effectual_macs(layer, iacts, weights)
            self.assertGreater(expected, 0)
            for accelerator in ("dense", "eyeriss_v2", "eyeriss_v2_artifact"):
                with self.subTest(layer=name, accelerator=accelerator):
                    cost = self.cost(accelerator, "a/layer.json")
                    self.assertEqual(cost["effectual_macs"], expected)
                    self.assertEqual(cost["from"], "masks")
                    self.assertAlmostEqual(cost["activation_density"], iacts.count("1") / len(iacts))
                    self.assertAlmostEqual(cost["weight_density"], weights.count("1") / len(weights))
                    self.assertEqual(
                        cost["dense_macs"],
                        len(weights) * out_size(layer, "height") * out_size(layer, "width"),
                    )

    def test_fields(self) -> None:
        self.write_masks(self.LAYERS["strided"])
        cost = self.cost("eyeriss_v2", "a/layer.json")
        self.assertEqual(
            list(cost),
            "schema accelerator from activation_density weight_density dense_macs effectual_macs "
            "cycles compute_cycles memory_cycles latency_s utilisation".split(),
        )
        self.assertEqual((cost["schema"], cost["accelerator"]), (1, "eyeriss_v2"))
        self.assertIsInstance(cost["cycles"], int)
        self.assertGreaterEqual(cost["cycles"], cost["compute_cycles"])
        self.assertGreaterEqual(cost["cycles"], cost["memory_cycles"])
        self.assertAlmostEqual(cost["latency_s"], cost["cycles"] / 200e6, delta=1e-18)

    def test_densities(self) -> None:
        """Of each side: a mask, an option, or one."""
        layer = self.LAYERS["plain 3x3"]
        iacts, _ = self.write_masks(layer)
        dense = 4 * 4 * 9 * 36
        self.write_layer({**layer, "iacts": "a/iacts.txt"})
        density = iacts.count("1") / len(iacts)
        cost = self.cost("dense")
        self.assertEqual(cost["from"], "densities")
        self.assertAlmostEqual(cost["activation_density"], density)
        self.assertEqual(cost["weight_density"], 1)
        self.assertAlmostEqual(cost["effectual_macs"], dense * density)
        cost = self.cost("dense", "layer.json", "--weight-density", "0.25")
        self.assertAlmostEqual(cost["effectual_macs"], dense * density / 4)
        self.write_layer(layer)
        cost = self.cost("dense", "layer.json", *"--activation-density 0 --weight-density 1".split())
        self.assertEqual(cost["effectual_macs"], 0)
        self.assertEqual(cost["dense_macs"], dense)

    def test_density_beside_a_mask(self) -> None:
        self.write_masks(self.LAYERS["plain 3x3"])
        for option, key in (("--activation-density", "iacts"), ("--weight-density", "weights")):
            self.fails(
                2,
                f"{option} is given, and so is '{key}' in the layer's file; allowed is one of them",
                *("accel", "dense", "--layer", "a/layer.json", option, "0.5"),
            )

    def test_keys_that_describe(self) -> None:
        self.write_layer(
            {"kind": "any", "in_channels": 1, "out_channels": 1, "height": 1, "width": 1, "name": "x"}
        )
        self.assertEqual(self.cost("dense")["dense_macs"], 1)

    def test_keys_that_are_not_known_are_told(self) -> None:
        self.write_layer(
            {"in_channels": 1, "out_channels": 1, "height": 3, "width": 3, "kernal": 3, "x": [{}]}
        )
        result = self.run_dysta("accel", "dense", "--layer", "layer.json")
        self.assertEqual(result.status, 0)
        self.assertEqual(
            result.err,
            "dysta: layer.json: 'kernal' is not a key of a layer and not looked at\n"
            "dysta: layer.json: 'x' is not a key of a layer and not looked at\n",
        )

    def test_sides_of_their_own(self) -> None:
        self.write_layer(
            {
                "in_channels": 1, "out_channels": 1, "height": 4, "width": 6, "kernel": [3, 1],
                "stride": [1, 2], "padding": [1, 0, 2, 0], "dilation": [2, 1],
            }
        )  # fmt: skip
        # (4 + 3 - 5 + 1) x 3 outputs of 3 taps.
        self.assertEqual(self.cost("dense")["dense_macs"], 3 * 3 * 3)

    def test_published_cycles_of_one_element(self) -> None:
        """Masks of a real network and the cycles that one element was found to need: as many as
        there are effectual multiply-accumulates."""
        shared = Path(os.environ.get("DYSTA_SHARED", support.HERE.parents[2] / "shared"))
        folder = shared / "real" / "eyeriss_v2_pe"
        if not (folder / "layers.json").is_file():
            self.skipTest("no published masks: DYSTA_SHARED/real/eyeriss_v2_pe is not there")
        for name, layer in json.loads((folder / "layers.json").read_text()).items():
            with self.subTest(layer=name):
                masks = {
                    key: str(folder / f"{name}_{key}.txt") for key in ("iacts", "weights")
                }
                self.write_layer({**layer, **masks})
                self.assertEqual(self.cost("eyeriss_v2")["effectual_macs"], layer["pe_cycles"])


class AttentionTest(AccelTest):
    LAYER = {"heads": 2, "queries": 3, "keys": 70, "width": 64}

    def test_densities(self) -> None:
        self.write_layer({"heads": 12, "queries": 512, "width": 768})
        cost = self.cost("sanger")
        self.assertEqual(
            list(cost),
            "schema accelerator from kept load_balance dense_macs effectual_macs cycles "
            "compute_cycles memory_cycles latency_s utilisation".split(),
        )
        # Worked out in tests/unit/sanger_latency_test.cpp.
        self.assertAlmostEqual(cost["latency_s"], 1933.312e-6, delta=1e-12)
        self.assertEqual(cost["dense_macs"], 2 * 512 * 512 * 768)
        cost = self.cost("sanger", "layer.json", *"--kept 0.125 --load-balance 0.5".split())
        self.assertAlmostEqual(cost["latency_s"], 1048.576e-6, delta=1e-12)
        self.assertEqual((cost["kept"], cost["load_balance"]), (0.125, 0.5))

    def test_mask(self) -> None:
        """Of each head and query the first 40 of 70 keys: sub-rows of 32 are two, of 16 three; the
        second chunk is empty."""
        self.write("mask.txt", ("1" * 40 + "0" * 30 + "\n") * 6)
        self.write_layer({**self.LAYER, "mask": "mask.txt"})
        cost = self.cost("sanger")
        self.assertEqual(cost["from"], "masks")
        self.assertAlmostEqual(cost["kept"], 40 / 70)
        self.assertEqual(
            cost["load_balance"],
            {
                "50%-skip": 40 / 64,
                "50%-no-skip": 40 / 96,
                "25%-skip": 40 / 48,
                "25%-no-skip": 40 / 64,
            },
        )
        self.assertEqual(cost["effectual_macs"], 240 * 2 * 32)
        self.assertEqual(self.cost("dense")["effectual_macs"], 240 * 2 * 32)

    def test_options_beside_a_mask(self) -> None:
        self.write("mask.txt", "1" * 420)
        self.write_layer({**self.LAYER, "mask": "mask.txt"})
        for option in ("--kept", "--load-balance"):
            self.fails(
                2,
                f"{option} is given, and so is 'mask' in the layer's file; allowed is one of them",
                *("accel", "sanger", "--layer", "layer.json", option, "0.5"),
            )


class WrongKindTest(AccelTest):
    def test_accelerators_run_what_they_are_made_for(self) -> None:
        self.write_layer({"heads": 1, "queries": 1, "width": 1}, "attention.json")
        self.write_layer(
            {"in_channels": 1, "out_channels": 1, "height": 1, "width": 1}, "convolution.json"
        )
        for accelerator, layer, kind in (
            ("eyeriss_v2", "attention.json", "attention"),
            ("sanger", "convolution.json", "convolutions"),
        ):
            self.fails(
                2,
                f"accelerator '{accelerator}' does not run {kind}; allowed is one that does",
                *("accel", accelerator, "--layer", layer),
            )
        for option in ("--kept", "--load-balance"):
            self.fails(
                2,
                f"{option} is for attention; allowed is what the layer has",
                *("accel", "dense", "--layer", "convolution.json", option, "0.5"),
            )
        for option in ("--activation-density", "--weight-density"):
            self.fails(
                2,
                f"{option} is for convolutions; allowed is what the layer has",
                *("accel", "dense", "--layer", "attention.json", option, "0.5"),
            )

    def test_shares_out_of_range(self) -> None:
        for option, value in (
            ("--kept", "0"), ("--load-balance", "0"), ("--kept", "1.1"),
            ("--activation-density", "-0.1"), ("--weight-density", "x"),
        ):  # fmt: skip
            result = self.run_dysta("accel", "dense", "--layer", "no.json", option, value)
            self.assertEqual((result.status, result.out), (2, ""))
            self.assertRegex(result.err, rf"\Adysta: [^\n]*{option}[^\n]*; allowed [^\n]*\n\Z")

    def test_share_without_a_layer(self) -> None:
        result = self.run_dysta(*"accel dense --kept 0.5".split())
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertRegex(result.err, r"\Adysta: [^\n]*--layer[^\n]*\n\Z")


class BadLayerTest(AccelTest):
    GOOD: dict[str, Any] = {"in_channels": 4, "out_channels": 2, "height": 3, "width": 2}

    def refused(self, message: str) -> None:
        self.fails(1, message, *"accel dense --layer layer.json".split())

    def test_missing_file(self) -> None:
        self.refused("layer.json: cannot be opened: No such file or directory")

    def test_not_json(self) -> None:
        for text, line in (("", 1), ("{", 1), ("{\n 'a': 1}", 2), ("\n\n[1,]", 3), ("{} x", 1)):
            with self.subTest(text=text):
                self.write("layer.json", text)
                self.refused(f"layer.json:{line}: is not JSON; allowed is one JSON object")

    def test_not_an_object(self) -> None:
        for text in ("[1]", "3", '"x"', "null"):
            self.write("layer.json", text)
            self.refused("layer.json:1: holds no JSON object; one is needed")

    def test_missing_keys(self) -> None:
        for key in self.GOOD:
            self.write_layer({k: v for k, v in self.GOOD.items() if k != key})
            self.refused(f"layer.json: lacks '{key}'; it is needed here")
        for key in ("queries", "width"):
            layer = {"heads": 1, "queries": 1, "width": 1}
            del layer[key]
            self.write_layer(layer)
            self.refused(f"layer.json: lacks '{key}'; it is needed here")

    def test_duplicate_key(self) -> None:
        self.write("layer.json", '{"in_channels": 1,\n "out_channels": 1,\n "in_channels": 2}')
        self.refused("layer.json:3: 'in_channels' stands twice; allowed is once")

    def test_numbers(self) -> None:
        for value, shown in (
            (-1, "-1"), (1.5, "1.5"), (1_000_001, "1000001"), ("3", '"3"'), (True, "true"),
            (None, "null"), ([3], "[3]"),
        ):  # fmt: skip
            self.write("layer.json", json.dumps({**self.GOOD, "height": value}, indent=1))
            self.refused(
                f"layer.json:4: height is '{shown}'; allowed is a whole number from 0 to 1000000"
            )

    def test_number_beyond_all_limits(self) -> None:
        self.write("layer.json", '{"in_channels": 1e999}')
        self.refused("layer.json: holds a number that is too large; allowed are numbers up to 1e308")

    def test_shapes(self) -> None:
        for keys, message in (
            ({"stride": 0}, "stride is 0; allowed is a whole number from 1 to 1000000"),
            ({"height": 0}, "height is 0; allowed is a whole number from 1 to 1000000"),
            (
                {"groups": 3},
                "groups is 3 for 4 input and 2 output channels; allowed is a number that divides "
                "both",
            ),
            (
                {"kernel": 3},
                "kernel 3 x 3 is larger than the padded input 3 x 2; allowed is one that fits "
                "into it",
            ),
            (
                {"kernel": 100_001, "padding": 100_000, "in_channels": 1, "out_channels": 1},
                "the layer is too large; allowed are 1e14 multiply-accumulates, 2^31 inputs and "
                "fewer than 2^31 places of the kernel",
            ),
        ):
            self.write_layer({**self.GOOD, **keys})
            self.refused(f"layer.json: {message}")
        self.write_layer({"heads": 3, "queries": 2, "width": 4})
        self.refused("layer.json: heads is 3 for a width of 4; allowed is a number that divides it")

    def test_wrong_count_of_bits(self) -> None:
        for key, needed in (("iacts", 24), ("weights", 8)):
            self.write_layer({**self.GOOD, key: "bits.txt"})
            for count in (0, needed - 1, needed + 1):
                self.write("bits.txt", "1" * count)
                self.refused(
                    f"bits.txt: holds {count} bits; allowed are as many as the layer has, {needed}"
                )
        self.write_layer({"heads": 2, "queries": 3, "keys": 5, "width": 4, "mask": "bits.txt"})
        self.write("bits.txt", "1" * 31)
        self.refused("bits.txt: holds 31 bits; allowed are as many as the layer has, 30")

    def test_other_characters(self) -> None:
        self.write_layer({**self.GOOD, "weights": "bits.txt"})
        for text, line, shown in (
            ("01\n012", 2, "2"), ("0,1", 1, ","), ("01\n\n\x00", 3, "\\x00"), ("\x1b[2J", 1, "\\x1b"),
        ):  # fmt: skip
            self.write("bits.txt", text)
            self.refused(
                f"bits.txt:{line}: holds '{shown}'; allowed are 0 and 1, and blanks between them"
            )

    def test_mask_files(self) -> None:
        self.write_layer({**self.GOOD, "iacts": "no.txt"})
        self.refused("no.txt: cannot be opened: No such file or directory")
        for value, shown in ((3, "3"), ("", '""'), (["x"], '["x"]')):
            self.write("layer.json", json.dumps({**self.GOOD, "iacts": value}, indent=1))
            self.refused(f"layer.json:6: iacts is '{shown}'; allowed is a file's path")


if __name__ == "__main__":
    unittest.main()
