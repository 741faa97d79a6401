"""A network on its way to a file: pruned, measured, traced, written and checked."""

import os
from typing import NamedTuple

import torch

import description
import fine_tuning
import layers
import pruning
import quality


class Plan(NamedTuple):
    """How to prune: `spared` layers are left alone, outputs recentred if `recentre`; a `training`
    follows if there is one.
    """

    change: pruning.Pruning
    spared: tuple = ()
    recentre: bool = False
    training: fine_tuning.Training = None


def write(network, about, example, out, plan=None, inputs=None, unpruned=None):
    """Prunes `network` in place, measures it, and writes OUT/MODEL_PATTERN.pt.

    `about` is the description so far. `inputs`, a `quality.Inputs`, are what to measure and to
    recentre with; `unpruned`, the outputs of the unpruned network for them, saves computing them.
    Returns the path and the description.
    """
    if inputs and unpruned is None:
        unpruned = inputs.outputs(network)
    about = {**about, "pruning": None, "quality": None}
    masks = {}
    if plan:
        if plan.recentre and not inputs:
            raise ValueError("recentring needs inputs; --images SET=FOLDER names a set")
        batch = inputs.batch(inputs.held_out) if plan.recentre else None
        masks = pruning.prune(network, plan.change, example, plan.spared, batch)
        if plan.training:
            fine_tuning.fine_tune(network, plan.training, about["input"])
        prefix = "" if about["pattern"] == "dense" else about["pattern"] + "-"
        about["pattern"] = prefix + plan.change.name
        about["pruning"] = {
            "pattern": plan.change.pattern,
            "rate": plan.change.rate,
            "weight_density": round(layers.weight_density(network), 6),
            "fine_tuned": plan.training is not None,
            "recentred_on": 0 if batch is None else len(batch),
        }
    elif about["pattern"] == "pruned":  # by its authors, who do not say how
        density = round(layers.weight_density(network), 6)
        about["pruning"] = {
            "pattern": "pruned",
            "rate": round(1 - density, 6),
            "weight_density": density,
            "fine_tuned": None,
            "recentred_on": 0,
        }
    if inputs and plan:
        about["quality"] = quality.judged(inputs, unpruned, inputs.outputs(network))
    elif inputs and inputs.are_labelled_for(unpruned):
        about["quality"] = quality.judged(inputs, unpruned, unpruned)
    path = os.path.join(out, f"{about['model']}_{about['pattern']}.pt")
    description.save(traced(network, example), path, about)
    _check(path, network, example, masks)
    return path, about


def traced(network, example):
    """TorchScript of `network`, the same whatever the process has traced before."""
    torch._C._jit_clear_class_registry()
    with torch.no_grad():
        return torch.jit.trace(network.eval(), example, check_trace=False)


def example_of(height, width):
    """A batch of one input."""
    pixels = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    return 2 * pixels - 1


def _check(path, network, example, masks):
    """Raises if the file does not compute what `network` does or lost a zero."""
    written, _ = description.load(path)
    weights = dict(written.named_parameters())
    for name, mask in masks.items():
        if weights[name][~mask].any():
            raise RuntimeError(f"{path}: pruned weights of {name} are not zero")
    with torch.no_grad():
        pairs = zip(_as_tuple(network(example)), _as_tuple(written(example)))
    if not all(torch.allclose(ours, theirs, equal_nan=True) for ours, theirs in pairs):
        raise RuntimeError(f"{path}: the file computes other outputs than the network")


def _as_tuple(result):
    return result if isinstance(result, tuple) else (result,)
