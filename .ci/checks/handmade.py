"""Handmade .caffemodel files with what real ones hardly show: unpacked and double numbers, half precision, legacy
shapes, diffs, fields that nobody knows, layers of V1.
"""

import numpy as np
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_standin import difference, load_net
from caffe_standin.caffemodel import (
    FLOAT16,
    UNPACKED_WIRE_MESSAGES,
    WIRE_MESSAGES,
    blob_shape,
    blob_values,
    read_caffemodel,
)
from tolerance import BLOB_TOLERANCE
from weights import weights_by_layer

PROTOTXT = """
name: "handmade"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 5 dim: 5 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param { num_output: 3 kernel_size: 3 bias_term: false } }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1" batch_norm_param { eps: 0.25 } }
layer { name: "scale1" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2"
  convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "bn2" type: "BatchNorm" bottom: "conv2" top: "conv2" batch_norm_param { eps: 0.25 } }
layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
layer { name: "ip" type: "InnerProduct" bottom: "conv2" top: "ip" inner_product_param { num_output: 4 } }
"""
V1_PROTOTXT = """
name: "handmade-v1"
input: "data" input_dim: 1 input_dim: 2 input_dim: 5 input_dim: 5
layers { name: "conv1" type: CONVOLUTION bottom: "data" top: "conv1" blobs_lr: 1 blobs_lr: 2
  convolution_param { num_output: 3 kernel_size: 3 } }
layers { name: "relu1" type: RELU bottom: "conv1" top: "conv1" }
layers { name: "ip" type: INNER_PRODUCT bottom: "conv1" top: "ip" inner_product_param { num_output: 4 } }
"""
RANDOM = np.random.default_rng(11)
NUMBERS = {
    ("conv1", 0): RANDOM.standard_normal((3, 2, 3, 3)),
    ("bn1", 0): RANDOM.standard_normal(3),
    ("bn1", 1): RANDOM.uniform(0.5, 2, 3),
    ("bn1", 2): np.array([2.0]),
    ("scale1", 0): RANDOM.standard_normal(3),
    ("scale1", 1): RANDOM.standard_normal(3),
    ("conv2", 0): RANDOM.standard_normal((2, 3, 1, 1)),
    ("conv2", 1): RANDOM.standard_normal(2),
    ("bn2", 0): RANDOM.standard_normal(2),
    ("bn2", 1): RANDOM.uniform(0.5, 2, 2),
    ("bn2", 2): np.array([4.0]),
    ("ip", 0): RANDOM.standard_normal((4, 18)),
    ("ip", 1): RANDOM.standard_normal(4),
}
NUMBERS = {key: values.astype(np.float16 if key[0] == "conv2" else np.float32) for key, values in NUMBERS.items()}
V1_NUMBERS = {
    ("conv1", 0): NUMBERS["conv1", 0],
    ("conv1", 1): NUMBERS["scale1", 1],
    ("ip", 0): RANDOM.standard_normal((4, 27)).astype(np.float32),
    ("ip", 1): NUMBERS["ip", 1],
}
# Field numbers that no version of caffe.proto uses.
UNKNOWN_NUMBER, UNKNOWN_TEXT = 5001, 5002


def unknown(number, value):
    """A field as bytes: a varint, or text."""
    key = number << 3 | (2 if isinstance(value, bytes) else 0)
    return varint(key) + (varint(len(value)) + value if isinstance(value, bytes) else varint(value))


def varint(value):
    groups = bytearray()
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes(groups) + bytes([value])


def layer(messages, name, kind, *fillers):
    """A net of one layer as bytes: messages laid end to end are one message. Each filler writes one blob."""
    net = messages["NetParameter"]()
    added = net.layers.add() if isinstance(kind, int) else net.layer.add()
    added.name, added.type = name, kind
    numbers = V1_NUMBERS if isinstance(kind, int) else NUMBERS
    for index, fill in enumerate(fillers):
        fill(added.blobs.add(), numbers[name, index])
    added.MergeFromString(unknown(UNKNOWN_NUMBER, 300) + unknown(UNKNOWN_TEXT, f"of {name}".encode()))
    return net.SerializeToString()


