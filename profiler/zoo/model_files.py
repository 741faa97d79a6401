#!/usr/bin/python3
"""Writes suite/models/*.yaml: the networks of the benchmark that are synthesised, not measured.

    model_files.py DYSTA TRACES OUT

Shapes come from the networks themselves, figures from literature as stated here and in the files,
and all else from models that `DYSTA traces fit` fits to the measured traces in the folder TRACES.
A layer takes the spread and the loadings of the layer at the same relative depth of a measured
network on comparable inputs (a donor).
"""

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from layer_graph import layers_of
from torchvision_networks import NETWORKS

# Han et al., NIPS 2015, Table 5: percent of activations that are not zero after conv1_1 … fc7 of
# pruned VGG-16; what a layer puts out the next one reads.
HAN_VGG16 = (53, 89, 80, 81, 68, 70, 64, 51, 45, 34, 32, 29, 19, 38, 42)
# Albericio et al., ISCA 2016 (Cnvlutin): zeros among the inputs of convolutions, on average.
CNVLUTIN_ZEROS = 0.44
# Inputs after a residual sum are denser than those within a block; first and last layer.
RESIDUAL_SUM = (0.75, 0.50)
RESIDUAL_INNER = (0.50, 0.30)
# What blocks add to the unevenness of single weights: mean over seven layers of ResNet-50's shapes
# with a quarter of the blocks drawn evenly, masks against densities (dysta accel eyeriss_v2).
BLOCK_UNEVENNESS = 0.19
# Sanger, MICRO 2021: scores that BERT keeps without losing accuracy.
SANGER_BERT = (0.27, 0.08)

DENSE = "a layer at the same relative depth of {}"
PRUNING_OF_LARGE = (
    "exponent: between that of SqueezeNet after Deep Compression (0.16, squeezenet_pruned) and of "
    "VGG-16 (0.26, Han et al., NIPS 2015, Table 5), both fitted to weights kept by layer"
)
PRUNING_OF_MOBILE = (
    "exponent: 0, since networks that ship pruned (facedetector_pruned, handlandmark_pruned, "
    "posedetector_pruned) keep the same share in every pointwise layer"
)


class Donor:
    """A model that was fitted to a measured trace."""

    def __init__(self, dysta, trace):
        text = subprocess.run(
            [dysta, "traces", "fit", str(trace)], check=True, capture_output=True, text=True
        ).stdout
        self.name = trace.stem
        head, _, table = text.partition("\nlayers:\n")
        self.head = dict(re.findall(r"^(\w+): (.+)$", head, re.M))
        self.data_sets = [_fields(line) for line in re.findall(r"^  - \{(.*)\}$", head, re.M)]
        self.layers = [_fields(line) for line in re.findall(r"^  - \{(.*)\}$", table, re.M)]
        self.factors = int(self.head.get("factors", 0))
        self.depth_correlation = float(self.head.get("depth_correlation", 0))

    def at(self, depth, kind=lambda layer: True):
        """The layer of this kind that is nearest to a relative depth; the first only at 0."""
        count = len(self.layers)
        if depth == 0:
            return self.layers[0]
        places = [i for i in range(1, count) if kind(self.layers[i])]
        return self.layers[min(places, key=lambda i: abs(i / (count - 1) - depth))]


def _fields(line):
    """The keys and values of a flow-style map: words, numbers and lists of numbers."""
    found = {}
    for key, value in re.findall(r'(\w+): (\[[^\]]*\]|"[^"]*"|[^,]+)', line):
        if value.startswith("["):
            found[key] = [float(number) for number in re.findall(r"[-+.\de]+", value)]
        elif re.fullmatch(r"[-+.\de]+", value):
            found[key] = float(value)
        else:
            found[key] = value.strip('"')
    return found


def _list(value):
    return value if isinstance(value, list) else [value]


def between(ends, depth):
    """From the first of two figures to the second as depth goes from 0 to 1."""
    return ends[0] + (ends[1] - ends[0]) * depth


class Unevenness(NamedTuple):
    """Means over measured networks, weighted by multiply-accumulates."""

    depthwise: float
    pointwise: float
    other: float
    exponents: dict  # by pattern

    def of(self, layer):
        if layer.groups > 1:
            return self.depthwise
        return self.pointwise if layer.kernel == (1, 1) else self.other


