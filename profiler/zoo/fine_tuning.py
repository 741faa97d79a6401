"""Short training of a pruned network on labelled images, so that it recovers.

Stochastic gradient descent on the cross-entropy of the classes. Whatever parameter is exactly zero
after pruning stays zero: pruned weights, and bias and normalisation of removed filters. The
statistics of normalisation layers stay those of the trained network. Same seed, same weights.
"""

from typing import NamedTuple

import torch

import images

BATCH = 32
MOMENTUM = 0.9


class Training(NamedTuple):
    """`folders` maps names of sets to folders of labelled images, see `images.labels`."""

    folders: dict
    steps: int = 300
    rate: float = 0.01
    seed: int = 1


def fine_tune(network, training, entry):
    """Trains in place; `entry` is the description's `input`. Raises `ValueError` where it cannot."""
    paths, classes = _labelled(training.folders)
    parameters = list(network.parameters())
    kept = [parameter != 0 for parameter in parameters]
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = torch.optim.SGD(parameters, lr=training.rate, momentum=MOMENTUM)
    random = torch.Generator().manual_seed(training.seed)
    network.eval()
    for step in range(training.steps):
        chosen = torch.randint(len(paths), (min(BATCH, len(paths)),), generator=random).tolist()
        batch = torch.stack([images.read(paths[index], entry) for index in chosen])
        loss = _loss(network(batch), torch.tensor([classes[index] for index in chosen]))
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            _check_gradients(parameters)
        optimizer.step()
        with torch.no_grad():
            for parameter, mask in zip(parameters, kept):
                parameter *= mask
    for parameter in parameters:
        parameter.requires_grad_(False)


def _labelled(folders):
    paths, classes = [], []
    for folder in folders.values():
        labels = images.labels(folder)
        for path in images.listed(folder):
            name = path.rsplit("/", 1)[-1]
            if name not in labels:
                raise ValueError(
                    f"{path} has no label; needed is labels.csv with file and class_index, or "
                    "names that begin with the number of the class and '_'"
                )
            paths.append(path)
            classes.append(labels[name])
    return paths, classes


def _loss(outputs, classes):
    if isinstance(outputs, tuple) or outputs.dim() != 2:
        raise ValueError("fine-tuning needs a network that puts out one score for each class")
    if outputs.shape[1] <= int(classes.max()):
        raise ValueError(
            f"the network tells {outputs.shape[1]} classes apart and a label is "
            f"{int(classes.max())}; allowed are labels from 0 below that"
        )
    are_probabilities = outputs.min() >= 0 and torch.allclose(
        outputs.sum(1), torch.ones(len(outputs)), atol=1e-3
    )
    if are_probabilities:
        return torch.nn.functional.nll_loss((outputs + 1e-12).log(), classes)
    return torch.nn.functional.cross_entropy(outputs, classes)


def _check_gradients(parameters):
    """Rounding to a grid, as in quantised networks, lets no gradient through."""
    silent = sum(1 for p in parameters if p.dim() > 1 and (p.grad is None or not p.grad.any()))
    if silent > len([p for p in parameters if p.dim() > 1]) // 2:
        raise ValueError(
            "the network passes no gradient to most of its layers; fine-tuning needs one that is "
            "not quantised"
        )