def floats(blob, values):
    blob.shape.dim.extend(values.shape)
    blob.data.extend(values.ravel().tolist())


def floats_and_diff(blob, values):
    floats(blob, values)
    blob.diff.extend([0.5] * values.size)


def doubles(blob, values):
    blob.shape.dim.extend(values.shape)
    blob.double_data.extend(values.ravel().tolist())


def halves(blob, values):
    blob.shape.dim.extend(values.shape)
    blob.raw_data_type, blob.raw_data = FLOAT16, values.tobytes()


def legacy(blob, values):
    blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - values.ndim) + values.shape
    blob.data.extend(values.ravel().tolist())
    blob.MergeFromString(unknown(UNKNOWN_NUMBER, 7))


PACKED, UNPACKED = WIRE_MESSAGES, UNPACKED_WIRE_MESSAGES
MODEL = b"".join(
    (
        WIRE_MESSAGES["NetParameter"](name="handmade").SerializeToString(),
        unknown(UNKNOWN_TEXT, b"before"),
        layer(UNPACKED, "conv1", "Convolution", floats_and_diff),
        layer(PACKED, "bn1", "BatchNorm", doubles, doubles, floats),
        layer(UNPACKED, "scale1", "Scale", legacy, legacy),
        unknown(UNKNOWN_NUMBER, 1),
        layer(PACKED, "conv2", "Convolution", halves, halves),
        layer(UNPACKED, "bn2", "BatchNorm", doubles, floats, legacy),
        layer(UNPACKED, "ip", "InnerProduct", legacy, floats_and_diff),
        unknown(UNKNOWN_TEXT, b"behind"),
    )
)
CONVOLUTION, INNER_PRODUCT = 4, 14
V1_MODEL = layer(UNPACKED, "conv1", CONVOLUTION, legacy, legacy) + layer(PACKED, "ip", INNER_PRODUCT, legacy, floats)


def check_handmade(context):
    """How many facts were checked, and which do not hold."""
    facts = {
        **facts_of_conversion(context, "v2", MODEL, PROTOTXT, NUMBERS),
        **facts_of_conversion(context, "v1", V1_MODEL, V1_PROTOTXT, V1_NUMBERS),
    }
    facts |= facts_of_fold(context) | facts_of_v1_fold(context)
    return len(facts), [fact for fact, holds in facts.items() if not holds]


def place(context, name, model, prototxt):
    weights, net = context.scratch / f"{name}.caffemodel", context.scratch / f"{name}.prototxt"
    weights.write_bytes(model)
    net.write_text(prototxt)
    return weights, net


def facts_of_conversion(context, name, model, prototxt, numbers):
    weights, _ = place(context, f"handmade-{name}", model, prototxt)
    copy, hdf5, back = (
        weights.with_name(f"handmade-{name}-{end}") for end in ("copy.caffemodel", "converted.h5", "back.caffemodel")
    )
    facts = {}
    for source, target in ((weights, copy), (weights, hdf5), (hdf5, back)):
        run = context.run("convert", source, target)
        facts[f"{name}: converts to {target.name} {run.first_error}"] = run.exit_code == 0
        if run.exit_code != 0:
            return facts
    datasets = weights_by_layer(hdf5)
    facts[f"{name}: the copy is byte-identical"] = copy.read_bytes() == model
    facts[f"{name}: HDF5 holds each blob and no other"] = datasets.keys() == numbers.keys()
    for key, values in numbers.items():
        found = datasets.get(key, np.zeros(0))
        facts[f"{name}: {key} has its shape in HDF5"] = found.shape == values.shape
        facts[f"{name}: {key} has its numbers in HDF5"] = np.array_equal(found.ravel(), values.ravel())
        facts[f"{name}: {key} has its numbers on the way back"] = np.array_equal(
            weights_by_layer(back).get(key, ()), values.ravel()
        )
    return facts


