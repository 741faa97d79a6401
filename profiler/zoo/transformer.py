"""BERT-base, GPT-2 small and BART-base as TorchScript, with the user's weights or untrained.

Every network takes one tensor [1, L] of tokens and returns the last hidden states [1, L, width];
the heads that turn these into words are left out.

    export.py transformer gpt2 --weights pytorch_model.bin --out OUT     OUT/gpt2_dense.pt
    export.py transformer bert --untrained --out OUT                     OUT/bertuntrained_dense.pt

Attention is written out, so that a profiler sees the product of queries and keys, and the softmax
of it, as operations of their own.
"""

import collections
import math
import os
import pickle
import re
from typing import Optional

import torch
from torch import nn
from torch.nn import functional

import description

Shape = collections.namedtuple("Shape", "layers width heads inner vocabulary longest gelu",
                               defaults=("none",))
Shape.__doc__ = "The dimensions of a network; `layers` of the encoder and of the decoder each."


class Attention(nn.Module):
    """Multi-head attention from `x` to `memory`; a `causal` one looks at no later position."""

    def __init__(self, shape: Shape, causal: bool):
        super().__init__()
        self.heads = shape.heads
        self.head_width = shape.width // shape.heads
        self.causal = causal
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.output = nn.Linear(shape.width, shape.width)

    def split(self, x):
        """[batch, L, width] as [batch, heads, L, head width]."""
        return x.view(x.size(0), x.size(1), self.heads, self.head_width).transpose(1, 2)

    def forward(self, x, memory):
        query = self.split(self.query(x))
        key = self.split(self.key(memory))
        value = self.split(self.value(memory))
        scores = torch.matmul(query, key.transpose(-1, -2)) * (1.0 / math.sqrt(self.head_width))
        if self.causal:
            later = torch.full([x.size(1), x.size(1)], float("-inf"), device=x.device).triu(1)
            scores = scores + later
        mixed = torch.matmul(torch.softmax(scores, dim=-1), value)
        return self.output(mixed.transpose(1, 2).reshape(x.size()))


class Layer(nn.Module):
    """A transformer layer; `before`: it normalises what enters a block, not what leaves it."""

    def __init__(self, shape: Shape, causal: bool = False, crossed: bool = False,
                 before: bool = False, epsilon: float = 1e-5):
        super().__init__()
        self.before = before
        self.gelu = shape.gelu
        self.attention = Attention(shape, causal)
        self.attention_norm = nn.LayerNorm(shape.width, epsilon)
        self.cross = Attention(shape, False) if crossed else None
        self.cross_norm = nn.LayerNorm(shape.width, epsilon) if crossed else None
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.inner_norm = nn.LayerNorm(shape.width, epsilon)

    def inner(self, x):
        """The two dense layers."""
        return self.down(functional.gelu(self.up(x), approximate=self.gelu))

    def forward(self, x, memory: Optional[torch.Tensor] = None):
        if self.before:
            normal = self.attention_norm(x)
            x = x + self.attention(normal, normal)
            return x + self.inner(self.inner_norm(x))
        x = self.attention_norm(x + self.attention(x, x))
        if self.cross is not None and self.cross_norm is not None and memory is not None:
            x = self.cross_norm(x + self.cross(x, memory))
        return self.inner_norm(x + self.inner(x))


class Embedding(nn.Module):
    """Tokens with their positions; the table of positions begins with `offset` unused rows."""

    def __init__(self, shape: Shape, offset: int = 0):
        super().__init__()
        self.offset = offset
        self.tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.longest + offset, shape.width)

    def forward(self, tokens):
        places = torch.arange(tokens.size(1), device=tokens.device) + self.offset
        return self.tokens(tokens) + self.positions(places)


