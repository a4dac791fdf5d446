"""Small files that claim much, or hold very many of something small: each must be read or refused within the limits.

A bomb is made anew for each run, below 5 MB, and named after what it has too much of.
"""

import io
import itertools
import pathlib
import shutil
import struct
import tempfile
import zipfile
from dataclasses import dataclass

import h5py
import numpy as np

from limits import measured, side_by_side
from table import Table

LARGEST = 5_000_000

HEAD = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n'
# A convolution and what folds into it, for weights that have just these layers.
SMALL = (
    HEAD
    + 'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }\n'
    + 'layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }\n'
)


@dataclass
class Bomb:
    """Files by name, and the arguments of runs that read them; `OUT` is a file to write."""

    name: str
    files: dict
    runs: tuple


def net(name, text, *runs):
    """A network that is looked at without weights."""
    content = text if isinstance(text, bytes) else text.encode()
    return Bomb(name, {"net.prototxt": content}, runs or (("inspect", "--prototxt", "net.prototxt", "--dot", "OUT"),))


def weights(name, content, text=SMALL):
    """Weights for a network, in whatever container."""
    file = "w.h5" if content[:4] == b"\x89HDF" else "w.caffemodel"
    return Bomb(
        name,
        {"net.prototxt": text.encode(), file: content},
        (
            ("fold", file, "OUT.h5", "--prototxt", "net.prototxt"),
            ("convert", file, "OUT.caffemodel", "--prototxt", "net.prototxt", "--output-prototxt", "OUT.prototxt"),
            ("diff", file, file),
        ),
    )


def layer(kind, fields="", bottoms=("data",), tops=None, name="x"):
    tops = (name,) if tops is None else tops
    bottom = "".join(f' bottom: "{each}"' for each in bottoms)
    top = "".join(f' top: "{each}"' for each in tops)
    return f'layer {{ name: "{name}" type: "{kind}"{bottom}{top} {fields} }}\n'


def times(text, limit=LARGEST):
    """As many of a text as fit; `{}` in it is a number."""
    if "{}" not in text:
        return text * (limit // len(text))
    return "".join(text.replace("{}", str(number)) for number in range(limit // (len(text) + 4)))


# MARK: numbers that a text only claims


def claims():
    after = layer("BatchNorm", bottoms=("x",), tops=("y",), name="bn") + layer(
        "Scale", "scale_param { bias_term: true }", bottoms=("y",), tops=("z",), name="scale"
    )
    for number in (10**8, 2**31 - 1, 2**32 - 1, 2**63, 10**40):
        for kind, field in (
            ("Convolution", "convolution_param { num_output: N kernel_size: 1 }"),
            ("Convolution", "convolution_param { num_output: 4 kernel_size: N }"),
            ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 dilation: N }"),
            ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 pad: N }"),
            ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 stride: N }"),
            ("Convolution", "convolution_param { num_output: N kernel_size: 3 group: N }"),
            ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 axis: N }"),
            ("Deconvolution", "convolution_param { num_output: N kernel_size: N }"),
            ("InnerProduct", "inner_product_param { num_output: N }"),
            ("InnerProduct", "inner_product_param { num_output: N axis: -N }"),
            ("Embed", "embed_param { num_output: N input_dim: N }"),
            ("LSTM", "recurrent_param { num_output: N }"),
            ("Tile", "tile_param { axis: 1 tiles: N }"),
            ("Concat", "concat_param { axis: N }"),
            ("Slice", "slice_param { axis: 1 slice_point: N }"),
            ("Reshape", "reshape_param { shape { dim: N dim: N dim: -1 } }"),
            ("Reshape", "reshape_param { axis: N num_axes: N }"),
            ("Flatten", "flatten_param { axis: -N end_axis: N }"),
            ("Pooling", "pooling_param { pool: AVE kernel_size: N stride: N pad: N }"),
            ("SPP", "spp_param { pyramid_height: N }"),
            ("Im2col", "convolution_param { kernel_size: N }"),
            ("Upsample", "upsample_param { scale: N }"),
            ("Interp", "interp_param { height: N width: N zoom_factor: N }"),
            ("Reorg", "reorg_param { stride: N }"),
            ("Permute", "permute_param { order: N order: 0 }"),
            ("ShuffleChannel", "shuffle_channel_param { group: N }"),
            ("ArgMax", "argmax_param { top_k: N out_max_val: true axis: N }"),
            ("Reduction", "reduction_param { axis: N }"),
            ("Crop", "crop_param { axis: N offset: N }"),
            ("LRN", "lrn_param { local_size: N }"),
            ("ROIPooling", "roi_pooling_param { pooled_h: N pooled_w: N }"),
            ("PReLU", "prelu_param { channel_shared: false }"),
            ("Scale", "scale_param { axis: N num_axes: N }"),
            ("Bias", "bias_param { axis: -N num_axes: -1 }"),
            ("Parameter", "parameter_param { shape { dim: N dim: N } }"),
            ("DummyData", "dummy_data_param { shape { dim: N dim: N dim: N dim: N } }"),
            ("MemoryData", "memory_data_param { batch_size: N channels: N height: N width: N }"),
            ("PriorBox", "prior_box_param { min_size: N max_size: N aspect_ratio: N step: N }"),
        ):
            bottoms = () if kind in ("Parameter", "DummyData", "MemoryData") else ("data", "data")[: 1 + (kind in ("Crop", "LSTM", "PriorBox", "ROIPooling"))]
            tops = ("x", "x2") if kind == "Slice" else None
            field = field.replace("N", str(number))
            yield f"{kind} of {field}", HEAD + layer(kind, field, bottoms, tops) + after
    yield "a convolution of 1e8 channels, a thousand times", HEAD + "".join(
        layer("Convolution", "convolution_param { num_output: 100000000 kernel_size: 1 }", (f"x{number - 1}" if number else "data",), name=f"x{number}")
        + layer("BatchNorm", "", (f"x{number}",), (f"x{number}",), name=f"bn{number}")
        for number in range(1000)
    )
    concat = "".join(
        layer("Concat", "", (f"x{number}", f"x{number}"), name=f"x{number + 1}") for number in range(70)
    )
    yield "doubling Concats", HEAD.replace('top: "data"', 'top: "x0"') + concat + after.replace('"x"', '"x70"')
    tiles = "".join(
        layer("Tile", "tile_param { axis: 1 tiles: 1000 }", (f"x{number}",), name=f"x{number + 1}") for number in range(9)
    )
    yield "Tiles upon Tiles", HEAD.replace('top: "data"', 'top: "x0"') + tiles + after.replace('"x"', '"x9"')


