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


class NVCaffeBatchNorm(BatchNorm):
    """NVCaffe's BatchNorm: with `scale_bias` gamma and beta behind the third blob, which is never read; eps is at least
    1e-5, and the stored statistics hold in TEST whatever `use_global_stats` says.
    """

    def set_up(self, shapes):
        self.require(
            all(entry.lr_mult == 0 for entry in list(self.spec.param)[:3]),
            "cannot configure its statistics as layer parameters",
        )
        self.channels = shapes[0][1]
        for size in (self.channels, self.channels, 1) + (self.channels,) * (2 * self.spec.batch_norm_param.scale_bias):
            self.add_parameter(size)

    def compute(self, inputs):
        across = (1, -1) + (1,) * (inputs[0].ndim - 2)
        vectors = [self.parameter(index) for index in range(len(self.parameters)) if index != 2]
        mean, variance, *rest = [vector.reshape(across) for vector in vectors]
        normalised = (inputs[0] - mean) / np.sqrt(variance + max(self.spec.batch_norm_param.eps, 1e-5))
        return [normalised * rest[0] + rest[1] if rest else normalised]


class SegNetBN(Layer):
    """SegNet's BN with `bn_mode: INFERENCE`: factor and term of each channel, of 1xCx1x1."""

    works_in_place = True

    def set_up(self, shapes):
        self.require(self.spec.bn_param.bn_mode == 1, "BN that learns")
        for _ in range(2):
            self.add_parameter(1, shapes[0][1], 1, 1)

    def top_shapes(self, shapes):
        return [shapes[0]]

    def compute(self, inputs):
        across = (1, -1) + (1,) * (inputs[0].ndim - 2)
        return [inputs[0] * self.parameter(0).reshape(across) + self.parameter(1).reshape(across)]


NVCAFFE_LAYERS = {"BatchNorm": NVCaffeBatchNorm}
SEGNET_LAYERS = {"BN": SegNetBN}
FORK_LAYERS = {"DepthwiseConvolution": DepthwiseConvolution, "Upsample": Upsample}
XILINX_LAYERS = {"BatchNorm": XilinxBatchNorm}
