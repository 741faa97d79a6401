"""A network from a plain-data graph: NAME.json lists operations, NAME.npz holds their weights.

Weights are OIHW, tensors are NCHW; a tensor of lower rank keeps the order of the NHWC source, as
do the shapes of `reshape`. Convolutions and fully connected layers are ordinary submodules of
`layers`, each on its own weights, so that hooks and profilers find them.
"""

import json
import os
import re
import zipfile

import numpy
import torch
from torch.nn import functional

LAYERS = ("conv", "linear")
INPUT_KEYS = {"tensor", "height", "width", "channel_order", "mean", "scale"}

ACTIVATIONS = {
    "none": lambda x: x,
    "relu": functional.relu,
    "relu6": functional.relu6,
}


class PaddedConv2d(torch.nn.Conv2d):
    """A convolution whose padding differs between sides; its input is the tensor before padding.

    `border` is (left, right, top, bottom).
    """

    def __init__(self, *arguments, border, **options):
        super().__init__(*arguments, **options)
        self.border = border

    def forward(self, x):
        return super().forward(torch.constant_pad_nd(x, self.border, 0))


class GraphNetwork(torch.nn.Module):
    """Runs the operations of `graph` in order; `weights` maps names to arrays.

    Raises `ValueError` for an operation, a weight or a tensor that does not fit.
    """

    def __init__(self, graph, weights):
        super().__init__()
        self.name = graph["name"]
        self.layers = torch.nn.ModuleDict()
        self.norms = torch.nn.ModuleDict()
        self.input = graph["input"]["tensor"]
        self.operations = _with_pads_folded(graph["ops"])
        self.outputs = graph.get("outputs") or [self.operations[-1]["output"]]
        self._weights = weights
        self._grids = {name: _grid(tensor) for name, tensor in graph.get("tensors", {}).items()}
        self._constants = []
        self._steps = [self._step(operation) for operation in self.operations]
        self._check_names()
        del self._weights
        self.eval().requires_grad_(False)

    def forward(self, x):
        values = {name: getattr(self, name) for name in self._constants}
        values[self.input] = self._snapped(self.input, x)
        for inputs, run, activate, output in self._steps:
            result = activate(run(*[values[name] for name in inputs]))
            values[output] = self._snapped(output, result)
        results = tuple(values[name] for name in self.outputs)
        return results if len(results) > 1 else results[0]

    def output_layers(self):
        """The modules with no other layer between them and an output of the network."""
        pending = set(self.outputs)
        found = []
        for operation in reversed(self.operations):
            if operation["output"] not in pending:
                continue
            if operation["op"] in LAYERS:
                found.append(self.layers[module_name(operation["name"])])
            else:
                pending.update(_inputs(operation))
        return found

    def _snapped(self, name, x):
        """`x` on the grid of the quantised tensor `name`, where zero is exactly zero."""
        if self._grids.get(name) is None:
            return x
        scale, zero_point, lowest, highest = self._grids[name]
        steps = torch.clamp(torch.round(x / scale) + zero_point, lowest, highest)
        return (steps - zero_point) * scale

    def _step(self, operation):
        """What `forward` needs of an operation: inputs, function, activation, output."""
        kind = operation.get("op")
        if kind not in _BUILDERS:
            raise ValueError(
                f"{self.name}: unknown operation {kind!r}; known are {', '.join(sorted(_BUILDERS))}"
            )
        activation = operation.get("activation", "none")
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"{self.name}: unknown activation {activation!r}; "
                f"known are {', '.join(sorted(ACTIVATIONS))}"
            )
        try:
            run = _BUILDERS[kind](self, operation)
            return _inputs(operation), run, ACTIVATIONS[activation], operation["output"]
        except KeyError as missing:
            where = operation.get("name") or operation.get("output")
            raise ValueError(f"{self.name}: {kind} {where!r} lacks {missing}") from None

    def _weight(self, name, shape):
        """The array called `name`, which must have `shape`; None in it allows any length."""
        if name not in self._weights:
            raise ValueError(f"{self.name}: there is no weight {name!r}")
        value = numpy.asarray(self._weights[name], numpy.float32)
        if len(value.shape) != len(shape) or any(
            expected not in (None, actual) for expected, actual in zip(shape, value.shape)
        ):
            wanted = "x".join("any" if length is None else str(length) for length in shape)
            actual = "x".join(map(str, value.shape))
            raise ValueError(f"{self.name}: weight {name!r} is {actual}; it must be {wanted}")
        return torch.from_numpy(value.copy())

    def _add_constant(self, name, shape):
        if name not in self._constants:
            self.register_buffer(name, self._weight(name, shape))
            self._constants.append(name)

    def _add_layer(self, operation, layer, weight_shape):
        """Keeps a convolution or fully connected layer with its weights."""
        layer.weight = torch.nn.Parameter(self._weight(operation["weight"], weight_shape))
        if operation["bias"] is not None:
            bias = self._weight(operation["bias"], weight_shape[:1])
            layer.bias = torch.nn.Parameter(bias)
        name = module_name(operation["name"])
        if name in self.layers:
            raise ValueError(f"{self.name}: two layers are called {operation['name']!r}")
        self.layers[name] = layer
        return layer

    def _check_names(self):
        known = {self.input, *self._constants}
        for inputs, _, _, output in self._steps:
            for name in inputs:
                if name not in known:
                    raise ValueError(
                        f"{self.name}: tensor {name!r} is used for {output!r} before it is made"
                    )
            known.add(output)
        for name in self.outputs:
            if name not in known:
                raise ValueError(f"{self.name}: no operation makes the output {name!r}")