def macs_of(layer):
    """Of a fitted layer, up to the stride: it only weighs layers of one kind."""
    kernel = layer.get("kernel", 1.0)
    taps = math.prod(kernel) if isinstance(kernel, list) else kernel**2
    channels = layer["in_channels"] * layer["out_channels"] / layer.get("groups", 1)
    return channels * taps * layer["height"] * layer["width"]


def measured_unevenness(donors):
    """Of dense networks by kind of layer, and how it grows as each pattern removes weights.

    The growth is that of the line through the origin, of log(unevenness) over -log(weights kept).
    Before pruning, a layer is as uneven as in the dense variant, or as others of its kind.
    """
    sums = {}
    for name, donor in donors.items():
        for layer in donor.layers if name.endswith("_dense") else []:
            if "unevenness" in layer:
                sums.setdefault(kind_of(layer), []).append((macs_of(layer), layer["unevenness"]))
    kinds = {kind: weighted_mean(values) for kind, values in sums.items()}
    growth = {}
    for name, donor in donors.items():
        model, _, pattern = name.partition("_")
        word = {"pruned": "random", "sparse": "random"}.get(pattern, pattern.rstrip("0123456789"))
        dense = donors.get(f"{model}_dense")
        for i, layer in enumerate(donor.layers if word in ("random", "nm") else []):
            before = dense.layers[i] if dense else {"unevenness": kinds[kind_of(layer)]}
            kept = layer.get("weights", 1.0) / before.get("weights", 1.0)
            if kept < 0.98 and "unevenness" in layer and "unevenness" in before:
                removed = -math.log(kept)
                grown = math.log(layer["unevenness"] / before["unevenness"])
                growth.setdefault(word, []).append(
                    (macs_of(layer) * removed**2, grown / removed)
                )
    exponents = {word: weighted_mean(values) for word, values in growth.items()}
    exponents["block"] = exponents["random"] + BLOCK_UNEVENNESS
    return Unevenness(kinds["depthwise"], kinds["pointwise"], kinds["other"], exponents)


def kind_of(layer):
    """Of a fitted layer: depthwise (or otherwise grouped), pointwise, other."""
    if "groups" in layer:
        return "depthwise"
    return "pointwise" if layer.get("kernel", 1.0) == 1 else "other"


def weighted_mean(values):
    """Of pairs of weight and value."""
    return sum(weight * value for weight, value in values) / sum(weight for weight, _ in values)


def number(value):
    return f"{value:.4g}"


def numbers(values):
    return "[" + ", ".join(number(value) for value in values) + "]"


def shape_text(layers, i):
    """The keys of a layer that say what it is, and whose outputs it reads."""
    layer = layers[i]
    text = f"name: {layer.name}"
    if i > 0 and layer.after != (layers[i - 1].name,):
        text += f", after: [{', '.join(layer.after or ['input'])}]"
    text += f", in_channels: {layer.in_channels}, out_channels: {layer.out_channels}"
    text += f", height: {layer.height}, width: {layer.width}"
    padding = (*layer.padding, *layer.padding)  # top, left, bottom, right
    for key, values, usual in (
        ("kernel", layer.kernel, 1),
        ("stride", layer.stride, 1),
        ("padding", padding, 0),
        ("dilation", layer.dilation, 1),
    ):
        if set(values) == {usual}:
            continue
        text += f", {key}: {values[0] if len(set(values)) == 1 else list(values)}"
    return text + (f", groups: {layer.groups}" if layer.groups > 1 else "")


def density_text(mean, donor_layer, factors):
    """The keys that say how a layer's density varies: on the logit, as the donor's does."""
    text = f", density: {number(mean)}"
    own = donor_layer["density"]
    if "sd" in donor_layer and mean < 1:
        scale = donor_layer["sd"] / (own * (1 - own))
        text += f", sd: {number(min(scale, 1.5) * mean * (1 - mean))}"
        if factors and "loadings" in donor_layer:
            text += f", loadings: {numbers(_list(donor_layer['loadings']))}"
        if "shifts" in donor_layer:
            text += f", shifts: {numbers(_list(donor_layer['shifts']))}"
    return text


