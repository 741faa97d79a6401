"""Shapes of layers and whose outputs they read; and that the model files hold just these."""

import os
import sys
import unittest
from pathlib import Path

import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, os.path.join(ROOT, "profiler", "zoo"))

import layers
import model_files
from layer_graph import layers_of
from torchvision_networks import NETWORKS


class Joined(nn.Module):
    """A sum, a concatenation and a classifier."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.b = nn.Conv2d(4, 4, (1, 3), padding=(0, 1), groups=2)
        self.c = nn.Conv2d(4, 2, 1)
        self.d = nn.Linear(6, 5)

    def forward(self, x):
        a = torch.relu(self.a(x))
        total = a + self.b(a)
        return self.d(torch.cat((total, self.c(total)), 1).mean((2, 3)))


class LayerGraph(unittest.TestCase):
    def test_sums_and_concatenations(self):
        found = {layer.name: layer for layer in layers_of(Joined().eval(), 8)}
        self.assertEqual(list(found), ["a", "b", "c", "d"])
        self.assertEqual([found[name].after for name in "abc"], [(), ("a",), ("a", "b")])
        self.assertEqual(found["d"].after, ("a", "b", "c"))
        self.assertEqual((found["b"].kernel, found["b"].padding, found["b"].groups), ((1, 3), (0, 1), 2))
        self.assertEqual((found["c"].height, found["c"].width), (4, 4))
        self.assertEqual(found["d"].macs, 30)

    def test_work_is_that_of_the_network(self):
        for name in ("resnet50", "ssd300"):
            network = NETWORKS[name].make(1.0).eval()
            side = NETWORKS[name].side
            work = sum(layer.macs for layer in layers_of(network, side))
            self.assertEqual(work, layers.dense_macs(network, torch.zeros(1, 3, side, side)))

    def test_model_files_hold_these_shapes(self):
        for name in ("resnet50", "vgg16", "mobilenetv1", "googlenet", "inceptionv3", "ssd300-resnet18"):
            source = NETWORKS[name.partition("-")[0]]
            found = layers_of(source.make(1.0).eval(), source.side)
            text = (ROOT / "suite" / "models" / f"{name}.yaml").read_text()
            table = text.partition("\nlayers:\n")[2].splitlines()
            self.assertEqual(len(table), len(found))
            for i, line in enumerate(table):
                self.assertEqual(line.partition(", density:")[0], "  - {" + model_files.shape_text(found, i))


if __name__ == "__main__":
    unittest.main()