def facts_of_fold(context):
    weights, prototxt = place(context, "handmade-fold", MODEL, PROTOTXT)
    folded, hdf5 = (weights.with_name(f"handmade-folded.{container}") for container in ("caffemodel", "h5"))
    runs = [context.fold(weights, prototxt, output) for output in (folded, hdf5)]
    if any(run.exit_code for run in runs):
        return {f"folds: {runs[0].first_error or runs[1].first_error}": False}
    before, after = read_caffemodel(weights), read_caffemodel(folded)
    names = [layer.name for layer in after.layer]
    if names != ["conv1", "conv2", "ip"]:
        return {f"conv1, conv2 and ip remain, in this order, not {names}": False}
    conv1, conv2, ip = after.layer
    datasets, expected = weights_by_layer(hdf5), folded_numbers()
    facts = {
        "unknown fields of the net are kept in order": unknown_fields(after) == unknown_fields(before),
        "unknown fields of a folded layer are kept": unknown_fields(conv1) == unknown_fields(before.layer[0]),
        "an untouched layer is kept as it was": ip.SerializeToString() == before.layer[-1].SerializeToString(),
        "half precision stays": [blob.raw_data_type for blob in conv2.blobs] == [FLOAT16] * 2,
        "a folded weight has no second set of numbers": not conv2.blobs[0].data and not conv1.blobs[0].double_data,
        "folded blobs have their shapes": [blob_shape(blob)[0] for blob in (*conv1.blobs, *conv2.blobs)]
        == [(3, 2, 3, 3), (3,), (2, 3, 1, 1), (2,)],
    }
    for (name, index), values in expected.items():
        blob = (conv1 if name == "conv1" else conv2).blobs[index]
        facts[f"{name}[{index}] is folded and rounded once"] = np.array_equal(blob_values(blob), values.ravel())
        facts[f"{name}[{index}] is the same in HDF5"] = np.array_equal(
            datasets[name, index].astype(values.dtype), values
        )
    return facts


def folded_numbers():
    """By the formula: double precision, rounded once to the precision of the layer's weights."""
    expected = {}
    for name, batch_norm, gamma, beta, bias in (
        ("conv1", "bn1", NUMBERS["scale1", 0], NUMBERS["scale1", 1], 0.0),
        ("conv2", "bn2", 1.0, 0.0, NUMBERS["conv2", 1]),
    ):
        mean, variance, factor = (NUMBERS[batch_norm, index].astype(np.float64) for index in range(3))
        slope = np.float64(gamma) / np.sqrt(variance / factor + 0.25)
        weights = NUMBERS[name, 0]
        expected[name, 0] = (weights * slope.reshape(-1, 1, 1, 1)).astype(weights.dtype)
        expected[name, 1] = ((bias - mean / factor) * slope + beta).astype(weights.dtype)
    return expected


def unknown_fields(message):
    return [(field.field_number, field.data) for field in UnknownFieldSet(message)]


def facts_of_v1_fold(context):
    weights, prototxt = place(context, "handmade-v1-fold", V1_MODEL, V1_PROTOTXT)
    before = load_net(prototxt, weights)
    values = {"data": RANDOM.standard_normal((1, 2, 5, 5))}
    before.forward(values)
    facts = {}
    for container in ("caffemodel", "h5"):
        folded = weights.with_name(f"handmade-v1-folded.{container}")
        run = context.fold(weights, prototxt, folded)
        facts[f"V1: folds to {container} {run.first_error}"] = run.exit_code == 0
        if run.exit_code == 0:
            after = load_net(f"{folded}.prototxt", folded)
            after.forward(values)
            facts[f"V1: the output is the same in {container}"] = (
                difference(after.blobs["ip"].data, before.blobs["ip"].data).relative <= BLOB_TOLERANCE
            )
            facts[f"V1: the prototxt is in today's format in {container}"] = (
                "layers" not in (folded.with_name(f"{folded.name}.prototxt")).read_text()
            )
    return facts
