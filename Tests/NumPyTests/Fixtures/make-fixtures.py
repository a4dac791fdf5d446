"""Makes the .npy and .npz files beside it. Needs numpy; run it in this folder."""

import io
import struct
import warnings
import zipfile

import numpy as np
from numpy.lib import format as npy

KINDS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
cube = np.arange(24).reshape(2, 3, 4)


def write(name, array, version):
    """An .npy file of a version that np.save would choose only for special arrays."""
    with open(name, "wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        npy.write_array(file, array, version=version)


# Every type of number, in both byte orders and both orders of the axes.
types = {}
for kind in KINDS:
    for prefix, order in (("little", "<"), ("big", ">")):
        array = np.array([[0, 1, 2], [3, 4, 100]]).astype(order + kind)
        types[f"{prefix}-{kind}-c"] = array
        types[f"{prefix}-{kind}-fortran"] = np.asfortranarray(array)
np.savez_compressed("types.npz", **types)

# Numbers at the ends of their types.
np.savez(
    "extremes.npz",
    f2=np.array([0x0001, 0x03FF, 0x8000, 0x3C01, 0xFBFF, 0x7C00, 0xFC00, 0x7E00], "<u2").view("<f2"),
    f4=np.array([1e-45, -0.0, 3.4028235e38, np.inf, np.nan], ">f4"),
    f8=np.array([5e-324, -0.0, 1.7976931348623157e308, -np.inf, np.nan], "<f8"),
    i1=np.array([-128, 127], "i1"),
    i2=np.array([-(2**15), 2**15 - 1], ">i2"),
    i4=np.array([-(2**31), 2**31 - 1], "<i4"),
    i8=np.array([-(2**63), 2**63 - 1, 2**53 + 1, 2**53 + 3], ">i8"),
    u1=np.array([0, 255], "u1"),
    u2=np.array([0, 65535], "<u2"),
    u4=np.array([0, 2**32 - 1], ">u4"),
    u8=np.array([2**64 - 1, 2**53 + 1, 2**53 + 3], "<u8"),
)

# Single arrays, and the three versions of the format.
np.save("c-order.npy", cube.astype("<f4"))
np.save("fortran-order.npy", np.asfortranarray(cube.astype(">i2")))
np.save("scalar.npy", np.float64(7.5))
np.save("no-samples.npy", np.zeros((0, 3), "<f4"))
np.save("empty-samples.npy", np.zeros((3, 0, 2), "<f4", order="F"))
write("version-2.npy", cube.astype("<f8"), (2, 0))
write("version-3.npy", cube.astype("<f8"), (3, 0))

# Archives.
images, labels = cube.astype("<f4"), np.array([1, 0], "<i8")
np.savez("stored.npz", images=images, labels=labels)
np.savez_compressed("deflated.npz", images=images, labels=labels)
np.savez("names.npz", **{"grün": labels, "画像": labels, "conv1/weights": labels, "": labels})

with zipfile.ZipFile("commented.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.comment = b"a comment behind the end record"
    archive.writestr(zipfile.ZipInfo("readme.txt"), "no array")
    with archive.open(zipfile.ZipInfo("images.npy"), "w") as member:
        npy.write_array(member, images)


class Pipe(io.RawIOBase):
    """An output that cannot seek: sizes and checksums then follow the data."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


pipe = Pipe()
np.savez_compressed(pipe, images=images, labels=labels)
with open("streamed.npz", "wb") as file:
    file.write(pipe.bytes)

# Zip64 everywhere, as in an archive of more than 4 GiB: the limits are lowered, then the end record is filled with ones.
zipfile.ZIP64_LIMIT, limit = 10, zipfile.ZIP64_LIMIT
np.savez("zip64.npz", images=images, labels=labels)
zipfile.ZIP64_LIMIT = limit
with open("zip64.npz", "r+b") as file:
    content = file.read()
    assert content[-22:-18] == b"PK\x05\x06" and content[-42:-38] == b"PK\x06\x07"
    file.seek(-14, io.SEEK_END)
    file.write(struct.pack("<HHIIH", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))

# What is not read, beside an array that is.
np.savez(
    "unsupported.npz",
    text=np.array(["cat", "dog"]),
    bytes=np.array([b"cat", b"dog"]),
    objects=np.array([None, "x"], object),
    complex=np.zeros(2, "<c8"),
    records=np.zeros(2, [("a", "<f4"), ("b", "<i2", (2,))]),
    extended=np.zeros(2, np.longdouble),
    times=np.zeros(2, "<M8[s]"),
    raw=np.zeros(2, "V2"),
    images=images,
)
np.save("text.npy", np.array(["cat", "dog"]))

for name in ("stored", "deflated", "streamed", "zip64", "commented"):
    assert (np.load(f"{name}.npz")["images"] == images).all()
