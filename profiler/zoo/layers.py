"""The convolutions and fully connected layers of a network, as its forward pass meets them."""

import contextlib

import torch

KINDS = (torch.nn.Conv2d, torch.nn.Linear)


def named(network):
    """Names and modules of all layers, in the order in which the network defines them."""
    return [(name, part) for name, part in network.named_modules() if isinstance(part, KINDS)]


@contextlib.contextmanager
def observed(network, observer):
    """While it lasts, every layer that runs calls `observer(name, layer, input, output)`.

    What the observer returns, unless None, takes the place of the output.
    """

    def hook(name):
        return lambda layer, inputs, output: observer(name, layer, inputs[0], output)

    handles = [layer.register_forward_hook(hook(name)) for name, layer in named(network)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def macs(layer, output):
    """Dense multiply-accumulates of one input; padding counts as any other pixel."""
    return output[0].numel() * layer.weight[0].numel()


def dense_macs(network, example):
    """The sum of `macs` over all layers that run on `example`, a batch of one."""
    total = 0

    def add(name, layer, x, output):
        nonlocal total
        total += macs(layer, output)

    with observed(network, add), torch.no_grad():
        network(example)
    return total


def weight_density(network):
    """The share of weights of all layers, without biases, that are not zero."""
    weights = [layer.weight for _, layer in named(network)]
    kept = sum(int(torch.count_nonzero(weight)) for weight in weights)
    return kept / sum(weight.numel() for weight in weights)
