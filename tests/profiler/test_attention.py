"""Attention: what is kept, hidden and packed is what PyTorch's own softmax says."""

import math
import unittest

import torch
from networks import ProfileTest, dense_latency, inputs_with_zeros, sanger, thinned
from torch import Tensor, nn


class Attention(nn.Module):
    """A block of several heads with a projection before; `hide` says which scores nobody sees."""

    def __init__(self, heads: int, width: int, vocabulary: int = 50, causal: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.width = width
        self.causal = causal
        self.embedding = nn.Embedding(vocabulary, width)
        self.queries = nn.Linear(width, width)
        self.keys = nn.Linear(width, width)
        self.values = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        return x.reshape(1, -1, self.heads, self.width // self.heads).transpose(1, 2)

    def operands(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys, and what is added to the scores."""
        x = self.embedding(tokens)
        length = tokens.shape[1]
        mask = torch.zeros(1, 1, length, length)
        if self.causal:
            future = torch.ones(length, length).triu(1) > 0
            mask = mask.masked_fill(future, float("-inf"))
        else:  # token 0 is padding
            mask = mask.masked_fill((tokens == 0)[:, None, None, :], -10000.0)
        return self.split(self.queries(x)), self.split(self.keys(x)), mask

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, mask = self.operands(tokens)
        scores = q @ k.transpose(-1, -2) / math.sqrt(self.width // self.heads) + mask
        v = self.split(self.values(self.embedding(tokens)))
        x = scores.softmax(-1) @ v
        return self.out(x.transpose(1, 2).reshape(1, -1, self.width))


def quantised(values: Tensor, bits: int) -> Tensor:
    step = values.abs().max() / (2 ** (bits - 1) - 1)
    return (values / step).round() * step


def probabilities(net: Attention, tokens: Tensor, bits: int = 0) -> Tensor:
    q, k, mask = net.operands(tokens)
    if bits:
        visible = (tokens[0] != 0)[:, None]  # padding has no say in the step
        q, k = quantised(q * visible, bits), quantised(k * visible, bits)
    scores = q @ k.transpose(-1, -2) / math.sqrt(net.width // net.heads)
    return (scores + mask).softmax(-1)[0]


def sub_rows(kept: Tensor, width: int) -> int:
    """Of one mask [head][query][key], without empty chunks."""
    rows = 0
    for first in range(0, kept.shape[2], 64):
        counts = kept[:, :, first : first + 64].sum(2)
        rows += int(((counts + width - 1) // width).sum())
    return rows


def published_latency(width: int, queries: int, packed: float) -> float:
    n = 4 * queries * packed
    return (
        6 * queries * width**2 / 2048e9
        + 2 * queries * width**2 * packed / 2048e9
        + (n / 64) * (queries / 64) * (width + 64 + n + 64) * 1e-9
    )


class AttentionTest(ProfileTest):
    THRESHOLD = 0.02

    def setUp(self) -> None:
        super().setUp()
        random = torch.Generator().manual_seed(11)
        # Lengths below, at and above a chunk of 64.
        self.sequences = [
            torch.randint(1, 50, (1, length), generator=random) for length in (5, 64, 130)
        ]
        self.write("selecting.yaml", sanger(self.THRESHOLD))

    def save_sequences(self) -> None:
        rows = [" ".join(str(int(token)) for token in tokens[0]) for tokens in self.sequences]
        self.write("tokens.txt", "\n".join(rows) + "\n")

    def profile_tokens(self, *options: str) -> None:
        self.save_sequences()
        self.run_profile("net.pt", "--inputs", "tokens.txt", "--out", "out", *options)

    def check(self, net: Attention, bits: int = 0, slack: int = 0) -> None:
        """The trace of `selecting` is that of the masks above the threshold."""
        for tokens, (row,) in zip(self.sequences, self.rows("selecting"), strict=True):
            visible = tokens[0] != 0
            kept = probabilities(net, tokens, bits)[:, visible] > self.THRESHOLD
            kept[:, :, ~visible] = False
            queries = int(visible.sum())
            all_visible = net.heads * queries * queries
            entries = int(kept.sum())
            self.assertAlmostEqual(
                row["overall-sparsity"], entries / all_visible, delta=6e-8 + slack / all_visible
            )
            self.assertEqual(row["seq-len"], queries)
            if slack:
                continue
            for column, width in (("50%-skip", 32), ("25%-skip", 16)):
                balance = entries / (sub_rows(kept, width) * width)
                self.assertAlmostEqual(row[column], balance, delta=6e-8)
            packed = sub_rows(kept, 32) * 32 / all_visible
            latency = published_latency(net.width, queries, packed)
            self.assertAlmostEqual(row["sim_lat"] / latency, 1, delta=1e-8)

    def test_causal_heads(self) -> None:
        net = thinned(Attention(4, 32, causal=True), 0.2)
        self.save(net)
        self.profile_tokens("--accelerator", "selecting.yaml")
        self.check(net)
        layer = self.provenance("selecting")["layers"][0]
        self.assertEqual(
            layer,
            {
                "name": "",
                "kind": "attention",
                "heads": 4,
                "queries": 5,
                "keys": 5,
                "width": 32,
                "dense_macs": 2 * 5 * 5 * 32,
                "weight_density": 1,
            },
        )
        self.assertEqual(self.provenance("selecting")["inputs"][0]["tokens"]["largest"], 130)

    def test_one_head(self) -> None:
        net = thinned(Attention(1, 16), 0.2)
        self.save(net)
        self.profile_tokens("--accelerator", "selecting.yaml")
        self.check(net)

    def test_padding_is_hidden(self) -> None:
        """Keys and queries of padding count neither as kept nor as dropped."""
        net = thinned(Attention(4, 32), 0.2)
        self.sequences[0][0, 3:] = 0
        self.sequences[2][0, 60:] = 0
        self.save(net)
        self.profile_tokens("--accelerator", "selecting.yaml")
        self.check(net)

    def test_traced(self) -> None:
        net = thinned(Attention(2, 16, causal=True), 0.2)
        self.sequences = [self.sequences[1]]
        with torch.no_grad():
            self.save(torch.jit.trace(net, (self.sequences[0],)))
        self.profile_tokens("--accelerator", "selecting.yaml")
        self.check(net)

    def test_prediction_with_few_bits(self) -> None:
        for bits in (4, 8):
            for causal in (False, True):
                with self.subTest(bits=bits, causal=causal):
                    net = thinned(Attention(4, 32, causal=causal), 0.2)
                    self.sequences[0][0, 3:] = 7 if causal else 0
                    self.write("selecting.yaml", sanger(self.THRESHOLD, bits))
                    self.save(net)
                    self.profile_tokens("--accelerator", "selecting.yaml")
                    # A value that is a half of a step may go to either side.
                    self.check(net, bits, slack=0 if bits == 4 else 2)

    def test_prediction_differs_from_the_exact_mask(self) -> None:
        self.save(thinned(Attention(4, 32, causal=True), 0.2))
        self.write("few.yaml", sanger(self.THRESHOLD, 2, "few"))
        self.profile_tokens("--accelerator", "selecting.yaml,few.yaml")
        exact = [row["overall-sparsity"] for (row,) in self.rows("selecting")]
        few = [row["overall-sparsity"] for (row,) in self.rows("few")]
        self.assertNotEqual(exact, few)

    def test_queries_that_are_all_zero(self) -> None:
        """All scores are alike then, with however many bits."""
        self.write("selecting.yaml", sanger(0.001))
        net = thinned(Attention(2, 16), 0.2)
        with torch.no_grad():
            net.queries.weight.zero_()
            net.queries.bias.zero_()
        self.save(net)
        self.write("few.yaml", sanger(0.001, 4, "few"))
        self.profile_tokens("--accelerator", "selecting.yaml,few.yaml")
        self.assertEqual([row["overall-sparsity"] for (row,) in self.rows("few")], [1, 1, 1])
        self.assertEqual(self.rows("few"), self.rows("selecting"))

    def test_on_a_dense_array(self) -> None:
        """Linear layers and attention in their order, each at its formula."""
        net = thinned(Attention(4, 32, causal=True), 0.2)
        self.sequences = self.sequences[:1]
        self.save(net)
        self.profile_tokens("--accelerator", "dense")
        layers = self.rows("dense")[0]
        product = dense_latency(16, 12, 200e6, 5, 32, 32)
        attention = 4 * (
            dense_latency(16, 12, 200e6, 5, 8, 5) + dense_latency(16, 12, 200e6, 5, 5, 8)
        )
        wanted = [product, product, product, attention, product]
        names = [layer["name"] for layer in self.provenance("dense")["layers"]]
        # Values are multiplied before or after the scores, as the network has it.
        self.assertEqual(sorted(names), ["", "keys", "out", "queries", "values"])
        self.assertEqual(names[-1], "out")
        self.assertEqual(
            sorted(f"{row['sim_lat']:.6e}" for row in layers),
            sorted(f"{latency:.6e}" for latency in wanted),
        )
        # All scores are computed: those of the future come out as zero.
        row = layers[names.index("")]
        self.assertAlmostEqual(row["overall-sparsity"], 10 / 25, delta=1e-7)

    def test_cross_attention(self) -> None:
        """More keys than queries."""

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.memory = nn.Parameter(torch.zeros(70, 8))
                self.keys = nn.Linear(8, 8)
                self.queries = nn.Linear(8, 8)

            def scores(self, x: Tensor) -> Tensor:
                return self.queries(x[0]) @ self.keys(self.memory * x.mean()).T

            def forward(self, x: Tensor) -> Tensor:
                return self.scores(x).softmax(-1) @ self.memory

        net = thinned(Net(), 0.2)
        x = inputs_with_zeros(1, 6, 8)
        self.save(net)
        self.save_array(x)
        self.profile("--accelerator", "selecting.yaml", "--out", "out")
        ((row,),) = self.rows("selecting")
        kept = net.scores(x).softmax(-1) > self.THRESHOLD
        self.assertAlmostEqual(row["overall-sparsity"], float(kept.double().mean()), delta=1e-7)
        self.assertEqual(row["seq-len"], 6)
        layer = self.provenance("selecting")["layers"][0]
        self.assertEqual((layer["heads"], layer["queries"], layer["keys"]), (1, 6, 70))


class RefusedAttentionTest(ProfileTest):
    def setUp(self) -> None:
        super().setUp()
        self.save_array(inputs_with_zeros(1, 6, 8))
        self.write("few.yaml", sanger(0.1, 4, "few"))

    def refused(self, message: str, *options: str) -> None:
        result = self.run_dysta(
            "profile", "net.pt", "--inputs", "inputs.npy", "--summary", *options
        )
        self.assertEqual((result.status, result.out), (1, ""))
        self.assertEqual(
            result.err, f"dysta: net.pt: {message} (at inputs.npy, input 0)\n", msg=options
        )

    def test_on_an_accelerator_without_attention(self) -> None:
        class Net(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return (x @ x.transpose(1, 2)).softmax(-1) @ x

        self.save(Net())
        self.refused(
            "holds attention, which accelerator 'eyeriss_v2' does not run; allowed is one that "
            "does, like sanger or dense"
        )

    def test_products_that_no_softmax_follows(self) -> None:
        class Net(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x @ x.transpose(1, 2)

        self.save(Net())
        result = self.run_dysta(
            *"profile net.pt --inputs inputs.npy --summary --accelerator dense".split()
        )
        self.assertEqual(result.status, 1)
        self.assertRegex(
            result.err,
            r"\Adysta: net\.pt: holds the operator aten::bmm of two activations that is no "
            r"attention \(no softmax follows\), whose work cannot be counted; allowed are [^\n]*\n\Z",
        )

    def test_scores_with_a_bias(self) -> None:
        """Few bits can be predicted of a product alone."""

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.bias = nn.Parameter(torch.arange(36.0).reshape(6, 6))

            def forward(self, x: Tensor) -> Tensor:
                return (x @ x.transpose(1, 2) + self.bias).softmax(-1) @ x

        self.save(Net())
        self.refused(
            "adds to its attention scores more than a mask; prediction with few bits allows only "
            "scaled products and masks",
            "--accelerator",
            "few.yaml",
        )


if __name__ == "__main__":
    unittest.main()
