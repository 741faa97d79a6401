#!/usr/bin/env python3
"""Trains a small decoder like GPT-2 on texts, on a processor.

    train_decoder.py --text FOLDER... --vocabulary vocabulary.json --bfloat16 --out OUT
    train_decoder.py --vocabulary vocabulary.json --untrained --out OUT

The same seed, texts, steps and number of threads give the same weights. OUT/gpttoy.json reports the
loss on texts that were not trained on, beside that of tokens drawn alone (unigram) and in pairs
(bigram). `--untrained` writes the network as training would begin with it.

On one thread this takes about half an hour where AVX-512 has bfloat16, and an hour without
`--bfloat16`. OpenBLAS takes its number of threads from OPENBLAS_NUM_THREADS, not from `--threads`.
"""

import json
import math
import os
import sys
import time

import torch
from torch.nn import functional

import description
import tokens
import transformer

CONTEXTS = ((0.0, 128), (0.35, 256), (0.65, 512))  # from this share of the steps on: the context
TOKENS_A_STEP = 1024
PEAK_RATE = 1.5e-3
WARM_UP = 0.03


def shape_for(vocabulary):
    """The dimensions of the decoder."""
    return transformer.Shape(layers=12, width=192, heads=4, inner=768, vocabulary=vocabulary.size,
                             longest=512)


def untrained(shape, seed):
    """The decoder as training begins with it."""
    network = transformer.Gpt(shape)
    transformer.initialise(network, shape, seed)
    return network


def stream(texts, vocabulary):
    """All texts as one line of tokens, with an end of line between them."""
    return torch.tensor([token for text in texts for token in vocabulary.encode(text + "\n")])


def windows(text, starts, length):
    """The tokens at `starts`, and those that follow each."""
    rows = starts[:, None] + torch.arange(length + 1)
    cut = text[rows]
    return cut[:, :-1], cut[:, 1:]


def logits(network, inputs):
    """What the network expects next: its hidden states against the embedding of each token."""
    return functional.linear(network(inputs), network.embedding.tokens.weight)


def loss(network, inputs, targets):
    """The mean of -log p of the targets, in nats."""
    return functional.cross_entropy(logits(network, inputs).flatten(0, 1), targets.flatten())


def context_at(progress):
    """How many tokens a training sequence has after this share of the steps."""
    return [length for since, length in CONTEXTS if progress >= since][-1]


def rate_at(progress):
    """The learning rate: a line up to the peak, then a cosine down to a fiftieth of it."""
    if progress < WARM_UP:
        return PEAK_RATE * (progress / WARM_UP + 1e-3)
    done = (progress - WARM_UP) / (1 - WARM_UP)
    return PEAK_RATE * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def optimiser_of(network):
    """AdamW that lets matrices, but not biases and norms, decay."""
    matrices = [values for values in network.parameters() if values.dim() == 2]
    others = [values for values in network.parameters() if values.dim() != 2]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1},
                              {"params": others, "weight_decay": 0.0}],
                             betas=(0.9, 0.95), foreach=True)


