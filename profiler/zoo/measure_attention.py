#!/usr/bin/env python3
"""The density of Sanger's attention masks, measured without `dysta profile`, to compare with it.

    measure_attention.py --network gpttoy_dense.pt --tokens tokens.txt --inputs 5 >densities.csv

The density of a layer is the share of all heads' L x L probabilities above the threshold; what a
causal mask forbids counts as zero. Layers are numbered in the order in which they ran.
"""

import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import description
from tokens import Parser

ALLOWED = "networks that transformer.py and train_decoder.py wrote are allowed"


class Softmaxes(TorchDispatchMode):
    """Collects in `densities` what share of each softmax within is above `threshold`."""

    def __init__(self, threshold):
        super().__init__()
        self.threshold = threshold
        self.densities = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        if function is torch.ops.aten._softmax.default:
            kept = torch.count_nonzero(result > self.threshold).item()
            self.densities.append(kept / result.numel())
        return result


def densities(network, tokens, threshold):
    """The density of each attention mask that `network` makes of one list of tokens."""
    with torch.no_grad(), Softmaxes(threshold) as found:
        network(torch.tensor([tokens]))
    return found.densities


def read_sequences(path, vocabulary, longest):
    """The sequences of a file of tokens."""
    result = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            tokens = [int(word) if word.isdigit() else -1 for word in words]
            if not 1 <= len(tokens) <= longest or not 0 <= min(tokens) <= max(tokens) < vocabulary:
                raise ValueError(f"{path}:{number} is no sequence of this network; 1 to {longest} "
                                 f"numbers from 0 to {vocabulary - 1} are allowed")
            result.append(tokens)
    return result


def run(options):
    """Prints a table of densities."""
    torch.set_num_threads(1)
    try:
        network, about = description.load(options.network)
    except RuntimeError:
        raise ValueError(f"{options.network} is no TorchScript; {ALLOWED}") from None
    if about is None or about["input"]["kind"] != "tokens":
        raise ValueError(f"{options.network} takes no tokens; {ALLOWED}")
    limits = about["input"]["vocabulary"], about["input"]["longest"]
    print("sample,layer,density")
    for sample, tokens in enumerate(read_sequences(options.tokens, *limits)[:options.inputs]):
        for layer, density in enumerate(densities(network.eval(), tokens, options.threshold)):
            print(f"{sample},{layer},{density:.9f}")


def main(arguments=None):
    """Runs the command; mistakes are one line on the standard error, and exit status 1."""
    parser = Parser(description="Density of attention masks.")
    parser.add_argument("--network", required=True, help="TorchScript file")
    parser.add_argument("--tokens", required=True, help="file of tokens")
    parser.add_argument("--inputs", type=int, help="sequences from the beginning (all)")
    parser.add_argument("--threshold", type=float, default=2e-3, help="(%(default)s)")
    options = parser.parse_args(arguments)
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
