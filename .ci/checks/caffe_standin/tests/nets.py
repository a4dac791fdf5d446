"""Small nets written in place."""

import pathlib
import tempfile

import h5py
import numpy as np

from caffe_standin import Net, load_net

INPUT = 'layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 2 dim: 4 dim: 7 dim: 6 } } }\n'
INPUT_SHAPE = (2, 4, 7, 6)


def layer(kind, name, bottoms, tops, fields=""):
    connections = "".join(f' bottom: "{blob}"' for blob in bottoms.split()) + "".join(
        f' top: "{blob}"' for blob in tops.split()
    )
    return f'layer {{ name: "{name}" type: "{kind}"{connections} {fields} }}\n'


def convolution(name, bottom, top, fields="", more=""):
    return layer(
        "Convolution", name, bottom, top, f"convolution_param {{ num_output: 4 kernel_size: 3 pad: 1 {fields} }} {more}"
    )


def build(text, fork_layers=None):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "net.prototxt")
        path.write_text(text)
        return Net(path, fork_layers)


def load(text, datasets):
    """A net with weights from an HDF5 file of these datasets; None makes an empty group."""
    with tempfile.TemporaryDirectory() as folder:
        path, weights = pathlib.Path(folder, "net.prototxt"), pathlib.Path(folder, "weights.h5")
        path.write_text(text)
        with h5py.File(weights, "w") as file:
            for name, values in datasets.items():
                if values is None:
                    file.require_group(name)
                else:
                    file[name] = values
        return load_net(path, weights)


def run(text, values, fork_layers=None):
    """The net after a forward pass with seeded parameters."""
    net = build(text, fork_layers)
    random = np.random.default_rng(5)
    for each in net.layers:
        for parameter in each.parameters:
            parameter.data[...] = random.uniform(0.1, 1, parameter.data.size)
    net.forward(values)
    return net


def seeded(*shape):
    """Values that a float holds exactly, since a net takes its inputs as floats."""
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32).astype(np.float64)