def train(network, text, steps, seed, half, log):
    """Fits `network` to random windows of `text`; `half`: matrix products in bfloat16."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = optimiser_of(network)
    network.train()
    began = time.monotonic()
    smooth = None
    for step in range(steps):
        progress = step / steps
        length = context_at(progress)
        starts = torch.randint(len(text) - length, (TOKENS_A_STEP // length,), generator=generator)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(progress)
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            here = loss(network, *windows(text, starts, length))
        here.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        smooth = here.item() if smooth is None else 0.98 * smooth + 0.02 * here.item()
        if step % 50 == 0 or step + 1 == steps:
            print(f"step {step} of {steps}, context {length}, loss {smooth:.4f} nats a token, "
                  f"{time.monotonic() - began:.0f} s", file=log, flush=True)
    network.eval()


class Pairs:
    """Words drawn alone and in pairs: what a network without attention could know."""

    def __init__(self, text, size):
        counts = torch.bincount(text[:-1] * size + text[1:], minlength=size * size).double()
        counts = counts.view(size, size)
        self.unigram = (counts.sum(0) + 1) / (counts.sum() + size)
        kinds = (counts > 0).sum(1, keepdim=True).clamp(min=1)
        self.bigram = (counts + kinds * self.unigram) / (counts.sum(1, keepdim=True) + kinds)

    def losses(self, inputs, targets):
        """The mean of -log p of the targets, in nats: alone, and after the token before."""
        return (-self.unigram[targets].log().mean().item(),
                -self.bigram[inputs, targets].log().mean().item())


def measure(network, pairs, text, byte_counts, count=200):
    """Losses over `count` windows spread evenly over `text`: nats a token, and bits a byte."""
    length = CONTEXTS[-1][1]
    starts = torch.linspace(0, len(text) - length - 1, count).long()
    inputs, targets = windows(text, starts, length)
    with torch.no_grad():
        network_loss = sum(loss(network, *pair).item()
                           for pair in zip(inputs.split(2), targets.split(2))) / (count / 2)
    bytes_a_token = byte_counts[targets].double().mean().item()
    unigram, bigram = pairs.losses(inputs, targets)
    nats = {"network": network_loss, "unigram": unigram, "bigram": bigram}
    return {"tokens": targets.numel(), "bytes_a_token": round(bytes_a_token, 4),
            "nats_a_token": {name: round(value, 4) for name, value in nats.items()},
            "bits_a_byte": {name: round(value / math.log(2) / bytes_a_token, 4)
                            for name, value in nats.items()}}


def save(network, shape, options):
    """Writes the TorchScript file."""
    label, model = (("untrained", "gptuntrained") if options.untrained else
                    ("toy-trained", "gpttoy"))
    path = os.path.join(options.out, model + "_dense.pt")
    description.save(torch.jit.script(network.eval()), path, {
        "model": model,
        "pattern": "dense",
        "title": f"Decoder like GPT-2 of {shape.layers} layers, width {shape.width}, {label}",
        "weights": {"source": options.source, "licence": options.licence, "training": label},
        "pruning": None,
        "quality": None,
        "input": {"kind": "tokens", "vocabulary": shape.vocabulary, "longest": shape.longest},
    })
    print(path)


def run(options):
    """Trains and writes the network and the report."""
    torch.set_num_threads(options.threads)
    vocabulary = tokens.Vocabulary.load(options.vocabulary)
    shape = shape_for(vocabulary)
    network = untrained(shape, options.seed)
    if not options.untrained:
        texts, held_out = tokens.split(options.text)
        text, other = stream(texts, vocabulary), stream(held_out, vocabulary)
        began = time.monotonic()
        train(network, text, options.steps, options.seed, options.bfloat16, sys.stderr)
        seconds = time.monotonic() - began
        save(network, shape, options)
        pairs = Pairs(text, shape.vocabulary)
        byte_counts = torch.tensor(vocabulary.byte_counts())
        report = {
            "training": "toy-trained", "shape": shape._asdict(), "seed": options.seed,
            "threads": options.threads, "bfloat16": options.bfloat16, "steps": options.steps,
            "seconds": round(seconds),
            "parameters": sum(values.numel() for values in network.parameters()),
            "tokens_seen": options.steps * TOKENS_A_STEP, "tokens_of_texts": len(text),
            "tokens_held_out": len(other), "source": options.source, "licence": options.licence,
            "train": measure(network, pairs, text, byte_counts),
            "held_out": measure(network, pairs, other, byte_counts),
        }
        with open(os.path.join(options.out, "gpttoy.json"), "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
            file.write("\n")
    else:
        save(network, shape, options)


def main(arguments=None):
    """Runs the command; mistakes are one line on the standard error, and exit status 1."""
    parser = tokens.Parser(description="Trains a small decoder on texts.")
    parser.add_argument("--text", nargs="+", help="files and folders, as for tokens.py")
    parser.add_argument("--vocabulary", required=True, help="what `tokens.py vocabulary` wrote")
    parser.add_argument("--untrained", action="store_true", help="do not train")
    parser.add_argument("--steps", type=int, default=4800,
                        help=f"of {TOKENS_A_STEP} tokens each (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of weights and windows (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--bfloat16", action="store_true",
                        help="train with products in bfloat16: twice as fast where AVX-512 has it")
    parser.add_argument("--source", default="own training", help="of the weights")
    parser.add_argument("--licence", default="unknown", help="of the weights")
    parser.add_argument("--out", metavar="OUT", required=True, help="folder to write to")
    options = parser.parse_args(arguments)
    if not options.untrained and not options.text:
        parser.error("training lacks --text; without it only --untrained is allowed")
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