def head(name, what, kind, origins, data_sets):
    text = f'schema: 1\nname: {name}\nwhat: "{what}"\nkind: {kind}\norigin:\n'
    for key, origin in origins.items():
        text += f'  {key}: "{origin}"\n'
    text += "data_sets:\n"
    return text + "".join(f"  - {{{entry}}}\n" for entry in data_sets)


def cnn(name, network, layers, means, donor, uneven, exponent, origins):
    """The text of a CNN's file; `means` are the densities of what its layers read."""
    exponents = uneven.exponents
    sets = [
        f"name: {entry['name']}" + (f", spread: {number(entry['spread'])}" if "spread" in entry else "")
        for entry in donor.data_sets
    ]
    origins = {
        "layers": f"exact shapes of {network.title} as profiler/zoo builds it",
        **origins,
        "variation": f"deviations on the logit, loadings and shifts: {DENSE.format(donor.name)}",
        "unevenness": "by kind of layer, mean of the dense measured networks, weighted by work",
        "pruning_unevenness": "random, nm: least squares over the measured variants and those that "
        "their authors pruned; block: random and 0.19, from evenly drawn blocks",
    }
    what = f"{network.title}, {network.side} x {network.side}"
    text = head(name, what, "cnn", origins, sets)
    text += f"factors: {donor.factors}\ndepth_correlation: {number(donor.depth_correlation)}\n"
    text += f"pruning: {{exponent: {exponent}, random_unevenness: {number(exponents['random'])}, "
    text += f"nm_unevenness: {number(exponents['nm'])}, "
    text += f"block_unevenness: {number(exponents['block'])}}}\nlayers:\n"
    for i, layer in enumerate(layers):
        donor_layer = donor.at(i / (len(layers) - 1))
        line = shape_text(layers, i) + density_text(means[i], donor_layer, donor.factors)
        line += f", unevenness: {number(uneven.of(layer))}"
        text += f"  - {{{line}}}\n"
    return text


def residual_means(layers, donor, pooled):
    """Inputs after sums, and within blocks; a classifier after pooling reads hardly a zero."""
    means = []
    sums = set()  # what is read as a sum once is one whoever reads it
    for i, layer in enumerate(layers):
        depth = i / (len(layers) - 1)
        summed = len(layer.after) > 1 or layer.after == (layers[0].name,)
        if summed:
            sums.add(layer.after)
        if not layer.after:
            means.append(donor.layers[0]["density"])
        elif (layer.height, layer.width) == (1, 1) and summed:
            means.append(pooled)
        else:
            means.append(between(RESIDUAL_SUM if layer.after in sums else RESIDUAL_INNER, depth))
    return means


def joined_means(layers, donor, pooled):
    """The donor's, by whether a layer reads a concatenation, brought to Cnvlutin's mean."""

    def of_kind(layer):
        squeeze = lambda fitted: fitted["in_channels"] > fitted["out_channels"]  # noqa: E731
        return squeeze if len(layer.after) > 1 else lambda fitted: not squeeze(fitted)

    raw = [
        donor.at(i / (len(layers) - 1), of_kind(layer))["density"]
        for i, layer in enumerate(layers)
    ]
    logits = [math.log(mean / (1 - mean)) for mean in raw]
    convolutions = [i for i, layer in enumerate(layers) if layer.after and layer.height > 1]
    work = sum(layers[i].macs for i in convolutions)
    low, high = -10.0, 10.0
    for _ in range(60):
        shift = (low + high) / 2
        mean = sum(layers[i].macs / (1 + math.exp(-logits[i] - shift)) for i in convolutions) / work
        low, high = (shift, high) if mean < 1 - CNVLUTIN_ZEROS else (low, shift)
    means = [1 / (1 + math.exp(-value - shift)) for value in logits]
    means[0] = donor.layers[0]["density"]
    if layers[-1].height == 1:
        means[-1] = pooled
    return means


