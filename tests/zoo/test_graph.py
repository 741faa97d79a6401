"""Every operation of a graph against values worked out by hand, and what is refused."""

import copy
import os
import sys
import tempfile
import unittest

import numpy
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "profiler", "zoo"))

import graph
import small_graph


def network(operations, weights=None, **facts):
    """A network of `operations` on the input `x`, whose output is that of the last."""
    wanted = {"name": "net", "input": {"tensor": "x"}, "ops": operations, **facts}
    values = {name: numpy.array(value, numpy.float32) for name, value in (weights or {}).items()}
    return graph.GraphNetwork(wanted, values)


def convolution(**changes):
    return {
        "op": "conv", "name": "c", "input": "x", "output": "y", "weight": "w", "bias": None,
        "in_channels": 1, "out_channels": 1, "kernel": [2, 2], "stride": [1, 1],
        "pad": [0, 0, 0, 0], "dilation": [1, 1], "groups": 1, "activation": "none", **changes,
    }  # fmt: skip


def image(*rows):
    """One image of one channel."""
    return torch.tensor(rows, dtype=torch.float32)[None, None]


class Operations(unittest.TestCase):
    def check(self, operations, x, expected, weights=None, **facts):
        if isinstance(operations, dict):
            operations = [{"input": "x", "output": "y", **operations}]
        result = network(operations, weights, **facts)(torch.as_tensor(x, dtype=torch.float32))
        expected = torch.tensor(expected, dtype=torch.float32)
        self.assertEqual(result.shape, expected.shape)
        torch.testing.assert_close(result, expected)

    def test_convolution_with_bias_stride_and_activation(self):
        weights = {"w": [[[[1, -1], [0, 2]]]], "b": [-4]}
        x = image([1, 2, 3], [4, 5, 6], [7, 8, 9])
        self.check([convolution(bias="b")], x, [[[[5, 7], [11, 13]]]], weights)
        self.check([convolution(bias="b", stride=[2, 2])], x, [[[[5]]]], weights)
        self.check([convolution(bias="b", activation="relu6")], x, [[[[5, 6], [6, 6]]]], weights)

    def test_convolution_pads_top_left_bottom_right(self):
        weights = {"w": [[[[1, 10], [100, 1000]]]]}
        x = image([1])
        self.check([convolution(pad=[1, 1, 0, 0])], x, [[[[1000]]]], weights)
        self.check([convolution(pad=[0, 0, 1, 1])], x, [[[[1]]]], weights)
        self.check([convolution(pad=[1, 0, 0, 1])], x, [[[[100]]]], weights)
        self.check([convolution(pad=[1, 1, 1, 1])], x, [[[[1000, 100], [10, 1]]]], weights)

    def test_convolution_dilation_and_groups(self):
        weights = {"w": [[[[1, 0], [0, 1]]]]}
        x = image([1, 2, 3], [4, 5, 6], [7, 8, 9])
        self.check([convolution(dilation=[2, 2])], x, [[[[10]]]], weights)
        deep = convolution(in_channels=2, out_channels=2, kernel=[1, 1], groups=2)
        self.check([deep], [[[[3]], [[4]]]], [[[[6]], [[-4]]]], {"w": [[[[2]]], [[[-1]]]]})

    def test_a_pad_before_convolutions_is_folded_into_them(self):
        weights = {"w": [[[[1, 10], [100, 1000]]]]}
        pad = {"op": "pad", "input": "x", "output": "p"}
        pads = [[0, 0], [0, 0], [1, 0], [0, 1]]
        operations = [{**pad, "pads_nchw": pads}, convolution(input="p")]
        self.check(operations, image([7]), [[[[700]]]], weights)
        layer = network(operations, weights).layers["c"]
        self.assertIsInstance(layer, graph.PaddedConv2d)
        self.assertEqual(layer.border, (0, 1, 1, 0))
        even = [{**pad, "pads_nchw": [[0, 0], [0, 0], [1, 1], [1, 1]]}, convolution(input="p")]
        layer = network(even, weights).layers["c"]
        self.assertNotIsInstance(layer, graph.PaddedConv2d)
        self.assertEqual(layer.padding, (1, 1))

    def test_pad_of_channels(self):
        pad = {"op": "pad", "pads_nchw": [[0, 0], [1, 2], [0, 0], [0, 1]]}
        self.check(pad, [[[[5]]]], [[[[0, 0]], [[5, 0]], [[0, 0]], [[0, 0]]]])

    def test_linear_flattens_in_source_order(self):
        linear = {
            "op": "linear", "name": "l", "weight": "w", "bias": "b", "in_features": 4,
            "out_features": 1, "activation": "none",
        }  # fmt: skip
        x = [[[[1, 2]], [[3, 4]]]]  # by pixel: (1, 3), (2, 4)
        self.check(linear, x, [[4231.5]], {"w": [[1, 10, 100, 1000]], "b": [0.5]})

    def test_batchnorm(self):
        norm = {"op": "batchnorm", "name": "n", "params": list("abcd"), "eps": 1.0}
        weights = {"a": [2], "b": [1], "c": [3], "d": [15]}
        self.check({**norm, "activation": "none"}, [[[[7]]]], [[[[3]]]], weights)  # 2 (7-3)/4 + 1
        self.check({**norm, "activation": "relu"}, [[[[-7]]]], [[[[0]]]], weights)

    def test_add_sub_mul_of_tensors_and_constants(self):
        x, constant = [[[[2]], [[3]]]], {"k": [[[[10]], [[20]]]]}
        for kind, expected in (("add", [12, 23]), ("sub", [-8, -17]), ("mul", [20, 60])):
            operation = {"op": kind, "inputs": ["x", "k"], "output": "y", "activation": "none"}
            self.check([operation], x, [[[[v]] for v in expected]], constant)
        twice = {"op": "add", "inputs": ["x", "x"], "output": "y", "activation": "relu6"}
        self.check([twice], x, [[[[4]], [[6]]]])

    def test_pools(self):
        x = image([-1, -2, -3], [-4, -5, -6], [-7, -8, -9])
        pool = {"kernel": [2, 2], "stride": [2, 2], "pad": [0, 0, 0, 0], "activation": "none"}
        maximum, average = {**pool, "op": "maxpool"}, {**pool, "op": "avgpool"}
        self.check({**maximum, "ceil_mode": False}, x, [[[[-1]]]])
        self.check({**maximum, "ceil_mode": True}, x, [[[[-1, -3], [-7, -9]]]])
        padded = {**maximum, "ceil_mode": False, "pad": [1, 1, 0, 0]}
        self.check(padded, x, [[[[-1, -2], [-4, -5]]]])
        self.check({**average, "ceil_mode": False}, x, [[[[-3]]]])
        padded = {**average, "ceil_mode": False, "pad": [1, 1, 1, 1]}
        self.check(padded, x, [[[[-1, -2.5], [-5.5, -7]]]])  # real pixels only

    def test_global_average(self):
        x = [[[[1, 2], [3, 6]]]]
        self.check({"op": "global_avgpool"}, x, [[3]])
        self.check({"op": "global_avgpool", "keep_dims": True}, x, [[[[3]]]])

    def test_reshape_works_on_pixels_before_channels(self):
        x = [[[[1, 2]], [[3, 4]]]]  # by pixel: (1, 3), (2, 4)
        reshape = {"op": "reshape"}
        self.check({**reshape, "shape_nhwc": [1, 4]}, x, [[1, 3, 2, 4]])
        self.check({**reshape, "shape_nhwc": [-1, 4]}, x, [[1, 3, 2, 4]])
        self.check({**reshape, "shape_nhwc": [1, -1, 2]}, x, [[[1, 3], [2, 4]]])
        self.check({**reshape, "shape_nhwc": [1, 2, 1, 2]}, x, [[[[1], [2]], [[3], [4]]]])

    def test_resize_bilinear(self):
        resize = {"op": "resize_bilinear", "size": [1, 4]}
        half = {**resize, "align_corners": False, "half_pixel_centers": True}
        self.check(half, image([0, 4]), [[[[0, 1, 3, 4]]]])
        corners = {**resize, "align_corners": True, "half_pixel_centers": False}
        self.check(corners, image([0, 3]), [[[[0, 1, 2, 3]]]])

    def test_depth_to_space_counts_places_before_channels(self):
        x = torch.arange(8).reshape(1, 8, 1, 1)
        expected = [[[[0, 2], [4, 6]], [[1, 3], [5, 7]]]]
        self.check({"op": "depth_to_space", "block": 2}, x, expected)

    def test_concat(self):
        join = {"op": "concat", "inputs": ["x", "x"], "output": "y"}
        self.check([{**join, "axis": "channel"}], [[[[1]], [[2]]]], [[[[v]] for v in (1, 2, 1, 2)]])
        self.check([{**join, "axis": 1}], [[[1, 2]]], [[[1, 2], [1, 2]]])

    def test_subsample2_pad_channels(self):
        shortcut = {"op": "subsample2_pad_channels", "pad_channels": [1, 2]}
        zeros = [[0, 0]]
        self.check(shortcut, image([1, 2, 3], [4, 5, 6]), [[zeros, [[1, 3]], zeros, zeros]])

    def test_functions_of_one_value(self):
        x = [[[[-4, -1, 0, 8]]]]
        self.check({"op": "relu"}, x, [[[[0, 0, 0, 8]]]])
        self.check({"op": "hard_swish"}, x, [[[[0, -1 / 3, 0, 8]]]])
        self.check({"op": "sigmoid"}, [[[[0]]]], [[[[0.5]]]])
        self.check({"op": "prelu", "alpha": "p"}, x, [[[[-2, -0.5, 0, 8]]]], {"p": [[[[0.5]]]]})
        self.check({"op": "requantize"}, x, x)

    def test_softmax_is_over_classes(self):
        self.check({"op": "softmax"}, [[0, 0]], [[0.5, 0.5]])
        self.check({"op": "softmax"}, [[[[0]], [[0]]]], [[[[0.5]], [[0.5]]]])

    def test_quantised_tensors_are_snapped_to_their_grid(self):
        tensors = {"y": {"scale": 0.5, "zero_point": 2, "qmin": 0, "qmax": 5}}
        x = [[[[-9, -0.6, 0.2, 0.8, 9]]]]
        # Steps of 0.5; from -1, which is 0, to 1.5, which is 5.
        self.check({"op": "requantize"}, x, [[[[-1, -0.5, 0, 1, 1.5]]]], tensors=tensors)
        self.check({"op": "relu"}, x, [[[[0, 0, 0, 1, 1.5]]]], tensors=tensors)
        inputs = {"x": tensors["y"], "y": {}}
        self.check({"op": "relu"}, x, [[[[0, 0, 0, 1, 1.5]]]], tensors=inputs)

    def test_several_outputs(self):
        operation = {"op": "relu", "input": "x", "output": "y"}
        both = network([operation], outputs=["x", "y"])(torch.tensor([-1.0]))
        self.assertEqual([float(value) for value in both], [-1, 0])