class Bert(nn.Module):
    """The encoder of BERT; all tokens belong to the first segment."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.embedding = Embedding(shape)
        self.segments = nn.Embedding(2, shape.width)
        self.norm = nn.LayerNorm(shape.width, 1e-12)
        self.layers = nn.ModuleList(Layer(shape, epsilon=1e-12) for _ in range(shape.layers))

    def forward(self, tokens):
        x = self.norm(self.embedding(tokens) + self.segments(torch.zeros_like(tokens)))
        for layer in self.layers:
            x = layer(x)
        return x


class Gpt(nn.Module):
    """The decoder of GPT-2."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.embedding = Embedding(shape)
        self.layers = nn.ModuleList(Layer(shape, causal=True, before=True)
                                    for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, tokens):
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Bart(nn.Module):
    """BART; the decoder reads the encoder's tokens, moved by one behind the token that starts."""

    def __init__(self, shape: Shape, start: int = 2):
        super().__init__()
        self.start = start
        self.encoder_embedding = Embedding(shape, offset=2)
        self.decoder_embedding = Embedding(shape, offset=2)
        self.decoder_embedding.tokens = self.encoder_embedding.tokens
        self.encoder_norm = nn.LayerNorm(shape.width)
        self.decoder_norm = nn.LayerNorm(shape.width)
        self.encoder = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.decoder = nn.ModuleList(Layer(shape, causal=True, crossed=True)
                                     for _ in range(shape.layers))

    def forward(self, tokens):
        memory = self.encoder_norm(self.encoder_embedding(tokens))
        for layer in self.encoder:
            memory = layer(memory)
        moved = torch.cat([torch.full_like(tokens[:, :1], self.start), tokens[:, :-1]], dim=1)
        x = self.decoder_norm(self.decoder_embedding(moved))
        for layer in self.decoder:
            x = layer(x, memory)
        return x


def initialise(network, shape, seed):
    """Random weights as GPT-2 begins with: normal, smaller where a block ends; biases 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, values in network.named_parameters():
            if values.dim() == 2:
                ends_block = name.endswith(("output.weight", "down.weight"))
                spread = 0.02 / math.sqrt(2 * shape.layers) if ends_block else 0.02
                values.normal_(0.0, spread, generator=generator)
            elif name.endswith("bias"):
                values.zero_()


# How a state_dict of Hugging Face's names the weights: a prefix that may be there, what is no part
# of these networks, and what its names become here.
BERT_NAMES = (r"bert\.", r"pooler\.|cls\.|embeddings\.position_ids$", (
    (r"\.gamma$", ".weight"),
    (r"\.beta$", ".bias"),
    (r"^embeddings\.word_embeddings", "embedding.tokens"),
    (r"^embeddings\.position_embeddings", "embedding.positions"),
    (r"^embeddings\.token_type_embeddings", "segments"),
    (r"^embeddings\.LayerNorm", "norm"),
    (r"^encoder\.layer\.", "layers."),
    (r"attention\.self\.", "attention."),
    (r"attention\.output\.dense", "attention.output"),
    (r"attention\.output\.LayerNorm", "attention_norm"),
    (r"intermediate\.dense", "up"),
    (r"(\d)\.output\.dense", r"\1.down"),
    (r"(\d)\.output\.LayerNorm", r"\1.inner_norm"),
))
GPT_NAMES = (r"transformer\.", r"lm_head\.|h\.\d+\.attn\.(masked_)?bias$", (
    (r"^wte", "embedding.tokens"),
    (r"^wpe", "embedding.positions"),
    (r"^ln_f", "norm"),
    (r"^h\.", "layers."),
    (r"ln_1", "attention_norm"),
    (r"ln_2", "inner_norm"),
    (r"attn\.c_proj", "attention.output"),
    (r"attn\.", "attention."),
    (r"mlp\.c_fc", "up"),
    (r"mlp\.c_proj", "down"),
))
BART_NAMES = (r"model\.", r"lm_head\.|final_logits_bias$|(en|de)coder\.embed_tokens\.", (
    (r"^shared", "encoder_embedding.tokens"),
    (r"^(en|de)coder\.embed_positions", r"\1coder_embedding.positions"),
    (r"^(en|de)coder\.layernorm_embedding", r"\1coder_norm"),
    (r"coder\.layers\.", "coder."),
    (r"self_attn_layer_norm", "attention_norm"),
    (r"encoder_attn_layer_norm", "cross_norm"),
    (r"final_layer_norm", "inner_norm"),
    (r"self_attn\.", "attention."),
    (r"encoder_attn\.", "cross."),
    (r"([qkv])_proj", lambda match: {"q": "query", "k": "key", "v": "value"}[match[1]]),
    (r"out_proj", "output"),
    (r"fc1", "up"),
    (r"fc2", "down"),
))

Architecture = collections.namedtuple("Architecture", "title network shape names")
ARCHITECTURES = {
    "bert": Architecture("BERT-base", Bert, Shape(12, 768, 12, 3072, 30522, 512), BERT_NAMES),
    "gpt2": Architecture("GPT-2 small", Gpt, Shape(12, 768, 12, 3072, 50257, 1024, "tanh"),
                         GPT_NAMES),
    "bart": Architecture("BART-base", Bart, Shape(6, 768, 12, 3072, 50265, 1024), BART_NAMES),
}


def unpacked(weights):
    """GPT-2's matrices as those of `nn.Linear`, with queries, keys and values apart."""
    for name, values in weights.items():
        if re.search(r"(attn|mlp)\.c_\w+\.weight$", name):
            values = values.t()
        if ".c_attn." in name and values.size(0) % 3 == 0:
            for part, rows in zip(("query", "key", "value"), values.chunk(3)):
                yield name.replace("c_attn", part), rows
        else:
            yield name, values


