"""Small files of Keras in memory, to be broken on purpose: read from the samples, changed, and put together again."""

import io
import json
import warnings
import zipfile
import zlib

import h5py
import numpy as np


def bytes_of(shared, name):
    return (shared / "keras/samples" / name).read_bytes()


def changed_hdf5(content, change):
    """The file after `change(file)`, which gets it open for writing."""
    stream = io.BytesIO(content)
    with h5py.File(stream, "r+") as file:
        change(file)
    return stream.getvalue()


def text_of(file):
    text = file.attrs["model_config"]
    return text.decode() if isinstance(text, bytes) else text


def with_text(content, text):
    """A whole model whose JSON is `text`, of which bytes need not be UTF-8."""
    if content[:2] == b"PK":
        return archive({**entries(content), "config.json": text if isinstance(text, bytes) else text.encode()})

    def change(file):
        del file.attrs["model_config"]
        value = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        # Fixed width does not fit into an object header beyond 64 KiB, and variable width ends at a zero.
        is_fixed = b"\0" in value and len(value) < 60_000
        value = value if is_fixed else value.split(b"\0")[0]
        file.attrs.create("model_config", value, dtype=h5py.string_dtype("utf-8", len(value) if is_fixed else None))

    return changed_hdf5(content, change)


def json_of(content):
    if content[:2] == b"PK":
        return entries(content)["config.json"].decode()
    with h5py.File(io.BytesIO(content)) as file:
        return text_of(file)


def with_json(content, change):
    """A whole model whose JSON `change(data)` has changed; it may return another one."""
    data = json.loads(json_of(content))
    other = change(data)
    return with_text(content, json.dumps(data if other is None else other))


def entries(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive(files, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, content in files.items() if isinstance(files, dict) else files:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def doubled(files, name):
    """With a second entry of one name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return archive([*files.items(), (name, files[name])])


def layer(data, kind):
    """The first layer of a class, in the JSON of a model."""
    return next(each for each in data["config"]["layers"] if each["class_name"] == kind)


def weights_group(file, part):
    """The group of the first layer whose name contains `part`."""
    root = file["model_weights"] if "model_weights" in file else file
    return root[next(name for name in root if part in name)]


def renamed_weight(group, index, name):
    """Another name in `weight_names`."""
    names = [each.decode() if isinstance(each, bytes) else each for each in group.attrs["weight_names"]]
    names[index] = name
    del group.attrs["weight_names"]
    group.attrs.create("weight_names", np.array([each.encode() for each in names]))


def zip_patched(content, mark, offset, value, width=2, last=False):
    """A number in a record of a zip file: `mark` b"PK\\x01\\x02" for the directory, b"PK\\x03\\x04" for entries, b"PK\\x05\\x06" for the end."""
    data = bytearray(content)
    place = content.rfind(mark) if last else content.find(mark)
    data[place + offset : place + offset + width] = (value % 256**width).to_bytes(width, "little")
    return bytes(data)


def weights_in(content):
    """The weights of a model in a zip file."""
    return entries(content)["model.weights.h5"]


def inflating(size):
    """Deflated zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join(parts) + packer.flush()
