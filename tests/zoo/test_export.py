"""The command: files, their bytes and descriptions, messages and exit statuses."""

import contextlib
import csv
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

import torch
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import description
import export
import graph
import images
import layers
import measure_sparsity
import small_graph
import variant


def run(command, *arguments):
    """Exit status, output and error output of a command's `main`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = command.main(list(arguments))
        except SystemExit as exit_:
            status = exit_.code
    return status, out.getvalue(), err.getvalue()


def content(path):
    with open(path, "rb") as file:
        return file.read()


class WithFolder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.out = os.path.join(self.folder, "out")
        small_graph.write(self.folder)

    def export(self, *options, status=0):
        result = run(export, "graph", self.folder, "tiny_net", "--out", self.out, *options)
        self.assertEqual(result[0], status, result)
        return result

    def written(self, name):
        return description.load(os.path.join(self.out, name))

    def save_images(self, count=4):
        folder = os.path.join(self.folder, "images")
        os.makedirs(folder)
        for index in range(count):
            colour = (20 * index, 255 - 20 * index, 9 * index)
            Image.new("RGB", (9, 7), colour).save(f"{folder}/{index % 3}_{index}.png")
        return folder


class GraphCommand(WithFolder):
    def test_unpruned(self):
        _, out, _ = self.export()
        self.assertEqual(out, os.path.join(self.out, "tiny-net_dense.pt") + "\n")
        traced, about = self.written("tiny-net_dense.pt")
        self.assertEqual(
            about,
            {
                "schema": 1,
                "model": "tiny-net",
                "pattern": "dense",
                "title": "tiny_net",
                "weights": {
                    "source": "given by the user",
                    "licence": "unknown",
                    "training": "public",
                },
                "pruning": None,
                "quality": None,
                "input": {
                    "kind": "image",
                    "prepare": "resize=6x6",
                    "mean": [0.5] * 3,
                    "std": [0.5] * 3,
                    "channels": "RGB",
                },
            },
        )
        x = variant.example_of(6, 6)
        expected = graph.GraphNetwork(small_graph.GRAPH, small_graph.weights())(x)
        torch.testing.assert_close(traced(x), expected)

    def test_what_a_profiler_looks_for(self):
        self.export()
        traced, _ = self.written("tiny-net_dense.pt")
        text = str(traced.inlined_graph)
        self.assertEqual(text.count("aten::_convolution("), 4)
        self.assertEqual(text.count("aten::linear("), 1)
        pad = next(line for line in text.splitlines() if "aten::constant_pad_nd(" in line)
        padded = pad.split(":")[0].strip()
        self.assertRegex(text, rf"aten::_convolution\({padded},")

    def test_pruned(self):
        folder = self.save_images()
        self.export("--prune", "random:0.5", "--images", f"reds={folder}")
        traced, about = self.written("tiny-net_random50.pt")
        pruned = {"left_conv", "right"}
        for name, values in traced.named_parameters():
            share = 0.5 if name.split(".")[-2] in pruned and name.endswith("weight") else 0
            self.assertEqual(int((values == 0).sum()), share * values.numel(), name)
        total, zeros = 108 + 36 + 32 + 32 + 24, 32
        self.assertEqual(
            about["pruning"],
            {
                "pattern": "random",
                "rate": 0.5,
                "weight_density": round(1 - zeros / total, 6),
                "fine_tuned": False,
                "recentred_on": 0,
            },
        )
        self.assertEqual(about["quality"]["metric"], "top-1 % on reds")
        self.assertEqual(about["quality"]["inputs"], 3)

    def test_recentred(self):
        folder = self.save_images(11)
        self.export("--prune", "block:0.5", "--images", f"reds={folder}", "--recentre")
        traced, about = self.written("tiny-net_block50.pt")
        self.assertEqual(about["pruning"]["recentred_on"], 2)
        self.assertEqual(about["quality"]["inputs"], 9)
        weights = dict(traced.named_parameters())
        self.assertEqual(int((weights["layers.right.weight"] == 0).sum()), 16)
        before = torch.from_numpy(small_graph.weights()["right.bias"])
        self.assertFalse(torch.equal(weights["layers.right.bias"], before))
        _, _, err = self.export("--prune", "nm:2:4", "--recentre", status=1)
        self.assertRegex(err, "^export: recentring needs inputs; --images")

    def test_pruned_by_its_authors(self):
        self.export("--pattern", "pruned", "--model", "tiny")
        about = self.written("tiny_pruned.pt")[1]
        self.assertIsNone(about["pruning"]["fine_tuned"])
        self.export("--pattern", "pruned", "--model", "tiny", "--prune", "nm:2:4")
        about = self.written("tiny_pruned-nm24.pt")[1]
        self.assertFalse(about["pruning"]["fine_tuned"])

    def test_same_input_same_bytes(self):
        self.export("--prune", "block:0.5")
        path = os.path.join(self.out, "tiny-net_block50.pt")
        first = content(path)
        run(export, "graph", self.folder, "tiny_net", "--out", self.out)
        self.export("--prune", "block:0.5")
        self.assertEqual(content(path), first)
        self.assertNotIn(os.path.dirname(export.__file__).encode(), first)
        self.assertEqual(os.listdir(self.out).count("tiny-net_block50.pt"), 1)

    def test_refused(self):
        for options, message in (
            (["--model", "a_b"], "'a_b' may not hold '_'"),
            (["--prepare", "turn=3"], "unknown step 'turn=3' of preparation; allowed are"),
            (["--spare", "x", "--prune", "nm:2:4"], "there is no layer 'x' to spare"),
            (["--images", "a=/nowhere"], "/nowhere: No such file or directory"),
        ):
            _, out, err = self.export(*options, status=1)
            self.assertEqual(out, "")
            self.assertRegex(err, f"^export: .*{message}.*\n$")
        self.assertFalse(os.path.exists(self.out) and os.listdir(self.out))

    def test_wrong_command_line(self):
        for arguments, message in (
            ([], "COMMAND"),
            (["graph", "x"], "NAME, --out"),
            (["graph", "x", "y", "--out", "z", "--prune", "row:1"], "unknown pruning 'row:1'"),
            (["graph", "x", "y", "--out", "z", "--images", "w"], "'w' is no SET=FOLDER"),
            (["torchvision", "resnet50", "--out", "z"], "--weights --untrained is required"),
        ):
            status, _, err = run(export, *arguments)
            self.assertEqual((status, err.count("\n")), (2, 1), err)
            self.assertRegex(err, f"^export: .*{message}.*--help says what is allowed\n$")


class OtherCommands(WithFolder):
    def test_list(self):
        status, out, _ = run(export, "list")
        self.assertEqual(status, 0)
        self.assertIn("squeezenet_pruned", out)
        self.assertIn("Inception-V3", out)

    def test_shipped(self):
        folder = self.save_images()
        about = export.known_graph("tiny_net", small_graph.GRAPH)._replace(inputs={"images": 2})
        ingredients = os.path.join(self.folder, "ingredients")
        os.makedirs(os.path.join(ingredients, "nets"))
        os.makedirs(os.path.join(ingredients, "images"))
        os.rename(folder, os.path.join(ingredients, "images", "images"))
        small_graph.write(os.path.join(ingredients, "nets"))
        known = {
            "NETWORKS": {"tiny_net": about},
            "VARIANTS": {"tiny_net": ("nm:2:4", "channel:0.25")},
            "RECENTRED": {"tiny_net"},
        }
        with mock.patch.multiple(export.shipped, **known):
            status, _, err = run(export, "shipped", ingredients, "--out", self.out)
            self.assertEqual((status, err), (0, ""))
            status, _, err = run(export, "shipped", ingredients, "--out", self.out, "--only", "x")
            self.assertRegex(err, "^export: unknown network 'x'; `export.py list`")
        files = ["tiny-net_dense.pt", "tiny-net_nm24.pt", "tiny-net_channel25.pt"]
        with open(os.path.join(self.out, "inputs.csv"), encoding="utf-8") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows, [["file", "images", "count"]] + [[f, "images", "2"] for f in files])
        self.assertEqual(self.written(files[1])[1]["quality"]["inputs"], 3)

    def test_measure_sparsity(self):
        folder = self.save_images()
        status, out, err = run(
            measure_sparsity, self.folder, "tiny_net", "--images", f"a={folder}", "--count", "2"
        )
        self.assertEqual((status, err), (0, ""))
        rows = [line.split(",") for line in out.splitlines()]
        self.assertEqual(rows[0], ["sample", "layer", "sparsity"])
        places = [(int(sample), int(layer)) for sample, layer, _ in rows[1:]]
        self.assertEqual(places, [(sample, layer) for sample in (0, 1) for layer in range(5)])
        network = graph.GraphNetwork(small_graph.GRAPH, small_graph.weights())
        entry = images.input_entry("resize=6x6", [0.5] * 3, [0.5] * 3)
        inputs = []
        with layers.observed(network, lambda name, layer, x, output: inputs.append(x)):
            network(images.read(images.listed(folder)[0], entry)[None])
        shares = [f"{float((x == 0).double().mean()):.9f}" for x in inputs]
        self.assertEqual([row[2] for row in rows[1:6]], shares)
        self.assertIn("0.", "".join(shares[1:]))

    def test_measure_sparsity_refuses(self):
        status, _, err = run(measure_sparsity, self.folder, "tiny_net")
        self.assertEqual(status, 1)
        self.assertRegex(err, "^measure_sparsity: there is nothing to measure with; --images")

    def test_network_sparsity_weighs_by_macs(self):
        measured = [("a", 0.5, 30), ("b", 1.0, 10)]
        self.assertEqual(measure_sparsity.network_sparsity(measured), 0.625)


if __name__ == "__main__":
    unittest.main()