def write_cnns(donors, out):
    uneven = measured_unevenness(donors)
    squeezenet = donors["squeezenet_pruned"]
    mobile = donors["mobilenetv1-075_dense"]
    pooled = mobile.layers[-1]["density"]
    classifier = "; the classifier after pooling: mobilenetv1-075_dense"
    of_residual = (
        "assumed: from 0.75 to 0.50 over depth where a residual sum is read and from 0.50 to 0.30 "
        "within blocks, the ranges measured on ResNets; image: squeezenet_pruned"
    )
    of_joined = (
        "profile over depth, by whether a concatenation is read: squeezenet_pruned; level: 44% "
        "zeros on average (Albericio et al., ISCA 2016)"
    )
    of_vgg = (
        "Han et al., NIPS 2015, Table 5: activations of pruned VGG-16 by layer; image: "
        "squeezenet_pruned"
    )
    han = lambda layers, donor, _: [  # noqa: E731
        donor.layers[0]["density"], *(percent / 100 for percent in HAN_VGG16)
    ]
    own = lambda layers, donor, _: [layer["density"] for layer in donor.layers]  # noqa: E731
    of_mobile = "MobileNet-V1 at width 0.75, layer by layer: mobilenetv1-075_dense"
    for name, source, means, donor, exponent, origin in (
        ("resnet50", "resnet50", residual_means, squeezenet, 0.2, of_residual + classifier),
        ("ssd300-resnet18", "ssd300", residual_means, squeezenet, 0.2, of_residual),
        ("vgg16", "vgg16", han, squeezenet, 0.2, of_vgg),
        ("googlenet", "googlenet", joined_means, squeezenet, 0.2, of_joined + classifier),
        ("inceptionv3", "inceptionv3", joined_means, squeezenet, 0.2, of_joined + classifier),
        ("mobilenetv1", "mobilenetv1", own, mobile, 0, of_mobile),
    ):
        network = NETWORKS[source]
        layers = layers_of(network.make(1.0).eval(), network.side)
        origins = {
            "densities": origin,
            "pruning": PRUNING_OF_LARGE if exponent else PRUNING_OF_MOBILE,
        }
        values = means(layers, donor, pooled)
        text = cnn(name, network, layers, values, donor, uneven, exponent, origins)
        (out / f"{name}.yaml").write_text(text)


def moved(coefficients, by):
    """A polynomial without constant, of x + `by`, less what it is at x = 0; and that value."""
    terms = [0.0, *coefficients]
    result = [0.0] * len(terms)
    for power, coefficient in enumerate(terms):
        for k in range(power + 1):
            result[k] += coefficient * math.comb(power, k) * by ** (power - k)
    return result[1:], result[0]


def logit(share):
    return math.log(share / (1 - share))


def logistic(value):
    return 1 / (1 + math.exp(-value))


class Attention(NamedTuple):
    """A model of attention: its blocks as (name, causal), and what its figures are from."""

    name: str
    what: str
    blocks: list
    tokens: int
    varied: list
    donor: str
    origins: dict
    means: tuple = None  # of first and last layer at `tokens`; else the donor's there
    scale: float = None  # deviation on the logit; else the donor's
    loading: float = None  # else the donor's
    depth_correlation: float = None


TOY = "the toy-trained decoder {} of data/traces"
ALIKE = (
    "one factor and 0.3 between neighbours give adjacent layers a correlation of 0.87; 0.7 to 0.97 "
    "were measured in BERT-class models (entropies by sentence and layer, SST-2)"
)
OWN_LENGTHS = "assumed: those of gpttoy's inputs"


