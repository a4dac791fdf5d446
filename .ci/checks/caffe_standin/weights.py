"""Loading weights by the rules of Net::CopyTrainedLayersFrom: refuses what Caffe refuses, tells what Caffe ignores."""

import h5py
import numpy as np
from google.protobuf.message import DecodeError

from .caffemodel import blob_shape, blob_values, layers_of, read_caffemodel
from .errors import CaffeFatal, require
from .net import Net

# HDF5 reserves the filter numbers below for itself; Caffe's build has no others.
FIRST_FOREIGN_FILTER = 256


def load_net(prototxt, weights, fork_layers=None):
    """A net with its weights; its `notes` say what Caffe would have passed over in the file."""
    net = Net(prototxt, fork_layers)
    net.notes = load_weights(net, weights)
    return net


def load_weights(net, path):
    """Fills the net's parameters, each of which must be in the file; returns what the file holds beyond that."""
    try:
        notes = load_hdf5(net, path) if h5py.is_hdf5(path) else load_caffemodel(net, path)
    except (OSError, DecodeError) as error:
        raise CaffeFatal(f"{path}: {error}") from error
    missing = [
        f"{layer.name}[{index}]"
        for layer in net.layers
        for index, parameter in enumerate(layer.parameters)
        if not parameter.is_loaded
    ]
    require(not missing, f"{path}: Caffe would keep the fillers of {', '.join(missing)}, which are not in the file")
    return notes


def load_caffemodel(net, path):
    notes = []
    layers = {layer.name: layer for layer in net.layers}
    file = read_caffemodel(path)
    require(not (file.layer and file.layers), f"{path}: both 'layer' and 'layers'")
    for source in layers_of(file):
        layer = layers.get(source.name)
        if layer is None:
            if source.blobs:
                notes.append(f"layer '{source.name}' is not in the net")
            continue
        layer.require(
            len(source.blobs) == len(layer.parameters), f"incompatible number of blobs: {len(source.blobs)} in the file"
        )
        for index, blob in enumerate(source.blobs):
            target = layer.parameter_shapes[index]
            shape, is_legacy = blob_shape(blob)
            padded = (1,) * (4 - len(target)) + target
            layer.require(shape == (padded if is_legacy else target), f"blob {index} has shape {shape}, not {target}")
            fill(layer, index, blob_values(blob), notes)
    return notes


def load_hdf5(net, path):
    notes = []
    layers = {layer.name: layer for layer in net.layers}
    with h5py.File(path) as file:
        require(isinstance(file.get("data"), h5py.Group), f"{path}: no group /data")
        for name, group in file["data"].items():
            layer = layers.get(name)
            if layer is None:
                notes.append(f"/data/{name} is not in the net")
                continue
            layer.require(isinstance(group, h5py.Group), "its /data entry is no group")
            layer.require(
                len(group) <= len(layer.parameters), f"incompatible number of blobs: the file has {list(group)}"
            )
            for index, shape in enumerate(layer.parameter_shapes):
                if str(index) not in group:
                    layer.require(layer.is_shared[index], f"blob {index} is missing")
                    continue
                dataset = group[str(index)]
                layer.require(
                    isinstance(dataset, h5py.Dataset) and dataset.dtype.kind in "fiu",
                    f"blob {index} is no dataset of numbers",
                )
                properties = dataset.id.get_create_plist()
                filters = [properties.get_filter(position)[0] for position in range(properties.get_nfilters())]
                layer.require(
                    max(filters, default=0) < FIRST_FOREIGN_FILTER, f"blob {index} needs a filter that Caffe has not"
                )
                layer.require(dataset.shape == shape, f"blob {index} has shape {dataset.shape}, not {shape}")
                fill(layer, index, dataset[()], notes)
    return notes


def fill(layer, index, values, notes):
    parameter = layer.parameters[index]
    with np.errstate(over="ignore"):
        values = np.asarray(values).astype(np.float32).astype(np.float64).ravel()
    layer.require(
        values.size == parameter.data.size,
        f"blob {index} has {values.size} values for shape {layer.parameter_shapes[index]}",
    )
    if parameter.is_loaded and not np.array_equal(parameter.data, values, equal_nan=True):
        notes.append(f"blob {index} of layer '{layer.name}' differs from another copy of the same shared parameter")
    parameter.data[...] = values
    parameter.is_loaded = True
