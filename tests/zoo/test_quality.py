"""Accuracy and agreement on numbers worked out by hand."""

import os
import sys
import tempfile
import unittest

import torch
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import images
import quality


class Measures(unittest.TestCase):
    def test_top1(self):
        scores = torch.tensor([[1.0, 2.0], [4.0, 3.0], [0.0, 1.0]])
        self.assertAlmostEqual(quality.top1([scores], torch.tensor([1, 0, 0])), 200 / 3)

    def test_a_background_class_comes_first(self):
        scores = torch.zeros(1, 1001)
        scores[0, 8] = 1
        self.assertEqual(quality.top1([scores], torch.tensor([7])), 100)

    def test_agreement(self):
        reference = torch.tensor([[0.0], [2.0]])  # mean 1, variance 2
        self.assertEqual(quality.agreement([reference], [reference]), 100)
        self.assertEqual(quality.agreement([torch.tensor([[0.0], [1.0]])], [reference]), 50)
        self.assertEqual(quality.agreement([torch.tensor([[9.0], [9.0]])], [reference]), 0)
        both = quality.agreement([reference, reference + 9], [reference, reference])
        self.assertEqual(both, 50)

    def test_agreement_of_outputs_that_never_vary(self):
        constant = torch.ones(2, 1)
        self.assertEqual(quality.agreement([constant], [constant]), 100)
        self.assertEqual(quality.agreement([constant + 1], [constant]), 0)


class Judged(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        for label, name in ((1, "0_a"), (0, "0_b"), (1, "1_a")):
            Image.new("RGB", (1, 1), (255 * label, 0, 0)).save(f"{scratch.name}/{name}.png")
        entry = images.input_entry("", [0.0] * 3, [1.0] * 3)
        self.inputs = quality.Inputs({"reds": scratch.name}, entry)

    def test_every_tenth_is_held_out(self):
        self.assertEqual(list(map(os.path.basename, self.inputs.held_out)), ["0_a.png"])
        self.assertEqual(len(self.inputs.paths), 2)
        self.assertEqual(self.inputs.batch(self.inputs.held_out)[0, :, 0, 0].tolist(), [1, 0, 0])

    def test_labelled(self):
        right = self.inputs.outputs(lambda x: torch.stack([0.5 - x[:, 0, 0, 0], x[:, 0, 0, 0]], 1))
        wrong = [1 - right[0]]
        self.assertEqual(
            quality.judged(self.inputs, right, wrong),
            {
                "metric": "top-1 % on reds",
                "inputs": 2,
                "unpruned": 100.0,
                "this": 0.0,
                "damaged": True,
            },
        )
        self.assertFalse(quality.judged(self.inputs, right, right)["damaged"])

    def test_outputs_that_are_no_classes(self):
        outputs = self.inputs.outputs(lambda x: (x[:, :1, 0, 0], x[:, 1:, 0, 0]))
        self.assertEqual([tuple(values.shape) for values in outputs], [(2, 1), (2, 2)])
        judged = quality.judged(self.inputs, outputs, outputs)
        self.assertIn("agreement", judged["metric"])
        self.assertEqual((judged["this"], judged["damaged"]), (100.0, False))


if __name__ == "__main__":
    unittest.main()
