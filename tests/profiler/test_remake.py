"""The script that makes the shipped traces, on a network small enough to ship.

All weights and pixels are small whole numbers, so every sum is exact and the bytes are the same on
every processor. To write what is expected anew, after a change that is meant: set DYSTA_UPDATE=1.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy
import support
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXPECTED = HERE / "expected"
VARIANT = "tinynet_random50"


def convolution(name, source, target, channels, kernel, stride, pad, groups=1):
    return {
        "op": "conv", "name": name, "input": source, "output": target,
        "weight": f"{name}.weight", "bias": f"{name}.bias",
        "in_channels": channels[0], "out_channels": channels[1], "kernel": [kernel, kernel],
        "stride": [stride, stride], "pad": pad, "groups": groups, "activation": "relu",
    }  # fmt: skip


GRAPH = {
    "name": "tinynet",
    "input": {"tensor": "x", "height": 20, "width": 18, "channel_order": "RGB", "mean": 0,
              "scale": 1},
    "outputs": ["scores"],
    "ops": [
        convolution("first", "x", "a", (3, 8), 3, 2, [0, 0, 1, 1]),
        convolution("deep", "a", "b", (8, 8), 3, 1, [1, 1, 1, 1], groups=8),
        convolution("wide", "b", "c", (8, 16), 1, 1, [0, 0, 0, 0]),
        convolution("grouped", "c", "d", (16, 8), 3, 1, [1, 1, 1, 1], groups=2),
        {"op": "global_avgpool", "input": "d", "output": "e"},
        {"op": "linear", "name": "last", "input": "e", "output": "scores", "weight": "last.weight",
         "bias": "last.bias", "in_features": 8, "out_features": 4, "activation": "none"},
    ],
}  # fmt: skip

SHAPES = {"first": (8, 3, 3, 3), "deep": (8, 1, 3, 3), "wide": (16, 8, 1, 1),
          "grouped": (8, 8, 3, 3), "last": (4, 8)}  # fmt: skip


def small_numbers(count, largest):
    """A fixed sequence of whole numbers from -largest to largest."""
    state, values = 1, []
    for _ in range(count):
        state = state * 48271 % 2147483647
        values.append(state % (2 * largest + 1) - largest)
    return numpy.array(values)


def write_ingredients(folder):
    (folder / "nets").mkdir()
    (folder / "nets" / "tinynet.json").write_text(json.dumps(GRAPH))
    values = {}
    for i, (name, shape) in enumerate(SHAPES.items()):
        count = int(numpy.prod(shape))
        values[f"{name}.weight"] = small_numbers(count + i, 3)[i:].reshape(shape)
        values[f"{name}.bias"] = small_numbers(shape[0], 9)
    floats = {name: value.astype(numpy.float32) for name, value in values.items()}
    numpy.savez(folder / "nets" / "tinynet.npz", **floats)
    for name, count in (("noise", 5), ("noise_dark", 3)):
        (folder / "images" / name).mkdir(parents=True)
        for i in range(count):
            largest = 2 if name.endswith("dark") else 15
            pixels = numpy.abs(small_numbers(20 * 18 * 3 + i, largest)[i:]).reshape(20, 18, 3)
            image = Image.fromarray(pixels.astype(numpy.uint8))
            image.save(folder / "images" / name / f"{i}.png")


def run(*command):
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}")


class RemakeTest(unittest.TestCase):
    def test_the_trace_of_a_small_network_is_made_again_byte_for_byte(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_ingredients(folder)
            networks = folder / "networks"
            run(
                sys.executable, ROOT / "profiler/zoo/export.py", "graph", folder / "nets",
                "tinynet", "--prepare", "resize=20x18", "--prune", "random:0.5", "--out", networks,
            )  # fmt: skip
            (networks / "inputs.csv").write_text(
                f"file,images,count\n{VARIANT}.pt,noise,4\n{VARIANT}.pt,noise_dark,3\n"
            )
            run(
                sys.executable, ROOT / "data/traces/remake.py", folder,
                "--networks", networks, "--dysta", support.program, "--out", folder / "out",
            )  # fmt: skip
            made = folder / "out" / "eyeriss_v2"
            trace = (made / f"{VARIANT}.csv").read_text()
            provenance = json.loads((made / f"{VARIANT}.json").read_text())
        lasting = {key: provenance[key] for key in ("inputs", "preparation", "layers")}
        for entry in lasting["inputs"]:
            del entry["sha256"]  # of files as one version of Pillow compresses them
        facts = json.dumps(lasting, indent=1) + "\n"
        if os.environ.get("DYSTA_UPDATE"):
            EXPECTED.mkdir(exist_ok=True)
            (EXPECTED / f"{VARIANT}.csv").write_text(trace)
            (EXPECTED / f"{VARIANT}.json").write_text(facts)
        self.assertEqual(trace, (EXPECTED / f"{VARIANT}.csv").read_text())
        self.assertEqual(facts, (EXPECTED / f"{VARIANT}.json").read_text())


if __name__ == "__main__":
    unittest.main()
