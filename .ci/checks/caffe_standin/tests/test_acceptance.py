"""What Caffe refuses is refused, and nothing else."""

import unittest

import numpy as np

from caffe_standin import CaffeFatal, Unsupported

from .nets import INPUT, build, convolution, layer, load

WEIGHTS, BIAS = np.ones((4, 4, 3, 3), np.float32), np.ones(4, np.float32)
PLAIN = INPUT + convolution("c", "data", "c")
WITHOUT_BIAS = INPUT + convolution("c", "data", "c", "bias_term: false")
OLD_INPUT = 'input: "data" input_dim: 2 input_dim: 4 input_dim: 7 input_dim: 6 '
OLD_LAYER = (
    'layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1 blobs_lr: 2 '
    "convolution_param { num_output: 4 kernel_size: 3 } }"
)


class Nets(unittest.TestCase):
    accepted = {
        "an in-place layer whose blob was read before the write": PLAIN
        + layer("ReLU", "r", "c", "c")
        + layer("TanH", "t", "c", "t"),
        "several readers after an in-place layer": PLAIN
        + layer("ReLU", "r", "c", "c")
        + layer("TanH", "t", "c", "t")
        + layer("TanH", "u", "c", "u"),
        "an empty exclude rule drops the layer": INPUT + layer("Upsample", "c", "data", "c", "exclude {}"),
        "an include rule that is not met drops the layer": INPUT
        + layer("Upsample", "c", "data", "c", "include { phase: TRAIN }"),
        "one BatchNorm entry for each blob": INPUT + layer("BatchNorm", "c", "data", "c", "param {} param {} param {}"),
        "layers in the format of V1": OLD_INPUT + OLD_LAYER,
    }
    fatal = {
        "two layers that write one blob": PLAIN + convolution("c2", "data", "c"),
        "two layers of one name": PLAIN + layer("ReLU", "c", "c", "d"),
        "a bottom that nobody writes": PLAIN + layer("ReLU", "r", "x", "y"),
        "an in-place layer beside another reader": PLAIN + layer("TanH", "t", "c", "t") + layer("ReLU", "r", "c", "c"),
        "a Convolution in place": INPUT + convolution("c", "data", "data"),
        "a Flatten in place": PLAIN + layer("Flatten", "f", "c", "c"),
        "more param entries than blobs": INPUT + convolution("c", "data", "c", "bias_term: false", "param {} param {}"),
        "a layer type that Caffe does not know": INPUT + layer("Upsample", "c", "data", "c"),
        "a field that Caffe does not know": INPUT + convolution("c", "data", "c", "foo: 1"),
        "a field twice": INPUT + convolution("c", "data", "c", "group: 1 group: 1"),
        "a bool in quotes": INPUT + convolution("c", "data", "c", 'bias_term: "false"'),
        "include and exclude rules": INPUT + layer("ReLU", "c", "data", "c", "include {} exclude {}"),
        "a second bottom": INPUT + layer("ReLU", "c", "data data", "c"),
        "a learning rate for statistics": INPUT + layer("BatchNorm", "c", "data", "c", "param { lr_mult: 1 }"),
        "a pad as large as the kernel": INPUT
        + layer("Pooling", "c", "data", "c", "pooling_param { kernel_size: 2 pad: 2 }"),
        "layer beside layers": INPUT + OLD_LAYER,
        "a shared parameter of two shapes": PLAIN
        + "".join(
            layer(
                "InnerProduct", name, "c", name, f'inner_product_param {{ num_output: {size} }} param {{ name: "q" }}'
            )
            for name, size in (("i", 3), ("j", 2))
        ),
    }

    def test_accepted(self):
        for what, text in self.accepted.items():
            with self.subTest(what):
                build(text)

    def test_fatal(self):
        for what, text in self.fatal.items():
            with self.subTest(what), self.assertRaises(CaffeFatal):
                build(text)

    def test_what_caffe_knows_and_the_standin_does_not(self):
        with self.assertRaises(Unsupported):
            build(INPUT + layer("MVN", "c", "data", "c"))


SHARED = (
    INPUT
    + convolution("c", "data", "c", "bias_term: false", 'param { name: "q" }')
    + convolution("d", "c", "d", "", 'param { name: "q" }')
)


class WeightsInHDF5(unittest.TestCase):
    accepted = {
        "each blob": (PLAIN, {"data/c/0": WEIGHTS, "data/c/1": BIAS}),
        "other number formats": (PLAIN, {"data/c/0": WEIGHTS.astype("f8"), "data/c/1": BIAS.astype(">f2")}),
        "a sharer without the shared blob": (SHARED, {"data/c/0": WEIGHTS, "data/d/1": BIAS}),
        "a scalar": (
            PLAIN + layer("Scale", "s", "c", "c", "scale_param { num_axes: 0 }"),
            {"data/c/0": WEIGHTS, "data/c/1": BIAS, "data/s/0": np.float32(2)},
        ),
    }
    fatal = {
        "a blob too many": (WITHOUT_BIAS, {"data/c/0": WEIGHTS, "data/c/1": BIAS}),
        "a blob missing": (PLAIN, {"data/c/0": WEIGHTS}),
        "an empty group": (PLAIN, {"data/c": None}),
        "a layer missing": (PLAIN, {"data/x/0": WEIGHTS}),
        "no /data": (PLAIN, {"weights/c/0": WEIGHTS}),
        "a legacy shape": (PLAIN, {"data/c/0": WEIGHTS, "data/c/1": BIAS.reshape(1, 1, 1, 4)}),
        "a sharer without its own blob": (SHARED, {"data/c/0": WEIGHTS, "data/d": None}),
        "a name with a slash": (
            PLAIN + layer("BatchNorm", "c/bn", "c", "e"),
            {"data/c/0": WEIGHTS, "data/c/1": BIAS, "data/c/bn/0": BIAS, "data/c/bn/1": BIAS, "data/c/bn/2": BIAS[:1]},
        ),
    }

    def test_accepted(self):
        for what, (text, datasets) in self.accepted.items():
            with self.subTest(what):
                self.assertEqual(load(text, datasets).notes, [])

    def test_fatal(self):
        for what, (text, datasets) in self.fatal.items():
            with self.subTest(what), self.assertRaises(CaffeFatal):
                load(text, datasets)

    def test_a_surplus_layer_is_told(self):
        self.assertEqual(len(load(PLAIN, {"data/c/0": WEIGHTS, "data/c/1": BIAS, "data/x": None}).notes), 1)
