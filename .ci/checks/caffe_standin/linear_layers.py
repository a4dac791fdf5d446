"""Convolution, Deconvolution and InnerProduct."""

import numpy as np

from .layer import Layer, count


class SpatialFilter(Layer):
    """What Convolution and Deconvolution share (BaseConvolutionLayer): any number of spatial axes, groups, several
    bottoms.
    """

    bottom_count = top_count = (1, None)

    def set_up(self, shapes):
        param, shape = self.spec.convolution_param, shapes[0]
        self.require(len(self.spec.top) == len(self.spec.bottom), "produces one top blob for each bottom blob")
        self.channel_axis = self.axis(param.axis, len(shape))
        self.rank = len(shape) - self.channel_axis - 1
        self.kernel = self.per_axis("kernel_size", "kernel", None)
        self.stride = self.per_axis("stride", "stride", 1)
        self.pad = self.per_axis("pad", "pad", 0)
        self.dilation = self.per_axis("dilation", None, 1)
        self.require(all(size > 0 for size in self.kernel + self.stride), "kernel and stride must be positive")
        self.channels, self.outputs, self.groups = shape[self.channel_axis], param.num_output, param.group
        self.require(self.outputs > 0 and self.groups > 0, "num_output and group must be positive")
        self.require(
            self.channels % self.groups == 0 and self.outputs % self.groups == 0,
            f"{self.channels} channels and {self.outputs} outputs must be multiples of group {self.groups}",
        )
        first, second = self.weight_order()
        self.add_parameter(first, second // self.groups, *self.kernel)
        if param.bias_term:
            self.add_parameter(self.outputs)

    def per_axis(self, field, short, default):
        """A field given once, once per spatial axis, or as _h and _w."""
        param = self.spec.convolution_param
        values = list(getattr(param, field))
        if short and (param.HasField(f"{short}_h") or param.HasField(f"{short}_w")):
            self.require(self.rank == 2, f"{short}_h and {short}_w can only be used for 2-D convolution")
            self.require(not values, f"either {field} or {short}_h and {short}_w should be specified; not both")
            return [getattr(param, f"{short}_h"), getattr(param, f"{short}_w")]
        if not values and default is not None:
            values = [default]
        self.require(
            len(values) in (1, self.rank),
            f"{field} must be specified once, or once for each of {self.rank} spatial axes",
        )
        return values * self.rank if len(values) == 1 else values

    def top_shapes(self, shapes):
        tops = []
        for shape in shapes:
            self.require(shape == shapes[0] and len(shape) == self.channel_axis + 1 + self.rank, "bottom shapes differ")
            self.require(shape[self.channel_axis] == self.channels, "input size incompatible with convolution kernel")
            sizes = [
                self.output_size(size, stride, pad, dilation * (kernel - 1) + 1)
                for size, kernel, stride, pad, dilation in zip(
                    shape[self.channel_axis + 1 :], self.kernel, self.stride, self.pad, self.dilation
                )
            ]
            self.require(all(size > 0 for size in sizes), f"kernel larger than the padded input {shape}")
            tops.append(shape[: self.channel_axis] + (self.outputs, *sizes))
        return tops

    def compute(self, inputs):
        return [self.filtered(x) for x in inputs]

    def taps(self, sizes):
        """Each tap of the kernel in row-major order, with what it meets of a padded array at `sizes` places."""
        for tap in np.ndindex(*self.kernel):
            yield (
                tap,
                tuple(
                    slice(offset * dilation, offset * dilation + (size - 1) * stride + 1, stride)
                    for offset, dilation, size, stride in zip(tap, self.dilation, sizes, self.stride)
                ),
            )

    def with_bias(self, values):
        if len(self.parameters) > 1:
            values += self.parameter(1).reshape((-1,) + (1,) * self.rank)
        return values


class Convolution(SpatialFilter):
    def weight_order(self):
        return self.outputs, self.channels

    def output_size(self, size, stride, pad, extent):
        return (size + 2 * pad - extent) // stride + 1

    def filtered(self, x):
        top_shape = self.top_shapes([x.shape])[0]
        sizes = top_shape[self.channel_axis + 1 :]
        x = x.reshape((-1,) + x.shape[self.channel_axis :])
        weights = self.parameter(0).reshape(self.groups, self.outputs // self.groups, -1)
        values = np.empty((len(x), self.outputs, count(sizes)))
        columns = np.empty((self.channels, count(self.kernel), count(sizes)))
        for sample, image in enumerate(x):
            padded = np.pad(image, [(0, 0)] + [(pad, pad) for pad in self.pad])
            for index, (_, place) in enumerate(self.taps(sizes)):
                columns[:, index] = padded[(slice(None), *place)].reshape(self.channels, -1)
            values[sample] = (weights @ columns.reshape(self.groups, -1, count(sizes))).reshape(self.outputs, -1)
        return self.with_bias(values.reshape((len(x), self.outputs, *sizes))).reshape(top_shape)


class Deconvolution(SpatialFilter):
    def weight_order(self):
        return self.channels, self.outputs

    def output_size(self, size, stride, pad, extent):
        return stride * (size - 1) + extent - 2 * pad

    def filtered(self, x):
        top_shape = self.top_shapes([x.shape])[0]
        sizes, input_sizes = top_shape[self.channel_axis + 1 :], x.shape[self.channel_axis + 1 :]
        x = x.reshape((-1,) + x.shape[self.channel_axis :])
        weights = self.parameter(0).reshape(self.groups, self.channels // self.groups, -1).transpose(0, 2, 1)
        full = [size + 2 * pad for size, pad in zip(sizes, self.pad)]
        inner = (slice(None), *(slice(pad, pad + size) for pad, size in zip(self.pad, sizes)))
        values = np.empty((len(x), self.outputs, *sizes))
        for sample, image in enumerate(x):
            columns = (weights @ image.reshape(self.groups, self.channels // self.groups, -1)).reshape(
                self.outputs, -1, *input_sizes
            )
            spread = np.zeros([self.outputs] + full)
            for index, (_, place) in enumerate(self.taps(input_sizes)):
                spread[(slice(None), *place)] += columns[:, index]
            values[sample] = spread[inner]
        return self.with_bias(values).reshape(top_shape)


class InnerProduct(Layer):
    def set_up(self, shapes):
        param = self.spec.inner_product_param
        self.inputs = count(shapes[0][self.axis(param.axis, len(shapes[0])) :])
        self.require(param.num_output > 0, "num_output must be positive")
        self.add_parameter(*((self.inputs, param.num_output) if param.transpose else (param.num_output, self.inputs)))
        if param.bias_term:
            self.add_parameter(param.num_output)

    def top_shapes(self, shapes):
        param, shape = self.spec.inner_product_param, shapes[0]
        axis = self.axis(param.axis, len(shape))
        self.require(count(shape[axis:]) == self.inputs, "input size incompatible with inner product parameters")
        return [shape[:axis] + (param.num_output,)]

    def compute(self, inputs):
        weights = self.parameter(0)
        values = inputs[0].reshape(-1, self.inputs) @ (
            weights if self.spec.inner_product_param.transpose else weights.T
        )
        if len(self.parameters) > 1:
            values += self.parameter(1)
        return [values.reshape(self.top_shapes([inputs[0].shape])[0])]
