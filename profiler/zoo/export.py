#!/usr/bin/python3
"""Writes networks as TorchScript files for `dysta profile`: OUT/MODEL_PATTERN.pt.

    export.py list
    export.py graph FOLDER NAME --out OUT [--prune random:0.5] [--images cifar10=FOLDER]
    export.py torchvision resnet50 --weights FILE --out OUT
    export.py shipped INGREDIENTS --out OUT
    export.py transformer ...
"""

import argparse
import csv
import importlib
import os
import sys

import torch

import fine_tuning
import graph
import images
import pruning
import quality
import shipped
import torchvision_networks
import variant

_GRAPH_OPTIONS = ("model", "pattern", "title", "source", "licence", "prepare")


class Parser(argparse.ArgumentParser):
    """Tells a wrong command line in one line, with exit status 2."""

    def error(self, message):
        command = self.prog.partition(".")[0]
        self.exit(2, f"{command}: {message}; {self.prog} --help says what is allowed\n")

    def run(self, arguments=None):
        """Calls the `run` of the parsed options with them; returns the exit status."""
        torch.set_num_threads(1)
        options = self.parse_args(arguments)
        try:
            options.run(options)
        except OSError as error:
            problem = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        except (RuntimeError, ValueError) as error:
            problem = " ".join(str(error).split())
        else:
            return 0
        print(f"{self.prog.partition('.')[0]}: {problem}", file=sys.stderr)
        return 1


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = Parser(prog="export.py", description="Networks as TorchScript files.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _add_list(commands)
    _add_graph(commands)
    _add_torchvision(commands)
    _add_shipped(commands)
    transformer = commands.add_parser("transformer", help="a transformer")
    if arguments[:1] == ["transformer"]:
        module = importlib.import_module("transformer")
        module.add_arguments(transformer)
        transformer.set_defaults(run=module.run)
    return parser.run(arguments)


def known_graph(name, network_graph):
    """What `shipped` knows of a graph, or the plainest assumptions."""
    entry = network_graph["input"]
    return shipped.NETWORKS.get(name) or shipped.Network(
        model=name.lower().replace("_", "-"),
        pattern="dense",
        title=name,
        source="given by the user",
        licence="unknown",
        prepare=f"resize={entry['height']}x{entry['width']}",
        inputs={},
    )


def graph_description(about, network_graph):
    """The description of a graph, from its `shipped.Network` and its own words on its input.

    Those give (pixel - mean) * scale for pixels in 0..255.
    """
    entry = network_graph["input"]
    return {
        "model": about.model,
        "pattern": about.pattern,
        "title": about.title,
        "weights": {"source": about.source, "licence": about.licence, "training": "public"},
        "input": images.input_entry(
            about.prepare,
            [mean / 255 for mean in _of_channels(entry["mean"])],
            [1 / (255 * scale) for scale in _of_channels(entry["scale"])],
            entry["channel_order"],
        ),
    }


def graph_example(network_graph):
    entry = network_graph["input"]
    return variant.example_of(entry["height"], entry["width"])


def _of_channels(value):
    return value if isinstance(value, list) else [value] * 3


def _add_list(commands):
    command = commands.add_parser("list", help="the networks that are known by name")
    command.set_defaults(run=_list)


def _list(options):
    for name, about in shipped.NETWORKS.items():
        print(f"graph        {name:42} {about.model}_{about.pattern}  {about.title}")
    for name, about in torchvision_networks.NETWORKS.items():
        print(f"torchvision  {name:42} {name}_dense  {about.title}")


def _add_graph(commands):
    command = commands.add_parser("graph", help="a network from FOLDER/NAME.json and NAME.npz")
    command.add_argument("folder", metavar="FOLDER")
    command.add_argument("name", metavar="NAME")
    for field in _GRAPH_OPTIONS:
        command.add_argument(f"--{field}", help="instead of what `list` knows")
    _add_common(command)
    command.set_defaults(run=_graph)


def _graph(options):
    network_graph, network = graph.load(options.folder, options.name)
    about = known_graph(options.name, network_graph)
    given = {field: getattr(options, field) for field in _GRAPH_OPTIONS}
    about = about._replace(**{field: text for field, text in given.items() if text is not None})
    _write_as_asked(network, graph_description(about, network_graph),
                    graph_example(network_graph), options)


def _add_torchvision(commands):
    command = commands.add_parser("torchvision", help="a published architecture")
    command.add_argument("network", choices=torchvision_networks.NETWORKS, help="%(choices)s")
    weights = command.add_mutually_exclusive_group(required=True)
    weights.add_argument("--weights", metavar="FILE", help="state_dict (.pth)")
    weights.add_argument("--untrained", action="store_true", help="random weights instead")
    command.add_argument("--seed", type=int, default=1, help="of random weights (%(default)s)")
    command.add_argument("--width", type=float, default=1.0, help="of mobilenetv1 (%(default)s)")
    command.add_argument("--resolution", type=int, help="of mobilenetv1 (224)")
    command.add_argument("--source", default="given by the user", help="of the weights")
    command.add_argument("--licence", default="unknown", help="of the weights")
    _add_common(command)
    command.set_defaults(run=_torchvision)


def _torchvision(options):
    network, about = torchvision_networks.build(
        options.network, options.weights, options.seed, options.width, options.resolution
    )
    if options.weights:
        about["weights"].update(source=options.source, licence=options.licence)
    side = options.resolution or torchvision_networks.NETWORKS[options.network].side
    _write_as_asked(network, about, variant.example_of(side, side), options)


def _add_common(command):
    command.add_argument("--out", metavar="OUT", required=True, help="folder of the file to write")
    command.add_argument(
        "--recentre",
        action="store_true",
        help="after pruning, set biases so that mean outputs are those of before, see pruning.py",
    )
    add_variant_arguments(command)
    _add_fine_tuning(command)


def add_variant_arguments(parser):
    """The options of pruning, and the images to measure with."""
    parser.add_argument("--prune", metavar="HOW", type=_pruning, help=pruning.ALLOWED)
    parser.add_argument(
        "--spare", metavar="LAYER", action="append", default=[], help="another layer not to prune"
    )
    parser.add_argument(
        "--images",
        metavar="SET=FOLDER",
        type=_image_set,
        action="append",
        default=[],
        help="images to measure with",
    )


def _add_fine_tuning(command):
    command.add_argument(
        "--fine-tune",
        metavar="SET=FOLDER",
        type=_image_set,
        action="append",
        default=[],
        help="labelled images to train with after pruning; not those of --images",
    )
    command.add_argument("--steps", type=_positive(int), default=300, help="of training (%(default)s)")
    command.add_argument(
        "--rate", type=_positive(float), default=0.01, help="of learning (%(default)s)"
    )
    command.add_argument("--training-seed", type=int, default=1, help="(%(default)s)")


def _positive(kind):
    def positive(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed; numbers above 0 are")
        return value

    return positive


def _pruning(text):
    try:
        return pruning.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _image_set(text):
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise argparse.ArgumentTypeError(f"{text!r} is no SET=FOLDER")
    return name, folder


def _write_as_asked(network, about, example, options):
    inputs = quality.Inputs(dict(options.images), about["input"]) if options.images else None
    plan = None
    if options.prune:
        training = None
        if options.fine_tune:
            training = fine_tuning.Training(
                dict(options.fine_tune), options.steps, options.rate, options.training_seed
            )
        plan = variant.Plan(options.prune, tuple(options.spare), options.recentre, training)
    elif options.fine_tune:
        raise ValueError("--fine-tune is for pruned networks; --prune says how to prune")
    _tell(*variant.write(network, about, example, options.out, plan, inputs))


def _add_shipped(commands):
    command = commands.add_parser("shipped", help="the networks whose traces this project ships")
    command.add_argument("ingredients", metavar="INGREDIENTS", help="has nets/ and images/SET/")
    command.add_argument("--out", metavar="OUT", required=True, help="folder to write to")
    command.add_argument(
        "--only", metavar="NAME", action="append", help="only this network; may be repeated"
    )
    command.set_defaults(run=_shipped)


def _shipped(options):
    """Writes every network and variant, and inputs.csv: which images of which set to profile."""
    unknown = set(options.only or ()) - set(shipped.NETWORKS)
    if unknown:
        raise ValueError(f"unknown network {min(unknown)!r}; `export.py list` names those known")
    rows = []
    for name in options.only or shipped.NETWORKS:
        about = shipped.NETWORKS[name]
        for path in _write_shipped(options.ingredients, name, about, options.out):
            rows += [(os.path.basename(path), *chosen) for chosen in about.inputs.items()]
    with open(os.path.join(options.out, "inputs.csv"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "images", "count"), *rows])


def _write_shipped(ingredients, name, about, out):
    """Writes a network and its variants; yields their paths."""
    first = next(iter(about.inputs))
    folders = {chosen: os.path.join(ingredients, "images", chosen) for chosen in about.inputs}
    inputs = unpruned = None
    changes = map(pruning.parse, shipped.VARIANTS.get(name, ()))
    recentre = name in shipped.RECENTRED
    for plan in (None, *(variant.Plan(change, recentre=recentre) for change in changes)):
        network_graph, network = graph.load(os.path.join(ingredients, "nets"), name)
        facts = graph_description(about, network_graph)
        if inputs is None:
            inputs = quality.Inputs({first: folders[first]}, facts["input"])
            if inputs.labels is None:
                inputs = quality.Inputs(folders, facts["input"])
            unpruned = inputs.outputs(network)
        example = graph_example(network_graph)
        path, facts = variant.write(network, facts, example, out, plan, inputs, unpruned)
        _tell(path, facts)
        yield path


def _tell(path, about):
    words = [path]
    if about["pruning"]:
        words.append(f"weight density {about['pruning']['weight_density']:.3f}")
    if about["quality"]:
        measured = about["quality"]
        words.append(f"{measured['metric']}: {measured['this']} of {measured['unpruned']}")
        words += ["damaged"] if measured["damaged"] else []
    print(", ".join(words), flush=True)


if __name__ == "__main__":
    sys.exit(main())
