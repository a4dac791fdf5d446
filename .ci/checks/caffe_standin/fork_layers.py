"""Layers of forks that the real models use. Plain Caffe does not know them; they serve only to compare a net with its
folded form.
"""

import numpy as np

from .affine_layers import BatchNorm
from .layer import Layer
from .linear_layers import Convolution


class DepthwiseConvolution(Convolution):
    """A Convolution with a faster kernel: the same fields, weights and values."""


class Upsample(Layer):
    """Repeats each pixel (nearest neighbour), as in MobileNet-YOLO."""

    def top_shapes(self, shapes):
        scale = self.spec.upsample_param.scale
        return [shapes[0][:2] + tuple(size * scale for size in shapes[0][2:])]

    def compute(self, inputs):
        scale = self.spec.upsample_param.scale
        return [np.repeat(np.repeat(inputs[0], scale, 2), scale, 3)]


class XilinxBatchNorm(BatchNorm):
    """Vitis' BatchNorm of five blobs: gamma, beta, mean, variance (of 1xCx1x1) and one that inference does not use.

    Its prototxts say `use_global_stats: false` throughout; inference uses the stored statistics all the same.
    """

    def set_up(self, shapes):
        self.channels = shapes[0][1]
        for _ in range(4):
            self.add_parameter(1, self.channels, 1, 1)
        self.add_parameter(1, 1, 1, 1)

    def compute(self, inputs):
        gamma, beta, mean, variance = (self.parameter(index) for index in range(4))
        return [(inputs[0] - mean) / np.sqrt(variance + self.spec.batch_norm_param.eps) * gamma + beta]


FORK_LAYERS = {"DepthwiseConvolution": DepthwiseConvolution, "Upsample": Upsample}
XILINX_LAYERS = {"BatchNorm": XilinxBatchNorm}
