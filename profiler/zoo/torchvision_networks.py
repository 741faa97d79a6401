"""Published architectures with weights of the user, or random ones: torchvision's and two more.

Weights are a state_dict in torchvision's names; those of auxiliary classifiers are not used.
"""

from typing import Callable, NamedTuple

import torch
import torchvision

import images
from mobilenet_v1 import MobileNetV1
from ssd300 import SSD300

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]
AUXILIARIES = ("aux1.", "aux2.", "AuxLogits.")


class Network(NamedTuple):
    """`make` takes a width and returns the network; `side` is that of its input."""

    title: str
    make: Callable
    side: int = 224


def _torchvision(name, **options):
    return lambda width: getattr(torchvision.models, name)(weights=None, **options)


_WITHOUT_AUXILIARIES = {"aux_logits": False, "transform_input": True, "init_weights": False}

NETWORKS = {
    "resnet50": Network("ResNet-50", _torchvision("resnet50")),
    "vgg16": Network("VGG-16", _torchvision("vgg16")),
    "mobilenetv1": Network("MobileNet-V1", MobileNetV1),
    "mobilenetv2": Network("MobileNet-V2", _torchvision("mobilenet_v2")),
    "googlenet": Network("GoogLeNet", _torchvision("googlenet", **_WITHOUT_AUXILIARIES)),
    "inceptionv3": Network(
        "Inception-V3", _torchvision("inception_v3", **_WITHOUT_AUXILIARIES), 299
    ),
    "ssd300": Network("SSD300 on ResNet-18", lambda width: SSD300(), 300),
}


def build(name, weights=None, seed=1, width=1.0, resolution=None):
    """A network and its description, with the weights of a file or random ones from `seed`.

    `width` and `resolution` are for mobilenetv1 alone.
    """
    about = NETWORKS[name]
    side = resolution or about.side
    changed = (width, side) != (1.0, about.side)
    if changed and name != "mobilenetv1":
        raise ValueError(f"{name} has no width or resolution to choose; only mobilenetv1 has")
    torch.manual_seed(seed)
    network = about.make(width)
    if weights:
        _fill(network, weights)
        origin = {"source": "given by the user", "licence": "unknown", "training": "public"}
    else:
        source = f"random, seed {seed}"
        origin = {"source": source, "licence": "none needed", "training": "untrained"}
    # Classifiers see the centre 87.5% of the short side, a detector the whole image.
    whole = name == "ssd300"
    prepare = f"resize={side}x{side}" if whole else f"resize={round(side / 0.875)},crop={side}"
    variant = f"-{round(100 * width):03}-{side}" if changed else ""
    return network.eval().requires_grad_(False), {
        "model": name + variant + ("" if weights else "-untrained"),
        "pattern": "dense",
        "title": about.title + ("" if weights else ", untrained"),
        "weights": origin,
        "input": images.input_entry(prepare, MEAN, STD),
    }


def _fill(network, path):
    """Puts the weights of a file into `network`; raises `ValueError` for the first misfit."""
    allowed = "a state_dict in torchvision's names is wanted"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # what torch raises for other files has no common type
        raise ValueError(f"{path} is no file of weights ({error}); {allowed}") from None
    if not isinstance(state, dict) or not all(map(torch.is_tensor, state.values())):
        raise ValueError(f"{path} holds other things than weights; {allowed}")
    state = {name: value for name, value in state.items() if not name.startswith(AUXILIARIES)}
    wanted = network.state_dict()
    for name in sorted(wanted.keys() ^ state.keys()):
        problem = "lacks" if name in wanted else "has an unknown"
        raise ValueError(f"{path} {problem} {name!r}; {allowed}")
    for name, value in state.items():
        if value.shape != wanted[name].shape:
            shapes = ["x".join(map(str, values.shape)) for values in (value, wanted[name])]
            raise ValueError(f"{path}: {name!r} is {shapes[0]}; it must be {shapes[1]}")
    network.load_state_dict(state)
