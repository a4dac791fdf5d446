"""Layers that move values and compute nothing."""

import numpy as np

from .layer import Layer, count


def chosen_axis(layer, param, old_field, rank):
    """The axis of Concat or Slice, which older nets give as an unsigned `concat_dim` or `slice_dim`."""
    layer.require(
        not (param.HasField("axis") and param.HasField(old_field)),
        f"either axis or {old_field} should be specified; not both",
    )
    return layer.axis(getattr(param, old_field) if param.HasField(old_field) else param.axis, rank)


class Concat(Layer):
    bottom_count = (1, None)

    def top_shapes(self, shapes):
        axis = chosen_axis(self, self.spec.concat_param, "concat_dim", len(shapes[0]))
        rest = [shape[:axis] + shape[axis + 1 :] for shape in shapes]
        self.require(
            all(shape == rest[0] for shape in rest),
            f"all bottoms must have the same shape, except along axis {axis}: {shapes}",
        )
        return [shapes[0][:axis] + (sum(shape[axis] for shape in shapes),) + shapes[0][axis + 1 :]]

    def compute(self, inputs):
        axis = chosen_axis(self, self.spec.concat_param, "concat_dim", inputs[0].ndim)
        return [inputs[0] if len(inputs) == 1 else np.concatenate(inputs, axis)]


class Slice(Layer):
    top_count = (1, None)

    def pieces(self, shape):
        param, tops = self.spec.slice_param, len(self.spec.top)
        axis = chosen_axis(self, param, "slice_dim", len(shape))
        size = shape[axis]
        if param.slice_point:
            points = [0, *param.slice_point, size]
            self.require(len(points) == tops + 1, "needs one slice_point less than tops")
        else:
            self.require(size % tops == 0, f"{tops} tops do not evenly divide axis {axis} of {size}")
            points = list(range(0, size + 1, size // tops))
        self.require(all(low < high for low, high in zip(points, points[1:])), f"slice points {points} do not ascend")
        return [(slice(None),) * axis + (slice(low, high),) for low, high in zip(points, points[1:])], axis

    def top_shapes(self, shapes):
        pieces, axis = self.pieces(shapes[0])
        return [shapes[0][:axis] + (piece[axis].stop - piece[axis].start,) + shapes[0][axis + 1 :] for piece in pieces]

    def compute(self, inputs):
        pieces, _ = self.pieces(inputs[0].shape)
        return [inputs[0] if len(pieces) == 1 else inputs[0][piece].copy() for piece in pieces]


class Split(Layer):
    top_count = (1, None)

    def top_shapes(self, shapes):
        return [shapes[0]] * len(self.spec.top)

    def compute(self, inputs):
        return [inputs[0]] * len(self.spec.top)


class Flatten(Layer):
    def top_shapes(self, shapes):
        param, shape = self.spec.flatten_param, shapes[0]
        first, last = self.axis(param.axis, len(shape)), self.axis(param.end_axis, len(shape))
        return [shape[:first] + (count(shape[first : last + 1]),) + shape[last + 1 :]]

    def compute(self, inputs):
        return [inputs[0].reshape(self.top_shapes([inputs[0].shape])[0])]


class Reshape(Layer):
    def top_shapes(self, shapes):
        param, shape = self.spec.reshape_param, shapes[0]
        first = param.axis if param.axis >= 0 else len(shape) + param.axis + 1
        last = len(shape) if param.num_axes == -1 else first + param.num_axes
        self.require(0 <= first <= last <= len(shape), "its axes are out of range")
        self.require(
            first + len(param.shape.dim) <= len(shape) or 0 not in param.shape.dim[len(shape) - first :],
            "a 0 has no axis to copy",
        )
        sizes = [shape[first + index] if size == 0 else size for index, size in enumerate(param.shape.dim)]
        self.require(sizes.count(-1) <= 1 and all(size >= -1 for size in sizes), f"impossible shape {sizes}")
        if -1 in sizes:
            known = count(shape[:first]) * count(shape[last:]) * count(size for size in sizes if size != -1)
            self.require(known > 0, "the -1 cannot be told")
            sizes[sizes.index(-1)] = count(shape) // known
        top = shape[:first] + tuple(sizes) + shape[last:]
        self.require(count(top) == count(shape), f"output count must match input count: {shape} to {top}")
        return [top]

    def compute(self, inputs):
        return [inputs[0].reshape(self.top_shapes([inputs[0].shape])[0])]


class Crop(Layer):
    bottom_count = (2, 2)

    def window(self, shapes):
        param, (shape, like) = self.spec.crop_param, shapes
        first = self.axis(param.axis, len(shape))
        cropped = len(shape) - first
        offsets = list(param.offset) or [0]
        self.require(len(offsets) in (1, cropped), "needs one offset, or one for each axis that is cropped")
        self.require(len(like) >= len(shape), "the second bottom has fewer axes")
        offsets = [0] * first + (offsets * cropped if len(offsets) == 1 else offsets)
        sizes = shape[:first] + like[first : len(shape)]
        self.require(
            all(offset + size <= have for offset, size, have in zip(offsets, sizes, shape)), "the crop is out of bounds"
        )
        return tuple(slice(offset, offset + size) for offset, size in zip(offsets, sizes))

    def top_shapes(self, shapes):
        return [tuple(piece.stop - piece.start for piece in self.window(shapes))]

    def compute(self, inputs):
        return [inputs[0][self.window([x.shape for x in inputs])].copy()]


class Silence(Layer):
    bottom_count, top_count = (1, None), (0, 0)

    def top_shapes(self, shapes):
        return []

    def compute(self, inputs):
        return []
