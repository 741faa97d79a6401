#!/usr/bin/env python3
"""BERT-base, GPT-2 small and BART-base as TorchScript, with the user's weights or untrained.

Every network takes one tensor [1, L] of tokens and returns the last hidden states [1, L, width];
the heads that turn these into words are left out. Attention is written out, so that a profiler
sees the product of queries and keys, and the softmax of it, as operations of their own.
"""

import argparse
import collections
import math
import os
import re
import sys
from typing import Optional

import torch
from torch import nn
from torch.nn import functional

import description


class Mistake(Exception):
    """What the user got wrong, and what is allowed, in one line."""


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
