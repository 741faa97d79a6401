"""Magnitude pruning of a trained network, layer by layer, without training afterwards.

    random:0.5    the half of a layer's weights with the smallest magnitudes, wherever they are
    nm:2:4        all but the 2 largest of every 4 consecutive input channels, at each place of
                  each filter; the rest of channels that do not fill a group is kept
    block:0.5     the half of a layer's blocks with the smallest mean magnitude; a block is one
                  place of 4 consecutive filters (output channels)
    channel:0.2   the fifth of a layer's filters with the smallest mean magnitude, with bias and
                  normalisation, so that their outputs are zero

"random" is what the literature calls the first: its zeros have no structure.

Left alone, because they are small and pruning them costs most: the first layer, depthwise and
other grouped convolutions, the layers that make the network's outputs, and those that the caller
names.

In networks whose normalisation is folded into biases, pruning shifts what layers put out, which
can cost more accuracy than the lost weights do. A few inputs without labels suffice to recentre the
outputs: every layer's bias takes the shift of its mean output back. That was measured to help
MobileNet-V1, ResNet-8 and detectors much, and to harm MobileNet-V2; so it is done on demand. It
does not touch layers without a bias, such as those before a normalisation layer.
"""

import re
from typing import NamedTuple

import torch

import layers

BLOCK = 4
ALLOWED = "random:RATE, block:RATE, channel:RATE with RATE in (0, 1), and nm:N:M with 0 < N < M"


class Pruning(NamedTuple):
    """What to remove: `rate` is the share removed; `group` is (N, M) of N:M pruning, else None."""

    pattern: str
    rate: float
    group: tuple = None

    @property
    def name(self):
        """The pattern as it stands in a file's name: random50, nm24, block50, channel20."""
        if self.group:
            return "nm{}{}".format(*self.group)
        return f"{self.pattern}{round(100 * self.rate)}"


def parse(text):
    """The pruning that `text` asks for; raises `ValueError`."""
    match = re.fullmatch(r"nm:(\d+):(\d+)", text)
    if match:
        kept, size = map(int, match.groups())
        if 0 < kept < size:
            return Pruning("nm", 1 - kept / size, (kept, size))
    match = re.fullmatch(r"(random|block|channel):(\d*\.?\d+)", text)
    if match and 0 < float(match.group(2)) < 1:
        return Pruning(match.group(1), float(match.group(2)))
    raise ValueError(f"unknown pruning {text!r}; allowed are {ALLOWED}")


def prune(network, pruning, example, spared=(), batch=None):
    """Sets weights to zero in place; returns the masks of kept weights by parameter name.

    `example` is an input, which tells which normalisation follows which filter. `spared` names
    further layers to leave alone. With a `batch` of inputs, outputs are recentred on it.
    """
    means = _output_means(network, batch) if batch is not None else None
    masks = {}
    norms = _following_norms(network, example) if pruning.pattern == "channel" else {}
    with torch.no_grad():
        for name, layer in prunable_layers(network, spared):
            mask = kept_weights(layer.weight, pruning)
            layer.weight[~mask] = 0
            masks[f"{name}.weight"] = mask
            if pruning.pattern == "channel":
                removed = ~mask.flatten(1).any(1)
                for part in (layer, norms.get(layer)):
                    if part is not None and part.bias is not None:
                        part.bias[removed] = 0
                if layer in norms:
                    norms[layer].weight[removed] = 0
    if batch is not None:
        _recentre(network, means, batch)
    return masks


def prunable_layers(network, spared=()):
    """Names and modules of the layers that pruning may touch."""
    found = layers.named(network)
    unknown = set(spared) - {name for name, _ in found}
    if unknown:
        raise ValueError(
            f"there is no layer {min(unknown)!r} to spare; "
            f"layers are {', '.join(name for name, _ in found)}"
        )
    outputs = network.output_layers() if hasattr(network, "output_layers") else [found[-1][1]]
    return [
        (name, layer)
        for name, layer in found[1:]
        if name not in spared and layer not in outputs and getattr(layer, "groups", 1) == 1
    ]


def kept_weights(weight, pruning):
    """The mask of a layer's weights that stay, output channels first."""
    size = weight.abs()
    if pruning.pattern == "random":
        return _largest(size, pruning.rate)
    if pruning.pattern == "nm":
        return _largest_of_groups(size, *pruning.group)
    if pruning.pattern == "block":
        return _largest_blocks(size, pruning.rate)
    filters = _largest(size.flatten(1).mean(1), pruning.rate)
    return filters.reshape(-1, *[1] * (weight.dim() - 1)).expand_as(weight)


def _largest(size, rate):
    """All but the smallest share `rate`; of equals, the first goes first."""
    order = torch.argsort(size.flatten(), stable=True)
    mask = torch.ones(size.numel(), dtype=torch.bool)
    mask[order[: round(rate * size.numel())]] = False
    return mask.reshape(size.shape)


def _largest_of_groups(size, kept, group):
    last = size.movedim(1, -1)
    mask = torch.ones_like(last, dtype=torch.bool)
    whole = last.shape[-1] // group * group
    groups = last[..., :whole].unflatten(-1, (-1, group))
    smallest = torch.argsort(groups, dim=-1, stable=True)[..., : group - kept]
    whole_mask = torch.ones_like(groups, dtype=torch.bool).scatter(-1, smallest, False)
    mask[..., :whole] = whole_mask.flatten(-2)
    return mask.movedim(-1, 1)


def _largest_blocks(size, rate):
    means = torch.stack([block.mean(0) for block in size.split(BLOCK)])
    return _largest(means, rate).repeat_interleave(BLOCK, 0)[: size.shape[0]]


def _output_means(network, batch):
    """The mean output of every channel of every layer over a batch, by layer."""
    means = {}
    with layers.observed(
        network, lambda name, layer, x, output: means.update({name: _channel_means(output)})
    ):
        with torch.no_grad():
            network(batch)
    return means


def _recentre(network, means, batch):
    """Adds to biases so that outputs have the `means` of the unpruned network again, in place.

    Goes from layer to layer, so that each sees what the earlier ones now put out. Removed filters
    stay removed, and layers without a bias as they are.
    """

    def adjust(name, layer, x, output):
        if layer.bias is None:
            return None
        shift = means[name] - _channel_means(output)
        shift[~layer.weight.flatten(1).any(1)] = 0
        layer.bias += shift
        return output + shift.reshape(-1, *[1] * (output.dim() - 2))

    with layers.observed(network, adjust), torch.no_grad():
        network(batch)


def _channel_means(output):
    return output.transpose(0, 1).flatten(1).mean(1)


def _following_norms(network, example):
    """The normalisation that sees a convolution's output first, by convolution."""
    made = []
    norms = {}

    def follow(norm, inputs):
        norms.update({layer: norm for layer, output in made if output is inputs[0]})

    parts = [part for part in network.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    handles = [part.register_forward_pre_hook(follow) for part in parts]
    try:
        with layers.observed(network, lambda _, layer, x, output: made.append((layer, output))):
            with torch.no_grad():
                network(example)
    finally:
        for handle in handles:
            handle.remove()
    return norms
