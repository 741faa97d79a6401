"""The transformers against PyTorch's own layers, and against formulas on weights of other names."""

import argparse
import contextlib
import io
import math
import os
import sys
import tempfile
import unittest
from unittest import mock

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import description
import measure_attention
import transformer

SMALL = transformer.Shape(layers=2, width=24, heads=3, inner=40, vocabulary=19, longest=9)


def small(name):
    """The shape of a published network, with the dimensions of `SMALL`."""
    return SMALL._replace(gelu=transformer.ARCHITECTURES[name].shape.gelu)


def randomised(module, seed=3):
    """`module` with random values everywhere, in norms and biases too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for values in module.parameters():
            values.copy_(torch.randn(values.shape, generator=generator) * 0.3)
    return module.eval()


def copy_attention(ours, theirs):
    """Gives PyTorch's attention the weights of ours."""
    inputs = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([each.weight for each in inputs]))
        theirs.in_proj_bias.copy_(torch.cat([each.bias for each in inputs]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())


def causal_mask(length):
    """What PyTorch's layers expect as a mask: minus infinity where nothing may be seen."""
    return nn.Transformer.generate_square_subsequent_mask(length)


def tokens(length, seed=5):
    """Random tokens."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(SMALL.vocabulary, (1, length), generator=generator)


class Case(unittest.TestCase):
    """Comparison of tensors."""

    def assert_close(self, ours, theirs, tolerance=2e-5):
        self.assertEqual(ours.shape, theirs.shape)
        self.assertLess((ours - theirs).abs().max().item(), tolerance)


class AgainstPyTorch(Case):
    """Parts with the weights of PyTorch's own."""

    def setUp(self):
        generator = torch.Generator().manual_seed(7)
        self.x = torch.randn(1, 7, SMALL.width, generator=generator)
        self.memory = torch.randn(1, 5, SMALL.width, generator=generator)

    def test_attention(self):
        for causal in (False, True):
            ours = randomised(transformer.Attention(SMALL, causal))
            theirs = nn.MultiheadAttention(SMALL.width, SMALL.heads, batch_first=True)
            copy_attention(ours, theirs)
            mask = causal_mask(7) if causal else None
            expected, _ = theirs(self.x, self.x, self.x, attn_mask=mask)
            self.assert_close(ours(self.x, self.x), expected)

    def test_attention_to_a_memory_of_another_length(self):
        ours = randomised(transformer.Attention(SMALL, False))
        theirs = nn.MultiheadAttention(SMALL.width, SMALL.heads, batch_first=True)
        copy_attention(ours, theirs)
        expected, _ = theirs(self.x, self.memory, self.memory)
        self.assert_close(ours(self.x, self.memory), expected)

    def test_encoder_layer(self):
        for before in (False, True):
            ours = randomised(transformer.Layer(SMALL, causal=before, before=before))
            theirs = nn.TransformerEncoderLayer(
                SMALL.width, SMALL.heads, SMALL.inner, dropout=0.0, activation="gelu",
                batch_first=True, norm_first=before)
            copy_attention(ours.attention, theirs.self_attn)
            for mine, other in ((ours.up, theirs.linear1), (ours.down, theirs.linear2),
                                (ours.attention_norm, theirs.norm1),
                                (ours.inner_norm, theirs.norm2)):
                other.load_state_dict(mine.state_dict())
            self.assert_close(ours(self.x), theirs(self.x, causal_mask(7) if before else None))

    def test_decoder_layer(self):
        ours = randomised(transformer.Layer(SMALL, causal=True, crossed=True))
        theirs = nn.TransformerDecoderLayer(SMALL.width, SMALL.heads, SMALL.inner, dropout=0.0,
                                            activation="gelu", batch_first=True)
        copy_attention(ours.attention, theirs.self_attn)
        copy_attention(ours.cross, theirs.multihead_attn)
        for mine, other in ((ours.up, theirs.linear1), (ours.down, theirs.linear2),
                            (ours.attention_norm, theirs.norm1), (ours.cross_norm, theirs.norm2),
                            (ours.inner_norm, theirs.norm3)):
            other.load_state_dict(mine.state_dict())
        self.assert_close(ours(self.x, self.memory),
                          theirs(self.x, self.memory, tgt_mask=causal_mask(7)))


class Weights:
    """Random weights under Hugging Face's names, made as they are asked for."""

    def __init__(self, prefix=""):
        self.prefix = prefix
        self.table = {}
        self.generator = torch.Generator().manual_seed(11)

    def __call__(self, name, *shape):
        name = self.prefix + name
        if name not in self.table:
            self.table[name] = torch.randn(shape, generator=self.generator) * 0.3
        return self.table[name]

    def linear(self, x, name, inputs, outputs):
        """A dense layer whose matrix is [outputs, inputs]."""
        return functional.linear(x, self(name + ".weight", outputs, inputs),
                                 self(name + ".bias", outputs))

    def conv1d(self, x, name, inputs, outputs):
        """A dense layer whose matrix is [inputs, outputs], as in GPT-2."""
        return x @ self(name + ".weight", inputs, outputs) + self(name + ".bias", outputs)

    def norm(self, x, name, epsilon=1e-5, scale=".weight", shift=".bias"):
        """A normalisation of the last dimension."""
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        width = x.shape[-1]
        return ((x - mean) / torch.sqrt(variance + epsilon) * self(name + scale, width)
                + self(name + shift, width))


def attend(query, key, value, heads, causal):
    """Attention of [L, width], a head and a query at a time."""
    width = query.shape[1] // heads
    rows = []
    for i in range(query.shape[0]):
        seen = i + 1 if causal else key.shape[0]
        row = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            scores = key[:seen, part] @ query[i, part] / math.sqrt(width)
            weights = scores.exp() / scores.exp().sum()
            row.append(weights @ value[:seen, part])
        rows.append(torch.cat(row))
    return torch.stack(rows)


def bert(weights, ids, shape):
    """BERT's formulas."""
    width = shape.width
    name = "embeddings."
    x = (weights(name + "word_embeddings.weight", shape.vocabulary, width)[ids]
         + weights(name + "position_embeddings.weight", shape.longest, width)[:len(ids)]
         + weights(name + "token_type_embeddings.weight", 2, width)[0])
    x = weights.norm(x, name + "LayerNorm", 1e-12, ".gamma", ".beta")
    for i in range(shape.layers):
        name = f"encoder.layer.{i}."
        projected = [weights.linear(x, f"{name}attention.self.{part}", width, width)
                     for part in ("query", "key", "value")]
        mixed = weights.linear(attend(*projected, shape.heads, False),
                               name + "attention.output.dense", width, width)
        x = weights.norm(x + mixed, name + "attention.output.LayerNorm", 1e-12, ".gamma", ".beta")
        inner = functional.gelu(weights.linear(x, name + "intermediate.dense", width, shape.inner))
        inner = weights.linear(inner, name + "output.dense", shape.inner, width)
        x = weights.norm(x + inner, name + "output.LayerNorm", 1e-12, ".gamma", ".beta")
    weights("pooler.dense.weight", width, width)
    weights("pooler.dense.bias", width)
    return x


def gpt2(weights, ids, shape):
    """GPT-2's formulas."""
    width = shape.width
    x = (weights("wte.weight", shape.vocabulary, width)[ids]
         + weights("wpe.weight", shape.longest, width)[:len(ids)])
    for i in range(shape.layers):
        name = f"h.{i}."
        joint = weights.conv1d(weights.norm(x, name + "ln_1"), name + "attn.c_attn",
                               width, 3 * width)
        mixed = attend(*joint.split(width, dim=1), shape.heads, True)
        x = x + weights.conv1d(mixed, name + "attn.c_proj", width, width)
        inner = weights.conv1d(weights.norm(x, name + "ln_2"), name + "mlp.c_fc",
                               width, shape.inner)
        inner = 0.5 * inner * (1 + torch.tanh(math.sqrt(2 / math.pi)
                                              * (inner + 0.044715 * inner ** 3)))
        x = x + weights.conv1d(inner, name + "mlp.c_proj", shape.inner, width)
        weights(name + "attn.bias", 1, 1, shape.longest, shape.longest)
    return weights.norm(x, "ln_f")


def bart(weights, ids, shape):
    """BART's formulas; tokens of the decoder begin with 2 and lag by one."""
    width = shape.width

    def attention(x, memory, name, causal):
        query = weights.linear(x, name + ".q_proj", width, width)
        key = weights.linear(memory, name + ".k_proj", width, width)
        value = weights.linear(memory, name + ".v_proj", width, width)
        mixed = attend(query, key, value, shape.heads, causal)
        return weights.linear(mixed, name + ".out_proj", width, width)

    def side(ids, name, memory):
        table = weights("shared.weight", shape.vocabulary, width)
        places = weights(name + ".embed_positions.weight", shape.longest + 2, width)
        x = weights.norm(table[ids] + places[2:2 + len(ids)], name + ".layernorm_embedding")
        for i in range(shape.layers):
            layer = f"{name}.layers.{i}."
            mixed = attention(x, x, layer + "self_attn", memory is not None)
            x = weights.norm(x + mixed, layer + "self_attn_layer_norm")
            if memory is not None:
                mixed = attention(x, memory, layer + "encoder_attn", False)
                x = weights.norm(x + mixed, layer + "encoder_attn_layer_norm")
            inner = functional.gelu(weights.linear(x, layer + "fc1", width, shape.inner))
            inner = weights.linear(inner, layer + "fc2", shape.inner, width)
            x = weights.norm(x + inner, layer + "final_layer_norm")
        return x

    memory = side(ids, "encoder", None)
    return side([2] + ids[:-1], "decoder", memory)


FORMULAS = {
    "bert": (bert, "bert."),
    "gpt2": (gpt2, "transformer."),
    "bart": (bart, "model."),
}


class HuggingFaceWeights(Case):
    """Networks filled from weights of Hugging Face's names compute the formulas."""

    def filled(self, name, table):
        architecture = transformer.ARCHITECTURES[name]
        network = architecture.network(small(name)).eval()
        transformer.fill(network, transformer.translated(table, architecture.names))
        return network

    def test_formulas(self):
        for name, (formula, usual_prefix) in FORMULAS.items():
            for prefix in ("", usual_prefix):
                with self.subTest(name, prefix=prefix), torch.no_grad():
                    weights = Weights(prefix)
                    ids = [3, 18, 0, 3, 7, 11]
                    expected = formula(weights, ids, SMALL)
                    network = self.filled(name, weights.table)
                    self.assert_close(network(torch.tensor([ids]))[0], expected, 1e-4)

    def test_faults_are_told_by_name(self):
        weights = Weights()
        bert(weights, [1], SMALL)
        table = weights.table
        table["encoder.layer.7.attention.self.key.bias"] = torch.zeros(3)
        del table["encoder.layer.1.intermediate.dense.bias"]
        table["embeddings.word_embeddings.weight"] = torch.zeros(18, 24)
        with self.assertRaises(ValueError) as caught:
            self.filled("bert", table)
        self.assertEqual(
            str(caught.exception),
            "1 missing (layers.1.up.bias), 1 unexpected (layers.7.attention.key.bias), "
            "1 of another shape (embedding.tokens.weight [18, 24] for [19, 24])")


class Networks(Case):
    """Properties of whole networks."""

    def networks(self):
        """The three networks, small and with random weights."""
        return {name: randomised(architecture.network(small(name)))
                for name, architecture in transformer.ARCHITECTURES.items()}

    def test_scripted_networks_take_every_length(self):
        for name, network in self.networks().items():
            scripted = torch.jit.script(network)
            for length in range(1, SMALL.longest + 1):
                with self.subTest(name, length=length), torch.no_grad():
                    ids = tokens(length)
                    self.assert_close(scripted(ids), network(ids), 1e-4)

    def test_a_decoder_does_not_see_what_comes_later(self):
        network = self.networks()["gpt2"]
        whole = tokens(SMALL.longest)
        with torch.no_grad():
            expected = network(whole)
            for length in range(1, SMALL.longest):
                self.assert_close(network(whole[:, :length]), expected[:, :length])

    def test_encoders_see_everything(self):
        whole = tokens(SMALL.longest)
        for name in ("bert", "bart"):
            network = self.networks()[name]
            with torch.no_grad():
                difference = network(whole)[:, 0] - network(whole[:, :-1])[:, 0]
            self.assertGreater(difference.abs().max().item(), 1e-3)

    def test_initialisation_follows_its_seed(self):
        def values(seed):
            network = transformer.Gpt(SMALL)
            transformer.initialise(network, SMALL, seed)
            return nn.utils.parameters_to_vector(network.parameters())
        self.assertTrue(torch.equal(values(1), values(1)))
        self.assertFalse(torch.equal(values(1), values(2)))

    def test_parameters_of_the_published_networks(self):
        published = {"bert": 108_891_648, "gpt2": 124_439_808, "bart": 139_420_416}
        for name, expected in published.items():
            architecture = transformer.ARCHITECTURES[name]
            network = architecture.network(architecture.shape)
            self.assertEqual(sum(each.numel() for each in network.parameters()), expected, name)


class Products(TorchFunctionMode):
    """Counts multiplications of dense layers and of products of matrices."""

    def __init__(self):
        super().__init__()
        self.dense = 0
        self.attention = 0

    def __torch_function__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        if function is functional.linear:
            self.dense += arguments[0].numel() * arguments[1].shape[0]
        elif function is torch.matmul:
            self.attention += arguments[0].numel() * arguments[1].shape[-1]
        return result


class Work(unittest.TestCase):
    """Multiplications of the networks of full size; nothing is computed."""

    def count(self, name, length):
        architecture = transformer.ARCHITECTURES[name]
        network = architecture.network(architecture.shape).to("meta")
        with Products() as products:
            network(torch.zeros(1, length, dtype=torch.int64, device="meta"))
        return products.dense, products.attention

    def test_bert_at_384_tokens(self):
        length, width = 384, 768
        dense, attention = self.count("bert", length)
        self.assertEqual(dense, 12 * (4 * length * width ** 2 + 2 * length * width * 3072))
        self.assertEqual(attention, 12 * 2 * length ** 2 * width)

    def test_gpt2_and_bart(self):
        length, width = 100, 768
        self.assertEqual(self.count("gpt2", length), self.count("bert", length))
        dense, attention = self.count("bart", length)
        self.assertEqual(dense, length * (18 * 4 * width ** 2 + 12 * 2 * width * 3072))
        self.assertEqual(attention, 18 * 2 * length ** 2 * width)


class Command(unittest.TestCase):
    """The command, with small networks in place of the published ones."""

    def setUp(self):
        patch = mock.patch.dict(transformer.ARCHITECTURES,
                                {name: each._replace(shape=small(name))
                                 for name, each in transformer.ARCHITECTURES.items()})
        patch.start()
        self.addCleanup(patch.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.weights = os.path.join(folder.name, "pytorch_model.bin")
        self.out = os.path.join(folder.name, "out")

    def writes(self, *arguments):
        """The network and the description that the command writes."""
        parser = argparse.ArgumentParser()
        transformer.add_arguments(parser)
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            transformer.run(parser.parse_args([*arguments, "--out", self.out]))
        path = told.getvalue().rstrip("\n")
        network, about = description.load(path)
        self.assertEqual(path, os.path.join(self.out, f"{about['model']}_{about['pattern']}.pt"))
        return network, about

    def fails(self, *arguments):
        """What the command says is wrong."""
        with self.assertRaises((ValueError, OSError)) as caught:
            self.writes(*arguments)
        self.assertFalse(os.path.exists(self.out))
        return str(caught.exception)

    def test_weights_of_the_user(self):
        weights = Weights()
        gpt2(weights, [1], SMALL)
        torch.save(weights.table, self.weights)
        network, about = self.writes("gpt2", "--weights", self.weights,
                                     "--source", "me", "--licence", "MIT")
        self.assertEqual((about["model"], about["pattern"]), ("gpt2", "dense"))
        self.assertEqual(about["weights"],
                         {"source": "me", "licence": "MIT", "training": "public"})
        self.assertEqual(about["input"], {"kind": "tokens", "vocabulary": 19, "longest": 9})
        self.assertEqual(network(tokens(4)).shape, (1, 4, 24))

    def test_untrained(self):
        for name in transformer.ARCHITECTURES:
            _, about = self.writes(name, "--untrained")
            self.assertEqual(about["model"], name + "untrained")
            self.assertEqual(about["weights"]["training"], "untrained")

    def test_mistakes_are_one_line(self):
        torch.save({"wte.weight": torch.zeros(19, 24)}, self.weights)
        message = self.fails("gpt2", "--weights", self.weights)
        self.assertRegex(message, r"^\S+: 35 missing \(.*, \.\.\.\); a state_dict of GPT-2 .*$")
        torch.save([1, 2], self.weights)
        self.assertIn("other things than weights; ", self.fails("gpt2", "--weights", self.weights))
        with open(self.weights, "w", encoding="ascii") as file:
            file.write("no weights\n")
        self.assertIn("no file of weights", self.fails("bert", "--weights", self.weights))
        self.assertIn("No such file", self.fails("bert", "--weights", self.weights + "x"))


class MeasuredDensities(unittest.TestCase):
    """The densities of attention masks."""

    def test_against_probabilities_computed_here(self):
        network = randomised(transformer.Gpt(SMALL))
        ids = tokens(8)
        expected = []
        with torch.no_grad():
            x = network.embedding(ids)
            for layer in network.layers:
                normal = layer.attention_norm(x)
                attention = layer.attention
                query, key = (attention.split(each(normal))[0]
                              for each in (attention.query, attention.key))
                kept = 0
                for head in range(SMALL.heads):
                    for i in range(8):
                        scores = key[head, :i + 1] @ query[head, i] / math.sqrt(8)
                        kept += (scores.softmax(0) > 0.1).sum().item()
                expected.append(kept / (SMALL.heads * 8 * 8))
                x = layer(x)
        scripted = torch.jit.script(network)
        for each in (network, scripted, scripted):
            self.assertEqual(measure_attention.densities(each, ids[0].tolist(), 0.1), expected)

    def test_encoder_and_decoder(self):
        network = torch.jit.script(randomised(transformer.Bart(SMALL)))
        found = measure_attention.densities(network, [1, 2, 3], 0.0)
        self.assertEqual(found, [1, 1, 6 / 9, 1, 6 / 9, 1])


if __name__ == "__main__":
    unittest.main()
