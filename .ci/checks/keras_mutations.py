"""Damaged files of Keras, made from good ones by a seed: bytes of HDF5 and zip files, what JSON is made of, and what HDF5 files hold.

Whatever comes of one, it is 0, or 65 or 66 with nothing written, within the limits; a fold that ended with 0 folds to itself. CI runs a
part of each kind, and --whole all of them.
"""

import json
import random

import h5py
import numpy as np

import keras_files as files
from keras_containers import Container, taken_apart
from limits import measured
from mutations import HDF5_MARKS, SEED, Variant, check_kinds, damaged, damaged_text

# Runs of each kind in the whole table.
COUNTS = {"Keras HDF5": 3000, "Keras zip": 3000, "Keras JSON": 4000, "Keras JSON text": 2000, "Keras weights": 3000}
# A difference is what `verify` may find. 64, 69, 70, 73 and 74 would be lies about such a file.
CODES = {0, 2, 65, 66}
ZIP_MARKS = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"config.json", b"model.weights.h5")
NAMES = (
    "add_bn activity_reg_initializer_obj bn_axis3 bn_before_convT bn_center_false channels_first_bn conv1d_bn conv2d_groups_bn conv3d_bn conv_bn_bn"
    " dict_inputs dwconv2d_nobias_bn func_dense_bn_dense nested_seq_in_func_shared norm_rescale order_trap permute_bn pure_f16 seq_bn_first"
    " seq_conv2d_bn shared_conv_one_bn"
).split()


def wholes(context, *endings):
    """Whole models, by the ending of their files."""
    found = []
    for folder in ("k2_215", "k3"):
        for name in NAMES:
            for ending in endings:
                path = context.shared / "keras/samples" / folder / f"{name}.{ending}"
                if path.exists():
                    found.append((f"w.{ending}", path.read_bytes()))
    more = (
        "k224/nested.h5",
        "k215/op_concat.h5",
        "k315/op_concat.keras",
        "k315/td_conv_td_bn.keras",
        "k215/nested_shared_twice.keras",
    )
    return found + [
        (f"w.{name.split('.')[1]}", files.bytes_of(context.shared, name)) for name in more if name.split(".")[1] in endings
    ]


def pairs(context):
    """Weights and architecture apart."""
    found = []
    for folder in ("k2_215", "k3"):
        for name in NAMES[::3]:
            for ending in (".h5", ".keras"):
                path = context.shared / "keras/samples" / folder / f"{name}{ending}"
                container = path.exists() and taken_apart(Container(ending, path), context.scratch, 0)
                if container:
                    weights = "w.h5" if ending == ".h5" else "w.weights.h5"
                    found.append((weights, container.path.read_bytes(), container.architecture.read_bytes()))
    return found


def run_of(chance, name, apart=False):
    """A command that reads a model."""
    options = ["--architecture", "m.json"] if apart else []
    command = chance.choice(("fold", "fold", "fold", "inspect", "verify"))
    ending = name[1:]
    if command == "fold":
        more = ["--verify", "--samples", "1"] if chance.random() < 0.3 else []
        return ["fold", name, f"out{ending}", *options, *more]
    if command == "inspect":
        return ["inspect", name, "--dot", "drawing.dot", *options]
    return ["verify", name, name, "--samples", "1", *options, *(["--folded-architecture", "m.json"] if apart else [])]


# MARK: bytes


def hdf5_files(context, count):
    seeds = wholes(context, "h5")
    others = [content for _, content in seeds]
    apart = pairs(context)
    for number in range(count):
        chance = random.Random(f"{SEED} Keras HDF5 {number}")
        if chance.random() < 0.7:
            name, content = chance.choice(seeds)
            yield Variant("Keras HDF5", number, {name: damaged(content, chance, others, HDF5_MARKS)}, run_of(chance, name))
        else:
            name, content, text = chance.choice(apart)
            given = {name: damaged(content, chance, others, HDF5_MARKS), "m.json": text}
            yield Variant("Keras HDF5", number, given, run_of(chance, name, True))


def archives(context, count):
    seeds = wholes(context, "keras")
    packed = [(name, files.archive(files.entries(content), 8)) for name, content in seeds[::3]]
    others = [content for _, content in seeds]
    for number in range(count):
        chance = random.Random(f"{SEED} Keras zip {number}")
        name, content = chance.choice(seeds + packed)
        yield Variant("Keras zip", number, {name: damaged(content, chance, others, ZIP_MARKS)}, run_of(chance, name))


# MARK: JSON

VALUES = (
    None, True, False, 0, 1, -1, 2, 3, 7, 0.5, -0.5, 1.0, 3.0, 1e-3, 1e308, 2**31, 2**32, 2**53 + 1, 2**63, 10**30, "", "x", "same", "valid", "causal",
    "channels_first", "channels_last", "relu", "linear", "softmax", "float16", "float64", "bfloat16", "mixed_float16", [], {}, [[]], [0], [1, 1], [3, 3],
    [1, 2, 3], [None], [None, 4], [-1], [3], {"class_name": "x"}, {"class_name": "Conv2D", "config": {}}, "../x", "a/b", "\0", "\u202e", "\ud800",
)  # fmt: skip


