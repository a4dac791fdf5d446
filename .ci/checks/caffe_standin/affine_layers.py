"""BatchNorm, Scale and Bias."""

import numpy as np

from .errors import Unsupported
from .layer import TEST, Layer


class BatchNorm(Layer):
    works_in_place = True

    def set_up(self, shapes):
        param, shape = self.spec.batch_norm_param, shapes[0]
        if not (param.use_global_stats if param.HasField("use_global_stats") else self.spec.phase == TEST):
            raise Unsupported(f"layer '{self.name}': BatchNorm normalises by the batch")
        self.require(len(shape) > 1, "1-D input")
        self.require(
            all(entry.lr_mult == 0 for entry in self.spec.param), "cannot configure its statistics as layer parameters"
        )
        self.channels = shape[1]
        for size in (self.channels, self.channels, 1):
            self.add_parameter(size)

    def top_shapes(self, shapes):
        self.require(shapes[0][1] == self.channels, "the number of channels changed")
        return [shapes[0]]

    def statistics(self):
        factor = self.parameter(2)[0]
        return (self.parameter(0) / factor, self.parameter(1) / factor) if factor else (np.zeros(self.channels),) * 2

    def compute(self, inputs):
        mean, variance = self.statistics()
        deviation = np.sqrt(variance + self.spec.batch_norm_param.eps)
        across = (1, -1) + (1,) * (inputs[0].ndim - 2)
        return [(inputs[0] - mean.reshape(across)) / deviation.reshape(across)]


class Scale(Layer):
    """Factor and term along some axes. With two bottoms the second one is the factor, not a parameter."""

    works_in_place = True
    bottom_count = (1, 2)
    multiplies = True

    def set_up(self, shapes):
        self.param = self.spec.scale_param if self.multiplies else self.spec.bias_param
        axes_of_parameter = self.param.num_axes
        if len(shapes) == 1:
            self.add_operand(shapes[0], axes_of_parameter)
        if self.multiplies and self.param.bias_term:
            self.add_operand(shapes[0], axes_of_parameter if len(shapes) == 1 else len(shapes[1]))

    def add_operand(self, shape, axis_count):
        self.require(axis_count >= -1, "num_axes must be non-negative, or -1")
        axis = self.axis(self.param.axis, len(shape))
        self.require(axis + axis_count <= len(shape), "its operand extends past the bottom's shape")
        self.add_parameter(*(shape[axis:] if axis_count == -1 else shape[axis : axis + axis_count]))

    def broadcast(self, shape, operand):
        """The operand's shape with ones behind, so that it lies at `axis`."""
        axis = self.axis(self.param.axis, len(shape)) if operand else 0
        self.require(
            shape[axis : axis + len(operand)] == operand, f"operand {operand} does not fit at axis {axis} of {shape}"
        )
        return operand + (1,) * (len(shape) - axis - len(operand))

    def top_shapes(self, shapes):
        for operand in shapes[1:] + self.parameter_shapes:
            self.broadcast(shapes[0], operand)
        return [shapes[0]]

    def compute(self, inputs):
        values = inputs[0]
        operands = inputs[1:] + [self.parameter(index) for index in range(len(self.parameters))]
        operands = [operand.reshape(self.broadcast(values.shape, operand.shape)) for operand in operands]
        if self.multiplies:
            values = values * operands.pop(0)
        for term in operands:
            values = values + term
        return [values]


class Bias(Scale):
    multiplies = False
