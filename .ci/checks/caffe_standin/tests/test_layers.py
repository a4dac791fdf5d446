"""Layers against literal loops after Caffe's code, for what the zoo does not cover."""

import itertools
import math
import unittest

import numpy as np

from caffe_standin.fork_layers import FORK_LAYERS, XILINX_LAYERS

from .nets import INPUT, INPUT_SHAPE, layer, run, seeded

FLT_MAX = float(np.finfo(np.float32).max)


def looped_convolution(x, weights, bias, stride, pad, dilation, groups):
    kernel = weights.shape[2:]
    sizes = [
        (size + 2 * p - (d * (k - 1) + 1)) // s + 1
        for size, p, d, k, s in zip(x.shape[2:], pad, dilation, kernel, stride)
    ]
    y = np.zeros((len(x), len(weights), *sizes))
    outputs, inputs = len(weights) // groups, weights.shape[1]
    for sample, output in np.ndindex(*y.shape[:2]):
        for place in np.ndindex(*sizes):
            total = bias[output] if bias is not None else 0
            for channel, tap in itertools.product(range(inputs), np.ndindex(*kernel)):
                source = tuple(i * s - p + t * d for i, s, p, t, d in zip(place, stride, pad, tap, dilation))
                if all(0 <= i < size for i, size in zip(source, x.shape[2:])):
                    total += (
                        x[(sample, output // outputs * inputs + channel, *source)] * weights[(output, channel, *tap)]
                    )
            y[(sample, output, *place)] = total
    return y


def looped_deconvolution(x, weights, bias, stride, pad, dilation, groups):
    kernel = weights.shape[2:]
    sizes = [
        s * (size - 1) + d * (k - 1) + 1 - 2 * p for size, p, d, k, s in zip(x.shape[2:], pad, dilation, kernel, stride)
    ]
    outputs, inputs = weights.shape[1], len(weights) // groups
    y = np.zeros((len(x), outputs * groups, *sizes))
    for sample, channel in np.ndindex(*x.shape[:2]):
        for place, output, tap in itertools.product(np.ndindex(*x.shape[2:]), range(outputs), np.ndindex(*kernel)):
            target = tuple(i * s - p + t * d for i, s, p, t, d in zip(place, stride, pad, tap, dilation))
            if all(0 <= i < size for i, size in zip(target, sizes)):
                y[(sample, channel // inputs * outputs + output, *target)] += (
                    x[(sample, channel, *place)] * weights[(channel, output, *tap)]
                )
    return y if bias is None else y + bias.reshape((-1,) + (1,) * len(sizes))


def looped_pooling(x, method, kernel, stride, pad, sizes):
    height, width = x.shape[2:]
    y = np.zeros(x.shape[:2] + tuple(sizes))
    for sample, channel, row, column in np.ndindex(*y.shape):
        top, left = row * stride[0] - pad[0], column * stride[1] - pad[1]
        bottom, right = min(top + kernel[0], height + pad[0]), min(left + kernel[1], width + pad[1])
        image = x[sample, channel, max(top, 0) : max(min(bottom, height), 0), max(left, 0) : max(min(right, width), 0)]
        if method == "MAX":
            y[sample, channel, row, column] = image.max(initial=-FLT_MAX)
        else:
            with np.errstate(all="ignore"):
                y[sample, channel, row, column] = image.sum() / np.float64((bottom - top) * (right - left))
    return y


class Layers(unittest.TestCase):
    def assert_close(self, values, expected):
        np.testing.assert_allclose(values, expected, rtol=1e-11, atol=1e-12)

    def test_convolutions(self):
        for kind, looped in (("Convolution", looped_convolution), ("Deconvolution", looped_deconvolution)):
            with self.subTest(f"{kind} with height, width, dilation and groups"):
                fields = (
                    "num_output: 6 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0 "
                    "dilation: 2 group: 2"
                )
                x = seeded(*INPUT_SHAPE)
                net = run(INPUT + layer(kind, "c", "data", "c", f"convolution_param {{ {fields} }}"), {"data": x})
                weights, bias = (net.layers[1].parameter(index) for index in range(2))
                self.assert_close(net.blobs["c"].data, looped(x, weights, bias, (2, 1), (1, 0), (2, 2), 2))
            with self.subTest(f"{kind} with three spatial axes"):
                fields = "num_output: 3 kernel_size: [3, 2, 1] stride: [2, 2, 1] pad: 1 bias_term: false"
                x = seeded(1, 2, 4, 5, 3)
                text = INPUT.replace("dim: 2 dim: 4 dim: 7 dim: 6", "dim: [1, 2, 4, 5, 3]")
                net = run(text + layer(kind, "c", "data", "c", f"convolution_param {{ {fields} }}"), {"data": x})
                self.assert_close(
                    net.blobs["c"].data, looped(x, net.layers[1].parameter(0), None, (2, 2, 1), (1,) * 3, (1,) * 3, 1)
                )

    def test_pooling(self):
        x = seeded(*INPUT_SHAPE)
        cases = itertools.product(
            ("MAX", "AVE"),
            ("CEIL", "FLOOR"),
            itertools.product((1, 3, 5), (2, 3)),
            itertools.product((1, 2, 4), (2, 3)),
            itertools.product((0, 1), (0, 1)),
        )
        for method, rounding, kernel, stride, pad in cases:
            if any(p >= k for p, k in zip(pad, kernel)):
                continue
            sizes = []
            for size, k, s, p in zip(x.shape[2:], kernel, stride, pad):
                output = (math.ceil if rounding == "CEIL" else math.floor)((size + 2 * p - k) / s) + 1
                sizes.append(output - 1 if any(pad) and (output - 1) * s >= size + p else output)
            fields = f"pool: {method} round_mode: {rounding} " + " ".join(
                f"{field}_{axis}: {value}"
                for field, pair in (("kernel", kernel), ("stride", stride), ("pad", pad))
                for axis, value in zip("hw", pair)
            )
            with self.subTest(fields):
                net = run(INPUT + layer("Pooling", "c", "data", "c", f"pooling_param {{ {fields} }}"), {"data": x})
                self.assert_close(net.blobs["c"].data, looped_pooling(x, method, kernel, stride, pad, sizes))

    def test_global_pooling(self):
        x = seeded(*INPUT_SHAPE)
        for method, pooled in (("MAX", x.max((2, 3), keepdims=True)), ("AVE", x.mean((2, 3), keepdims=True))):
            net = run(
                INPUT + layer("Pooling", "c", "data", "c", f"pooling_param {{ pool: {method} global_pooling: true }}"),
                {"data": x},
            )
            self.assert_close(net.blobs["c"].data, pooled)

    def test_lrn_within_a_channel(self):
        x = seeded(*INPUT_SHAPE)
        fields = "lrn_param { local_size: 3 alpha: 2 beta: 0.5 norm_region: WITHIN_CHANNEL }"
        expected = np.zeros_like(x)
        for row, column in np.ndindex(*x.shape[2:]):
            window = x[:, :, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            expected[:, :, row, column] = x[:, :, row, column] / np.sqrt(1 + 2 * (window**2).sum((2, 3)) / 9)
        self.assert_close(run(INPUT + layer("LRN", "c", "data", "c", fields), {"data": x}).blobs["c"].data, expected)

    def test_layers_of_forks(self):
        x = seeded(*INPUT_SHAPE)
        net = run(INPUT + layer("Upsample", "u", "data", "u", "upsample_param { scale: 2 }"), {"data": x}, FORK_LAYERS)
        self.assert_close(net.blobs["u"].data[:, :, 1::2, ::2], x)
        net = run(
            INPUT + layer("BatchNorm", "b", "data", "b", "batch_norm_param { eps: 0.5 }"), {"data": x}, XILINX_LAYERS
        )
        gamma, beta, mean, variance, _ = (net.layers[1].parameter(index).reshape(-1, 1, 1) for index in range(5))
        self.assert_close(net.blobs["b"].data, gamma * (x - mean) / np.sqrt(variance + 0.5) + beta)
