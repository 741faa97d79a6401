"""The description that travels inside a TorchScript file."""

import os
import sys
import tempfile
import unittest

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import description

ABOUT = {
    "model": "tiny",
    "pattern": "dense",
    "title": "Tiny",
    "weights": {"source": "none", "licence": "none", "training": "untrained"},
    "input": {"kind": "tokens", "vocabulary": 3, "longest": 9},
}


class Description(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = os.path.join(scratch.name, "new", "tiny.pt")
        layer = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
        self.network = torch.jit.script(layer)

    def test_round_trip(self):
        description.save(self.network, self.path, ABOUT)
        network, about = description.load(self.path)
        self.assertEqual(about, {"schema": 1, **ABOUT})
        x = torch.ones(1, 2)
        self.assertTrue(torch.equal(network(x), self.network(x)))
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["tiny.pt"])

    def test_no_description(self):
        os.makedirs(os.path.dirname(self.path))
        torch.jit.save(self.network, self.path)
        self.assertIsNone(description.load(self.path)[1])

    def test_refused(self):
        for about, message in (
            ({**ABOUT, "model": "a_b"}, "may not hold '_'"),
            ({key: ABOUT[key] for key in ABOUT if key != "title"}, "lacks 'title'"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                description.save(self.network, self.path, about)
        self.assertFalse(os.path.exists(self.path))

    def test_no_paths_of_source_files(self):
        description.save(self.network, self.path, ABOUT)
        with open(self.path, "rb") as file:
            content = file.read()
        self.assertNotIn(b"debug_pkl", content)
        self.assertNotIn(os.path.dirname(torch.__file__).encode(), content)


if __name__ == "__main__":
    unittest.main()
