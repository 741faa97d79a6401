"""Convolutions and products with weights: zeros and products are those of PyTorch's own tensors."""

import unittest
from typing import Any

import torch
from networks import (
    Layer,
    ProfileTest,
    convolution,
    inputs_with_zeros,
    linear,
    sparsity,
    thinned,
)
from torch import Tensor, nn
from torch.nn import functional


class Convolutions(nn.Module):
    """A layer of every kind, so that each differs from the next in what it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.strided = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.grouped = nn.Conv2d(4, 6, (3, 2), stride=(1, 2), dilation=(2, 1), groups=2)
        self.deep = nn.Conv2d(6, 6, 3, padding=(2, 1), groups=6, bias=False)
        self.same = nn.Conv2d(6, 5, (2, 4), padding="same")
        self.padded = nn.Conv2d(5, 8, 3, padding=1)
        self.last = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.norm(self.strided(x)))
        x = functional.relu(self.grouped(x))
        x = functional.relu(self.deep(x))
        x = functional.relu(self.same(x))
        x = functional.relu(self.padded(functional.pad(x, [0, 1, 2, 0])))
        return self.last(x.mean([2, 3])).softmax(1)


def expected_convolutions(net: Convolutions, x: Tensor) -> list[Layer]:
    layers = [convolution(x, net.strided.weight, (2, 2), (1, 1, 1, 1))]
    x = functional.relu(net.norm(net.strided(x)))
    layers.append(convolution(x, net.grouped.weight, (1, 2), dilation=(2, 1), groups=2))
    x = functional.relu(net.grouped(x))
    layers.append(convolution(x, net.deep.weight, (1, 1), (1, 1, 2, 2), groups=6))
    x = functional.relu(net.deep(x))
    # The odd one of 1 and of 3 goes below and to the right.
    layers.append(convolution(x, net.same.weight, (1, 1), (1, 2, 0, 1)))
    x = functional.relu(net.same(x))
    layers.append(convolution(x, net.padded.weight, (1, 1), (1, 2, 3, 1)))
    x = functional.relu(net.padded(functional.pad(x, [0, 1, 2, 0])))
    layers.append(linear(x.mean([2, 3]), net.last.weight))
    return layers


class ConvolutionsTest(ProfileTest):
    def setUp(self) -> None:
        super().setUp()
        self.net: Any = thinned(Convolutions())
        self.inputs = inputs_with_zeros(5, 3, 13, 17)
        with torch.no_grad():
            self.expected = [expected_convolutions(self.net, x[None]) for x in self.inputs]

    def test_scripted(self) -> None:
        self.check_network(self.net, self.inputs, self.expected)

    def test_traced(self) -> None:
        traced = torch.jit.trace(self.net, self.inputs[:1])
        self.check_network(traced, self.inputs, self.expected)

    def test_frozen(self) -> None:
        """Freezing folds the normalisation into the weights, and makes them constants."""
        frozen = torch.jit.freeze(torch.jit.script(self.net))
        self.check_network(frozen, self.inputs, self.expected)

    def test_shapes_and_names(self) -> None:
        self.check_network(self.net, self.inputs, self.expected)
        layers = self.provenance()["layers"]
        self.assertEqual(
            [layer["name"] for layer in layers],
            ["strided", "grouped", "deep", "same", "padded", "last"],
        )
        self.assertEqual(
            {key: value for key, value in layers[4].items() if key != "weight_density"},
            {
                "name": "padded",
                "kind": "convolution",
                "in_channels": 5,
                "out_channels": 8,
                "height": layers[3]["height"],
                "width": layers[3]["width"],
                "kernel": [3, 3],
                "stride": [1, 1],
                "padding": [3, 1, 1, 2],
                "dilation": [1, 1],
                "groups": 1,
                "dense_macs": 5 * 8 * 9 * (layers[3]["height"] + 2) * (layers[3]["width"] + 1),
            },
        )
        self.assertEqual(layers[1]["dilation"], [2, 1])
        self.assertEqual(layers[1]["stride"], [1, 2])
        self.assertEqual(layers[2]["groups"], 6)
        for layer, module in zip(
            layers[:5],
            (self.net.strided, self.net.grouped, self.net.deep, self.net.same, self.net.padded),
            strict=True,
        ):
            self.assertAlmostEqual(layer["weight_density"], 1 - sparsity(module.weight))

    def test_same_bytes_with_any_number_of_threads(self) -> None:
        self.save(self.net)
        self.save_array(self.inputs)
        names = "counting.yaml,eyeriss_v2,eyeriss_v2_artifact,dense"
        outputs = []
        for threads in "124":
            self.profile("--accelerator", names, "--threads", threads, "--out", f"out{threads}")
            outputs.append(
                {
                    name.removeprefix(f"out{threads}/"): content
                    for name, content in self.files().items()
                    if name.startswith(f"out{threads}/")
                }
            )
        self.assertEqual(len([name for name in outputs[0] if name.endswith(".csv")]), 4)
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])

    def test_shipped_accelerators_agree_on_zeros(self) -> None:
        self.save(self.net)
        self.save_array(self.inputs)
        names = ["counting", "eyeriss_v2", "eyeriss_v2_artifact", "dense"]
        self.profile("--accelerator", "counting.yaml," + ",".join(names[1:]), "--out", "out")
        zeros = [
            [[row["overall-sparsity"] for row in layers] for layers in self.rows(name)]
            for name in names
        ]
        for other in zeros[1:]:
            self.assertEqual(other, zeros[0])


class PaddingTest(ProfileTest):
    def test_padding_that_something_else_follows(self) -> None:
        """Then its zeros are activations like others."""

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(2, 3, 3)

            def forward(self, x: Tensor) -> Tensor:
                return self.conv(functional.relu(functional.pad(x, [1, 1, 1, 1])))

        net = thinned(Net())
        x = inputs_with_zeros(1, 2, 5, 5)
        padded = functional.relu(functional.pad(x, [1, 1, 1, 1]))
        self.check_network(net, x, [[convolution(padded, net.conv.weight)]])

    def test_padding_with_a_value(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(2, 3, 3)

            def forward(self, x: Tensor) -> Tensor:
                return self.conv(functional.pad(x, [1, 1, 1, 1], value=2.0))

        net = thinned(Net())
        x = inputs_with_zeros(1, 2, 5, 5)
        padded = functional.pad(x, [1, 1, 1, 1], value=2.0)
        self.check_network(net, x, [[convolution(padded, net.conv.weight)]])

    def test_cutting_by_negative_padding(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(2, 3, 3)

            def forward(self, x: Tensor) -> Tensor:
                return self.conv(functional.pad(x, [-1, 0, 0, 1]))

        net = thinned(Net())
        x = inputs_with_zeros(1, 2, 5, 5)
        padded = functional.pad(x, [-1, 0, 0, 1])
        self.check_network(net, x, [[convolution(padded, net.conv.weight)]])

    def test_padding_used_twice(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.one = nn.Conv2d(2, 3, 3)
                self.two = nn.Conv2d(2, 3, 2, stride=2, padding=1)

            def forward(self, x: Tensor) -> Tensor:
                padded = functional.pad(x, [1, 0, 0, 2])
                return self.one(padded).sum() + self.two(padded).sum()

        net = thinned(Net())
        x = inputs_with_zeros(1, 2, 6, 5)
        expected = [
            convolution(x, net.one.weight, pads=(1, 0, 0, 2)),
            convolution(x, net.two.weight, (2, 2), (2, 1, 1, 3)),
        ]
        self.check_network(net, x, [expected])

    def test_padding_of_channels_is_no_padding_of_an_image(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv1d(4, 3, 3)

            def forward(self, x: Tensor) -> Tensor:
                return self.conv(functional.pad(x, [1, 1, 0, 2]))

        net = thinned(Net())
        x = inputs_with_zeros(1, 2, 9)
        padded = functional.pad(x, [1, 1, 0, 2])
        expected = convolution(padded[:, :, None], net.conv.weight[:, :, None])
        self.check_network(net, x, [[expected]])


class OneDimensionTest(ProfileTest):
    def test_conv1d(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.one = nn.Conv1d(4, 6, 5, stride=2, padding=3, groups=2)
                self.two = nn.Conv1d(6, 2, 3, dilation=2)

            def forward(self, x: Tensor) -> Tensor:
                x = functional.relu(self.one(x))
                return self.two(functional.pad(x, [2, 1]))

        net = thinned(Net())
        inputs = inputs_with_zeros(3, 4, 20)
        expected = []
        for x in inputs:
            image = x[None, :, None]
            after = functional.relu(net.one(x[None]))[:, :, None]
            expected.append(
                [
                    convolution(image, net.one.weight[:, :, None], (1, 2), (3, 3, 0, 0), groups=2),
                    convolution(after, net.two.weight[:, :, None], (1, 1), (2, 1, 0, 0), (1, 2)),
                ]
            )
        self.check_network(net, inputs, expected)


class ProductsTest(ProfileTest):
    def test_linear_layers_in_every_form(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.biased = nn.Linear(6, 8)
                self.plain = nn.Linear(8, 5, bias=False)
                self.left = nn.Parameter(torch.zeros(4, 7))
                self.matrix = nn.Parameter(torch.zeros(5, 3))
                self.bias = nn.Parameter(torch.ones(3))

            def forward(self, x: Tensor) -> Tensor:  # [1][7][6]
                x = functional.relu(self.biased(x))
                x = functional.relu(self.plain(x))
                x = functional.relu(self.left @ x[0])  # [4][5]
                x = functional.relu(torch.addmm(self.bias, x, self.matrix))  # [4][3]
                return x

        net = thinned(Net())
        inputs = inputs_with_zeros(3, 7, 6)
        expected = []
        for x in inputs:
            layers = [linear(x, net.biased.weight)]
            x = functional.relu(net.biased(x))
            layers.append(linear(x, net.plain.weight))
            x = functional.relu(net.plain(x))
            layers.append(linear(x.T, net.left))
            x = functional.relu(net.left @ x)
            layers.append(linear(x, net.matrix.T))
            expected.append(layers)
        self.check_network(net, inputs, expected)

    def test_a_matrix_times_a_vector(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.matrix = nn.Parameter(torch.zeros(5, 6))

            def forward(self, x: Tensor) -> Tensor:
                return torch.mv(self.matrix, x[0])

        net = thinned(Net())
        x = inputs_with_zeros(1, 6)
        self.check_network(net, x, [[linear(x, net.matrix)]])

    def test_weights_used_twice_on_other_sizes(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(2, 2, 3)

            def forward(self, x: Tensor) -> Tensor:
                return self.conv(functional.relu(self.conv(x)))

        net = thinned(Net())
        x = inputs_with_zeros(1, 2, 9, 9)
        expected = [
            convolution(x, net.conv.weight),
            convolution(functional.relu(net.conv(x)), net.conv.weight),
        ]
        self.check_network(net, x, [expected])

    def test_weights_that_depend_on_the_input(self) -> None:
        """Looked at anew for every input."""

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(2, 3, 3)

            def forward(self, x: Tensor) -> Tensor:
                weights = self.conv.weight * (self.conv.weight > x.mean())
                return functional.conv2d(x, weights, self.conv.bias)

        net = thinned(Net())
        inputs = inputs_with_zeros(4, 2, 9, 9)
        expected = [
            [convolution(x[None], net.conv.weight * (net.conv.weight > x.mean()))] for x in inputs
        ]
        self.assertGreater(len({layers[0][0] for layers in expected}), 1)
        self.check_network(net, inputs, expected)

    def test_products_of_constants_are_no_layers(self) -> None:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.a = nn.Parameter(torch.zeros(4, 4))
                self.b = nn.Parameter(torch.zeros(4, 4))
                self.last = nn.Linear(4, 2)

            def forward(self, x: Tensor) -> Tensor:
                return self.last(x) + (self.a @ self.b).sum()

        net = thinned(Net())
        x = inputs_with_zeros(1, 4)
        self.check_network(net, x, [[linear(x, net.last.weight)]])

    def test_nothing_effectual_takes_one_cycle(self) -> None:
        net = thinned(nn.Sequential(nn.Linear(4, 2)))
        self.check_network(net, torch.zeros(1, 4), [[(0, 1)]])


if __name__ == "__main__":
    unittest.main()
