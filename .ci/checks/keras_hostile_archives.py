"""Zip files of Keras that are broken."""

import struct
import zipfile
import zlib

import keras_files as files
from keras_hostile_case import Hostile


def archives(samples):
    good = samples.wholes["k3 keras"]
    entries = files.entries(good)
    directory, entry, end = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"

    def case(title, content, place="w.keras", codes=(65,)):
        return Hostile(f"zip: {title}", {"w.keras": content}, place, codes)

    names = list(entries)
    for name in names:
        yield case(f"two entries '{name}'", files.doubled(entries, name), name)
    for name in ("config.json", "model.weights.h5"):
        yield case(f"no '{name}'", files.archive({key: value for key, value in entries.items() if key != name}), name)
        yield case(f"an empty '{name}'", files.archive({**entries, name: b""}), name)
    for name in names[1:]:
        content = entries[name]
        place = good.find(content)
        spoiled = bytearray(good)
        spoiled[place + len(content) // 2] ^= 1
        yield case(f"a checksum of '{name}' that is wrong", bytes(spoiled), name)
    yield case("a directory that is elsewhere", files.zip_patched(good, end, 16, 7, 4))
    yield case("a directory beyond the end", files.zip_patched(good, end, 16, 2**31, 4))
    yield case("more entries than there are", files.zip_patched(files.zip_patched(good, end, 10, 9), end, 8, 9))
    yield case("fewer entries than there are", files.zip_patched(files.zip_patched(good, end, 10, 1), end, 8, 1))
    yield case("several disks", files.zip_patched(good, end, 4, 3))
    for offset, title in ((20, "a packed size"), (24, "a size"), (42, "a place")):
        for value in (0, 1, 2**31, 2**32 - 1, 2**32 - 2):
            yield case(f"{title} of {value} in the directory", files.zip_patched(good, directory, offset, value, 4, last=True))
    yield case(
        "an entry that is encrypted",
        files.zip_patched(files.zip_patched(good, directory, 8, 1, last=True), entry, 6, 1, last=True),
    )
    for method in (1, 9, 12, 14, 93, 99, 65535):
        yield case(f"a way of packing {method}", files.zip_patched(good, directory, 10, method, last=True))
    yield case("deflated in the directory, stored in the entry", files.zip_patched(good, directory, 10, 8, last=True))
    yield case("a length of a name beyond the end", files.zip_patched(good, directory, 28, 65535, last=True))
    yield case(
        "an entry of another name than in the directory",
        good[: good.find(b"config.json")] + b"konfig.json" + good[good.find(b"config.json") + 11 :],
    )
    for title, name in (("weights as .npz", "model.weights.npz"), ("weights in parts", "model.weights.json")):
        others = {key: value for key, value in entries.items() if key != "model.weights.h5"}
        yield case(title, files.archive({**others, name: b"{}"}), "model.weights")
    yield case("weights that are no HDF5", files.archive({**entries, "model.weights.h5": b"x" * 5000}), "model.weights.h5")
    yield case("weights that are a zip", files.archive({**entries, "model.weights.h5": good}), "model.weights.h5")
    yield case("weights of another model", files.archive({**entries, "model.weights.h5": samples.other_weights}), "c1")
    yield case("deflated zeros of 4 GiB as JSON", _bomb(entries, "config.json", 4 << 30), "config.json")
    yield case("deflated zeros of 4 GiB as weights", _bomb(entries, "model.weights.h5", 4 << 30), "model.weights.h5")
    yield case("65,000 entries and no model", files.archive({f"assets/{number}": b"" for number in range(65_000)}), "w.keras")
    for length in (4, 30, 100, len(good) // 2, len(good) - 22, len(good) - 1):
        yield case(f"ends after {length} bytes", good[:length], codes=(65, 66))


def _bomb(entries, name, size):
    """An entry that claims its size honestly, and is made of zeros."""
    others = {key: value for key, value in entries.items() if key != name}
    content = files.archive({**others, name: b"\0"}, zipfile.ZIP_DEFLATED)
    packed = files.inflating(1 << 28)
    # The size is told as what it unpacks to; 4 GiB is said to be one byte less.
    start = content.rfind(b"PK\x03\x04")
    header = bytearray(content[start : start + 30 + len(name)])
    told = min(size, 2**32 - 2)
    struct.pack_into("<III", header, 14, zlib.crc32(b"\0"), len(packed), told)
    place = content.find(b"PK\x01\x02")
    directory = bytearray(content[place : content.find(b"PK\x05\x06")])
    last = directory.rfind(b"PK\x01\x02")
    struct.pack_into("<III", directory, last + 16, zlib.crc32(b"\0"), len(packed), told)
    struct.pack_into("<I", directory, last + 42, start)
    body = content[:start] + bytes(header) + packed
    tail = bytearray(content[content.find(b"PK\x05\x06") :])
    struct.pack_into("<I", tail, 16, len(body))
    return body + bytes(directory) + bytes(tail)
