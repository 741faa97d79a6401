"""What a TorchScript file says about itself, so that `dysta profile` needs no further options.

The description is JSON and travels inside the TorchScript file, as the extra file `dysta.json`:

    {
      "schema": 1,
      "model": "resnet20",              the architecture; no underscore
      "pattern": "random50",            how the weights were pruned; "dense" if not
      "title": "ResNet-20 for CIFAR-10",
      "weights": {"source": ..., "licence": ..., "training": "public" | "toy-trained" | "untrained"},
      "pruning": {"pattern": ..., "rate": ..., "weight_density": ...}        or null
      "quality": {"metric": ..., "inputs": 300, "unpruned": 81.3, "this": 80.7,
                  "damaged": false}                                          or null
      "input": {"kind": "image", "prepare": "crop=87.5%,resize=128x128",
                "mean": [...], "std": [...], "channels": "RGB"}
            or {"kind": "tokens", "vocabulary": 256, "longest": 512}
    }

`prepare` is a list of steps that `dysta profile --help` explains. `mean` and `std` are those of
pixels in [0, 1]: the network sees (pixel / 255 - mean) / std.
"""

import json
import os
import tempfile

import torch

FILE = "dysta.json"


def save(network, path, description):
    """Writes a scripted or traced `network` with its description; nothing half-written stays."""
    for key in ("model", "pattern", "title", "weights", "input"):
        if key not in description:
            raise ValueError(f"the description of {path} lacks {key!r}")
    if "_" in description["model"]:
        raise ValueError(f"the model's name {description['model']!r} may not hold '_'")
    text = json.dumps({"schema": 1, **description}, indent=1, sort_keys=True)
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        unfinished = os.path.join(scratch, os.path.basename(path))
        torch.jit.save(network, unfinished, _extra_files={FILE: text})
        os.replace(unfinished, path)


def load(path):
    """The network in a TorchScript file, and its description or `None`."""
    extra = {FILE: ""}
    network = torch.jit.load(path, map_location="cpu", _extra_files=extra)
    text = extra[FILE]
    return network, json.loads(text) if text else None
