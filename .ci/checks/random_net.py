"""A net as a list of layers that can be taken away one by one, and its files.

A net is kept as values, each written by one layer. Names of blobs come last: a layer may work in place where its type can
and nobody else reads what it reads. So layers can be taken out of a net, and the rest is still one.
"""

from dataclasses import dataclass, field

import h5py
import numpy as np

from caffe_standin.caffemodel import WIRE_MESSAGES

# Caffe's code for these may write over what it reads.
IN_PLACE_TYPES = {
    "BatchNorm", "Scale", "Bias", "Power", "ReLU", "PReLU", "Sigmoid", "TanH", "ELU", "BNLL", "Dropout", "Softmax",
}  # fmt: skip
# These hand on the memory of what they read: a layer in place behind them writes over what other layers read.
SHARING_TYPES = {"Split", "Flatten", "Reshape"}


@dataclass
class Layer:
    """`inputs` and `outputs` are values, `blobs` the numbers; `shared` names parameters. `wants_in_place`: writes its
    first output over its first input wherever that is allowed, `forced_in_place` even where it is not. `top` is the name
    of its blob, if not that of the layer.
    """

    type: str
    inputs: list
    outputs: list
    fields: str = ""
    blobs: list = field(default_factory=list)
    shared: str = ""
    wants_in_place: bool = False
    forced_in_place: bool = False
    name: str = ""
    top: str = ""


@dataclass
class RandomNet:
    seed: int
    layers: list
    options: list
    containers: tuple  # of the weights before and after
    count: int = 0  # of values

    def names(self):
        """The name of each value's blob."""
        readers = {}
        for layer in self.layers:
            for value in layer.inputs:
                readers[value] = readers.get(value, 0) + 1
        shared = self.shared_values()
        names = {}
        for layer in self.layers:
            for index, value in enumerate(layer.outputs):
                first = layer.inputs[0] if layer.inputs else None
                in_place = index == 0 and first in names and (
                    layer.forced_in_place
                    or layer.wants_in_place
                    and layer.type in IN_PLACE_TYPES
                    and readers[first] == 1
                    and first not in shared
                )
                suffix = "abcdefgh"[index] if len(layer.outputs) > 1 else ""
                names[value] = names[first] if in_place else (layer.top or layer.name) + suffix
        return names

    def shared_values(self):
        """Values that lie in one memory with others that somebody else reads: a layer in place would change those too."""
        readers = [value for layer in self.layers for value in layer.inputs]
        roots, unsafe = {}, set()
        for layer in self.layers:
            shares = layer.type in SHARING_TYPES or (
                layer.type in ("Concat", "Slice") and len(layer.inputs) == len(layer.outputs) == 1
            )
            for value in layer.outputs:
                roots[value] = roots.get(layer.inputs[0], value) if shares else value
                if readers.count(value) > 1 or shares and len(layer.outputs) > 1:
                    unsafe.add(roots[value])
        return {value for value, root in roots.items() if root in unsafe}

    def prototxt(self):
        names, lines = self.names(), []
        for layer in self.layers:
            # Shrinking may leave a value that no layer writes any more.
            connections = "".join(f' bottom: "{names.get(value, f"lost{value}")}"' for value in layer.inputs)
            connections += "".join(f' top: "{names[value]}"' for value in layer.outputs)
            share = "".join(
                f' param {{ name: "{layer.shared}{index}"{" lr_mult: 0" if layer.type == "BatchNorm" else ""} }}'
                for index in range(len(layer.blobs))
            )
            fields = f" {layer.fields}" if layer.fields else ""
            lines.append(
                f'layer {{ name: "{layer.name}" type: "{layer.type}"{connections}{share if layer.shared else ""}{fields} }}\n'
            )
        return "".join(lines)

    def write_weights(self, path):
        """Shared parameters stand at their first layer in HDF5, at all of them in a .caffemodel, as Caffe writes them."""
        if self.containers[0] == "caffemodel":
            message = WIRE_MESSAGES["NetParameter"]()
            for layer in self.layers:
                entry = message.layer.add(name=layer.name, type=layer.type)
                for values in layer.blobs:
                    blob = entry.blobs.add()
                    blob.shape.dim.extend(values.shape)
                    blob.data.extend(values.ravel().tolist())
            path.write_bytes(message.SerializeToString())
            return
        owned = set()
        with h5py.File(path, "w") as file:
            for layer in self.layers:
                group = file.create_group(f"data/{layer.name}")
                for index, values in enumerate(layer.blobs):
                    if (layer.shared, index) not in owned:
                        group.create_dataset(str(index), data=values)
                    if layer.shared:
                        owned.add((layer.shared, index))