def translated(weights, names):
    """The weights of a state_dict under the names they have here."""
    prefix, unused, changes = names
    result = {}
    for name, values in unpacked(weights):
        name = re.sub("^" + prefix, "", name)
        if not re.match(unused, name):
            for pattern, replacement in changes:
                name = re.sub(pattern, replacement, name)
            result[name] = values
    return result


def fill(network, weights):
    """Copies `weights` (by the names they have here) into `network`; all must be there and fit."""
    wanted = dict(network.named_parameters())
    faults = {
        "missing": [name for name in wanted if name not in weights],
        "unexpected": [name for name in weights if name not in wanted],
        "of another shape": [f"{name} {list(weights[name].shape)} for {list(wanted[name].shape)}"
                             for name in wanted if name in weights
                             and weights[name].shape != wanted[name].shape],
    }
    if any(faults.values()):
        raise ValueError(", ".join(f"{len(found)} {fault} ({', '.join(found[:2])}"
                                   f"{', ...' if len(found) > 2 else ''})"
                                   for fault, found in faults.items() if found))
    with torch.no_grad():
        for name, values in wanted.items():
            values.copy_(weights[name])


def read_weights(network, architecture, path):
    """Fills `network` from the state_dict in a file."""
    allowed = f"a state_dict of {architecture.title} with Hugging Face's names is allowed"
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        raise ValueError(f"{path} is no file of weights; {allowed}") from None
    if not isinstance(weights, dict) or not all(map(torch.is_tensor, weights.values())):
        raise ValueError(f"{path} holds other things than weights; {allowed}")
    try:
        fill(network, translated(weights, architecture.names))
    except ValueError as mistake:
        raise ValueError(f"{path}: {mistake}; {allowed}") from None


def add_arguments(parser):
    """The options of this command."""
    parser.add_argument("network", choices=ARCHITECTURES, help="%(choices)s")
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--weights", metavar="FILE", help="state_dict (pytorch_model.bin)")
    weights.add_argument("--untrained", action="store_true", help="random weights instead")
    parser.add_argument("--seed", type=int, default=1, help="of random weights (%(default)s)")
    parser.add_argument("--source", default="given by the user", help="of the weights")
    parser.add_argument("--licence", default="unknown", help="of the weights")
    parser.add_argument("--out", metavar="OUT", required=True, help="folder of the file to write")


def run(options):
    """Writes the network that `options` ask for."""
    architecture = ARCHITECTURES[options.network]
    shape = architecture.shape
    network = architecture.network(shape).eval()
    if options.untrained:
        initialise(network, shape, options.seed)
        weights = {"source": f"random, seed {options.seed}", "licence": "none needed",
                   "training": "untrained"}
    else:
        read_weights(network, architecture, options.weights)
        weights = {"source": options.source, "licence": options.licence, "training": "public"}
    model = options.network + ("untrained" if options.untrained else "")
    path = os.path.join(options.out, model + "_dense.pt")
    description.save(torch.jit.script(network), path, {
        "model": model,
        "pattern": "dense",
        "title": architecture.title + (", untrained" if options.untrained else ""),
        "weights": weights,
        "pruning": None,
        "quality": None,
        "input": {"kind": "tokens", "vocabulary": shape.vocabulary, "longest": shape.longest},
    })
    print(path)
