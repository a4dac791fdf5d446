"""Makes a random model of ONNX from a seed: convolutions, products of matrices, normalisations and arithmetic with constants in all shapes, with
branches, movements of axes and graphs inside nodes between them. Runs inside an environment with onnx.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSETS = (11, 13, 15, 17, 20)
ACTIVATIONS = ("Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "Elu", "Abs")


class Net:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.opset = int(self.random.choice(OPSETS))
        self.nodes, self.tensors, self.count = [], [], 0
        # The values so far, with their shapes; nobody has read those of `fresh`.
        self.shapes, self.fresh = {}, []
        self.outputs, self.weights = [], {}

    def chance(self, share):
        return self.random.random() < share

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def name(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}" if self.random.random() < 0.9 else f"{prefix}/{self.count}:0"

    def constant(self, numbers, kind="f4"):
        name = self.name("c")
        tensor = numpy_helper.from_array(np.ascontiguousarray(np.asarray(numbers, kind)), name)
        if self.chance(0.25):
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.tensors.append(tensor)
        return name

    def node(self, kind, inputs, shape, outputs=1, **attributes):
        names = [self.name("v") for _ in range(outputs)]
        label = "" if self.chance(0.3) else f"{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, names, name=label, **attributes))
        shapes = shape if outputs > 1 else [shape]
        for name, each in zip(names, shapes):
            self.shapes[name] = tuple(each)
        return names if outputs > 1 else names[0]

    def numbers(self, *shape):
        """Away from 0, of either sign, so that nothing grows or dies."""
        return self.random.uniform(0.5, 1.6, shape) * self.random.choice([-1, 1, 1], shape)

    def weight(self, *shape):
        """A weight, now and then one that another layer has as well."""
        if shape in self.weights and self.chance(0.15):
            return self.weights[shape]
        fan = max(int(np.prod(shape[1:])), 1)
        self.weights[shape] = self.constant(self.random.normal(0, 1 / np.sqrt(fan), shape))
        return self.weights[shape]

    # Layers

    def convolution(self, x):
        n, c, h, w = self.shapes[x]
        size = self.pick([1, 1, 3]) if min(h, w) >= 3 else 1
        group = self.pick([1, 1, c, 2 if c % 2 == 0 else 1])
        stride, pad = self.pick([1, 1, 2]), self.pick([0, 1]) if size == 3 else 0
        outputs = group * self.pick([1, 2, 3]) if group > 1 else self.pick([2, 3, 4, 6])
        inputs = [x, self.weight(outputs, c // group, size, size)]
        if self.chance(0.6):
            inputs.append(self.constant(self.random.normal(0, 1, outputs)))
        shape = (n, outputs, (h + 2 * pad - size) // stride + 1, (w + 2 * pad - size) // stride + 1)
        return self.node("Conv", inputs, shape, group=group, strides=[stride] * 2, pads=[pad] * 4, kernel_shape=[size] * 2)

    def transposed_convolution(self, x):
        n, c, h, w = self.shapes[x]
        group = self.pick([1, c, 2 if c % 2 == 0 else 1])
        outputs = self.pick([1, 2])
        inputs = [x, self.weight(c, outputs, 2, 2)]
        if self.chance(0.5):
            inputs.append(self.constant(self.random.normal(0, 1, outputs * group)))
        return self.node("ConvTranspose", inputs, (n, outputs * group, 2 * h, 2 * w), group=group, strides=[2, 2], kernel_shape=[2, 2])

    def normalization(self, x):
        c = self.shapes[x][1]
        numbers = [self.numbers(c), self.random.normal(0, 1, c), self.random.normal(0, 1, c), self.random.uniform(0.5, 2, c)]
        return self.node("BatchNormalization", [x] + [self.constant(each) for each in numbers], self.shapes[x], epsilon=self.pick([1e-5, 1e-3]))

    def arithmetic(self, x):
        """With a constant: one number, one for each channel, or one for each entry of other axes."""
        shape = self.shapes[x]
        kind = self.random.random()
        lengths = [1] * len(shape)
        if kind < 0.55:
            lengths[1] = shape[1]
        elif kind < 0.7:
            lengths[self.pick(range(len(shape)))] = -1
        elif kind < 0.8:
            lengths[1:] = shape[1:]
        lengths = [shape[axis] if length == -1 else length for axis, length in enumerate(lengths)]
        while len(lengths) and lengths[0] == 1 and self.chance(0.6):
            lengths = lengths[1:]
        operator = self.pick(["Mul", "Add", "Sub", "Div"])
        inputs = [x, self.constant(self.numbers(*lengths))]
        if operator != "Div" and self.chance(0.4):
            inputs.reverse()
        return self.node(operator, inputs, shape)

    def activation(self, x):
        kind = self.pick(ACTIVATIONS)
        if self.chance(0.1):
            shape = (self.shapes[x][1],) + (1,) * (len(self.shapes[x]) - 2)
            return self.node("PRelu", [x, self.constant(self.random.uniform(0.1, 0.5, shape))], self.shapes[x])
        if self.chance(0.1):
            return self.node("Clip", [x, self.constant(-1.0), self.constant(2.0)], self.shapes[x])
        return self.node(kind, [x], self.shapes[x])

    def product(self, x):
        n, k = self.shapes[x]
        m = self.pick([2, 3, 5])
        if self.chance(0.5):
            y = self.node("MatMul", [x, self.weight(k, m)], (n, m))
            return self.node("Add", [y, self.constant(self.random.normal(0, 1, m))], (n, m)) if self.chance(0.5) else y
        transposed = self.pick([0, 1])
        inputs = [x, self.weight(*((m, k) if transposed else (k, m)))]
        shape = self.pick([None, (m,), (1, m), (n, m), (n, 1), (1,)])
        if shape:
            inputs.append(self.constant(self.random.normal(0, 1, shape)))
        return self.node("Gemm", inputs, (n, m), transB=transposed, alpha=self.pick([1.0, 0.5, -2.0]), beta=self.pick([1.0, 0.5]))

    def row_product(self, x):
        n, rows, k = self.shapes[x]
        m = self.pick([2, 4])
        y = self.node("MatMul", [x, self.weight(k, m)], (n, rows, m))
        return self.node("Add", [y, self.constant(self.random.normal(0, 1, m))], (n, rows, m)) if self.chance(0.5) else y

    def pool(self, x):
        n, c, h, w = self.shapes[x]
        if min(h, w) < 3 or self.chance(0.2):
            return self.node("GlobalAveragePool", [x], (n, c, 1, 1))
        pad = self.pick([0, 1])
        shape = (n, c, (h + 2 * pad - 3) // 2 + 1, (w + 2 * pad - 3) // 2 + 1)
        kind = self.pick(["MaxPool", "AveragePool"])
        more = {"count_include_pad": self.pick([0, 1])} if kind == "AveragePool" else {}
        return self.node(kind, [x], shape, kernel_shape=[3, 3], strides=[2, 2], pads=[pad] * 4, **more)

    def padding(self, x):
        n, c, h, w = self.shapes[x]
        inputs = [x, self.constant([0, 0, 1, 0, 0, 0, 0, 1], "i8")]
        if self.chance(0.3):
            inputs.append(self.constant(1.5))
        return self.node("Pad", inputs, (n, c, h + 1, w + 1))

    def movement(self, x):
        """Moves elements, and mostly moves them back."""
        shape = self.shapes[x]
        if len(shape) == 2:
            return self.node("Identity", [x], shape)
        kind = self.random.random()
        if len(shape) == 4 and kind < 0.25 and shape[1] % 2 == 0:
            n, c, h, w = shape
            y = self.node("Reshape", [x, self.constant([n, 2, c // 2, h, w], "i8")], (n, 2, c // 2, h, w))
            y = self.node("Transpose", [y], (n, c // 2, 2, h, w), perm=[0, 2, 1, 3, 4])
            return self.node("Reshape", [y, self.constant([n, c, h, w], "i8")], shape)
        if len(shape) == 4 and kind < 0.4:
            n, c, h, w = shape
            return self.node("Reshape", [x, self.constant([0, 0, -1], "i8")], (n, c, h * w))
        if len(shape) == 4 and kind < 0.5 and shape[1] % 4 == 0:
            n, c, h, w = shape
            return self.node("DepthToSpace", [x], (n, c // 4, 2 * h, 2 * w), blocksize=2, mode=self.pick(["DCR", "CRD"]))
        if kind < 0.65:
            return self.node("Flatten", [x], (shape[0], int(np.prod(shape[1:]))))
        order = [0] + [int(axis) for axis in self.random.permutation(range(1, len(shape)))]
        y = self.node("Transpose", [x], [shape[axis] for axis in order], perm=order)
        for _ in range(self.pick([0, 1, 2])):
            y = self.pick([self.arithmetic, self.activation])(y)
        if self.chance(0.6):
            return self.node("Transpose", [y], shape, perm=[order.index(axis) for axis in range(len(shape))])
        return y

    def parts(self, x):
        """A part of the channels, or all of them as parts that come together again."""
        shape = self.shapes[x]
        c = shape[1]
        if c < 2 or self.chance(0.4):
            length = max(c // 2, 1)
            inputs = [x, self.constant([0], "i8"), self.constant([length], "i8"), self.constant([1], "i8")]
            return self.node("Slice", inputs, (shape[0], length) + shape[2:])
        sizes = [c // 2, c - c // 2]
        shapes = [(shape[0], size) + shape[2:] for size in sizes]
        if self.opset >= 13:
            parts = self.node("Split", [x, self.constant(sizes, "i8")], shapes, outputs=2, axis=1)
        else:
            parts = self.node("Split", [x], shapes, outputs=2, axis=1, split=sizes)
        if self.chance(0.5):
            parts = [self.normalization(parts[0]), self.activation(parts[1])]
        return self.node("Concat", parts, shape, axis=1)

    def meeting(self, x):
        """Two values: added, multiplied, or side by side."""
        shape = self.shapes[x]
        same = [name for name, other in self.shapes.items() if other == shape]
        other = self.pick(same)
        if self.chance(0.35):
            beside = [name for name, each in self.shapes.items() if len(each) == len(shape) and each[2:] == shape[2:] and each[0] == shape[0]]
            other = self.pick(beside)
            joined = (shape[0], shape[1] + self.shapes[other][1]) + shape[2:]
            return self.node("Concat", [x, other], joined, axis=1)
        return self.node(self.pick(["Add", "Add", "Sub", "Max", "Mul"]), [x, other], shape)

    def choice(self, x):
        """A graph inside a node that reads a value from around it."""
        shape = self.shapes[x]
        condition = self.name("c")
        self.tensors.append(numpy_helper.from_array(np.array(self.chance(0.5)), condition))
        branches = []
        for kind in ("Mul", "Identity"):
            written = self.name("b")
            inputs = [x]
            tensors = []
            if kind == "Mul":
                tensors = [numpy_helper.from_array(self.numbers(shape[1], *[1] * (len(shape) - 2)).astype("f4"), self.name("c"))]
                inputs.append(tensors[0].name)
            node = helper.make_node(kind, inputs, [written])
            info = helper.make_tensor_value_info(written, TensorProto.FLOAT, list(shape))
            branches.append(helper.make_graph([node], "branch", [], [info], tensors))
        return self.node("If", [condition], shape, then_branch=branches[0], else_branch=branches[1])

    def step(self, x):
        rank = len(self.shapes[x])
        common = [self.normalization, self.arithmetic, self.arithmetic, self.activation, self.meeting, self.parts, self.movement]
        own = {
            2: [self.product, self.product],
            3: [self.row_product],
            4: [self.convolution, self.convolution, self.convolution, self.transposed_convolution, self.pool, self.padding],
        }.get(rank, [])
        if self.chance(0.04):
            return self.choice(x)
        return self.pick(common + own)(x)

    def model(self):
        shape = self.pick([(2, 3, 6, 6), (2, 4, 5, 5), (1, 6, 8, 8), (3, 5), (2, 4, 5)])
        self.shapes["x"] = shape
        last = "x"
        for _ in range(int(self.random.integers(4, 14))):
            if self.chance(0.15):
                last = self.pick(list(self.shapes))
            if int(np.prod(self.shapes[last])) > 20000:
                break
            last = self.step(last)
            if self.chance(0.08):
                self.outputs.append(last)
        if self.chance(0.2):
            last = self.node("Softmax", [last], self.shapes[last], axis=1)
        outputs = [name for name in dict.fromkeys(self.outputs + [last]) if name != "x"]
        if not outputs:
            outputs = [self.node("Relu", ["x"], shape)]
        known = self.chance(0.8)
        graph = helper.make_graph(
            self.nodes, "random",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(self.shapes[name]) if known else None) for name in outputs],
            self.tensors,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model) if self.chance(0.5) else model


def make(seed, path):
    onnx.save(Net(seed).model(), path)
