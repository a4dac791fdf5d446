"""A broken file of Keras, and what such files are made from."""

from dataclasses import dataclass

import keras_files as files
from keras_containers import Container, taken_apart


@dataclass
class Hostile:
    """Files by name, of which the first is the input. `place`, or one of several, must be in the message; `codes` are those that are
    right. A run that ends with 0 must leave the layer `place` alone, and say so in the report."""

    name: str
    files: dict
    place: str | tuple
    codes: tuple = (65,)
    options: tuple = ()
    # Whether anything tells that this is a file of Keras.
    is_told: bool = True

    @property
    def input(self):
        return next(iter(self.files))


class Samples:
    """What the broken files are made from: a Functional model of each version and container, and a Sequential one."""

    def __init__(self, shared, folder):
        def read(name):
            return files.bytes_of(shared, name)

        self.wholes = {
            f"{version} {ending}": read(f"{version}/add_bn.{ending}")
            for version in ("k2_215", "k3")
            for ending in ("h5", "keras")
        }
        self.sequential = read("k3/seq_conv2d_bn.h5")
        self.nested = read("k3/nested_seq_in_func_shared.h5")
        self.other = read("k3/conv3d_bn.h5")
        self.other_weights = files.weights_in(read("k3/conv3d_bn.keras"))
        self.apart = {}
        for key, name in (("h5", "k3/add_bn.h5"), ("weights.h5", "k3/add_bn.keras")):
            path = shared / "keras/samples" / name
            container = taken_apart(Container(path.suffix, path), folder, 0)
            self.apart[key] = (container.path.read_bytes(), container.architecture.read_bytes())
