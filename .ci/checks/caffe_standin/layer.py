"""What all layers have in common."""

import math

import numpy as np

from .errors import require

# The number of the phase that every net here is built for.
TEST = 1


class Blob:
    """A value between layers. `data` is None until the net ran."""

    def __init__(self, name):
        self.name, self.shape, self.data = name, (), None


class Parameter:
    """The storage of one parameter, which layers that share it hold in common; each sees it in its own shape."""

    def __init__(self, count):
        self.data = np.full(count, np.nan)
        self.is_loaded = False


class Layer:
    """One layer of a net: shapes and parameters are worked out once, `compute` runs it.

    `bottom_count` and `top_count` are (least, most), None for no limit. `works_in_place` tells whether Caffe's code may
    write a top over its bottom; where it may not, Caffe either aborts or silently computes garbage.
    """

    bottom_count = top_count = (1, 1)
    works_in_place = False

    def __init__(self, spec):
        self.spec, self.name, self.type = spec, spec.name, spec.type
        self.bottoms, self.tops = [], []
        self.parameters, self.parameter_shapes, self.is_shared = [], [], []

    def require(self, condition, message):
        require(condition, f"layer '{self.name}' ({self.type}): {message}")

    def axis(self, axis, rank):
        """CanonicalAxisIndex."""
        self.require(-rank <= axis < rank, f"axis {axis} out of range for a {rank}-D blob")
        return axis % rank

    def add_parameter(self, *shape):
        self.parameter_shapes.append(tuple(int(size) for size in shape))

    def parameter(self, index):
        return self.parameters[index].data.reshape(self.parameter_shapes[index])

    def set_up(self, shapes):
        """Checks the fields and adds the parameters. `shapes` are those of the bottoms."""

    def top_shapes(self, shapes):
        return [shapes[0]]

    def compute(self, inputs):
        """The tops' values. An array that shares memory with an input stays shared, where Caffe calls ShareData."""
        raise NotImplementedError


class Input(Layer):
    bottom_count, top_count = (0, 0), (1, None)

    def set_up(self, shapes):
        given, count = self.spec.input_param.shape, len(self.spec.top)
        self.require(
            len(given) in (0, 1, count),
            f"must specify 'shape' once, or once per top, or not at all: {len(given)} for {count}",
        )
        dims = [tuple(shape.dim) for shape in given] or [()]
        self.shapes = dims * count if len(dims) == 1 else dims
        self.require(all(size >= 0 for shape in self.shapes for size in shape), "negative dim")

    def top_shapes(self, shapes):
        return self.shapes


def count(shape):
    return math.prod(int(size) for size in shape)