def places(value, found, path=()):
    """Every field and element, with what it lies in."""
    pairs_of = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs_of):
        found.append((value, key))
        places(inner, found)
    return found


def changed_json(data, chance):
    """A few changes of values: other ones, none, twice, in another order, from elsewhere; whole numbers as floats."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        found = places(data, [])
        if not found:
            return data
        holder, key = chance.choice(found)
        # Half the time at what a fold reads.
        if chance.random() < 0.5:
            wanted = [
                each
                for each in found
                if each[1] in WANTED or isinstance(each[0], list) and not isinstance(each[0][each[1]], (dict, list))
            ]
            holder, key = chance.choice(wanted or found)
        try:
            value = holder[key]
        except (KeyError, IndexError):
            continue
        kind = chance.randrange(8)
        if kind in (0, 1):
            holder[key] = chance.choice(VALUES)
        elif kind == 2:
            del holder[key]
        elif kind == 3 and isinstance(holder, list):
            holder.insert(chance.randrange(len(holder) + 1), json.loads(json.dumps(value)))
        elif kind == 4 and isinstance(holder, list):
            chance.shuffle(holder)
        elif kind == 5:
            other, from_key = chance.choice(found)
            if (isinstance(other, dict) and from_key in other) or (isinstance(other, list) and from_key < len(other)):
                holder[key] = json.loads(json.dumps(other[from_key]))
        elif kind == 6 and isinstance(value, (int, float)) and not isinstance(value, bool):
            holder[key] = (
                float(value) if chance.random() < 0.5 else chance.choice((-value, value + 1, value * 2, value - 1, value + 0.5))
            )
        elif kind == 7 and isinstance(value, str):
            holder[key] = chance.choice(WORDS)
        else:
            holder[key] = [value] if chance.random() < 0.5 else {"value": value}
    return data


WANTED = set(
    "name class_name config layers inbound_nodes input_layers output_layers filters units kernel_size strides padding data_format dilation_rate groups"
    " activation use_bias axis epsilon center scale depth_multiplier pool_size keras_history args kwargs batch_shape batch_input_shape dtype trainable"
    " training module registered_name scale offset mean variance target_shape dims size build_config layer".split()
)
WORDS = (
    "Conv2D Conv1D Conv3D Dense DepthwiseConv2D SeparableConv2D Conv2DTranspose BatchNormalization SyncBatchNormalization Activation ReLU LeakyReLU PReLU"
    " Add Multiply Concatenate Flatten Reshape Permute InputLayer MaxPooling2D AveragePooling2D GlobalAveragePooling2D Dropout ZeroPadding2D Sequential"
    " Functional Model TimeDistributed Bidirectional Lambda Rescaling Normalization LayerNormalization TFOpLambda SlicingOpLambda GetItem bn1 c1 c2 in r a"
    " linear relu sigmoid softmax same valid causal channels_first channels_last float32 float64 float16 keras.layers keras.src.ops.numpy builtins"
).split()


def json_values(context, count):
    seeds, apart = wholes(context, "h5", "keras"), pairs(context)
    for number in range(count):
        chance = random.Random(f"{SEED} Keras JSON {number}")
        if chance.random() < 0.75:
            name, content = chance.choice(seeds)
            data = changed_json(json.loads(files.json_of(content)), chance)
            yield Variant("Keras JSON", number, {name: files.with_text(content, json.dumps(data))}, run_of(chance, name))
        else:
            name, content, text = chance.choice(apart)
            data = changed_json(json.loads(text), chance)
            yield Variant("Keras JSON", number, {name: content, "m.json": json.dumps(data).encode()}, run_of(chance, name, True))


def json_texts(context, count):
    seeds, apart = wholes(context, "h5", "keras"), pairs(context)
    others = [text for _, _, text in apart]
    for number in range(count):
        chance = random.Random(f"{SEED} Keras JSON text {number}")
        if chance.random() < 0.5:
            name, content = chance.choice(seeds)
            text = damaged_text(files.json_of(content).encode(), chance, others)
            yield Variant("Keras JSON text", number, {name: files.with_text(content, text)}, run_of(chance, name))
        else:
            name, content, text = chance.choice(apart)
            yield Variant(
                "Keras JSON text",
                number,
                {name: content, "m.json": damaged_text(text, chance, others)},
                run_of(chance, name, True),
            )


# MARK: what an HDF5 file holds


def changed_weights(file, chance):
    """A few changes of groups, datasets and the attributes that name them."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        nodes, attributes = [file], []
        file.visititems(lambda name, node, nodes=nodes: nodes.append(node))
        groups = [node for node in nodes if isinstance(node, h5py.Group)]
        datasets = [node for node in nodes if isinstance(node, h5py.Dataset)]
        for each in groups:
            attributes += [(each, key) for key in each.attrs if key not in ("model_config", "training_config")]
        kind = chance.randrange(9)
        if kind <= 3 and datasets:
            node = chance.choice(datasets)
            name, value = node.name, node[()]
            if kind == 0:
                del file[name]
            elif kind == 1:
                _replace(file, name, _other_array(np.asarray(value), chance))
            elif kind == 2:
                other = chance.choice(datasets)
                _replace(file, name, other[()])
            else:
                file.move(
                    name,
                    chance.choice((f"{name}x", "/elsewhere", f"{name}/{'a/' * 40}b")) if chance.random() < 0.9 else name + "\x01",
                )
        elif kind <= 6 and attributes:
            node, key = chance.choice(attributes)
            value = node.attrs[key]
            if kind == 4:
                del node.attrs[key]
            elif kind == 5 and isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "OS" and len(value):
                names = [each.encode() if isinstance(each, str) else bytes(each) for each in value]
                way = chance.randrange(5)
                place = chance.randrange(len(names))
                if way == 0:
                    chance.shuffle(names)
                elif way == 1:
                    del names[place]
                elif way == 2:
                    names.insert(place, chance.choice(names))
                elif way == 3:
                    names[place] = chance.choice(
                        (
                            b"",
                            b"/",
                            b"..",
                            b"../c1/kernel",
                            b"x" * 3000,
                            b"c1/kernel:0",
                            b"\xff",
                            names[place] + b"/x",
                            b"./" + names[place],
                        )
                    )
                else:
                    del node.attrs[key]
                    for part, start in enumerate(range(0, len(names), 2)):
                        if chance.random() < 0.9:
                            node.attrs.create(f"{key}{part}", np.array(names[start : start + 2]))
                    continue
                del node.attrs[key]
                node.attrs.create(key, np.array(names) if names else np.zeros(0))
            else:
                del node.attrs[key]
                node.attrs[key] = chance.choice(
                    (
                        0,
                        -1,
                        2**40,
                        1.5,
                        "x",
                        "2.15.0",
                        "3.0.0",
                        "1.2.2",
                        np.zeros(3),
                        np.arange(4),
                        "[]",
                        np.array([b"c1", b"bn1"]),
                    )
                )
        elif kind == 7 and len(groups) > 1:
            del file[chance.choice(groups[1:]).name]
        elif len(groups) > 1:
            target = chance.choice(groups[1:]).name
            link = (
                h5py.SoftLink("/"),
                h5py.SoftLink(target),
                h5py.SoftLink("/nowhere"),
                h5py.ExternalLink("w.h5", "/"),
                h5py.SoftLink(target + "/l"),
            )
            file[f"{chance.choice(groups).name}/l{chance.randrange(3)}"] = chance.choice(link)


