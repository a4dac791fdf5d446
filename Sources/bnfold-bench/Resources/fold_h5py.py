"""Folds BatchNorm and Scale into convolutions as most people's scripts do it: whole arrays, with h5py and numpy.

Usage: fold_h5py.py INPUT FOLDS OUTPUT, where FOLDS is a JSON list of {"convolution", "batchNorm", "scale", "epsilon"}.
"""
import json
import sys

import h5py
import numpy

source, folds, target = sys.argv[1:]

with h5py.File(source, "r") as file:
    weights = {
        layer: [group[str(index)][()] for index in range(len(group))] for layer, group in file["data"].items()
    }

with open(folds) as file:
    folds = json.load(file)
for fold in folds:
    # The vectors in double precision, the large array in the single precision that it has.
    mean, variance, factor = (blob.astype(numpy.float64) for blob in weights.pop(fold["batchNorm"]))
    gamma, beta = (blob.astype(numpy.float64) for blob in weights.pop(fold["scale"]))
    scale = gamma / numpy.sqrt(variance / factor + fold["epsilon"])
    blobs = weights[fold["convolution"]]
    bias = blobs[1].astype(numpy.float64) if len(blobs) > 1 else 0
    blobs[0] *= scale.astype(numpy.float32).reshape(-1, 1, 1, 1)
    blobs[1:] = [(scale * (bias - mean / factor) + beta).astype(numpy.float32)]

with h5py.File(target, "w") as file:
    for layer, blobs in weights.items():
        for index, blob in enumerate(blobs):
            file.create_dataset(f"data/{layer}/{index}", data=blob)