def load(folder, name):
    """The graph in `folder`/`name`.json as plain data, and its network."""
    paths = [os.path.join(folder, name + ending) for ending in (".json", ".npz")]
    for path in paths:
        if not os.path.isfile(path):
            raise ValueError(f"{path} does not exist; a network is NAME.json with NAME.npz")
    try:
        with open(paths[0], encoding="utf-8") as file:
            graph = json.load(file)
        missing = INPUT_KEYS - graph["input"].keys()
        if missing:
            raise KeyError(min(missing))
        with numpy.load(paths[1]) as weights:
            return graph, GraphNetwork(graph, dict(weights))
    except json.JSONDecodeError as error:
        raise ValueError(f"{paths[0]} is not JSON: {error}") from None
    except zipfile.BadZipFile as error:
        raise ValueError(f"{paths[1]} is no archive of numpy arrays: {error}") from None
    except KeyError as missing:
        raise ValueError(f"{paths[0]} lacks {missing}") from None


def module_name(layer):
    """The name of a layer as it can be that of a module."""
    return re.sub(r"\W", "_", layer)


def _inputs(operation):
    return operation["inputs"] if "inputs" in operation else [operation["input"]]


def _grid(tensor):
    """Scale, zero point and limits of a quantised tensor, or None."""
    if "scale" not in tensor:
        return None
    return tuple(tensor[key] for key in ("scale", "zero_point", "qmin", "qmax"))


def _with_pads_folded(operations):
    """The operations with spatial padding moved into the convolutions that alone see it.

    So a convolution's input is the tensor before padding, wherever the source padded.
    """
    folded = []
    moved = {}
    for operation in operations:
        if operation["op"] == "pad":
            images, channels, rows, columns = operation["pads_nchw"]
            users = [other for other in operations if operation["output"] in _inputs(other)]
            if not any(images + channels) and all(user["op"] == "conv" for user in users):
                border = [rows[0], columns[0], rows[1], columns[1]]
                moved[operation["output"]] = (operation["input"], border)
                continue
        if operation["op"] == "conv" and operation["input"] in moved:
            source, border = moved[operation["input"]]
            pads = [own + extra for own, extra in zip(operation["pad"], border)]
            operation = {**operation, "input": source, "pad": pads}
        folded.append(operation)
    return folded


