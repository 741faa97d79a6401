"""Training of the small decoder: its schedule, its data, its controls; all in a few steps."""

import io
import math
import os
import sys
import unittest

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import train_decoder
import transformer

TINY = transformer.Shape(layers=1, width=8, heads=2, inner=16, vocabulary=16, longest=512)


def text(count=3000):
    """Tokens in which each follows from the one before, most of the time."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.randint(16, (count,), generator=generator)
    kept = torch.rand(count, generator=generator) < 0.9
    return torch.where(kept, torch.arange(count) % 16, noise)


class Schedule(unittest.TestCase):
    """Contexts and learning rates."""

    def test_contexts_grow(self):
        self.assertEqual([train_decoder.context_at(at) for at in (0, 0.34, 0.35, 0.65, 1)],
                         [128, 128, 256, 512, 512])

    def test_rate_rises_and_falls(self):
        rates = [train_decoder.rate_at(i / 1000) for i in range(1001)]
        top = rates.index(max(rates))
        self.assertEqual(rates[:top + 1], sorted(rates[:top + 1]))
        self.assertEqual(rates[top:], sorted(rates[top:], reverse=True))
        self.assertAlmostEqual(rates[-1], 0.02 * train_decoder.PEAK_RATE)
        self.assertGreater(rates[0], 0)


class Data(unittest.TestCase):
    """Windows and controls."""

    def test_windows(self):
        inputs, targets = train_decoder.windows(torch.arange(10, 30), torch.tensor([0, 5]), 3)
        self.assertEqual(inputs.tolist(), [[10, 11, 12], [15, 16, 17]])
        self.assertEqual(targets.tolist(), [[11, 12, 13], [16, 17, 18]])

    def test_pairs_are_distributions(self):
        pairs = train_decoder.Pairs(torch.tensor([0, 1, 0, 1, 0, 2]), 4)
        self.assertAlmostEqual(pairs.unigram.sum().item(), 1)
        for row in pairs.bigram.sum(1).tolist():
            self.assertAlmostEqual(row, 1)

    def test_pairs_by_hand(self):
        pairs = train_decoder.Pairs(torch.tensor([0, 1, 0, 1, 0, 2]), 4)
        # what follows: 1 0 1 0 2; one more of each of the four makes nine
        alone, after = pairs.losses(torch.tensor([0]), torch.tensor([1]))
        self.assertAlmostEqual(alone, -math.log(3 / 9))
        # after 0: 1 1 2, two kinds
        self.assertAlmostEqual(after, -math.log((2 + 2 * 3 / 9) / (3 + 2)))


class Training(unittest.TestCase):
    """A network of one layer."""

    def trained(self, seed):
        torch.set_num_threads(1)
        network = train_decoder.untrained(TINY, seed)
        train_decoder.train(network, text(), 12, seed, False, io.StringIO())
        return network

    def test_same_seed_same_weights(self):
        first, again, other = (nn.utils.parameters_to_vector(self.trained(seed).parameters())
                               for seed in (1, 1, 2))
        self.assertTrue(torch.equal(first, again))
        self.assertFalse(torch.equal(first, other))

    def test_loss_falls_and_is_measured(self):
        pairs = train_decoder.Pairs(text(), 16)
        byte_counts = torch.full((16,), 2)
        losses = [train_decoder.measure(network, pairs, text(), byte_counts, 4)
                  for network in (train_decoder.untrained(TINY, 1), self.trained(1))]
        nats = [each["nats_a_token"]["network"] for each in losses]
        self.assertAlmostEqual(nats[0], math.log(16), places=1)
        self.assertLess(nats[1], nats[0])
        self.assertAlmostEqual(losses[1]["bits_a_byte"]["network"], nats[1] / math.log(2) / 2,
                               places=3)
        self.assertLess(losses[1]["nats_a_token"]["bigram"], 1)


if __name__ == "__main__":
    unittest.main()