def _replace(file, name, value):
    del file[name]
    file[name] = value


def _other_array(value, chance):
    way = chance.randrange(8)
    if way == 0:
        return value.astype(chance.choice(("f2", "f8", ">f4", "i1", "i8", "u1", "c8", "?")))
    if way == 1:
        return value.reshape(-1)
    if way == 2:
        return value.T
    if way == 3:
        return value[:0] if value.ndim else value
    if way == 4:
        return value[None]
    if way == 5:
        return value * chance.choice((0.0, np.nan, np.inf, -1.0, 1e30, 1e-30))
    if way == 6:
        return np.concatenate([value, value]) if value.ndim else value
    return np.zeros(value.shape or 1, dtype="f4")


def weights(context, count):
    seeds, apart = wholes(context, "h5", "keras"), pairs(context)
    for number in range(count):
        chance = random.Random(f"{SEED} Keras weights {number}")

        def change(file, chance=chance):
            try:
                changed_weights(file, chance)
            except (KeyError, ValueError, OSError, RuntimeError, TypeError):
                # What HDF5 itself does not allow leaves the file as far as it came.
                pass

        if chance.random() < 0.7:
            name, content = chance.choice(seeds)
            if name == "w.keras":
                entries = files.entries(content)
                content = files.archive({**entries, "model.weights.h5": files.changed_hdf5(entries["model.weights.h5"], change)})
            else:
                content = files.changed_hdf5(content, change)
            yield Variant("Keras weights", number, {name: content}, run_of(chance, name))
        else:
            name, content, text = chance.choice(apart)
            yield Variant(
                "Keras weights", number, {name: files.changed_hdf5(content, change), "m.json": text}, run_of(chance, name, True)
            )


GENERATORS = {
    "Keras HDF5": hdf5_files,
    "Keras zip": archives,
    "Keras JSON": json_values,
    "Keras JSON text": json_texts,
    "Keras weights": weights,
}


def look_at(context, variant, folder):
    """What a fold wrote must fold to itself, and agree with the original as far as bnfold runs it."""
    if variant.arguments[0] != "fold":
        return []
    output = variant.output
    more = ["--architecture", "out.json"] if (folder / "out.json").exists() else []
    again = measured([context.bnfold, "fold", output, "again" + output[3:], *more], folder)
    if again.exit_code != 0:
        return [f"ended with 0, but its output does not fold: {again.exit_code} {again.line}"]
    return []


def check(context):
    return check_kinds(context, GENERATORS, COUNTS, "keras-mutations.txt", look_at, CODES)
