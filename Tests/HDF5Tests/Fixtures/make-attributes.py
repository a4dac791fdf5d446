"""Makes attributes.h5 and attributes-newer.h5: attributes of every kind that Keras and h5py write. Needs h5py; run it in this folder."""

import h5py
import numpy as np


def fixed(name, target, values, size, padding, character_set=h5py.h5t.CSET_ASCII):
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(size)
    kind.set_strpad(padding)
    kind.set_cset(character_set)
    space = h5py.h5s.create_simple((len(values),)) if isinstance(values, list) else h5py.h5s.create(h5py.h5s.SCALAR)
    attribute = h5py.h5a.create(target.id, name, kind, space)
    data = np.array(values if isinstance(values, list) else [values], dtype=f"S{size}")
    attribute.write(data, mtype=kind)


def fill(file):
    file.attrs["keras_version"] = "2.15.0"
    file.attrs.create("ascii", b"tensorflow", dtype=h5py.string_dtype("ascii"))
    file.attrs["empty"] = ""
    # More than one block of any heap, and more than a header holds.
    file.attrs["model_config"] = '{"name": "grün"}' * 8192
    group = file.create_group("model_weights")
    group.attrs.create("layer_names", ["c1", "", "a/b", "grün"], dtype=h5py.string_dtype())
    group.attrs["many"] = [f"layer_with_a_name_{index}" for index in range(300)]
    group.attrs["none"] = np.array([], "<f8")
    fixed(b"zero_padded", group, [b"c1", b"", b"conv"], 4, h5py.h5t.STR_NULLPAD)
    fixed(b"zero_terminated", group, [b"c1", b"", b"con"], 4, h5py.h5t.STR_NULLTERM)
    fixed(b"space_padded", group, [b"c1  ", b"    ", b"co v"], 4, h5py.h5t.STR_SPACEPAD)
    fixed(b"single", group, "grün".encode(), 5, h5py.h5t.STR_NULLPAD, h5py.h5t.CSET_UTF8)
    dataset = group.create_dataset("kernel", data=np.zeros(2, "<f4"), track_times=False)
    dataset.attrs["count"] = np.int64(-7)
    dataset.attrs["big"] = np.array([[1.5, -2]], ">f4")
    dataset.attrs["half"] = np.float16(0.5)
    dataset.attrs["boolean"] = True
    dataset.attrs["nothing"] = h5py.Empty("f4")


with h5py.File("attributes.h5", "w") as file:
    fill(file)
# Here the many attributes of a group lie in a heap of their own.
with h5py.File("attributes-newer.h5", "w", libver=("v110", "v110")) as file:
    fill(file)
