"""Training after pruning: zeros stay, the loss falls, the same seed gives the same weights."""

import os
import sys
import tempfile
import unittest

import numpy
import torch
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import fine_tuning
import graph
import images
import pruning
import quality
import small_graph

ENTRY = images.input_entry("", [0.5] * 3, [0.5] * 3)


class FineTuning(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        small_graph.write(self.folder)
        self.images = os.path.join(self.folder, "images")
        os.mkdir(self.images)
        random = numpy.random.default_rng(3)
        for index in range(24):  # three classes: red, green, blue
            pixels = random.integers(0, 60, (6, 6, 3))
            pixels[:, :, index % 3] += 180
            image = Image.fromarray(pixels.astype(numpy.uint8))
            image.save(os.path.join(self.images, f"{index % 3}_{index}.png"))

    def pruned(self, how="random:0.3"):
        torch.manual_seed(0)
        network = graph.load(self.folder, "tiny_net")[1]
        example = torch.zeros(1, 3, 6, 6)
        masks = pruning.prune(network, pruning.parse(how), example)
        return network, masks

    def training(self, **changes):
        return fine_tuning.Training({"colours": self.images}, **{"steps": 60, **changes})

    def accuracy(self, network):
        inputs = quality.Inputs({"colours": self.images}, ENTRY)
        scores = inputs.outputs(network)[0]
        return float((scores.argmax(1) == inputs.labels).float().mean())

    def test_learns_and_keeps_zeros(self):
        network, masks = self.pruned()
        before = self.accuracy(network)
        fine_tuning.fine_tune(network, self.training(), ENTRY)
        weights = dict(network.named_parameters())
        for name, mask in masks.items():
            self.assertFalse(weights[name][~mask].any())
            self.assertTrue(weights[name][mask].all())
        self.assertGreater(self.accuracy(network), max(before, 0.8))

    def test_removed_filters_stay_removed(self):
        network, _ = self.pruned("channel:0.3")
        zero = {name: value == 0 for name, value in network.named_parameters()}
        fine_tuning.fine_tune(network, self.training(steps=5), ENTRY)
        for name, value in network.named_parameters():
            self.assertFalse(value[zero[name]].any(), name)

    def test_same_seed_same_weights(self):
        results = []
        for seed in (1, 1, 2):
            network, _ = self.pruned()
            fine_tuning.fine_tune(network, self.training(steps=5, seed=seed), ENTRY)
            results.append(torch.cat([p.flatten() for p in network.parameters()]))
        self.assertTrue(torch.equal(results[0], results[1]))
        self.assertFalse(torch.equal(results[0], results[2]))

    def test_faults(self):
        network, _ = self.pruned()
        Image.new("RGB", (6, 6)).save(os.path.join(self.images, "7_x.png"))
        with self.assertRaisesRegex(ValueError, "tells 3 classes apart and a label is 7"):
            fine_tuning.fine_tune(network, self.training(), ENTRY)
        os.rename(os.path.join(self.images, "7_x.png"), os.path.join(self.images, "x.png"))
        with self.assertRaisesRegex(ValueError, "x.png has no label; needed is"):
            fine_tuning.fine_tune(network, self.training(), ENTRY)


if __name__ == "__main__":
    unittest.main()
