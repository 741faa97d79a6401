"""Real networks on real images, where they are at hand: DYSTA_INGREDIENTS names their folder.

It holds nets/, images/SET/ with labels.csv, and measured/NAME.csv with the input sparsity of
layers that another implementation of the graphs measured.
"""

import csv
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import export
import graph
import images
import measure_sparsity
import shipped

INGREDIENTS = os.environ.get("DYSTA_INGREDIENTS", "")

# That measurement counted zeros of a separate padding, here of the layer's own.
PADDED = {"ultraface_rfb_320": "L23_conv", "posenet_mobilenet_v1_075_353_481_16_quant": "L00_conv"}


def rows(*path):
    with open(os.path.join(INGREDIENTS, *path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@unittest.skipUnless(INGREDIENTS, "DYSTA_INGREDIENTS is not set")
class Ingredients(unittest.TestCase):
    def test_sparsity_is_what_was_measured_before(self):
        for name in shipped.NETWORKS:
            with self.subTest(name):
                self.compare(name)

    def compare(self, name):
        network_graph, network = graph.load(os.path.join(INGREDIENTS, "nets"), name)
        about = export.known_graph(name, network_graph)
        entry = export.graph_description(about, network_graph)["input"]
        reference = {}
        for row in rows("measured", f"{name}.csv"):
            sample = reference.setdefault((row["dataset"], int(row["batch-indx"])), [])
            sample.append(float(row["overall-sparsity"]))
        for images_set, index in images.spread(list(reference), 2):
            file = rows("images", images_set, "labels.csv")[index]["file"]
            path = os.path.join(INGREDIENTS, "images", images_set, file)
            measured = measure_sparsity.layer_inputs(network, images.read(path, entry)[None])
            expected = reference[images_set, index]
            self.assertEqual(len(measured), len(expected))
            # A quantised value between two steps may fall on the other side in another order of
            # additions, and later layers see that.
            tolerance = 0.012 if network_graph.get("quantized") else 0.0003
            for (layer, share, _), other in zip(measured, expected):
                if layer != f"layers.{PADDED.get(name)}":
                    self.assertAlmostEqual(share, other, delta=tolerance, msg=layer)


if __name__ == "__main__":
    unittest.main()