def shapes():
    for axes, length in itertools.product((32, 33, 1000, 400_000), (1, 2**31 - 1)):
        dims = f"dim: {length} " * min(axes, LARGEST // (len(str(length)) + 6))
        yield f"Input of {axes} axes of {length}", layer("Input", f"input_param {{ shape {{ {dims} }} }}", (), ("data",)) + layer(
            "Convolution", "convolution_param { num_output: 2 kernel_size: 1 }"
        )
        yield f"input_shape of {axes} axes of {length}", f'input: "data" input_shape {{ {dims} }}\n' + layer("ReLU")
        yield f"Reshape to {axes} axes of {length}", HEAD + layer("Reshape", f"reshape_param {{ shape {{ {dims} }} }}") + layer("ReLU", "", ("x",), ("x",))
        yield f"DummyData of {axes} axes of {length}", layer("DummyData", f"dummy_data_param {{ shape {{ {dims} }} }}", ()) + layer("ReLU", "", ("x",), ("x",))
    yield "input_dim", 'input: "data" ' + times("input_dim: 1 ")
    yield "packed list of dims", layer("Input", "input_param { shape { dim: [" + "1," * 2_000_000 + "1] } }", (), ("data",))
    yield "Reshape upon Reshape", HEAD.replace('"data"', '"x0"') + "".join(
        layer("Reshape", f"reshape_param {{ axis: 1 num_axes: 0 shape {{ {'dim: 1 ' * 30} }} }}", (f"x{number}",), name=f"x{number + 1}")
        for number in range(10_000)
    )


def comparisons():
    """Layers without weights behind a small net: run with little memory allowed, or refused before they take more."""
    for number in (2, 30, 1000, 10**8, 2**31 - 1):
        for kind, field in (
            ("Pooling", "pooling_param { pool: AVE kernel_size: N stride: 1 pad: P }"),
            ("Pooling", "pooling_param { pool: MAX kernel_size: N stride: N pad: P }"),
            ("Im2col", "convolution_param { kernel_size: N pad: N }"),
            ("SPP", "spp_param { pyramid_height: N }"),
            ("LRN", "lrn_param { local_size: N1 }"),
            ("LRN", "lrn_param { local_size: N1 norm_region: WITHIN_CHANNEL }"),
            ("Tile", "tile_param { axis: 2 tiles: N }"),
            ("Upsample", "upsample_param { scale: N }"),
            ("Interp", "interp_param { zoom_factor: N }"),
            ("Interp", "interp_param { height: N width: N }"),
            ("Reorg", "reorg_param { stride: N reverse: true }"),
            ("ArgMax", "argmax_param { top_k: N }"),
            ("PriorBox", "prior_box_param { min_size: N aspect_ratio: N step: N }"),
            ("ROIPooling", "roi_pooling_param { pooled_h: N pooled_w: N }"),
            ("DummyData", "dummy_data_param { shape { dim: N dim: N } }"),
        ):
            bottoms = {"PriorBox": ("conv", "data"), "DummyData": ()}.get(kind, ("conv",))
            field = field.replace("N1", str(number | 1)).replace("N", str(number)).replace("P", str(number - 1))
            text = SMALL + layer(kind, field, bottoms)
            if kind == "ROIPooling":
                text = 'layer { name: "rois" type: "Input" top: "rois" input_param { shape { dim: 2 dim: 5 } } }\n' + text.replace(
                    'bottom: "conv" top: "x"', 'bottom: "conv" bottom: "rois" top: "x"'
                )
            yield f"{kind} of {field}", text


# MARK: very many of something small


def crowds():
    yield "inputs of one name", times('input: "a"\n')
    yield "inputs of many names", times('input: "{}"\n')
    yield "inputs with shapes", times('input: "{}" input_shape { dim: 1 }\n')
    yield "Input tops", HEAD + layer("Input", "input_param { shape { dim: 1 } }", (), tuple(map(str, range(350_000))), "inputs")
    yield "Input shapes", layer("Input", f"input_param {{ {'shape {} ' * 500_000} }}", (), ("data",))
    yield "layers of an unknown type", times('layer{type:"X"}\n')
    yield "layers without content", times("layer{}\n")
    yield "Input layers", times('layer{type:"Input" top:"{}" input_param{shape{dim:1}}}\n')
    yield "ReLUs in place", HEAD + times('layer{type:"ReLU" bottom:"data" top:"data"}\n')
    yield "ReLUs in a chain", HEAD.replace('"data"', '"0"') + "".join(
        f'layer{{name:"{number}" type:"ReLU" bottom:"{number}" top:"{number + 1}"}}\n' for number in range(80_000)
    )
    yield "ReLUs on one blob", HEAD + times('layer{name:"{}" type:"ReLU" bottom:"data" top:"{}"}\n')
    yield "BatchNorms in place", HEAD + times('layer{name:"{}" type:"BatchNorm" bottom:"data" top:"data"}\n')
    yield "BatchNorms on one convolution", SMALL + times('layer{name:"{}" type:"BatchNorm" bottom:"conv" top:"{}"}\n')
    yield "convolutions in a chain", HEAD.replace('"data"', '"0"') + "".join(
        f'layer{{name:"c{number}" type:"Convolution" bottom:"{number}" top:"{number + 1}" convolution_param{{num_output:3 kernel_size:1}}}}'
        f'layer{{name:"b{number}" type:"BatchNorm" bottom:"{number + 1}" top:"{number + 1}"}}\n'
        for number in range(25_000)
    )
    yield "convolutions that share a name of parameters", HEAD + times(
        'layer{name:"{}" type:"Convolution" bottom:"data" top:"{}" convolution_param{num_output:3 kernel_size:1} param{name:"w"}}\n'
    )
    yield "Silences", HEAD + times('layer{type:"Silence" bottom:"data"}\n')
    yield "losses", HEAD + times('layer{type:"SoftmaxWithLoss" bottom:"data" bottom:"data"}\n')
    yield "diamonds", HEAD.replace('"data"', '"0"') + "".join(
        f'layer{{name:"d{number}" type:"Eltwise" bottom:"{number}" bottom:"{number}" top:"{number + 1}"}}'
        f'layer{{name:"b{number}" type:"BatchNorm" bottom:"{number + 1}" top:"{number + 1}"}}\n'
        for number in range(30_000)
    )
    yield "Split tops", HEAD + layer("Split", "", ("data",), tuple(map(str, range(400_000))))
    yield "Slice tops", HEAD + layer("Slice", "", ("data",), tuple(map(str, range(400_000))))
    yield "slice points", HEAD + layer("Slice", "slice_param { " + "".join(f"slice_point: {n} " for n in range(1, 200_000)) + "}", ("data",), ("x", "y"))
    many = ("data",) * 300_000
    for kind in ("Concat", "Eltwise", "Silence", "Convolution", "X"):
        fields = "convolution_param { num_output: 2 kernel_size: 1 }" if kind == "Convolution" else ""
        yield f"{kind} bottoms", HEAD + layer(kind, fields, many) + layer("BatchNorm", "", ("x",), ("y",), "bn")
    yield "tops of one name", HEAD + layer("X", "", ("data",), ("x",) * 400_000)
    yield "kernel sizes", HEAD + layer("Convolution", "convolution_param { num_output: 2 " + "kernel_size: 1 " * 300_000 + "}")
    yield "orders", HEAD + layer("Permute", "permute_param { " + "".join(f"order: {n} " for n in range(300_000)) + "}")
    yield "offsets", HEAD + layer("Crop", "crop_param { " + "offset: 0 " * 400_000 + "}", ("data", "data"))
    yield "coefficients", HEAD + layer("Eltwise", "eltwise_param { " + "coeff: 1 " * 400_000 + "}", ("data", "data"))
    yield "sizes of priors", HEAD + layer(
        "PriorBox", "prior_box_param { " + "min_size: 1 " * 150_000 + "aspect_ratio: 2 " * 150_000 + "}", ("data", "data")
    )
    yield "params", HEAD + layer("Convolution", "convolution_param { num_output: 2 kernel_size: 1 } " + "param{} " * 500_000)
    yield "names of params", HEAD + layer("X", "".join(f'param{{name:"{n}"}} ' for n in range(200_000)))
    yield "rules", HEAD + layer("ReLU", "include{} " * 450_000)
    yield "stages", HEAD + layer("ReLU", "include{ " + 'stage:"a" ' * 450_000 + "}")
    yield "loss weights", HEAD + layer("ReLU", "loss_weight: 1 " * 300_000)
    yield "fields of no meaning", HEAD + times("x:1 ")
    yield "empty messages", HEAD + times("x{}")
    yield "old layers", 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n' + times('layers{type:RELU bottom:"data" top:"data"}\n')
    yield "oldest layers", 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n' + times(
        'layers{layer{name:"{}" type:"relu"} bottom:"data" top:"data"}\n'
    )
    yield "oldest paddings", 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n' + times(
        'layers{layer{name:"{}" type:"padding" pad:1} bottom:"data" top:"data"}\n'
    )


