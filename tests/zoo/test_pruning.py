"""Patterns of pruning on weights small enough to see which ones must go."""

import os
import sys
import unittest

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import graph
import layers
import pruning
import small_graph


def kept(weight, text):
    """The mask of a matrix of weights as rows of 0 and 1."""
    mask = pruning.kept_weights(torch.tensor(weight, dtype=torch.float32), pruning.parse(text))
    return mask.int().tolist()


class Parse(unittest.TestCase):
    def test_names(self):
        for text, name, rate in (
            ("random:0.5", "random50", 0.5),
            ("block:.3", "block30", 0.3),
            ("channel:0.05", "channel5", 0.05),
            ("nm:2:4", "nm24", 0.5),
            ("nm:3:4", "nm34", 0.25),
        ):
            self.assertEqual((pruning.parse(text).name, pruning.parse(text).rate), (name, rate))

    def test_refused(self):
        for text in ("random", "random:0", "random:1", "nm:4:4", "nm:0:4", "nm:0.5", "row:0.5", ""):
            with self.assertRaisesRegex(ValueError, "unknown pruning .*; allowed are random:RATE"):
                pruning.parse(text)


class Masks(unittest.TestCase):
    def test_random_takes_the_smallest_of_the_layer(self):
        self.assertEqual(kept([[1, -4], [3, -2]], "random:0.5"), [[0, 1], [1, 0]])
        self.assertEqual(kept([[1, 1], [1, 1]], "random:0.25"), [[0, 1], [1, 1]])
        self.assertEqual(kept([[0, 0], [0, 5]], "random:0.5"), [[0, 0], [1, 1]])

    def test_nm_takes_the_smallest_of_each_group_of_input_channels(self):
        row = [1, -2, 3, -4, 9, 8, 7, 6]
        self.assertEqual(kept([row], "nm:2:4"), [[0, 0, 1, 1, 1, 1, 0, 0]])
        self.assertEqual(kept([row], "nm:1:2"), [[0, 1, 0, 1, 1, 0, 1, 0]])

    def test_nm_keeps_channels_that_fill_no_group(self):
        self.assertEqual(kept([[1, 2, 3, 4, 0.1, 0.2]], "nm:2:4"), [[0, 0, 1, 1, 1, 1]])

    def test_nm_groups_input_channels_not_places(self):
        weight = torch.zeros(1, 2, 1, 2)
        weight[0, :, 0, 0] = torch.tensor([1.0, 2.0])
        weight[0, :, 0, 1] = torch.tensor([4.0, 3.0])
        mask = pruning.kept_weights(weight, pruning.parse("nm:1:2"))
        self.assertEqual(mask.int().tolist(), [[[[0, 1]], [[1, 0]]]])

    def test_block_takes_four_filters_at_one_place(self):
        weight = [[1, 9], [1, 0], [1, 0], [-2, 0], [8, 1], [0, 1]]
        # Means of magnitudes: 1.25 and 2.25 in the first four filters, 4 and 1 in the last two.
        self.assertEqual(kept(weight, "block:0.5"), [[0, 1]] * 4 + [[1, 0]] * 2)

    def test_channel_takes_whole_filters(self):
        self.assertEqual(kept([[5, 0], [1, 1], [0, -3], [2, 2]], "channel:0.5"),
                         [[1, 1], [0, 0], [0, 0], [1, 1]])  # fmt: skip


