"""Published architectures with weights of the user, or random ones: torchvision's and two more.

Weights are a state_dict in torchvision's names; those of auxiliary classifiers are not used.
"""

import pickle
from typing import Callable, NamedTuple

import torch
import torchvision

import images
from mobilenet_v1 import MobileNetV1
from ssd300 import SSD300

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]


class Network(NamedTuple):
    """`make` takes a width and returns the network; `resize` is None where the image is stretched."""

    title: str
    make: Callable
    side: int
    resize: int


def _torchvision(name, **options):
    return lambda width: getattr(torchvision.models, name)(weights=None, **options)


_WITHOUT_AUXILIARIES = {"aux_logits": False, "transform_input": True, "init_weights": False}

NETWORKS = {
    "resnet50": Network("ResNet-50", _torchvision("resnet50"), 224, 256),
    "vgg16": Network("VGG-16", _torchvision("vgg16"), 224, 256),
    "mobilenetv1": Network("MobileNet-V1", MobileNetV1, 224, 256),
    "mobilenetv2": Network("MobileNet-V2", _torchvision("mobilenet_v2"), 224, 256),
    "googlenet": Network(
        "GoogLeNet", _torchvision("googlenet", **_WITHOUT_AUXILIARIES), 224, 256
    ),
    "inceptionv3": Network(
        "Inception-V3", _torchvision("inception_v3", **_WITHOUT_AUXILIARIES), 299, 342
    ),
    "ssd300": Network("SSD300 on ResNet-18", lambda width: SSD300(), 300, None),
}


def build(name, weights=None, seed=1, width=1.0, resolution=224):
    """A network and its description, with the weights of a file or random ones from `seed`."""
    if name != "mobilenetv1" and (width, resolution) != (1.0, 224):
        raise ValueError(f"{name} has no width or resolution to choose; only mobilenetv1 has")
    about = NETWORKS[name]
    torch.manual_seed(seed)
    network = about.make(width)
    if weights:
        _fill(network, weights)
        origin = {"source": "given by the user", "licence": "unknown", "training": "public"}
    else:
        source = f"random, seed {seed}"
        origin = {"source": source, "licence": "none needed", "training": "untrained"}
    variant = f"-{round(100 * width):03}-{resolution}" if (width, resolution) != (1.0, 224) else ""
    pixels = side(name, resolution)
    prepare = f"resize={about.resize},crop={pixels}" if about.resize else f"resize={pixels}x{pixels}"
    if resolution != 224:
        prepare = f"crop=87.5%,resize={pixels}x{pixels}"
    return network.eval().requires_grad_(False), {
        "model": name + variant + ("" if weights else "-untrained"),
        "pattern": "dense",
        "title": about.title + ("" if weights else ", untrained"),
        "weights": origin,
        "input": images.input_entry(prepare, MEAN, STD),
    }


def side(name, resolution=224):
    """Height and width of the network's input."""
    return resolution if name == "mobilenetv1" else NETWORKS[name].side


def _fill(network, path):
    allowed = "a state_dict in torchvision's names is wanted"
    try:
        state = torch.load(path, map_location="cpu")
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        raise ValueError(f"{path} is no file of weights ({error}); {allowed}") from None
    if not isinstance(state, dict):
        raise ValueError(f"{path} holds a {type(state).__name__}; {allowed}")
    used = {
        name: value
        for name, value in state.items()
        if not name.startswith(("aux1.", "aux2.", "AuxLogits."))
    }
    try:
        network.load_state_dict(used)
    except RuntimeError as error:
        raise ValueError(f"{path} does not fit: {error}; {allowed}") from None
