"""Activations, Softmax and Eltwise: what works on each value, or on the same place of several blobs."""

import numpy as np

from .layer import Layer
from .schema import enum_name


class Pointwise(Layer):
    works_in_place = True

    def compute(self, inputs):
        return [self.function(inputs[0])]


class ReLU(Pointwise):
    def function(self, x):
        return np.maximum(x, 0) + self.spec.relu_param.negative_slope * np.minimum(x, 0)


class ELU(Pointwise):
    def function(self, x):
        return np.maximum(x, 0) + self.spec.elu_param.alpha * np.expm1(np.minimum(x, 0))


class Sigmoid(Pointwise):
    def function(self, x):
        return 0.5 * np.tanh(0.5 * x) + 0.5


class TanH(Pointwise):
    def function(self, x):
        return np.tanh(x)


class AbsVal(Pointwise):
    works_in_place = False

    def function(self, x):
        return np.abs(x)


class BNLL(Pointwise):
    def function(self, x):
        return np.logaddexp(0, x)


class Dropout(Pointwise):
    def function(self, x):
        return x.copy()


class Power(Pointwise):
    def function(self, x):
        param = self.spec.power_param
        return (x * param.scale + param.shift) ** param.power


class PReLU(Pointwise):
    def set_up(self, shapes):
        self.require(len(shapes[0]) >= 2, "the bottom must have 2 axes or more")
        self.add_parameter(*(() if self.spec.prelu_param.channel_shared else (shapes[0][1],)))

    def function(self, x):
        slope = self.parameter(0)
        return np.maximum(x, 0) + (slope.reshape((-1,) + (1,) * (x.ndim - 2)) if slope.ndim else slope) * np.minimum(
            x, 0
        )


class Softmax(Layer):
    works_in_place = True

    def set_up(self, shapes):
        self.along = self.axis(self.spec.softmax_param.axis, len(shapes[0]))

    def compute(self, inputs):
        powers = np.exp(inputs[0] - inputs[0].max(self.along, keepdims=True))
        return [powers / powers.sum(self.along, keepdims=True)]


class Eltwise(Layer):
    bottom_count = (2, None)

    def set_up(self, shapes):
        param = self.spec.eltwise_param
        self.operation = enum_name(param, "operation")
        self.require(len(param.coeff) in (0, len(shapes)), "takes one coefficient for each bottom")
        self.require(self.operation == "SUM" or not param.coeff, "takes coefficients for summation only")

    def top_shapes(self, shapes):
        self.require(all(shape == shapes[0] for shape in shapes), f"bottom shapes differ: {shapes}")
        return [shapes[0]]

    def compute(self, inputs):
        if self.operation == "SUM":
            coefficients = self.spec.eltwise_param.coeff or [1] * len(inputs)
            return [sum(coefficient * x for coefficient, x in zip(coefficients, inputs))]
        return [(np.multiply if self.operation == "PROD" else np.maximum).reduce(inputs)]