class Prune(unittest.TestCase):
    def setUp(self):
        self.network = graph.GraphNetwork(small_graph.GRAPH, small_graph.weights())
        self.example = torch.ones(1, 3, 6, 6)

    def prune(self, text, spared=()):
        return pruning.prune(self.network, pruning.parse(text), self.example, spared)

    def test_layers_left_alone(self):
        before = {name: value.clone() for name, value in self.network.named_parameters()}
        masks = self.prune("random:0.5")
        self.assertEqual(set(masks), {"layers.left_conv.weight", "layers.right.weight"})
        for name, value in self.network.named_parameters():
            if name in masks:
                self.assertTrue(torch.equal(value, before[name] * masks[name]))
                self.assertEqual(int(torch.count_nonzero(value)), 16)
            else:
                self.assertTrue(torch.equal(value, before[name]), name)

    def test_spared_by_name(self):
        self.assertEqual(set(self.prune("nm:2:4", ["layers.right"])), {"layers.left_conv.weight"})
        with self.assertRaisesRegex(ValueError, "there is no layer 'nope' to spare; layers are"):
            self.prune("nm:2:4", ["nope"])

    def test_removed_filters_put_out_zeros(self):
        masks = self.prune("channel:0.25")
        outputs = {}
        parts = {
            "layers.left_conv.weight": self.network.norms["left_norm"],
            "layers.right.weight": self.network.layers["right"],
        }
        for name, part in parts.items():
            part.register_forward_hook(lambda _, x, y, name=name: outputs.update({name: y}))
        self.network(self.example)
        for name, mask in masks.items():
            silent = (outputs[name] == 0).flatten(2).all(2)[0]
            self.assertEqual(silent.tolist(), (~mask.flatten(1).any(1)).tolist())
            self.assertEqual(int(silent.sum()), 2)

    def test_recentred_outputs_have_the_means_of_before(self):
        example = torch.rand(5, 3, 6, 6, generator=torch.Generator().manual_seed(1))

        def means():
            found = {}
            observer = lambda name, layer, x, y: found.update({name: y.transpose(0, 1).flatten(1)})
            with layers.observed(self.network, observer):
                self.network(example)
            return {name: values.mean(1) for name, values in found.items()}

        before = means()
        pruning.prune(self.network, pruning.parse("block:0.5"), example, batch=example)
        after = means()
        for name in ("layers.right", "layers.last"):
            torch.testing.assert_close(after[name], before[name])
        without_bias = "layers.left_conv"
        self.assertFalse(torch.allclose(after[without_bias], before[without_bias]))

    def test_filters_stay_removed_when_recentred(self):
        batch = self.example
        masks = pruning.prune(self.network, pruning.parse("channel:0.25"), batch, batch=batch)
        removed = ~masks["layers.right.weight"].flatten(1).any(1)
        bias = self.network.layers["right"].bias
        self.assertEqual((bias == 0).tolist(), removed.tolist())

    def test_the_last_layer_of_other_networks_is_left_alone(self):
        network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 4), nn.Linear(4, 2))
        masks = pruning.prune(network, pruning.parse("random:0.5"), torch.zeros(1, 2))
        self.assertEqual(list(masks), ["1.weight"])

    def test_quantised_zeros_stay_zeros(self):
        weights = small_graph.weights()
        weights["right.weight"][::2] = 0
        network = graph.GraphNetwork(small_graph.GRAPH, weights)
        pruning.prune(network, pruning.parse("block:0.5"), self.example)
        self.assertEqual(int(torch.count_nonzero(network.layers["right"].weight[::2])), 0)


class Layers(unittest.TestCase):
    def test_macs_density_and_inputs_before_padding(self):
        network = graph.GraphNetwork(small_graph.GRAPH, small_graph.weights())
        x = torch.ones(1, 3, 6, 6)
        # 3x3 places: 4x27 and 4x9 weights, then 8x4 twice; 3x8 once.
        self.assertEqual(layers.dense_macs(network, x), 9 * (108 + 36 + 32 + 32) + 24)
        self.assertEqual(layers.weight_density(network), 1)
        sizes = {}
        observer = lambda name, layer, values, output: sizes.update({name: values.numel()})
        with layers.observed(network, observer):
            network(x)
        self.assertEqual(sizes["layers.first"], 3 * 6 * 6)
        network(x)
        self.assertEqual(len(sizes), 5)


if __name__ == "__main__":
    unittest.main()