def texts():
    yield "nested messages", "x{" * 2_400_000
    yield "nested and closed messages", "x{" * 1_200_000 + "}" * 1_200_000
    yield "nested lists", "x:" + "[" * 4_900_000
    yield "one long name", HEAD + layer("ReLU", name="x" * 4_800_000)
    yield "long names", HEAD + "".join(layer("BatchNorm", name=f"{number}" + "x" * 40_000) for number in range(60))
    yield "long names of an unknown type", HEAD + "".join(layer("x" * 40_000 + str(number)) for number in range(110))
    yield "blank lines", "\n" * 4_900_000
    yield "comments", "#\n" * 2_400_000
    yield "one comment", "#" + "x" * 4_900_000
    yield "string literals", HEAD + 'name: ' + '""' * 2_300_000
    yield "escapes", HEAD + 'name: "' + "\\001" * 1_200_000 + '"'
    yield "control characters", HEAD + 'layer { name: "' + "\x1b" * 4_800_000 + '" type: "X" top: "x" }'
    yield "one number", HEAD + "name: " + "9" * 4_800_000
    yield "an open string", HEAD + 'name: "' + "x" * 4_800_000
    yield "zeros", b"\0" * 4_900_000
    yield "no text", bytes(range(128, 256)) * 38_000
    yield "semicolons", ";" * 4_900_000
    yield "lists of numbers", HEAD + layer("X", "x: [" + "1," * 2_300_000 + "1]")
    yield "commas", HEAD + layer("X", "x: [" + "," * 4_800_000 + "]")


