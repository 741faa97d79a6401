"""A small graph of every kind of layer that pruning tells apart, for several tests."""

import json
import os

import numpy

# Image 6x6 -> convolution -> depthwise -> two branches of 8 -> sum -> average -> 3 classes.
GRAPH = {
    "name": "tiny_net",
    "input": {
        "tensor": "x",
        "height": 6,
        "width": 6,
        "channel_order": "RGB",
        "mean": 127.5,
        "scale": 1 / 127.5,
    },
    "outputs": ["scores"],
    "ops": [
        {"op": "conv", "name": "first", "input": "x", "output": "a", "weight": "first.weight",
         "bias": "first.bias", "in_channels": 3, "out_channels": 4, "kernel": [3, 3],
         "stride": [2, 2], "pad": [0, 0, 1, 1], "groups": 1, "activation": "relu"},
        {"op": "conv", "name": "deep", "input": "a", "output": "b", "weight": "deep.weight",
         "bias": None, "in_channels": 4, "out_channels": 4, "kernel": [3, 3], "stride": [1, 1],
         "pad": [1, 1, 1, 1], "groups": 4, "activation": "relu"},
        {"op": "conv", "name": "left.conv", "input": "b", "output": "c", "weight": "left.weight",
         "bias": None, "in_channels": 4, "out_channels": 8, "kernel": [1, 1], "stride": [1, 1],
         "pad": [0, 0, 0, 0], "groups": 1, "activation": "none"},
        {"op": "batchnorm", "name": "left.norm", "input": "c", "output": "d",
         "params": ["norm.weight", "norm.bias", "norm.mean", "norm.var"], "eps": 1e-5,
         "activation": "relu"},
        {"op": "conv", "name": "right", "input": "b", "output": "e", "weight": "right.weight",
         "bias": "right.bias", "in_channels": 4, "out_channels": 8, "kernel": [1, 1],
         "stride": [1, 1], "pad": [0, 0, 0, 0], "groups": 1, "activation": "relu"},
        {"op": "add", "inputs": ["d", "e"], "output": "f", "activation": "none"},
        {"op": "global_avgpool", "input": "f", "output": "g"},
        {"op": "linear", "name": "last", "input": "g", "output": "scores",
         "weight": "last.weight", "bias": "last.bias", "in_features": 8, "out_features": 3,
         "activation": "none"},
    ],
}  # fmt: skip

SHAPES = {
    "first.weight": (4, 3, 3, 3), "first.bias": (4,), "deep.weight": (4, 1, 3, 3),
    "left.weight": (8, 4, 1, 1), "norm.weight": (8,), "norm.bias": (8,), "norm.mean": (8,),
    "norm.var": (8,), "right.weight": (8, 4, 1, 1), "right.bias": (8,), "last.weight": (3, 8),
    "last.bias": (3,),
}  # fmt: skip


def weights():
    random = numpy.random.default_rng(1)
    values = {name: random.normal(size=shape) for name, shape in SHAPES.items()}
    values["norm.var"] = numpy.abs(values["norm.var"]) + 1
    return {name: value.astype(numpy.float32) for name, value in values.items()}


def write(folder, graph=None, values=None):
    """Writes the graph as tiny_net.json and tiny_net.npz."""
    with open(os.path.join(folder, "tiny_net.json"), "w", encoding="utf-8") as file:
        json.dump(graph or GRAPH, file)
    numpy.savez(os.path.join(folder, "tiny_net.npz"), **(values or weights()))