def attention_models(donors):
    toy_lengths = donors["gpttoy"].data_sets[0]["tokens"]
    squad = [round(170 * math.exp(0.4 * z)) for z in (-2.5, -1.28, -0.84, -0.52, -0.25, 0, 0.25,
                                                       0.52, 0.84, 1.28)]  # fmt: skip
    yield Attention(
        "bert", "BERT-base, 12 layers", [(f"layer{i}", False) for i in range(12)], 384,
        [*squad, 384], "gpttoy",
        {
            "densities": "0.27 to 0.08 (Ren et al., MICRO 2021, Sanger: BERT keeps 0.08 to 0.27 of "
            "its scores); that they fall over depth is assumed; deviation of 0.3 on the logit: "
            "assumed, twice the toy decoder's",
            "loadings": ALIKE,
            "length_effect": TOY.format("gpttoy") + ", moved to the reference length",
            "balance": TOY.format("gpttoy"),
            "tokens": "fixed: padded to 384 as usual for SQuAD; varied: assumed, log-normal, median "
            "170, deviation 0.4, cut at 384 (questions of 11 and contexts of 137 words on average: "
            "Fisch et al., MRQA 2019; 1.2 word pieces a word assumed)",
        },
        SANGER_BERT, 0.3, 0.9, 0.3,
    )  # fmt: skip
    yield Attention(
        "gpt2", "GPT-2 small, 12 layers, causal", [(f"layer{i}", True) for i in range(12)], 512,
        toy_lengths, "gpttoy",
        {
            "densities": TOY.format("gpttoy") + ", at 512 tokens; not those of GPT-2",
            "loadings": TOY.format("gpttoy"),
            "length_effect": TOY.format("gpttoy"),
            "balance": TOY.format("gpttoy"),
            "tokens": "varied: " + OWN_LENGTHS,
        },
    )  # fmt: skip
    decoder = [
        (f"decoder{i}_{part}", part == "self") for i in range(6) for part in ("self", "cross")
    ]
    yield Attention(
        "bart", "BART-base, 6 encoder and 6 decoder layers with cross attention, a block each",
        [*((f"encoder{i}", False) for i in range(6)), *decoder], 512, toy_lengths, "gpttoy-sparse",
        {
            "densities": TOY.format("gpttoy-sparse") + ", whose threshold is BART's 0.01, at 512 "
            "tokens; not those of BART",
            "loadings": ALIKE,
            "length_effect": TOY.format("gpttoy-sparse"),
            "balance": TOY.format("gpttoy-sparse"),
            "tokens": "encoder and decoder read the same text, as for classification; varied: "
            + OWN_LENGTHS,
        },
        loading=0.9, depth_correlation=0.3,
    )  # fmt: skip


def attention(model, donor):
    """The text of an attention model's file."""
    tokens = ", ".join(number(length) for length in model.varied)
    sets = [
        f"name: tokens_fixed, tokens: {model.tokens}",
        f"name: tokens_varied, tokens: [{tokens}]",
    ]
    origins = {"layers": "published architecture: 12 heads, width 768", **model.origins}
    text = head(model.name, model.what, "attention", origins, sets)
    factors = 1 if model.loading else donor.factors
    rho = donor.depth_correlation if model.depth_correlation is None else model.depth_correlation
    text += f"factors: {factors}\ndepth_correlation: {number(rho)}\n"
    text += f"reference_tokens: {model.tokens}\nlayers:\n"
    by = math.log(model.tokens / float(donor.head["reference_tokens"]))
    for i, (name, causal) in enumerate(model.blocks):
        depth = i / (len(model.blocks) - 1)
        fitted = donor.at(depth)
        effect, at_reference = moved(_list(fitted["length_effect"]), by)
        own = fitted["density"]
        mean = between(model.means, depth) if model.means else logistic(logit(own) + at_reference)
        scale = model.scale or fitted["sd"] / (own * (1 - own))
        balance, of_balance = moved(_list(fitted["balance_length"]), by)
        # Sparser rows fill their slots worse, at any length.
        off = logit(mean) - logit(own) - at_reference
        balance_at = logit(fitted["balance"]) + of_balance + fitted["balance_density"] * off
        loadings = [model.loading] if model.loading else _list(fitted["loadings"])
        line = f"name: {name}, heads: 12, width: 768" + (", causal: true" if causal else "")
        line += f", density: {number(mean)}, sd: {number(scale * mean * (1 - mean))}"
        line += f", loadings: {numbers(loadings)}, length_effect: {numbers(effect)}"
        line += f", balance: {number(logistic(balance_at))}, balance_length: {numbers(balance)}"
        line += f", balance_density: {number(fitted['balance_density'])}"
        line += f", balance_sd: {number(fitted['balance_sd'])}"
        text += f"  - {{{line}}}\n"
    return text


def main():
    if len(sys.argv) != 4:
        print("model_files: wanted are DYSTA TRACES OUT; see the file's first lines", file=sys.stderr)
        return 2
    dysta, traces, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    files = sorted([*traces.glob("eyeriss_v2/*.csv"), *traces.glob("sanger/*.csv")])
    donors = {file.stem: Donor(dysta, file) for file in files}
    write_cnns({name: donor for name, donor in donors.items() if "gpttoy" not in name}, out)
    for model in attention_models(donors):
        (out / f"{model.name}.yaml").write_text(attention(model, donors[model.donor]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
