"""Nets as PyTorch's users write them, by name: what makes one, the shape of its input, and how many affines an exact folder leaves of it, of which the Add of a
bias behind a MatMul is one.
"""

import torch
from torch import nn
from torch.nn import functional

IMAGE = (2, 3, 224, 224)


class Residual(nn.Module):
    """A block of ResNet with a convolution on its way past."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.blocks = nn.Sequential(Residual(4, 6, 1), Residual(6, 8, 2))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1), 1))


class InvertedResidual(nn.Module):
    """As in MobileNetV2: wide, depthwise, narrow."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
        self.block = nn.Sequential(
            nn.Conv2d(4, 12, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU6(),
            nn.Conv2d(12, 12, 3, 1, 1, groups=12, bias=False), nn.BatchNorm2d(12), nn.ReLU6(),
            nn.Conv2d(12, 4, 1, bias=False), nn.BatchNorm2d(4),
        )

    def forward(self, x):
        x = self.stem(x)
        return x + self.block(x)


class Dense(nn.Module):
    """As in DenseNet: each layer normalises all that came before, and a Relu follows at once, so that two of the three must stay."""

    def __init__(self):
        super().__init__()
        self.conv0 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn1, self.conv1 = nn.BatchNorm2d(6), nn.Conv2d(6, 4, 3, padding=1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(10), nn.Conv2d(10, 4, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(14)

    def forward(self, x):
        x = self.conv0(x)
        x = torch.cat([x, self.conv1(functional.relu(self.bn1(x)))], 1)
        x = torch.cat([x, self.conv2(functional.relu(self.bn2(x)))], 1)
        return functional.relu(self.bn3(x))


class Shuffle(nn.Module):
    """As in ShuffleNet: half of the channels pass, the rest is convolved, and both are shuffled."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.branch = nn.Sequential(
            nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 4, 3, 1, 1, groups=4, bias=False), nn.BatchNorm2d(4),
            nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        )
        self.last = nn.BatchNorm2d(8)
        self.head = nn.Conv2d(8, 3, 1)

    def forward(self, x):
        first, second = self.stem(x).chunk(2, dim=1)
        x = torch.cat((first, self.branch(second)), dim=1)
        images, channels, height, width = x.shape
        x = x.view(images, 2, channels // 2, height, width).transpose(1, 2).reshape(images, channels, height, width)
        return self.head(self.last(x))


class UNet(nn.Module):
    """Down, up by a transposed convolution, and a way past."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.LeakyReLU(0.1))
        self.deep = nn.Sequential(nn.Conv2d(4, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.PReLU(6))
        self.up = nn.Sequential(nn.ConvTranspose2d(6, 4, 2, 2, bias=False), nn.BatchNorm2d(4), nn.SiLU())
        self.last = nn.Sequential(nn.Conv2d(8, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))

    def forward(self, x):
        x = self.down(x)
        return self.last(torch.cat([x, self.up(self.deep(x))], 1))


class Shared(nn.Module):
    """One convolution, two normalisations."""

    def __init__(self):
        super().__init__()
        self.conv, self.one, self.other = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)

    def forward(self, x):
        return self.one(self.conv(x)) * torch.sigmoid(self.other(self.conv(x * 2)))


class Excitation(nn.Module):
    """A gate for each channel, behind a normalisation."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 6, 3, 2, bias=False), nn.BatchNorm2d(6)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(6, 2, 1), nn.BatchNorm2d(2), nn.Hardswish(), nn.Conv2d(2, 6, 1), nn.Hardsigmoid()
        )

    def forward(self, x):
        x = self.bn(self.conv(x))
        return x * self.gate(x)


class Turned(nn.Module):
    """A Linear over the last axis, whose outputs a turn makes channels (as in PointNet and in decoders of speech)."""

    def __init__(self):
        super().__init__()
        self.fc, self.bn, self.head = nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)

    def forward(self, x):
        return self.head(functional.relu(self.bn(self.fc(x).transpose(1, 2))).transpose(1, 2))


class Patches(nn.Module):
    """Patches of an image, normalised, flattened, and a Linear on them."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 4, 16, 16), nn.BatchNorm2d(4)
        self.fc, self.last = nn.Linear(4, 6), nn.LayerNorm(6)

    def forward(self, x):
        return self.last(self.fc(self.bn(self.conv(x)).flatten(2).transpose(1, 2)))


NETS = {
    "conv-bn-relu": (lambda: nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()), IMAGE, 0),
    "resnet": (ResNet, IMAGE, 0),
    "mobilenet": (InvertedResidual, IMAGE, 0),
    "densenet": (Dense, (2, 3, 32, 32), 3),
    "shufflenet": (Shuffle, (2, 3, 32, 32), 0),
    "unet": (UNet, (2, 3, 32, 32), 0),
    "shared": (Shared, (2, 3, 16, 16), 0),
    "excitation": (Excitation, (2, 3, 33, 33), 0),
    "turned": (Turned, (2, 7, 5), 2),
    "patches": (Patches, (2, 3, 64, 64), 1),
    "transposed": (lambda: nn.Sequential(nn.ConvTranspose2d(4, 6, 4, 2, 1, groups=2), nn.BatchNorm2d(6), nn.ReLU()), (2, 4, 9, 9), 0),
    "depthwise": (lambda: nn.Sequential(nn.Conv2d(6, 12, 3, groups=6, bias=False), nn.BatchNorm2d(12), nn.ELU()), (2, 6, 9, 9), 0),
    "linear": (lambda: nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3), nn.BatchNorm1d(3)), (4, 6), 0),
    "linear-no-bias": (lambda: nn.Sequential(nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8), nn.GELU()), (4, 6), 0),
    "no-affine": (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, affine=False), nn.Tanh()), (2, 3, 8, 8), 0),
    "pre-activation": (lambda: nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), (2, 3, 8, 8), 0),
    "padded-before": (lambda: nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, padding=1)), (2, 3, 8, 8), 1),
    "reflected-before": (
        lambda: nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect")), (2, 3, 8, 8), 0
    ),
    "line": (lambda: nn.Sequential(nn.Conv1d(4, 6, 3, padding=2, dilation=2), nn.BatchNorm1d(6), nn.Softplus()), (2, 4, 11), 0),
    "volume": (lambda: nn.Sequential(nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4), nn.ReLU()), (2, 2, 5, 6, 7), 0),
    "flattened": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 5), nn.BatchNorm1d(5)),
        (2, 3, 8, 8), 0,
    ),
    "resized": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.Upsample(scale_factor=2, mode="bilinear"), nn.BatchNorm2d(8), nn.PixelShuffle(2), nn.BatchNorm2d(2)
        ),
        (2, 3, 8, 8), 0,
    ),
    "pooled": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.AvgPool2d(2), nn.Dropout(), nn.BatchNorm2d(4), nn.MaxPool2d(2)),
        (2, 3, 12, 12), 0,
    ),
}


def make(name):
    """A net and an input, both of the same numbers each time; the running statistics are no neutral ones."""
    builder, shape, _ = NETS[name]
    torch.manual_seed(len(name))
    net = builder()
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.5)
            module.running_var.uniform_(0.5, 2)
            if module.affine:
                # Factors of both signs, none near 0.
                module.weight.data.uniform_(0.5, 1.5)
                module.weight.data[::3] *= -1
                module.bias.data.normal_(0, 0.5)
    return net, torch.randn(shape)
