"""Published architectures: multiply-accumulates, weights of a file, random weights."""

import os
import sys
import tempfile
import unittest

import torch
import torchvision

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import layers
import pruning
import torchvision_networks
from mobilenet_v1 import MobileNetV1
from ssd300 import SSD300

PUBLISHED_GMACS = {
    "resnet50": 4.09,
    "vgg16": 15.47,
    "mobilenetv1": 0.569,
    "mobilenetv2": 0.301,
    "googlenet": 1.50,
    "inceptionv3": 5.71,
}


def example(side):
    return torch.zeros(1, 3, side, side)


class Architectures(unittest.TestCase):
    def test_multiply_accumulates_are_those_published(self):
        for name, published in PUBLISHED_GMACS.items():
            with self.subTest(name):
                network, _ = torchvision_networks.build(name)
                side = torchvision_networks.NETWORKS[name].side
                total = layers.dense_macs(network, example(side)) / 1e9
                self.assertLess(abs(total / published - 1), 0.005)

    def test_mobilenet_v1_parameters(self):
        # 4.2 million at width 1 and 1.3 million at width 0.5, as published.
        for width, millions in ((1.0, 4.2), (0.5, 1.3)):
            count = sum(values.numel() for values in MobileNetV1(width).parameters())
            self.assertEqual(round(count / 1e6, 1), millions)

    def test_ssd300(self):
        network = SSD300(classes=21).eval()
        with torch.no_grad():
            boxes, scores = network(example(300))
        self.assertEqual(boxes.shape, (1, 8732, 4))
        self.assertEqual(scores.shape, (1, 8732, 21))
        prunable = [layer for _, layer in pruning.prunable_layers(network)]
        self.assertFalse(set(network.output_layers()) & set(prunable))
        self.assertEqual(len(prunable), len(layers.named(network)) - 12 - 1)


class Build(unittest.TestCase):
    def test_random_weights_follow_the_seed(self):
        same, other = (
            [torchvision_networks.build("mobilenetv1", seed=seed, width=0.25, resolution=128)
             for seed in seeds] for seeds in ((1, 1), (1, 2))
        )  # fmt: skip
        weights = [[network.classifier.weight for network, _ in pair] for pair in (same, other)]
        self.assertTrue(torch.equal(*weights[0]))
        self.assertFalse(torch.equal(*weights[1]))
        about = same[0][1]
        self.assertEqual(about["model"], "mobilenetv1-025-128-untrained")
        self.assertEqual(about["weights"]["training"], "untrained")
        self.assertEqual(about["input"]["prepare"], "resize=146,crop=128")

    def test_only_mobilenet_v1_has_a_width(self):
        with self.assertRaisesRegex(ValueError, "resnet50 has no width or resolution to choose"):
            torchvision_networks.build("resnet50", width=0.5)


class Weights(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = os.path.join(scratch.name, "weights.pth")

    def build(self, state, name="googlenet"):
        torch.save(state, self.path)
        return torchvision_networks.build(name, self.path)

    def test_weights_of_a_file_without_auxiliary_classifiers(self):
        state = torchvision.models.googlenet(init_weights=False).state_dict()
        network, about = self.build(state)
        self.assertTrue(torch.equal(network.fc.weight, state["fc.weight"]))
        self.assertEqual((about["model"], about["weights"]["training"]), ("googlenet", "public"))

    def test_refused(self):
        state = torchvision_networks.build("mobilenetv1")[0].state_dict()
        for change, message in (
            ({"classifier.bias": torch.zeros(3)}, "'classifier.bias' is 3; it must be 1000"),
            ({"more": torch.zeros(1)}, "has an unknown 'more'; a state_dict in torchvision's"),
            ({"epoch": 3}, "holds other things than weights"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                self.build({**state, **change}, "mobilenetv1")
        del state["classifier.bias"]
        with self.assertRaisesRegex(ValueError, "lacks 'classifier.bias'"):
            self.build(state, "mobilenetv1")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("text")
        with self.assertRaisesRegex(ValueError, "is no file of weights"):
            torchvision_networks.build("mobilenetv1", self.path)


if __name__ == "__main__":
    unittest.main()
