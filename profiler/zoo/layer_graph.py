"""The layers of a network with their shapes, and whose outputs each of them reads.

Traced symbolically, so the network's forward pass may not depend on values.
"""

from typing import NamedTuple

import torch
from torch import fx
from torch.fx.passes.shape_prop import ShapeProp

import layers


class Layer(NamedTuple):
    """`after` are the names of the layers it reads; of a sum or concatenation all of them.

    The shape is that of a convolution; a fully connected layer is one of a 1 x 1 image.
    """

    name: str
    after: tuple
    in_channels: int
    out_channels: int
    height: int
    width: int
    kernel: tuple = (1, 1)
    stride: tuple = (1, 1)
    padding: tuple = (0, 0)
    dilation: tuple = (1, 1)
    groups: int = 1

    @property
    def macs(self):
        """Multiply-accumulates without skipping, with those of padding."""
        places = 1
        for size, kernel, stride, padding, dilation in zip(
            (self.height, self.width), self.kernel, self.stride, self.padding, self.dilation
        ):
            places *= (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
        return places * self.weights

    @property
    def weights(self):
        """Their number."""
        taps = self.kernel[0] * self.kernel[1]
        return self.out_channels * self.in_channels // self.groups * taps


def layers_of(network, side):
    """All layers that run on a square image of this `side`, in the order of execution."""
    traced = fx.symbolic_trace(network)
    with torch.no_grad():
        ShapeProp(traced).propagate(torch.zeros(1, 3, side, side))
    modules = dict(traced.named_modules())
    found = []
    readers = {}  # node: the layers whose outputs it holds
    for node in traced.graph.nodes:
        before = tuple(dict.fromkeys(name for n in node.all_input_nodes for name in readers[n]))
        module = modules.get(node.target) if node.op == "call_module" else None
        if isinstance(module, layers.KINDS):
            shape = node.all_input_nodes[0].meta["tensor_meta"].shape
            found.append(_layer(node.target, before, module, shape))
            before = (node.target,)
        readers[node] = before
    return found


def _layer(name, after, module, shape):
    if isinstance(module, torch.nn.Linear):
        return Layer(name, after, module.in_features, module.out_features, 1, 1)
    return Layer(
        name,
        after,
        module.in_channels,
        module.out_channels,
        *shape[2:],
        module.kernel_size,
        module.stride,
        module.padding,
        module.dilation,
        module.groups,
    )
