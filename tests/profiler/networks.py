"""What the tests of the profiler share: saving small networks, accelerators whose latency tells a
count, and the counts by definition."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import support
import torch
from support import CliTest, lines
from torch import Tensor, nn
from torch.nn import functional

prepared_image = Path("prepared_image")  # set by the runner

# One element, a product a cycle, a cycle a second: the latency is the number of effectual
# multiply-accumulates (or 1, if there are none).
COUNTING = lines(
    "schema: 1", "name: counting", "what: products", "kind: eyeriss_v2", "clock_hz: 1",
    "clusters: 1", "cluster_rows: 1", "cluster_columns: 1", "cycles_per_mac: 1",
    "cycles_per_empty_column: 0", "output_channels_per_element: 1000000",
    "weights_per_element: 1000000", "perfect_balance: false", "address_checks: false",
)  # fmt: skip


def sanger(threshold: float, bits: int = 0, name: str = "selecting") -> str:
    return lines(
        "schema: 1", f"name: {name}", "what: scores", "kind: sanger", "clock_hz: 1e9", "array: 64",
        "dense_macs_per_s: 2048e9", "sub_row_width: 32", f"threshold: {threshold}",
        f"prediction_bits: {bits}",
    )  # fmt: skip


# What one layer of one input should give: effectual multiply-accumulates, sparsity.
Layer = tuple[float, float]


def sparsity(values: Tensor) -> float:
    return float((values == 0).double().mean())


def convolution(
    inner: Tensor,
    weights: Tensor,
    stride: Sequence[int] = (1, 1),
    pads: Sequence[int] = (0, 0, 0, 0),
    dilation: Sequence[int] = (1, 1),
    groups: int = 1,
) -> Layer:
    """By definition: the convolution of ones where something is. `pads` are left, right, top,
    bottom; `inner` is the input without them."""
    here = functional.pad((inner != 0).double(), list(pads))
    there = (weights != 0).double()
    products = functional.conv2d(here, there, None, list(stride), 0, list(dilation), groups)
    return float(products.sum()), sparsity(inner)


def linear(rows: Tensor, weights: Tensor) -> Layer:
    """`rows` are [row][in], `weights` [out][in]."""
    products = (rows != 0).double().reshape(-1, weights.shape[1]) @ (weights != 0).double().T
    return float(products.sum()), sparsity(rows)


def thinned(module: nn.Module, share: float = 0.5, seed: int = 7) -> nn.Module:
    """With some of its weights zero, and fit to be saved."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=random))
                parameter[torch.rand(parameter.shape, generator=random) < share] = 0
    return module.eval()


def inputs_with_zeros(*shape: int, seed: int = 3) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    values = torch.randn(shape, generator=random)
    values[torch.rand(shape, generator=random) < 0.3] = 0
    return values


class ProfileTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        torch.manual_seed(1)
        self.write("counting.yaml", COUNTING)

    def save(self, module: Any, name: str = "net.pt", **extra: str) -> None:
        """Scripts what is not scripted or traced yet."""
        if not isinstance(module, torch.jit.ScriptModule):
            module = torch.jit.script(module.eval())
        torch.jit.save(module, str(self.folder / name), _extra_files=extra)

    def save_array(self, values: Tensor, name: str = "inputs.npy") -> None:
        numpy.save(self.folder / name, values.numpy())

    def profile(self, *options: str, status: int = 0) -> None:
        """Runs a profile of net.pt on inputs.npy."""
        self.run_profile("net.pt", "--inputs", "inputs.npy", *options, status=status)

    def run_profile(self, *options: str, status: int = 0) -> None:
        result = self.run_dysta("profile", *options)
        self.assertEqual((result.status, result.out, result.err), (status, "", ""), msg=options)

    def rows(self, accelerator: str = "counting", variant: str = "net") -> list[list[dict[str, float]]]:
        """The trace: a list of layers for each input, each as its columns."""
        text = self.read(f"out/{accelerator}/{variant}.csv").splitlines()
        columns = text[0].split(",")
        inputs: list[list[dict[str, float]]] = []
        for line in text[1:]:
            row = dict(zip(columns, map(float, line.split(",")), strict=True))
            if row["layer-indx"] == 0:
                inputs.append([])
            self.assertEqual(row["batch-indx"], len(inputs) - 1)
            self.assertEqual(row["layer-indx"], len(inputs[-1]))
            inputs[-1].append(row)
        return inputs

    def provenance(self, accelerator: str = "counting", variant: str = "net") -> Any:
        return support.strict_json(self.read(f"out/{accelerator}/{variant}.json"))

    def check_layers(self, expected: list[list[Layer]], name: str = "counting") -> None:
        """The trace holds exactly these layers of these inputs."""
        rows = self.rows(name)
        self.assertEqual([len(layers) for layers in rows], [len(layers) for layers in expected])
        for i, (layers, wanted) in enumerate(zip(rows, expected, strict=True)):
            for j, (row, (macs, zeros)) in enumerate(zip(layers, wanted, strict=True)):
                where = f"input {i}, layer {j}"
                self.assertEqual(row["sim_lat"], max(1, macs), msg=where)
                self.assertAlmostEqual(
                    row["overall-sparsity"], min(zeros, 1 - 1e-7), delta=6e-8, msg=where
                )

    def check_network(self, module: Any, inputs: Tensor, expected: list[list[Layer]]) -> None:
        """Saves, runs and compares."""
        self.save(module)
        self.save_array(inputs)
        self.profile("--accelerator", "counting.yaml", "--out", "out")
        self.check_layers(expected)


def dense_latency(rows: int, columns: int, clock_hz: float, p: int, k: int, n: int) -> float:
    """Of a product of P positions, K inputs and N outputs on a systolic array."""
    folds = math.ceil(k / rows) * math.ceil(n / columns)
    return folds * (2 * rows + columns + p - 2) / clock_hz


def described(text: dict[str, Any]) -> dict[str, str]:
    return {"dysta.json": json.dumps(text)}
