#!/usr/bin/python3
"""Input sparsity of every layer by PyTorch's own hooks, to check `dysta profile` against.

    measure_sparsity.py FOLDER NAME --images cifar10=FOLDER [--prune random:0.5] >sparsity.csv

Prints sample,layer,sparsity: the share of zeros in the tensor that enters a layer, before padding.
Samples count through the sets of images in the order given, layers in the order in which they run.
"""

import csv
import sys

import torch

import export
import graph
import images
import layers
import pruning


def layer_inputs(network, x):
    """Name, input sparsity and dense MACs of each layer as it runs on `x`, a batch of one."""
    found = []

    def measure(name, layer, values, output):
        zeros = values.numel() - int(torch.count_nonzero(values))
        found.append((name, zeros / values.numel(), layers.macs(layer, output)))

    with layers.observed(network, measure), torch.no_grad():
        network(x)
    return found


def network_sparsity(measured):
    """The mean of `layer_inputs`, each layer weighted by its MACs."""
    return sum(share * macs for _, share, macs in measured) / sum(macs for _, _, macs in measured)


def main(arguments=None):
    parser = export.Parser(prog="measure_sparsity.py", description="Input sparsity of layers.")
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("name", metavar="NAME", help="of the graph NAME.json in FOLDER")
    parser.add_argument("--count", type=int, help="images of each set, evenly spread")
    export.add_variant_arguments(parser)
    parser.set_defaults(run=_measure)
    return parser.run(arguments)


def _measure(options):
    if not options.images:
        raise ValueError("there is nothing to measure with; --images SET=FOLDER names a set")
    network_graph, network = graph.load(options.folder, options.name)
    about = export.known_graph(options.name, network_graph)
    entry = export.graph_description(about, network_graph)["input"]
    if options.prune:
        pruning.prune(
            network, options.prune, export.graph_example(network_graph), options.spare
        )
    paths = [
        path
        for _, folder in options.images
        for path in images.spread(images.listed(folder), options.count)
    ]
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(("sample", "layer", "sparsity"))
    for sample, path in enumerate(paths):
        measured = layer_inputs(network, images.read(path, entry)[None])
        rows.writerows(
            (sample, layer, f"{share:.9f}") for layer, (_, share, _) in enumerate(measured)
        )


if __name__ == "__main__":
    sys.exit(main())
