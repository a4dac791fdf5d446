"""HDF5 files of Keras whose names, groups, links and datasets are wrong, and weights that do not fit their architecture."""

import json

import h5py
import keras_files as files
import numpy as np
from keras_hostile_case import Hostile


def whole_models(samples):
    for version in ("k2_215", "k3"):
        good = samples.wholes[f"{version} h5"]

        def case(name, change, place, codes=(65,), good=good, version=version):
            return Hostile(f"{version}: {name}", {"w.h5": files.changed_hdf5(good, change)}, place, codes)

        def convolution(file):
            return files.weights_group(file, "c1")

        def normalization(file):
            return files.weights_group(file, "bn1")

        def replaced(file, part, index, make):
            group = files.weights_group(file, part)
            name = group.attrs["weight_names"][index]
            old = group[name][()]
            del group[name]
            make(group, name, old)

        yield case(
            "a name of weights that is missing",
            lambda file: files.renamed_weight(convolution(file), 0, "c1/nothing"),
            "c1/nothing",
        )
        yield case(
            "a name of weights that leaves its group",
            lambda file: files.renamed_weight(convolution(file), 0, "../bn1/bn1/gamma"),
            "../bn1",
        )
        yield case(
            "a name of weights from the root",
            lambda file: files.renamed_weight(convolution(file), 0, "/model_weights/bn1"),
            "/model_weights/bn1",
        )
        yield case("an empty name of weights", lambda file: files.renamed_weight(convolution(file), 0, ""), "c1")
        yield case("a name of weights that is a group", lambda file: files.renamed_weight(convolution(file), 0, "c1"), "c1")
        yield case(
            "weights twice",
            lambda file: files.renamed_weight(normalization(file), 1, normalization(file).attrs["weight_names"][0]),
            "bn1",
        )
        yield case("weights in the wrong order", lambda file: _reversed(convolution(file)), "c1")
        yield case("no names of weights", lambda file: convolution(file).attrs.__delitem__("weight_names"), "c1")
        yield case(
            "names of weights that are numbers",
            lambda file: convolution(file).attrs.__setitem__("weight_names", np.arange(2)),
            "weight_names",
        )
        yield case("one weight too few", lambda file: _names(convolution(file), slice(1)), "c1")
        yield case("no weights of a layer", lambda file: _names(normalization(file), slice(0)), "bn1")
        yield case("a link in a circle", lambda file: replaced(file, "c1", 0, _circle), "c1")
        yield case("a link to another file", lambda file: replaced(file, "c1", 0, _external), "c1")
        yield case("weights in other files", lambda file: replaced(file, "c1", 0, _virtual), "c1")
        yield case(
            "a kernel of another shape",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=old[:1])),
            "c1",
        )
        yield case(
            "a kernel without an axis",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=old[0])),
            "c1",
        )
        yield case(
            "a scalar kernel",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=1.0)),
            "c1",
        )
        yield case(
            "a kernel of nothing",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=h5py.Empty("f4"))),
            "c1",
        )
        yield case(
            "a kernel of strings",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=["a"])),
            "c1",
        )
        yield case(
            "a kernel of complex numbers",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=old.astype("c8"))),
            "c1",
        )
        yield case(
            "a kernel of whole numbers",
            lambda file: replaced(file, "c1", 0, lambda group, name, old: group.create_dataset(name, data=old.astype("i1"))),
            "c1",
            (65, 0),
        )
        yield case("a kernel of 2^50 numbers", lambda file: replaced(file, "c1", 0, _huge), "c1")
        yield case("no group of weights", lambda file: file.__delitem__("model_weights"), "layer_names")
        yield case("the group of weights is a dataset", _flat_weights, "layer_names")
        yield case("no group of a layer", lambda file: file["model_weights"].__delitem__("c1"), "c1")
        yield case("a layer named twice", lambda file: _layer_names(file, lambda names: [*names, "c1"]), "c1")
        yield case(
            "a layer of weights not named",
            lambda file: _layer_names(file, lambda names: [each for each in names if each != "c1"]),
            "c1",
        )
        yield case(
            "a layer named that is not there", lambda file: _layer_names(file, lambda names: [*names, "nothing"]), "nothing"
        )
        yield case("no names of layers", lambda file: file["model_weights"].attrs.__delitem__("layer_names"), "layer_names")
        yield case("names of layers in parts, the first missing", lambda file: _split(file, (1, 2)), "layer_names")
        yield case("names of layers in parts, one missing", lambda file: _split(file, (0, 2)), ("c1", "c2"))
        yield case("no architecture", lambda file: file.attrs.__delitem__("model_config"), "model.to_json()", (65, 66))
        yield case("an architecture that is a number", lambda file: file.attrs.__setitem__("model_config", 7), "model_config")
        yield case(
            "an architecture that is a list of numbers",
            lambda file: file.attrs.__setitem__("model_config", np.arange(9)),
            "model_config",
        )
        for length in (8, 100, 600, len(good) // 2, len(good) - 1):
            yield Hostile(f"{version}: ends after {length} bytes", {"w.h5": good[:length]}, "w.h5", (65, 66))
        # Nothing tells what these were.
        for title, content in (("nothing", b""), ("seven bytes", good[:7]), ("zeros", bytes(len(good)))):
            yield Hostile(f"{version}: {title}", {"w.h5": content}, "w.h5", (65, 66), is_told=False)


def _reversed(group):
    _names(group, slice(None, None, -1))


def _names(group, part):
    names = [each.encode() if isinstance(each, str) else each for each in group.attrs["weight_names"]][part]
    del group.attrs["weight_names"]
    group.attrs.create("weight_names", np.array(names, dtype="S40"))


def _layer_names(file, change):
    group = file["model_weights"]
    names = [each.decode() if isinstance(each, bytes) else each for each in group.attrs["layer_names"]]
    del group.attrs["layer_names"]
    group.attrs.create("layer_names", np.array([each.encode() for each in change(names)]))


def _split(file, numbers):
    group = file["model_weights"]
    names = [each.encode() if isinstance(each, str) else each for each in group.attrs["layer_names"]]
    del group.attrs["layer_names"]
    for number in numbers:
        group.attrs.create(f"layer_names{number}", np.array(names[number * 2 : number * 2 + 2], dtype="S40"))


def _circle(group, name, old):
    group[name] = h5py.SoftLink(f"{group.name}/{name}")


def _external(group, name, old):
    group[name] = h5py.ExternalLink("/etc/passwd", "/x")


def _virtual(group, name, old):
    layout = h5py.VirtualLayout(old.shape, "f4")
    layout[...] = h5py.VirtualSource("/etc/passwd", "x", old.shape)
    group.create_virtual_dataset(name, layout)


def _huge(group, name, old):
    group.create_dataset(name, (2**25, 2**25), "f4", chunks=(64, 64))


def _flat_weights(file):
    del file["model_weights"]
    file["model_weights"] = np.zeros(3)


# MARK: weights and architecture apart


def apart(samples):
    for ending, (weights, architecture) in samples.apart.items():
        name = f"w.{ending}"
        options = ("--architecture", "m.json")

        def case(title, text, place, codes=(65,), weights=weights, name=name, options=options):
            return Hostile(f"{name}: {title}", {name: weights, "m.json": text}, place, codes, options)

        data = json.loads(architecture)
        yield Hostile(f"{name}: no architecture beside it", {name: weights}, "model.to_json()", (65, 66))
        yield Hostile(f"{name}: an architecture that is missing", {name: weights}, "m.json", (66,), options)
        yield case("an empty architecture", b"", "m.json", (65, 66))
        yield case("an architecture that is HDF5", weights, "m.json")
        yield case("an architecture of another model", files.json_of(samples.other).encode(), "c1")
        yield case("an architecture cut off", architecture[: len(architecture) // 2], "m.json")
        yield case("an architecture encoded ten times", _encoded(architecture.decode(), 10).encode(), "m.json")
        yield case("an architecture that is a number", b"7", "m.json")
        yield case("an architecture that is a list", b"[]", "m.json")
        yield case("an architecture without layers", json.dumps({**data, "config": {}}).encode(), "layers")
        for field, value in (("filters", 5), ("kernel_size", [2, 2]), ("use_bias", False), ("groups", 3)):
            changed = json.loads(architecture)
            config = files.layer(changed, "Conv2D")["config"]
            config[field] = not config[field] if field == "use_bias" else value
            yield case(f"'{field}' that does not fit the weights", json.dumps(changed).encode(), "c1")
    weights, architecture = samples.apart["weights.h5"]
    for title, change in (
        ("weights of a layer missing", lambda file: file["layers/conv2d/vars"].__delitem__("0")),
        ("a layer missing", lambda file: file["layers"].__delitem__("conv2d")),
        ("no layers", lambda file: file.__delitem__("layers")),
        ("a weight too many", lambda file: file["layers/conv2d/vars"].create_dataset("9", data=np.zeros(3, "f4"))),
        (
            "a weight that is a group",
            lambda file: (file["layers/conv2d/vars"].__delitem__("0"), file["layers/conv2d/vars"].create_group("0")),
        ),
        (
            "weights of another shape",
            lambda file: (
                file["layers/conv2d/vars"].__delitem__("0"),
                file["layers/conv2d/vars"].create_dataset("0", data=np.zeros((3, 3), "f4")),
            ),
        ),
    ):
        changed = files.changed_hdf5(weights, change)
        yield Hostile(
            f"w.weights.h5: {title}",
            {"w.weights.h5": changed, "m.json": architecture},
            "layers" if title == "no layers" else "c",
            (65,),
            ("--architecture", "m.json"),
        )
    subclassed = files.changed_hdf5(weights, lambda file: file.move("layers", "block1"))
    yield Hostile("w.weights.h5: a subclassed model", {"w.weights.h5": subclassed}, "w.weights.h5", (65, 66))


def _encoded(text, times):
    for _ in range(times):
        text = json.dumps(text)
    return text
