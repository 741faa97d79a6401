"""How well a network does its task, or how far pruning moved its outputs.

With labels the measure is top-1 accuracy in percent. Without, it is agreement in percent with the
unpruned network: 100 times the share of the variance of its outputs over the inputs that the
pruned network reproduces, R^2 = 1 - sum (y - y0)^2 / sum (y0 - mean y0)^2, not below 0, averaged
over the outputs of the network.
"""

import os

import torch

import images

BATCH = 10
HELD_OUT = 10  # every tenth image serves `pruning.recentre` and is not measured with
DAMAGE = 10.0  # points


class Inputs:
    """Images for a measurement; `folders` maps the name of a set to its folder.

    `held_out` are those that the measurement does not use.
    """

    def __init__(self, folders, entry):
        self.names = ", ".join(folders)
        paths = [path for folder in folders.values() for path in images.listed(folder)]
        self.held_out = paths[::HELD_OUT]
        self.paths = [path for index, path in enumerate(paths) if index % HELD_OUT]
        known = {
            os.path.join(folder, name): label
            for folder in folders.values()
            for name, label in images.labels(folder).items()
        }
        labelled = all(path in known for path in self.paths)
        self.labels = torch.tensor([known[path] for path in self.paths]) if labelled else None
        self._entry = entry

    def batch(self, paths):
        return torch.stack([images.read(path, self._entry) for path in paths])

    def outputs(self, network):
        """The outputs of `network` for all images: a list of tensors, images first."""
        parts = []
        with torch.no_grad():
            for start in range(0, len(self.paths), BATCH):
                result = network(self.batch(self.paths[start : start + BATCH]))
                parts.append(result if isinstance(result, tuple) else (result,))
        return [torch.cat(tensors) for tensors in zip(*parts)]

    def are_labelled_for(self, outputs):
        """Whether the outputs are classes and the labels say which one is right."""
        return (
            self.labels is not None
            and len(outputs) == 1
            and outputs[0].dim() == 2
            and outputs[0].shape[1] > int(self.labels.max())
        )


def judged(inputs, unpruned, outputs):
    """The `quality` of a description, from the outputs of the unpruned and of this network."""
    if inputs.are_labelled_for(unpruned):
        metric = f"top-1 % on {inputs.names}"
        before, after = (top1(values, inputs.labels) for values in (unpruned, outputs))
    else:
        metric = f"agreement with the unpruned network, R^2 in %, on {inputs.names}"
        before, after = 100.0, agreement(outputs, unpruned)
    return {
        "metric": metric,
        "inputs": len(inputs.paths),
        "unpruned": round(before, 2),
        "this": round(after, 2),
        "damaged": before - after > DAMAGE,
    }


def top1(outputs, labels):
    """The share, in percent, of inputs whose largest output is that of the label."""
    scores = outputs[0]
    background = 1 if scores.shape[1] == 1001 else 0  # ImageNet's classes after "background"
    return 100 * (scores.argmax(1) - background == labels).double().mean().item()


def agreement(outputs, reference):
    """R^2 in percent, see above; an output that never varies must be met exactly."""
    shares = []
    for values, expected in zip(outputs, reference):
        values, expected = values.double(), expected.double()
        error = (values - expected).square().sum()
        variance = (expected - expected.mean(0)).square().sum()
        shares.append(1 - error / variance if variance > 0 else (error == 0).double())
    return 100 * max(0.0, torch.stack(shares).clamp(min=0).mean().item())
