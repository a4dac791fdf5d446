"""Random nets that Caffe loads: small in every way, with everything that folding may stumble over."""

import random

import numpy as np

from random_net import Layer, RandomNet


class Builder:
    """Adds random layers to a net until it is as large as it is to be."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.net = RandomNet(seed, [], [], ("h5", "h5"))
        self.shapes = {}
        self.open = []  # values that a layer may read; the last ones rather than the first
        self.unread = []
        self.shareable = []

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def built(self):
        net = self.net
        for _ in range(self.pick(1, 1, 1, 2)):
            shape = (self.pick(1, 1, 2), self.pick(1, 2, 3, 4), self.pick(4, 5, 6), self.pick(4, 5))
            self.add("Input", [], [shape], f"input_param {{ shape {{ {dims(shape)} }} }}")
        size = self.pick(3, 5, 8, 12, 16, 24)
        for _ in range(10 * size):
            if len(net.layers) >= size:
                break
            self.random.choice(self.makers())(self.value())
        container = ("h5", "h5", "h5", "caffemodel")
        net.containers = (self.pick(*container), self.pick(*container))
        if self.chance(0.3):
            net.options.append(self.pick("--no-forward", "--only-adjacent", "--merge-only"))
        net.options += [option for option in ("--keep-training",) if self.chance(0.25)]
        if self.chance(0.4):
            net.options.append(self.pick("--bias-as-scale", "--leftover=depthwise", "--leftover=batchnorm"))
        if not {"--merge-only", "--keep-training"} & set(net.options) and self.chance(0.3):
            net.options.append("--remove-constant-channels")
            self.kill_channels()
        if net.containers[0] == "caffemodel" and self.chance(0.5):
            for layer in self.random.sample(net.layers, len(net.layers) // 3):
                layer.name = layer.name.replace("l", "block/l")
        if "--merge-only" not in net.options and self.chance(0.3):
            net.options.append("--equalize")
        return net

    def kill_channels(self):
        """Makes some outputs of linear layers constant."""
        for layer in self.net.layers:
            if layer.type in ("Convolution", "InnerProduct") and "transpose" not in layer.fields and self.chance(0.5):
                layer.blobs[0][self.numbers.random(len(layer.blobs[0])) < 0.4] = 0

    def value(self):
        """What the next layer reads: mostly what nobody reads yet."""
        return self.random.choice(self.unread if self.unread and self.chance(0.7) else self.open)

    def add(self, kind, inputs, shapes, fields="", blobs=(), shared=""):
        net = self.net
        outputs = list(range(net.count, net.count + len(shapes)))
        net.count += len(shapes)
        net.layers.append(
            Layer(
                kind, inputs, outputs, fields, [np.asarray(blob, np.float32) for blob in blobs], shared,
                self.chance(0.6), name=f"l{len(net.layers)}",
            )  # fmt: skip
        )
        self.shapes.update(zip(outputs, shapes))
        self.open += outputs
        self.unread = [value for value in self.unread if value not in inputs] + outputs
        return net.layers[-1]

    def makers(self):
        affine = [self.batch_norm, self.batch_norm, self.scale, self.batch_norm_and_scale, self.bias, self.power]
        linear = [self.convolution, self.convolution, self.convolution, self.deconvolution, self.inner_product]
        pointwise = [self.relu, self.relu, self.activation, self.dropout, self.prelu]
        joining = [self.eltwise, self.eltwise, self.concat, self.concat, self.scale_by_value]
        regrouping = [self.split, self.slice, self.pooling, self.flatten, self.reshape, self.crop, self.softmax, self.lrn]
        return affine * 3 + linear * 3 + pointwise * 2 + joining * 2 + regrouping + [self.again, self.again]

    def normal(self, *shape):
        return self.numbers.standard_normal(shape)

    def factors(self, count):
        factors = self.numbers.uniform(0.3, 2, count) * self.numbers.choice([1, 1, 1, -1], count)
        if self.chance(0.1):
            factors[self.numbers.integers(count)] = 0
        return np.abs(factors) if self.chance(0.3) else factors

    # Affine layers

    def batch_norm(self, value):
        shape = self.shapes[value]
        if len(shape) < 2:
            return None
        count, factor = shape[1], self.pick(1, 2, 999.98)
        blobs = [self.normal(count) * factor, self.numbers.uniform(0.3, 3, count) * factor, [factor]]
        fields = self.pick("", "", "batch_norm_param { eps: 0.01 }", "batch_norm_param { use_global_stats: true }")
        return self.add("BatchNorm", [value], [shape], fields, blobs)

    def batch_norm_and_scale(self, value):
        if len(self.shapes[value]) >= 2:
            self.batch_norm(value)
            self.scale(self.net.layers[-1].outputs[0])

    def scale(self, value):
        shape = self.shapes[value]
        has_bias = self.chance(0.6)
        fields, sizes = self.affine_axes(shape)
        count = int(np.prod(sizes))
        blobs = [self.factors(count).reshape(sizes)] + ([self.normal(*sizes)] if has_bias else [])
        fields += " bias_term: true" if has_bias else ""
        return self.add("Scale", [value], [shape], f"scale_param {{ {fields} }}" if fields else "", blobs)

    def bias(self, value):
        fields, sizes = self.affine_axes(self.shapes[value])
        fields = f"bias_param {{ {fields} }}" if fields else ""
        return self.add("Bias", [value], [self.shapes[value]], fields, [self.normal(*sizes)])

    def affine_axes(self, shape):
        """Mostly one number for each channel, at times one for all, or one for each number of an image."""
        if self.chance(0.1):
            return "num_axes: 0", ()
        if self.chance(0.05):
            return "num_axes: -1", shape[1:]
        return "", shape[1:2]

    def power(self, value):
        fields = self.pick(
            "scale: -1", "scale: -1", "shift: 0.5", "scale: 0.25 shift: -1", "scale: -2", "", "power: 2", "power: 2 shift: 1"
        )
        return self.add("Power", [value], [self.shapes[value]], f"power_param {{ {fields} }}" if fields else "")

    def scale_by_value(self, value):
        """One factor for each image and channel, from another value."""
        shape = self.shapes[value]
        for other in self.random.sample(self.open, len(self.open)):
            factors = self.shapes[other]
            if factors in (shape[:2], shape[:1], shape) and other != value:
                bias = [self.normal(*factors)] if self.chance(0.2) else []
                fields = "axis: 0" + (" bias_term: true" if bias else "")
                return self.add("Scale", [value, other], [shape], f"scale_param {{ {fields} }}", bias)
        if len(shape) == 4:
            pooled = self.add("Pooling", [value], [shape[:2] + (1, 1)], "pooling_param { pool: AVE global_pooling: true }")
            flat = self.add("Flatten", pooled.outputs, [shape[:2]])
            gate = self.add("Sigmoid", flat.outputs, [shape[:2]])
            return self.add("Scale", [value, *gate.outputs], [shape], "scale_param { axis: 0 }")
        return None

    # Linear layers

    def convolution(self, value, kind="Convolution"):
        shape = self.shapes[value]
        if len(shape) != 4:
            return None
        outputs, kernel, stride = self.pick(1, 2, 3, 4), self.pick(1, 1, 3, 2), self.pick(1, 1, 1, 2)
        pad = self.random.randrange(kernel)
        group = self.pick(*(group for group in (1, 2, 3, 4) if shape[1] % group == outputs % group == 0))
        if kind == "Convolution":
            sizes = tuple((size + 2 * pad - kernel) // stride + 1 for size in shape[2:])
            weights = (outputs, shape[1] // group, kernel, kernel)
        else:
            sizes = tuple(stride * (size - 1) + kernel - 2 * pad for size in shape[2:])
            weights = (shape[1], outputs // group, kernel, kernel)
        if min(sizes) < 1 or max(sizes) > 12:
            return None
        fields = f"num_output: {outputs} kernel_size: {kernel}"
        fields += f" pad: {pad}" if pad else ""
        fields += f" stride: {stride}" if stride > 1 else ""
        fields += f" group: {group}" if group > 1 else ""
        blobs = [self.normal(*weights) / np.sqrt(shape[1] // group * kernel * kernel)]
        if self.chance(0.5):
            blobs.append(self.normal(outputs))
        else:
            fields += " bias_term: false"
        values = [value]
        if self.chance(0.08):
            values += [self.random.choice([other for other in self.open if self.shapes[other] == shape])]
        top = (shape[0], outputs, *sizes)
        return self.add(kind, values, [top] * len(values), f"convolution_param {{ {fields} }}", blobs)

    def deconvolution(self, value):
        return self.convolution(value, "Deconvolution")

    def inner_product(self, value):
        shape = self.shapes[value]
        axis = 1 if self.chance(0.9) else self.random.randrange(1, max(2, len(shape)))
        if len(shape) <= axis:
            return None
        inputs, outputs, transposes = int(np.prod(shape[axis:])), self.pick(2, 3, 4), self.chance(0.3)
        fields = f"num_output: {outputs}" + (" transpose: true" if transposes else "")
        fields += f" axis: {axis}" if axis != 1 else ""
        blobs = [self.normal(*((inputs, outputs) if transposes else (outputs, inputs))) / np.sqrt(inputs)]
        if self.chance(0.5):
            blobs.append(self.normal(outputs))
        else:
            fields += " bias_term: false"
        return self.add("InnerProduct", [value], [shape[:axis] + (outputs,)], f"inner_product_param {{ {fields} }}", blobs)

    def again(self, value):
        """Another layer with the parameters of one that is there: on another value, or on the same one."""
        layers = [layer for layer in self.net.layers if layer.blobs and len(layer.inputs) == 1]
        if not layers:
            return
        first = self.random.choice(layers)
        shape = self.shapes[first.inputs[0]]
        values = [other for other in self.open if self.shapes[other] == shape]
        first.shared = first.shared or f"{first.name}-"
        twin = self.add(
            first.type, [self.random.choice(values)], [self.shapes[first.outputs[0]]], first.fields, first.blobs, first.shared
        )
        twin.blobs = first.blobs

    # Layers without parameters

    def relu(self, value):
        self.add("ReLU", [value], [self.shapes[value]], self.pick("", "", "relu_param { negative_slope: 0.1 }"))

    def activation(self, value):
        self.add(self.pick("Sigmoid", "TanH", "ELU", "AbsVal", "BNLL"), [value], [self.shapes[value]])

    def prelu(self, value):
        shape = self.shapes[value]
        if self.chance(0.3):
            self.add("PReLU", [value], [shape], "prelu_param { channel_shared: true }", [self.numbers.uniform(0, 0.5)])
        elif len(shape) >= 2:
            self.add("PReLU", [value], [shape], "", [self.numbers.uniform(-0.2, 0.5, shape[1])])

    def dropout(self, value):
        self.add("Dropout", [value], [self.shapes[value]])

    def softmax(self, value):
        self.add("Softmax", [value], [self.shapes[value]])

    def lrn(self, value):
        if len(self.shapes[value]) == 4:
            self.add("LRN", [value], [self.shapes[value]], "lrn_param { local_size: 3 }")

    def pooling(self, value):
        shape = self.shapes[value]
        if len(shape) != 4:
            return
        method = self.pick("MAX", "AVE")
        if self.chance(0.2):
            self.add("Pooling", [value], [shape[:2] + (1, 1)], f"pooling_param {{ pool: {method} global_pooling: true }}")
            return
        kernel, stride, pad = self.pick(2, 3), self.pick(1, 2), self.pick(0, 0, 1)
        if min(shape[2:]) < kernel:
            return
        sizes = tuple(-(-(size + 2 * pad - kernel) // stride) + 1 for size in shape[2:])
        if pad:
            sizes = tuple(count - ((count - 1) * stride >= size + pad) for count, size in zip(sizes, shape[2:]))
        fields = f"pool: {method} kernel_size: {kernel} stride: {stride}" + (f" pad: {pad}" if pad else "")
        self.add("Pooling", [value], [shape[:2] + sizes], f"pooling_param {{ {fields} }}")

    def eltwise(self, value):
        shape = self.shapes[value]
        alike = [other for other in self.open if self.shapes[other] == shape]
        values = [value] + [self.random.choice(alike) for _ in range(self.pick(1, 1, 1, 2))]
        operation = self.pick("SUM", "SUM", "SUM", "PROD", "MAX")
        fields = "" if operation == "SUM" else f"operation: {operation}"
        if operation == "SUM" and self.chance(0.3):
            fields = " ".join(f"coeff: {self.pick(1, -1, 0.5, 2)}" for _ in values)
        self.add("Eltwise", values, [shape], f"eltwise_param {{ {fields} }}" if fields else "")

    def concat(self, value):
        shape = self.shapes[value]
        axis = 1 if self.chance(0.85) else self.random.randrange(len(shape))

        def rest(other):
            return other[:axis] + other[axis + 1 :]

        if axis >= len(shape):
            return
        alike = [
            other for other in self.open
            if len(self.shapes[other]) == len(shape) and rest(self.shapes[other]) == rest(shape)
        ]  # fmt: skip
        values = [value] + [self.random.choice(alike) for _ in range(self.pick(0, 1, 1, 1, 2))]
        length = sum(self.shapes[other][axis] for other in values)
        if length <= 12:
            fields = f"concat_param {{ axis: {axis} }}" if axis != 1 else ""
            self.add("Concat", values, [shape[:axis] + (length,) + shape[axis + 1 :]], fields)

    def slice(self, value):
        shape = self.shapes[value]
        axis = 1 if self.chance(0.85) else self.random.randrange(len(shape))
        if axis >= len(shape) or shape[axis] < 2:
            return
        point = self.random.randrange(1, shape[axis])
        fields = f"slice_point: {point}" + (f" axis: {axis}" if axis != 1 else "")
        tops = [shape[:axis] + (count,) + shape[axis + 1 :] for count in (point, shape[axis] - point)]
        self.add("Slice", [value], tops, f"slice_param {{ {fields} }}")

    def split(self, value):
        self.add("Split", [value], [self.shapes[value]] * self.pick(1, 2, 2, 3))

    def flatten(self, value):
        shape = self.shapes[value]
        if len(shape) > 1:
            self.add("Flatten", [value], [(shape[0], int(np.prod(shape[1:])))])

    def reshape(self, value):
        shape = self.shapes[value]
        if len(shape) == 4:
            top = self.pick((shape[0], shape[1], shape[2] * shape[3]), (shape[0], shape[1] * shape[2], 1, shape[3]), shape)
            self.add("Reshape", [value], [top], f"reshape_param {{ shape {{ {dims(top)} }} }}")

    def crop(self, value):
        shape = self.shapes[value]
        smaller = [
            other for other in self.open
            if len(shape) == len(self.shapes[other]) == 4 and self.shapes[other][2] <= shape[2]
            and self.shapes[other][3] <= shape[3]
        ]  # fmt: skip
        if smaller:
            like = self.random.choice(smaller)
            self.add("Crop", [value, like], [shape[:2] + self.shapes[like][2:]])


def dims(shape):
    return " ".join(f"dim: {size}" for size in shape)
