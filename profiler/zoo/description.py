"""What a TorchScript file says about itself, so that `dysta profile` needs no further options.

The description is JSON and travels inside the TorchScript file, as the extra file `dysta.json`:

    {
      "schema": 1,
      "model": "resnet20",              the architecture; no underscore
      "pattern": "random50",            how the weights were pruned; "dense" if not
      "title": "ResNet-20 for CIFAR-10",
      "weights": {"source": ..., "licence": ...,
                  "training": "public" | "toy-trained" | "untrained"},
      "pruning": {"pattern": ..., "rate": ..., "weight_density": ..., "fine_tuned": false (null: unknown),
                  "recentred_on": 30}        or null; the last counts inputs, see pruning.py
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
import re
import tempfile

import torch

FILE = "dysta.json"


def save(network, path, description):
    """Writes a scripted or traced `network` with its description; nothing half-written stays.

    The bytes depend on the network and the description alone.
    """
    for key in ("model", "pattern", "title", "weights", "input"):
        if key not in description:
            raise ValueError(f"the description of {path} lacks {key!r}")
    if "_" in description["model"]:
        raise ValueError(f"the model's name {description['model']!r} may not hold '_'")
    text = json.dumps({"schema": 1, **description}, indent=1, sort_keys=True)
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        first = os.path.join(scratch, "first.pt")
        torch.jit.save(network, first, _extra_files={FILE: text})
        unfinished = os.path.join(scratch, os.path.basename(path))
        _write_canonical(first, unfinished)
        os.replace(unfinished, path)


def load(path):
    """The network in a TorchScript file, and its description or `None`."""
    extra = {FILE: ""}
    network = torch.jit.load(path, map_location="cpu", _extra_files=extra)
    text = extra[FILE]
    return network, json.loads(text) if text else None


def _write_canonical(source, target):
    """Copies a TorchScript file without what differs between runs of the same export.

    That is the debugging records, which hold the paths of source files, and the numbers of class
    names, which count the classes that the process has seen.
    """
    numbers = {}

    def renumbered(match):
        return f"___torch_mangle_{numbers.setdefault(match.group(1), len(numbers))}"

    reader = torch._C.PyTorchFileReader(source)
    writer = torch._C.PyTorchFileWriter(target)
    for name in reader.get_all_records():
        if name == "version" or name.endswith(".debug_pkl"):  # the writer adds a version itself
            continue
        content = reader.get_record(name)
        if name == "data.pkl" or name.startswith("code/"):
            text = content.decode("latin-1")
            content = re.sub(r"___torch_mangle_(\d+)", renumbered, text).encode("latin-1")
            name = re.sub(r"___torch_mangle_(\d+)", renumbered, name)
        writer.write_record(name, content, len(content))
    writer.write_end_of_file()
