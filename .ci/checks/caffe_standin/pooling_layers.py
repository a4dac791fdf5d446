"""Pooling and LRN, whose windows overhang."""

import numpy as np

from .errors import Unsupported
from .layer import Layer
from .schema import enum_name

FLT_MAX = float(np.finfo(np.float32).max)


class Pooling(Layer):
    def set_up(self, shapes):
        param = self.spec.pooling_param
        self.method = enum_name(param, "pool")
        if self.method == "STOCHASTIC" or len(self.spec.top) > 1:
            raise Unsupported(f"layer '{self.name}': stochastic pooling, or a mask")
        self.require(len(shapes[0]) == 4, "input must have 4 axes")
        self.kernel, self.stride, self.pad = (
            self.pair(*fields) for fields in (("kernel_size", "kernel"), ("stride",) * 2, ("pad",) * 2)
        )
        if param.global_pooling:
            self.require(self.kernel == (0, 0), "with global_pooling the filter size cannot be specified")
            self.require(self.pad == (0, 0) and self.stride == (1, 1), "with global_pooling only pad 0 and stride 1")
        else:
            self.require(min(self.kernel) > 0, "filter dimensions cannot be zero")
        self.require(min(self.stride) > 0, "stride 0")
        self.require(
            param.global_pooling or all(pad < size for pad, size in zip(self.pad, self.kernel)),
            "pad must be below the kernel",
        )

    def pair(self, field, short):
        param = self.spec.pooling_param
        has_height, has_width = param.HasField(f"{short}_h"), param.HasField(f"{short}_w")
        self.require(
            has_height == has_width and not (has_height and param.HasField(field)),
            f"{field} is {field} or {short}_h and {short}_w",
        )
        return (
            (getattr(param, f"{short}_h"), getattr(param, f"{short}_w")) if has_height else (getattr(param, field),) * 2
        )

    def top_shapes(self, shapes):
        self.require(len(shapes[0]) == 4, "input must have 4 axes")
        if self.spec.pooling_param.global_pooling:
            self.kernel = shapes[0][2:]
        sizes = tuple(map(self.output_size, shapes[0][2:], self.kernel, self.stride, self.pad))
        self.require(min(sizes) > 0, "empty output")
        return [shapes[0][:2] + sizes]

    def output_size(self, size, kernel, stride, pad):
        steps = size + 2 * pad - kernel
        output = (
            steps // stride if enum_name(self.spec.pooling_param, "round_mode") == "FLOOR" else -(-steps // stride)
        ) + 1
        # With padding on either axis, a last window that starts beyond the image and its padding is clipped off.
        return output - 1 if self.pad != (0, 0) and (output - 1) * stride >= size + pad else output

    def compute(self, inputs):
        sizes = self.top_shapes([inputs[0].shape])[0][2:]
        pool = max_pool if self.method == "MAX" else average_pool
        return [pool(inputs[0], self.kernel, self.stride, self.pad, sizes)]


def windows(x, kernel, stride, pad, sizes, filler):
    """For each place in the window, the values that all windows have there; `filler` beyond the image."""
    beyond = [
        max(0, (count - 1) * step + extent - before - size)
        for count, step, extent, before, size in zip(sizes, stride, kernel, pad, x.shape[2:])
    ]
    padded = np.pad(x, [(0, 0), (0, 0), (pad[0], beyond[0]), (pad[1], beyond[1])], constant_values=filler)
    for row, column in np.ndindex(*kernel):
        yield padded[
            :,
            :,
            row : row + (sizes[0] - 1) * stride[0] + 1 : stride[0],
            column : column + (sizes[1] - 1) * stride[1] + 1 : stride[1],
        ]


def max_pool(x, kernel, stride, pad, sizes):
    """A NaN never wins, as in Caffe's `if (x > max)`: fmax passes it over."""
    values = np.full(x.shape[:2] + tuple(sizes), -FLT_MAX)
    for window in windows(x, kernel, stride, pad, sizes, np.nan):
        np.fmax(values, window, out=values)
    return values


def average_pool(x, kernel, stride, pad, sizes):
    """The divisor counts the padding, but not what overhangs it."""
    extents = []
    for extent, step, before, count, size in zip(kernel, stride, pad, sizes, x.shape[2:]):
        starts = np.arange(count) * step - before
        extents.append(np.minimum(starts + extent, size + before) - starts)
    return sum(windows(x, kernel, stride, pad, sizes, 0)) / np.outer(*extents)


class LRN(Layer):
    def set_up(self, shapes):
        self.require(self.spec.lrn_param.local_size % 2 == 1, "only odd values for local_size")

    def top_shapes(self, shapes):
        self.require(len(shapes[0]) == 4, "input must have 4 axes")
        return [shapes[0]]

    def compute(self, inputs):
        param, x = self.spec.lrn_param, inputs[0]
        size, reach = param.local_size, param.local_size // 2
        if enum_name(param, "norm_region") == "WITHIN_CHANNEL":
            return [
                x
                * (1 + param.alpha * average_pool(x * x, (size, size), (1, 1), (reach, reach), x.shape[2:]))
                ** -param.beta
            ]
        squares = np.pad(x * x, [(0, 0), (reach, reach), (0, 0), (0, 0)])
        sums = sum(squares[:, start : start + x.shape[1]] for start in range(size))
        return [x * (param.k + param.alpha / size * sums) ** -param.beta]
