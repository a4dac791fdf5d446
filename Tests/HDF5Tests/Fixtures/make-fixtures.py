"""Makes the HDF5 files beside it that the wrapper itself cannot write. Needs h5py; run it in this folder."""

import struct

import h5py
import numpy as np

values = np.arange(24).reshape(2, 3, 4)


def create(name, **options):
    return h5py.File(name, "w", **options)


def dataset(group, name, data, **options):
    """A dataset without the time of its creation, so that the script gives the same bytes each time."""
    return group.create_dataset(name, data=data, track_times=False, **options)


def low_level_dataset(group, name, datatype, shape, configure=lambda properties: None):
    """A dataset with creation properties that h5py's own interface does not offer."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_obj_track_times(False)
    configure(properties)
    return h5py.h5d.create(group.id, name.encode(), datatype, h5py.h5s.create_simple(shape), properties)


# Every number type, little and big endian.
with create("types.h5") as file:
    for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        for order, prefix in (("<", "little"), (">", "big")):
            dataset(file, f"{prefix}/{kind}", np.array([0, 1, 2, 100], dtype=order + kind))
    dataset(file, "extremes/f2", np.array([0x0001, 0x03FF, 0x8000, 0xFBFF, 0x7C00, 0xFC00, 0x7E00], "<u2").view("<f2"))
    dataset(file, "extremes/i8", np.array([-(2**63), 2**63 - 1, 2**24 + 1], "<i8"))
    dataset(file, "extremes/u8", np.array([2**64 - 1, 2**63], ">u8"))
    # Just above half way between two floats, and above the largest float by less and by more than half a step.
    dataset(file, "rounding/f8", np.array([1 + 2**-24 + 2**-40, 1 + 2**-24, 3.4028235e38, 3.40282357e38, 1e39, 1e-46], ">f8"))

# Layouts and filters.
with create("layouts.h5") as file:
    data = values.astype("<f4")
    dataset(file, "contiguous", data)
    dataset(file, "chunked", data, chunks=(1, 2, 3))
    dataset(file, "gzip", data, chunks=(2, 2, 2), compression="gzip")
    dataset(file, "gzip-shuffle-fletcher32", data, chunks=(1, 2, 3), compression="gzip", shuffle=True, fletcher32=True)
    dataset(file, "big-endian-gzip", values.astype(">f8"), chunks=(2, 3, 1), compression="gzip", shuffle=True)
    dataset(file, "extendible", data, chunks=(8, 8, 8), maxshape=(None, None, None), compression="gzip")
    compact = low_level_dataset(
        file, "compact", h5py.h5t.IEEE_F32LE, data.shape, lambda properties: properties.set_layout(h5py.h5d.COMPACT))
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    dataset(file, "scalar", np.float32(7.5))
    dataset(file, "no elements", np.zeros((3, 0), "<f4"))

# The newer file format, behind a user block; and one that only HDF5 2.0 reads.
with create("newer.h5", libver=("v110", "v110"), userblock_size=512) as file:
    dataset(file, "data/conv1/0", values.astype("<f4"))
    dataset(file, "data/conv1/1", values.astype("<f4"), chunks=(1, 3, 4), compression="gzip")
    dataset(file, "data/name", "Grüße", dtype=h5py.string_dtype())

with create("newest.h5", libver="latest") as file:
    dataset(file, "0", values.astype("<f4"), chunks=(1, 3, 4), compression="gzip")

# Links of every kind; the external file need not exist.
with create("links.h5") as file:
    dataset(file, "data/a", np.array([1.5], "<f4"))
    file["data/hard"] = file["data/a"]
    file["data/soft"] = h5py.SoftLink("/data/a")
    file["data/relative"] = h5py.SoftLink("a")
    file["group"] = h5py.SoftLink("/data")
    file["dangling"] = h5py.SoftLink("/data/nothing")
    file["external"] = h5py.ExternalLink("layouts.h5", "/")
    file["behind external"] = h5py.SoftLink("/external/contiguous")
    file["circle 1"] = h5py.SoftLink("/circle 2")
    file["circle 2"] = h5py.SoftLink("/circle 1")
    file["through dataset"] = h5py.SoftLink("/data/a/b")
    file["type"] = np.dtype("<f4")

# Names that no path can hold.
with create("names.h5") as file:
    for name in (b"not UTF-8: \xff", b"a slash: ?", "Grüße 1.5: x".encode()):
        h5py.h5g.create(file.id, name)
with open("names.h5", "rb") as file:
    data = file.read()
with open("names.h5", "wb") as file:
    file.write(data.replace(b"a slash: ?", b"a slash: /"))

# Groups that contain themselves, by a hard and by a soft link.
with create("cycles.h5") as file:
    inner = file.create_group("data/inner")
    dataset(inner, "0", np.array([1.5], "<f4"))
    inner["up"] = file["data"]
    inner["root"] = h5py.SoftLink("/")
    # Each group has two links to the next: 2^30 paths, 31 groups.
    group = file.create_group("diamonds")
    for _ in range(30):
        next_group = group.create_group("l")
        group["r"] = next_group
        group = next_group

# What is refused.
with create("refused.h5") as file:
    dataset(file, "string", np.bytes_("text of ten"))
    dataset(file, "padded string", "a b", dtype=h5py.string_dtype("ascii", 8))
    dataset(file, "variable string", "Grüße", dtype=h5py.string_dtype())
    dataset(file, "strings", np.array([b"one", b"two"]))
    dataset(file, "compound", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    dataset(file, "boolean", np.array([True, False]))
    dataset(file, "complex", np.array([1 + 2j], "<c8"))
    dataset(file, "lzf", values.astype("<f4"), chunks=(1, 3, 4), compression="lzf")
    dataset(file, "scaleoffset", values.astype("<i4"), chunks=(1, 3, 4), scaleoffset=0)
    dataset(file, "null", h5py.Empty("<f4"))
    file.create_dataset("never written", (4,), "<f4", track_times=False)
    bfloat16 = h5py.h5t.IEEE_F32LE.copy()
    bfloat16.set_fields(15, 7, 8, 0, 7)
    bfloat16.set_size(2)
    low_level_dataset(file, "bfloat16", bfloat16, (1,))
    low_level_dataset(
        file, "external storage", h5py.h5t.IEEE_F32LE, (1,),
        lambda properties: properties.set_external(b"/etc/hostname", 0, 4))
with create("virtual.h5", libver=("v110", "v110")) as file:
    space = h5py.h5s.create_simple((2, 3, 4))
    low_level_dataset(
        file, "virtual", h5py.h5t.IEEE_F32LE, (2, 3, 4),
        lambda properties: properties.set_virtual(space, b"layouts.h5", b"contiguous", space))

# A small contiguous dataset whose length is replaced in the dataspace message (rank 1, flags 1: length, largest length).
with create("small.h5") as file:
    dataset(file, "0", np.arange(7, dtype="<f4"))
    dataset(file, "1", np.arange(11, dtype="<f4"), chunks=(11,), compression="gzip")
for name, length in (("huge.h5", 1 << 40), ("overflowing.h5", (1 << 62) + 1), ("largest.h5", (1 << 64) - 1)):
    with open("small.h5", "rb") as file:
        data = file.read()
    for old in (7, 11):
        message = struct.pack("<BBBBIQQ", 1, 1, 1, 0, 0, old, old)
        assert data.count(message) == 1
        data = data.replace(message, struct.pack("<BBBBIQQ", 1, 1, 1, 0, 0, length, length))
    with open(name, "wb") as file:
        file.write(data)

with open("layouts.h5", "rb") as file:
    data = file.read()
with open("truncated.h5", "wb") as file:
    file.write(data[: len(data) * 3 // 4])
# The last byte of a chunk's fletcher32 sum: the sum of what was stored is no longer the one that was stored with it.
with h5py.File("layouts.h5") as file:
    chunk = file["gzip-shuffle-fletcher32"].id.get_chunk_info(0)
with open("false-checksum.h5", "wb") as file:
    end = chunk.byte_offset + chunk.size
    file.write(data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:])

# Datasets that nobody ever wrote to, or not wholly; one of them claims more than the file could ever hold.
with create("unwritten.h5") as file:
    options = dict(shape=(2, 3), track_times=False)
    file.create_dataset("zeros", dtype="<f4", **options)
    file.create_dataset("value", dtype="<f4", fillvalue=1.5, **options)
    file.create_dataset("big-endian", dtype=">i2", fillvalue=-3, chunks=(1, 3), compression="gzip", **options)
    low_level_dataset(
        file, "undefined", h5py.h5t.IEEE_F32LE, (2, 3),
        lambda properties: properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER))
    file.create_dataset("huge", (1 << 26,), "<f4", fillvalue=1, track_times=False)
    partial = file.create_dataset("partial", (5, 4), "<f4", chunks=(2, 2), compression="gzip", track_times=False)
    partial[0:2, 0:2] = 1
    partial[4, 3] = 2
with h5py.File("unwritten.h5") as old, create("unwritten-newer.h5", libver=("v110", "v110")) as file:
    for name in ("value", "big-endian", "undefined", "partial"):
        old.copy(name, file)