class OutputLayers(unittest.TestCase):
    def test_layers_behind_another_are_not_among_them(self):
        net = graph.GraphNetwork(small_graph.GRAPH, small_graph.weights())
        self.assertEqual(net.output_layers(), [net.layers["last"]])

    def test_several_heads_through_other_operations(self):
        changed = copy.deepcopy(small_graph.GRAPH)
        changed["outputs"] = ["f", "a"]
        net = graph.GraphNetwork(changed, small_graph.weights())
        heads = [net.layers[name] for name in ("right", "left_conv", "first")]
        self.assertEqual(net.output_layers(), heads)


class Refused(unittest.TestCase):
    def refuses(self, message, operations, weights=None, **facts):
        with self.assertRaisesRegex(ValueError, message):
            network(operations, weights, **facts)

    def test_unknown_things(self):
        relu = {"op": "relu", "input": "x", "output": "y"}
        self.refuses("unknown operation 'spin'; known are add", [{**relu, "op": "spin"}])
        self.refuses("unknown activation 'tanh'; known are", [{**relu, "activation": "tanh"}])
        self.refuses("tensor 'z' is used for 'y' before", [{**relu, "input": "z"}])
        self.refuses("no operation makes the output 'q'", [relu], outputs=["q"])

    def test_missing_things(self):
        self.refuses("there is no weight 'w'", [convolution()])
        lacking = convolution()
        del lacking["stride"]
        self.refuses("conv 'c' lacks 'stride'", [lacking], {"w": [[[[1, 1], [1, 1]]]]})

    def test_wrong_shapes(self):
        self.refuses("'w' is 1x1x1x1; it must be 1x1x2x2", [convolution()], {"w": [[[[1]]]]})
        prelu = {"op": "prelu", "input": "x", "output": "y", "alpha": "p"}
        self.refuses("'p' is 2; it must be 1xanyx1x1", [prelu], {"p": [1, 2]})
        again = [convolution(), convolution(input="y", output="z")]
        self.refuses("two layers are called 'c'", again, {"w": [[[[1, 1], [1, 1]]]]})

    def test_unclear_geometry(self):
        pool = {"op": "avgpool", "input": "x", "output": "y", "kernel": [2, 2], "stride": [2, 2],
                "pad": [0, 0, 1, 1], "ceil_mode": False}  # fmt: skip
        self.refuses("top and bottom, left and right must be alike", [pool])
        resize = {"op": "resize_bilinear", "input": "x", "output": "y", "size": [1, 1],
                  "align_corners": False, "half_pixel_centers": False}  # fmt: skip
        self.refuses("one of align_corners and half_pixel_centers must hold", [resize])
        reshape = {"op": "reshape", "input": "x", "output": "y", "shape_nhwc": [2, 3]}
        self.refuses("must be 1 or -1", [reshape])

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(ValueError, "tiny_net.json does not exist"):
                graph.load(folder, "tiny_net")
            small_graph.write(folder)
            self.assertEqual(graph.load(folder, "tiny_net")[0], small_graph.GRAPH)
            with open(os.path.join(folder, "tiny_net.json"), "w", encoding="utf-8") as file:
                file.write("{")
            with self.assertRaisesRegex(ValueError, "is not JSON"):
                graph.load(folder, "tiny_net")


if __name__ == "__main__":
    unittest.main()
