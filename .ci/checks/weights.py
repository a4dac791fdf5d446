"""The numbers of a weights file by layer and index, read without bnfold."""

import h5py
import numpy as np

from caffe_standin.caffemodel import blob_values, layers_of, read_caffemodel


def weights_by_layer(path):
    """{(layer, index): values}, in shape from HDF5, flat from a .caffemodel, whose shapes have two forms."""
    if not h5py.is_hdf5(path):
        return {
            (layer.name, index): blob_values(blob)
            for layer in layers_of(read_caffemodel(path))
            for index, blob in enumerate(layer.blobs)
        }
    weights = {}

    def visit(name, node):
        if isinstance(node, h5py.Dataset):
            layer, _, index = name.rpartition("/")
            weights[layer, int(index)] = node[()]

    with h5py.File(path) as file:
        file["data"].visititems(visit)
    return weights


def same_weights(ours, others):
    """Whether two files hold the same layers with bit for bit the same numbers, flat or in shape."""
    return ours.keys() == others.keys() and all(
        np.array_equal(np.ravel(ours[key]), np.ravel(others[key]), equal_nan=True)
        and ours[key].dtype == others[key].dtype
        for key in ours
    )