# MARK: wire


def varint(number):
    result = bytearray()
    while number > 127:
        result.append(number & 127 | 128)
        number >>= 7
    return bytes(result + bytes([number]))


def message(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def wires():
    size = LARGEST - 1000
    conv = message(1, b"conv") + message(2, b"Convolution")
    bn = message(100, message(1, b"bn") + message(2, b"BatchNorm"))
    blob = message(7, b"")
    yield "empty blobs", message(100, conv + blob * (size // len(blob))) + bn
    yield "blobs of no numbers", message(100, conv + message(7, message(7, b"")) * (size // 4)) + bn
    yield "blobs of one number", message(100, conv + message(7, message(5, b"\0\0\0\0")) * (size // 8)) + bn
    unknown = 'layer { name: "conv" type: "X" bottom: "data" top: "conv" }'
    yield "empty blobs of an unknown type", message(100, conv + blob * (size // len(blob))), HEAD + unknown
    yield "empty layers", message(100, b"") * (size // 3)
    yield "empty old layers", message(2, b"") * (size // 2)
    yield "empty oldest layers", message(2, message(1, b"")) * (size // 4)
    yield "layers of an empty blob", message(100, blob) * (size // 5)
    named = b"".join(message(100, message(1, str(n).encode()) + blob) for n in range(size // 13))
    yield "named layers of an empty blob", named
    yield "named layers", b"".join(message(100, message(1, str(n).encode())) for n in range(size // 11))
    normal = b"".join(message(100, message(1, str(n).encode()) + message(2, b"BatchNorm") + blob) for n in range(size // 24))
    yield "BatchNorms that the net lacks", normal
    yield "varints", b"\x08\x00" * (size // 2)
    yield "fields of no meaning", message(100, conv) + message(3000, b"") * (size // 4)
    yield "fields of no meaning in a layer", message(100, conv + b"\x50\x00" * (size // 2))
    yield "fields of no meaning in a blob", message(100, conv + message(7, b"\x50\x00" * (size // 2)))
    yield "numbers, one by one", message(100, conv + message(7, b"\x2d\0\0\0\0" * (size // 5)))
    yield "runs of one number", message(100, conv + message(7, message(5, b"\0\0\0\0") * (size // 6)))
    yield "runs of no number", message(100, conv + message(7, message(5, b"") * (size // 2)))
    yield "dimensions", message(100, conv + message(7, message(7, message(1, b"\1" * size))))
    yield "dimensions, one by one", message(100, conv + message(7, message(7, b"\x08\x01" * (size // 2))))
    yield "shapes", message(100, conv + message(7, message(7, b"\x08\x01") * (size // 4)))
    yield "a huge shape", message(100, conv + message(7, message(7, message(1, varint(2**31 - 1) * 4))))
    yield "open groups", b"\x0b" * size
    yield "groups", b"\x0b" * (size // 2) + b"\x0c" * (size // 2)
    yield "names", message(1, b"") * (size // 2) + message(100, conv)
    yield "one name", message(100, message(1, b"x" * size) + message(2, b"BatchNorm") + blob)
    yield "a length beyond the file", varint(100 << 3 | 2) + varint(2**63 - 1) + conv
    yield "endless varint", b"\xff" * size


# MARK: HDF5


def file(fill, **options):
    stream = io.BytesIO()
    with h5py.File(stream, "w", **options) as opened:
        fill(opened)
    content = stream.getvalue()
    assert len(content) <= LARGEST, f"a bomb of {len(content)} bytes is too large to prove anything"
    return content


def small_weights(opened, without=()):
    for name, shape in {"conv/0": (2, 3, 1, 1), "conv/1": (2,), "bn/0": (2,), "bn/1": (2,), "bn/2": (1,)}.items():
        if name not in without:
            opened[f"data/{name}"] = np.ones(shape, np.float32)


def hierarchies():
    unknown = HEAD + "".join(layer("X", name=f"x{number}") for number in range(200))

    def keys(opened):
        for number in range(200):
            opened[f"data/x{number}/65535"] = np.ones(1, np.float32)

    yield "large numbers of blobs", file(keys), unknown

    def key(opened):
        small_weights(opened)
        opened["data/conv/9999999999"] = np.ones(1, np.float32)

    yield "a number beyond all", file(key)

    def many(opened):
        group = opened.create_group("data/conv")
        for number in range(9_000):
            group.create_dataset(str(number), (0,), np.float32)

    for library in ("earliest", "latest"):
        yield f"empty blobs, {library}", file(many, libver=library)
        yield f"empty blobs of an unknown type, {library}", file(many, libver=library), HEAD + layer("X", name="conv")

    def groups(opened):
        small_weights(opened)
        for number in range(4_000):
            opened.create_group(f"data/{number}")

    for library in ("earliest", "latest"):
        yield f"empty groups, {library}", file(groups, libver=library)

    def links(opened):
        small_weights(opened)
        for number in range(45_000):
            opened[f"data/x{number}"] = opened["data/bn"]

    yield "links to one group", file(links)

    def doubling(opened):
        small_weights(opened)
        inner = opened.create_group("data/inner")
        inner["0"] = np.ones(1, np.float32)
        for _ in range(60):
            outer = opened.create_group(None)
            outer["a"] = outer["b"] = inner
            inner = outer
        opened["data/outer"] = inner

    for library in ("earliest", "latest"):
        yield f"doubling groups, {library}", file(doubling, libver=library)

    def circle(opened):
        small_weights(opened)
        opened["data/conv/again"] = opened["data"]

    yield "a group in itself", file(circle)

    def soft(opened):
        small_weights(opened)
        for number in range(20_000):
            opened[f"data/x{number}"] = h5py.SoftLink(f"/data/x{number + 1}")

    yield "soft links", file(soft)

    def deep(opened):
        small_weights(opened)
        group = opened["data"]
        for _ in range(4_000):
            group = group.create_group("x")

    yield "deep groups", file(deep)

    def bomb(opened):
        small_weights(opened, without=("conv/0",))
        opened.create_dataset(
            "data/conv/0", data=np.zeros((2, 3, 4_000, 1_000), np.float32), chunks=(1, 1, 4_000, 1_000), compression=9
        )

    yield "zeros, unpacked 96 MB", file(bomb)

    def linked(opened):
        small_weights(opened)
        opened.create_dataset("data/zero/0", data=np.zeros(2**24, np.float32), chunks=(2**22,), compression=9)
        for number in range(2_000):
            opened[f"data/zero{number}/0"] = opened["data/zero/0"]

    yield "links to zeros", file(linked)

    def huge(opened):
        small_weights(opened, without=("conv/0",))
        opened.create_dataset("data/conv/0", (2, 3, 2**20, 2**20), np.float32, chunks=(1, 1, 2**10, 2**10))

    yield "a dataset that was never written", file(huge)

    def chunks(opened):
        small_weights(opened, without=("conv/0",))
        opened.create_dataset("data/conv/0", data=np.ones((2, 3, 100, 100), np.float32), chunks=(1, 1, 1, 5))

    for library in ("earliest", "latest"):
        yield f"tiny chunks, {library}", file(chunks, libver=library)

    def tiniest(opened):
        small_weights(opened, without=("conv/0",))
        opened.create_dataset("data/conv/0", data=np.ones(30_000, np.float32), chunks=(1,))

    yield "chunks of one number", file(tiniest)

    def attributes(opened):
        small_weights(opened)
        for number in range(15_000):
            opened["data/conv"].attrs[str(number)] = number

    yield "attributes", file(attributes, libver="latest")

    def text(opened):
        small_weights(opened)
        for number in range(40):
            opened.create_group("data/" + f"{number:02}" * 30_000)

    yield "long names", file(text)

    def wide(opened):
        small_weights(opened, without=("conv/0",))
        opened["data/conv/0"] = np.ones((1,) * 32, np.float32)

    yield "32 axes", file(wide)

    def state(opened):
        opened["iter"] = 1
        opened["learned_net"] = "x" * 4_000_000

    yield "a solver's state", file(state)


def archives():
    """Samples for `verify`."""

    def npz(members, compression=zipfile.ZIP_STORED):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", compression) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return stream.getvalue()

    def npy(shape, content=b"", kind="<f4", padding=0):
        header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode() + b" " * padding + b"\n"
        return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header + content

    good = npy((1, 3, 8, 8), bytes(4 * 3 * 64))
    yield "members", "npz", npz((f"{n}.npy", b"") for n in range(40_000))
    yield "members of an array", "npz", npz((f"{n}.npy", npy((1,), bytes(4))) for n in range(20_000))
    yield "zeros", "npz", npz([("data.npy", npy((100_000, 3, 8, 8), bytes(76_800_000)))], zipfile.ZIP_DEFLATED)
    yield "more zeros", "npz", npz([("data.npy", npy((250_000, 3, 8, 8), bytes(192_000_000)))], zipfile.ZIP_DEFLATED)
    yield "zeros, many times", "npz", npz(
        ((f"{n}.npy", npy((10_000, 3, 8, 8), bytes(7_680_000))) for n in range(100)), zipfile.ZIP_DEFLATED
    )
    yield "a huge shape", "npy", npy((2**40, 3, 8, 8), bytes(1000))
    yield "axes", "npy", npy("(" + "1," * 500_000 + ")", bytes(4))
    yield "nested tuples", "npy", npy("(" * 1_000_000 + ")" * 1_000_000, bytes(4))
    yield "a long header", "npy", npy((1, 3, 8, 8), bytes(4 * 3 * 64), padding=4_000_000)
    yield "samples", "npy", npy((1_000, 3, 8, 8), bytes(1_000 * 192), kind="|u1")
    yield "good ones", "npy", good


def lists():
    """Manifests of a batch."""
    job = '{"input":"w.h5"}\n'
    yield "jobs", times(job)
    yield "jobs of many names", times('{"input":"{}.h5"}\n', 1_500_000)
    yield "empty objects", times("{}\n".replace("{}", "{ }"))
    yield "nested objects", '{"a":' * 800_000
    yield "nested arrays", "[" * 4_900_000
    yield "one number", '{"input":' + "9" * 4_800_000 + "}"
    yield "one name", '{"input":"' + "x" * 4_800_000 + '"}'
    yield "names", "{" + ",".join(f'"{n}":1' for n in range(400_000)) + "}"
    yield "stages", '{"input":"w.h5","stage":[' + '"a",' * 1_200_000 + '"a"]}'
    yield "input shapes", '{"input":"w.h5","inputShape":{"data":[' + "1," * 2_000_000 + "1]}}"
    yield "blank lines", "\n" * 4_900_000
    yield "escapes", '{"input":"' + "\\u001b" * 800_000 + '"}'


def all_bombs():
    for source in (claims, shapes, crowds, texts):
        for name, text in source():
            yield net(f"text: {name}", text)
    for kind, source in (("wire", wires), ("HDF5", hierarchies)):
        for name, *rest in source():
            yield weights(f"{kind}: {name}", *rest)
    good = file(small_weights)
    for name, ending, content in archives():
        yield Bomb(
            f"samples: {name}",
            {"net.prototxt": SMALL.encode(), "w.h5": good, f"s.{ending}": content},
            (("fold", "w.h5", "OUT.h5", "--prototxt", "net.prototxt", "--verify", "--samples", "1", "--input", f"data=s.{ending}"),),
        )
    for name, text in comparisons():
        yield Bomb(
            f"comparison: {name}",
            {"net.prototxt": text.encode(), "w.h5": good},
            (("fold", "w.h5", "OUT.h5", "--prototxt", "net.prototxt", "--verify", "--samples", "1", "--memory-limit", "256M"),),
        )
    for name, text in lists():
        yield Bomb(
            f"manifest: {name}",
            {"net.prototxt": SMALL.encode(), "w.h5": good, "jobs.jsonl": text.encode()},
            (("batch", "jobs.jsonl", "--output-dir", "OUT", "--prototxt", "net.prototxt", "--dry-run"),),
        )


def run_bomb(context, bomb):
    """Each of its runs, in a folder of its own."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=context.scratch))
    results = []
    try:
        for name, content in bomb.files.items():
            (folder / name).write_bytes(content)
        for number, arguments in enumerate(bomb.runs):
            arguments = [str(each).replace("OUT", f"out{number}") for each in arguments]
            results.append((arguments[0], measured([context.bnfold, *arguments], folder)))
    finally:
        shutil.rmtree(folder)
    return bomb.name, results


def check(context):
    table = Table("Small files that claim much", "bomb", "command", "code", "MiB", "s", "message")
    failures, runs, largest, longest = [], 0, 0, 0.0
    for name, results in side_by_side(lambda bomb: run_bomb(context, bomb), all_bombs()):
        for command, each in results:
            runs += 1
            largest, longest = max(largest, each.bytes), max(longest, each.seconds)
            table.add(name[:100], command, each.exit_code, each.bytes >> 20, f"{each.seconds:.2f}", each.line)
            failures += [f"{name}: {command} {text}" for _, text in each.faults()]
    table.total(f"bombs: {runs} runs, {len(failures)} failures, at most {largest >> 20} MiB and {longest:.1f} s")
    table.write(context.output / "bombs.txt")
    return failures