def _conv(network, operation):
    top, left, bottom, right = operation["pad"]
    options = {
        "kernel_size": tuple(operation["kernel"]),
        "stride": tuple(operation["stride"]),
        "dilation": tuple(operation.get("dilation", (1, 1))),
        "groups": operation["groups"],
        "bias": operation["bias"] is not None,
    }
    channels = (operation["in_channels"], operation["out_channels"])
    if (top, left) == (bottom, right):
        layer = torch.nn.Conv2d(*channels, padding=(top, left), **options)
    else:
        layer = PaddedConv2d(*channels, border=(left, right, top, bottom), **options)
    shape = (channels[1], channels[0] // operation["groups"], *operation["kernel"])
    return network._add_layer(operation, layer, shape)


def _linear(network, operation):
    shape = (operation["out_features"], operation["in_features"])
    layer = torch.nn.Linear(shape[1], shape[0], bias=operation["bias"] is not None)
    network._add_layer(operation, layer, shape)
    return lambda x: layer(_in_source_order(x).flatten(1))


def _batchnorm(network, operation):
    names = operation["params"]
    scale = network._weight(names[0], (None,))
    norm = torch.nn.BatchNorm2d(len(scale), eps=operation["eps"])
    norm.weight = torch.nn.Parameter(scale)
    norm.bias = torch.nn.Parameter(network._weight(names[1], scale.shape))
    norm.running_mean = network._weight(names[2], scale.shape)
    norm.running_var = network._weight(names[3], scale.shape)
    network.norms[module_name(operation["name"])] = norm
    return norm


def _binary(function):
    def build(network, operation):
        for name in operation["inputs"]:
            if name in network._weights:
                network._add_constant(name, (None,) * 4)
        return function

    return build


def _plain(function):
    return lambda network, operation: function


def _maxpool(network, operation):
    top, left, bottom, right = operation["pad"]
    window = (operation["kernel"], operation["stride"])
    ceil_mode = operation["ceil_mode"]
    border = (left, right, top, bottom)

    def run(x):
        if any(border):
            x = torch.constant_pad_nd(x, border, float("-inf"))
        return functional.max_pool2d(x, *window, ceil_mode=ceil_mode)

    return run


def _avgpool(network, operation):
    top, left, bottom, right = operation["pad"]
    if (top, left) != (bottom, right):
        raise ValueError(
            f"{network.name}: avgpool {operation['output']!r} pads [{top}, {left}, {bottom}, "
            f"{right}]; top and bottom, left and right must be alike"
        )
    return lambda x: functional.avg_pool2d(
        x,
        operation["kernel"],
        operation["stride"],
        (top, left),
        operation["ceil_mode"],
        count_include_pad=False,
    )


def _global_avgpool(network, operation):
    keep = operation.get("keep_dims", False)
    return lambda x: x.mean((2, 3), keepdim=keep)


def _reshape(network, operation):
    shape = operation["shape_nhwc"]
    if shape[0] not in (1, -1) or len(shape) < 2:
        raise ValueError(
            f"{network.name}: reshape to {shape}; the first of at least two lengths must be 1 or -1"
        )

    def run(x):
        x = _in_source_order(x).flatten(1)
        if len(shape) > 2:
            x = x.unflatten(1, shape[1:])
        return x.permute(0, 3, 1, 2) if len(shape) == 4 else x

    return run


def _pad(network, operation):
    border = [count for sides in reversed(operation["pads_nchw"]) for count in sides]
    return lambda x: torch.constant_pad_nd(x, border, 0)


def _resize_bilinear(network, operation):
    if operation["align_corners"] == operation["half_pixel_centers"]:
        raise ValueError(
            f"{network.name}: resize_bilinear {operation['output']!r}; "
            "one of align_corners and half_pixel_centers must hold"
        )
    return lambda x: functional.interpolate(
        x, operation["size"], mode="bilinear", align_corners=operation["align_corners"]
    )


def _depth_to_space(network, operation):
    block = operation["block"]

    def run(x):
        # In the source, the place within a block is the slowest part of the channel's index.
        x = x.unflatten(1, (block, block, -1)).permute(0, 3, 4, 1, 5, 2)
        return x.flatten(4, 5).flatten(2, 3)

    return run


def _prelu(network, operation):
    name = operation["alpha"]
    network._add_constant(name, (1, None, 1, 1))
    return lambda x: functional.prelu(x, getattr(network, name).flatten())


def _concat(network, operation):
    axis = 1 if operation["axis"] == "channel" else operation["axis"]
    return lambda *parts: torch.cat(parts, axis)


def _subsample2_pad_channels(network, operation):
    border = (0, 0, 0, 0, *operation["pad_channels"])
    return lambda x: torch.constant_pad_nd(x[:, :, ::2, ::2], border, 0)


def _softmax(x):
    return functional.softmax(x, 1 if x.dim() == 4 else -1)


def _in_source_order(x):
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x


_BUILDERS = {
    "add": _binary(torch.add),
    "avgpool": _avgpool,
    "batchnorm": _batchnorm,
    "concat": _concat,
    "conv": _conv,
    "depth_to_space": _depth_to_space,
    "global_avgpool": _global_avgpool,
    "hard_swish": _plain(functional.hardswish),
    "linear": _linear,
    "maxpool": _maxpool,
    "mul": _binary(torch.mul),
    "pad": _pad,
    "prelu": _prelu,
    "relu": _plain(functional.relu),
    "requantize": _plain(lambda x: x),
    "reshape": _reshape,
    "resize_bilinear": _resize_bilinear,
    "sigmoid": _plain(torch.sigmoid),
    "softmax": _plain(_softmax),
    "sub": _binary(torch.sub),
    "subsample2_pad_channels": _subsample2_pad_channels,
}
