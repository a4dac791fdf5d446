"""How far two blobs are apart."""

from dataclasses import dataclass

import h5py
import numpy as np


@dataclass
class Difference:
    """The largest difference relative to the largest reference value; infinite where the blobs cannot be compared, with
    the reason.
    """

    relative: float
    reason: str = ""


def difference(values, reference):
    """Values that are not finite must be the same on both sides, and some must be finite."""
    values, reference = np.asarray(values, np.float64), np.asarray(reference, np.float64)
    if values.shape != reference.shape:
        return Difference(np.inf, f"shape {values.shape} against {reference.shape}")
    finite = np.isfinite(values) & np.isfinite(reference)
    if not np.array_equal(values[~finite], reference[~finite], equal_nan=True):
        return Difference(np.inf, "not finite on one side only")
    if not finite.any():
        return Difference(np.inf, "no finite value, which proves nothing")
    largest = np.abs(reference[finite]).max()
    return Difference(np.abs(values[finite] - reference[finite]).max() / (largest or 1))


def read_reference(path):
    """The inputs and the blobs of a reference file by name. A '/' in a name is stored as %2F, or it would nest."""
    with h5py.File(path) as file:
        inputs, blobs = (
            {name.replace("%2F", "/"): dataset[()] for name, dataset in file[group].items()}
            for group in ("inputs", "blobs")
        )
    return inputs, blobs
