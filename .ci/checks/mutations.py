"""Damaged files of every kind that is read, made from good ones by a seed: whatever comes of one, it is an exit code of the README
within the limits of docs/limits.md. A run that ends with 0 must have written what other programs read.

CI runs a part of each kind, and --whole all of them, for the table in docs/limits.md.
"""

import io
import pathlib
import random
import re
import shutil
import struct
import tempfile
from dataclasses import dataclass

import h5py
import numpy as np

from limits import CODES, KINDS, measured, side_by_side
from table import Table
from weights import weights_by_layer

SEED = 20260
# Runs of each kind in the whole table, and in a part of it.
COUNTS = {"prototxt": 20_000, "caffemodel": 10_000, "HDF5": 10_000, "HDF5 heaps": 768, "npz": 3_000, "manifest": 2_000}
PART = 40
# So many of the runs that end well are looked at by other programs.
LOOK_AT = 5
# Where a file of this kind has interesting numbers, these are put in their place.
NUMBERS = (0, 1, 2, 7, 127, 128, 255, 256, 0x7FFF, 0xFFFF, 0x10000, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 1)


@dataclass
class Variant:
    """Files of a folder and the arguments of a run; `NUMBER` tells it from the others of its kind."""

    kind: str
    number: int
    files: dict
    arguments: list

    @property
    def output(self):
        return next((each for each in self.arguments if each.startswith("out")), None)


# MARK: bytes


def damaged(content, chance, others=(), marks=()):
    """A few changes of bytes, more often near `marks` where a format keeps what it is made of."""
    data = bytearray(content)
    places = [match.start() for mark in marks for match in re.finditer(re.escape(mark), content)]
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not data:
            break
        place = chance.randrange(len(data))
        if places and chance.random() < 0.7:
            place = min(chance.choice(places) + chance.randrange(-16, 96), len(data) - 1)
            place = max(place, 0)
        kind = chance.randrange(8)
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif kind == 2:
            width = chance.choice((2, 4, 8))
            number = chance.choice((*NUMBERS, len(data), len(data) - 1, place))
            order = chance.choice(("little", "big"))
            data[place : place + width] = (number % 256**width).to_bytes(width, order)
        elif kind == 3:
            del data[place : place + chance.choice((1, 2, 4, 8, 100))]
        elif kind == 4:
            data[place:place] = data[place : place + chance.choice((1, 4, 8, 64, 512))]
        elif kind == 5:
            data[place:place] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 4, 16))))
        elif kind == 6:
            del data[place:]
        else:
            other = chance.choice(others) if others else content
            start = chance.randrange(max(len(other), 1))
            length = chance.choice((1, 8, 64, 1024))
            data[place : place + length] = other[start : start + length]
    return bytes(data)


# MARK: texts

TEXT_NUMBERS = ("0", "-1", "1", "2", "33", "255", "65536", "100000000", "2147483647", "2147483648", "4294967295", "-2147483648")
TEXT_NUMBERS += ("9223372036854775807", "99999999999999999999", "1e400", "nan", "-inf", "0x7fffffff", "1.5", "077", "1e-45", "3f")
TYPES = (
    "Convolution Deconvolution InnerProduct BatchNorm Scale Bias ReLU PReLU Eltwise Concat Slice Split Pooling Softmax Dropout Flatten Reshape"
    " Crop Permute LRN LSTM Input DummyData Data Silence Python Tile ArgMax Reduction Embed Power Exp SPP Parameter PriorBox X"
).split()
FIELDS = (
    "num_output kernel_size pad stride group dilation axis bias_term bottom top name type dim eps use_global_stats scale_bias filler"
    " batch_norm_param convolution_param include phase param lr_mult input_param shape operation coeff slice_point engine loss_weight"
).split()
WORD = re.compile(r'"[^"\n]*"|[A-Za-z_][A-Za-z_0-9]*|-?[0-9.][0-9.e+-]*|[{}:\[\],]|#[^\n]*')


def damaged_text(content, chance, others=()):
    """A few changes of what a text is made of: words, numbers, names, lines, blocks; or of bytes."""
    text = content.decode("utf-8", "surrogateescape")
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        words = list(WORD.finditer(text))
        if not words or chance.random() < 0.2:
            text = damaged(text.encode("utf-8", "surrogateescape"), chance, others).decode("utf-8", "surrogateescape")
            continue
        word = chance.choice(words)
        kind = chance.randrange(8)
        start, end = word.span()
        if kind == 0:
            new = changed_word(word[0], words, chance)
            text = text[:start] + new + text[end:]
        elif kind == 1:
            numbers = [each for each in words if re.match(r"-?[0-9]", each[0])]
            if numbers:
                start, end = chance.choice(numbers).span()
                text = text[:start] + chance.choice(TEXT_NUMBERS) + text[end:]
        elif kind == 2:
            strings = [each for each in words if each[0].startswith('"')]
            if len(strings) > 1:
                start, end = chance.choice(strings).span()
                text = text[:start] + chance.choice(strings)[0] + text[end:]
        elif kind == 3:
            text = text[:start] + text[end:]
        elif kind in (4, 5, 6):
            lines = text.split("\n")
            first = chance.randrange(len(lines))
            block = lines[first : first + chance.choice((1, 1, 3, 8, 40))]
            if kind == 4:
                del lines[first : first + len(block)]
            elif kind == 5:
                lines[first:first] = block * chance.choice((1, 1, 2, 30))
            else:
                target = chance.randrange(len(lines))
                lines[target:target] = block
            text = "\n".join(lines)
        else:
            new = chance.choice(("\0", "\x1b[2J", "\r", "\u202e", "\ufeff", "'", '"', "\\", "#", "{", "}", "<", ">", "[", "]", ";"))
            text = text[:start] + new + text[start:]
    return text.encode("utf-8", "surrogateescape")


def changed_word(word, words, chance):
    if word.startswith('"'):
        return f'"{chance.choice(TYPES)}"' if chance.random() < 0.5 else chance.choice(words)[0]
    if re.match(r"-?[0-9]", word):
        return chance.choice(TEXT_NUMBERS)
    if word in ("true", "false"):
        return chance.choice(("true", "false", "1", "maybe"))
    return chance.choice(FIELDS) if chance.random() < 0.5 else chance.choice(words)[0]


# MARK: seeds


def pairs(context):
    """Prototxts and the weights that go with them."""
    folder = context.shared / "cases"
    found = [(each, each.with_suffix(".h5")) for each in sorted((folder / "valid-nets").glob("*.prototxt"))]
    for name, net, weights in (
        ("constant-filler", "const_scale.prototxt", "const_scale.caffemodel.h5"),
        ("merged-prototxt", "train_biased.prototxt", "train_biased.caffemodel.h5"),
        ("negated-concat", "min.prototxt", "min.caffemodel.h5"),
        ("shared-copies-differ", "net.prototxt", "diff.caffemodel.h5"),
        ("merged-prototxt", "train.prototxt", "train.caffemodel"),
        ("nvcaffe-blobs", "nv.prototxt", "nv.caffemodel"),
        ("nvcaffe-blobs", "bvlc.prototxt", "both.caffemodel"),
        ("nvcaffe-factor", "digits.prototxt", "factor7.caffemodel"),
        ("constant-filler", "const_scale.prototxt", "const_scale.caffemodel"),
    ):
        found.append((folder / name / net, folder / name / weights))
    return [(net.read_bytes(), weights.read_bytes()) for net, weights in found if weights.exists()]


def is_hdf5(content):
    return content[:4] == b"\x89HDF"


def forms(content):
    """The same weights as HDF5 keeps them in other ways."""
    with h5py.File(io.BytesIO(content)) as file:
        arrays = {}
        file.visititems(lambda name, node: arrays.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None)
    yield content
    options = (
        ("earliest", {"chunks": True, "compression": 4, "shuffle": True}),
        ("earliest", {"chunks": True, "fletcher32": True}),
        ("newer", {"chunks": True, "compression": 1}),
        ("newer", {}),
        ("newer", {"maxshape": "free", "chunks": True}),
    )
    for library, each in options:
        stream = io.BytesIO()
        # What the oldest libhdf5 reads that bnfold runs with.
        with h5py.File(stream, "w", libver=("v110", "v110") if library == "newer" else library) as file:
            for name, array in arrays.items():
                extra = dict(each) if array.ndim else {}
                if extra.pop("maxshape", None):
                    extra["maxshape"] = (None,) * array.ndim
                file.create_dataset(name, data=array, track_times=False, **extra)
        yield stream.getvalue()


HDF5_MARKS = (b"TREE", b"HEAP", b"SNOD", b"OHDR", b"FRHP", b"FHDB", b"BTHD", b"GCOL", b"FADB", b"\x89HDF", b"\0\x08\0\x18", b"\x01\0\0\0")


# MARK: kinds


def weight_run(chance, weights):
    """A command that reads weights."""
    command = chance.choice(("fold", "fold", "fold", "convert", "inspect", "diff"))
    ending = chance.choice((".h5", ".caffemodel"))
    if command == "fold":
        options = ["--verify", "--samples", "1"] if chance.random() < 0.2 else []
        return ["fold", weights, f"out{ending}", "--prototxt", "net.prototxt", *options]
    if command == "convert":
        return ["convert", weights, f"out{ending}", "--prototxt", "net.prototxt"]
    if command == "inspect":
        return ["inspect", weights, "--prototxt", "net.prototxt", "--dot", "drawing.dot"]
    return ["diff", weights, weights]


def prototxts(context, count):
    seeds = pairs(context)
    texts = [each.read_bytes() for each in sorted((context.shared / "corpus").glob("**/*.prototxt")) if each.stat().st_size < 60_000]
    texts += [each.read_bytes() for each in sorted((context.shared / "cases" / "nets").glob("*.prototxt"))]
    others = [net for net, _ in seeds] + texts
    for number in range(count):
        chance = random.Random(f"{SEED} prototxt {number}")
        if chance.random() < 0.5:
            net, weights = chance.choice(seeds)
            name = "w.h5" if is_hdf5(weights) else "w.caffemodel"
            files = {"net.prototxt": damaged_text(net, chance, others), name: weights}
            arguments = weight_run(chance, name)
            if arguments[0] == "diff":
                arguments = ["fold", name, "out.h5", "--prototxt", "net.prototxt"]
        else:
            files = {"net.prototxt": damaged_text(chance.choice(texts), chance, others)}
            arguments = ["inspect", "--prototxt", "net.prototxt", "--dot", "drawing.dot"]
        yield Variant("prototxt", number, files, arguments)


def caffemodels(context, count):
    seeds = [(net, weights) for net, weights in pairs(context) if not is_hdf5(weights)]
    others = [weights for _, weights in seeds]
    marks = (b"conv", b"bn", b"Convolution", b"BatchNorm", b"Scale", b"\x0a", b"\x3a", b"\xa2\x06")
    for number in range(count):
        chance = random.Random(f"{SEED} caffemodel {number}")
        net, weights = chance.choice(seeds)
        files = {"net.prototxt": net, "w.caffemodel": damaged(weights, chance, others, marks)}
        yield Variant("caffemodel", number, files, weight_run(chance, "w.caffemodel"))


def hdf5_files(context, count):
    seeds = [(net, form) for net, weights in pairs(context) if is_hdf5(weights) for form in forms(weights)]
    others = [weights for _, weights in seeds]
    for number in range(count):
        chance = random.Random(f"{SEED} HDF5 {number}")
        net, weights = chance.choice(seeds)
        files = {"net.prototxt": net, "w.h5": damaged(weights, chance, others, HDF5_MARKS)}
        yield Variant("HDF5", number, files, weight_run(chance, "w.h5"))


def heaps(context, count):
    """Every number of each header of a local or global heap, and of what lies in it, is replaced by every interesting one, in turn."""
    seeds = []
    plain = next((net, weights) for net, weights in pairs(context) if is_hdf5(weights))
    seeds.append(plain)
    stream = io.BytesIO()
    with h5py.File(io.BytesIO(plain[1])) as source, h5py.File(stream, "w") as file:
        source.copy("data", file)
        # Names and strings in global heaps, and links that a local heap holds.
        file.attrs["names"] = np.array(["one", "two", "three"], dtype=h5py.string_dtype())
        file["data"].attrs["comment"] = "x" * 40
        file.create_dataset("learned_net", data="weights.caffemodel.h5", dtype=h5py.string_dtype())
        file["data/soft"] = h5py.SoftLink("/data/" + "x" * 60)
    seeds.append((plain[0], stream.getvalue()))
    variants = []
    for net, weights in seeds:
        for mark, fields in (("HEAP", range(4, 32, 4)), ("HEAP data", range(0, 64, 4)), ("GCOL", range(4, 80, 4))):
            for match in re.finditer(mark[:4].encode(), weights):
                start = match.start()
                if mark == "HEAP data":
                    start = struct.unpack_from("<Q", weights, start + 24)[0]
                for offset in fields:
                    variants += [(net, weights, start + offset, number) for number in (*NUMBERS, len(weights))]
    chance = random.Random(f"{SEED} heaps")
    chance.shuffle(variants)
    for number, (net, weights, place, value) in enumerate(variants[:count]):
        chance = random.Random(f"{SEED} heap {number}")
        width = chance.choice((4, 8, 8))
        content = bytearray(weights)
        content[place : place + width] = (value % 256**width).to_bytes(width, "little")
        yield Variant("HDF5 heaps", number, {"net.prototxt": net, "w.h5": bytes(content)}, weight_run(chance, "w.h5"))


def archives(context, count):
    """Samples: .npz, stored and compressed, .npy, and HDF5."""
    net, weights = next((net, weights) for net, weights in pairs(context) if b"conv-relu" in net or is_hdf5(weights))
    name = "w.h5" if is_hdf5(weights) else "w.caffemodel"
    shape = [int(each) for each in re.findall(rb"dim:\s*(\d+)", net)[:4]]
    inputs = re.search(rb'top:\s*"([^"]*)"', net)[1].decode()
    random_numbers = np.random.default_rng(SEED)
    samples = random_numbers.standard_normal([3, *shape[1:]]).astype(np.float32)
    seeds = []
    for save in (np.savez, np.savez_compressed):
        for kind in ("<f4", "<f8", ">f2", "<i4", "|u1"):
            stream = io.BytesIO()
            save(stream, **{inputs: (samples * 9).astype(kind), "labels": np.arange(3)})
            seeds.append(("s.npz", stream.getvalue()))
    for order in "CF":
        stream = io.BytesIO()
        np.save(stream, np.asarray(samples, order=order))
        seeds.append(("s.npy", stream.getvalue()))
    marks = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY", b"descr", b"shape")
    others = [content for _, content in seeds]
    for number in range(count):
        chance = random.Random(f"{SEED} npz {number}")
        file, content = chance.choice(seeds)
        files = {"net.prototxt": net, name: weights, file: damaged(content, chance, others, marks)}
        arguments = ["fold", name, "out.h5", "--prototxt", "net.prototxt", "--verify", "--input", f"{inputs}={file}"]
        if file == "s.npz":
            arguments[-1] += f":{inputs}" if chance.random() < 0.8 else ""
        yield Variant("npz", number, files, arguments)


def manifests(context, count):
    seeds = [each for each in pairs(context) if is_hdf5(each[1])]
    line = (
        '{"input": "w.h5", "prototxt": "net.prototxt", "output": "deploy/w.h5", "options": {"verify": false, "compress": 3,'
        ' "level": 0, "stage": ["a", "b"], "onlyAdjacent": true, "batchNormDialect": "bvlc"}}'
    )
    texts = ['{"input": "w.h5"}\n', '{"input": "w.h5", "output": "1/w.h5"}\n{"input": "./w.h5", "output": "2/w.caffemodel"}\n', line + "\n"]
    for number in range(count):
        chance = random.Random(f"{SEED} manifest {number}")
        net, weights = seeds[number % 3]
        content = damaged_text(chance.choice(texts).encode(), chance, [each.encode() for each in texts])
        files = {"net.prototxt": net, "w.h5": weights, "jobs.jsonl": content}
        arguments = ["batch", "jobs.jsonl", "--output-dir", "deployed", "--prototxt", "net.prototxt", "--jobs", "1"]
        yield Variant("manifest", number, files, arguments)


GENERATORS = {
    "prototxt": prototxts,
    "caffemodel": caffemodels,
    "HDF5": hdf5_files,
    "HDF5 heaps": heaps,
    "npz": archives,
    "manifest": manifests,
}


# MARK: runs


def run_variant(context, variant, look_at, codes):
    """Runs it, and of those that end well looks at some outputs."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=context.scratch))
    keep = False
    try:
        for name, content in variant.files.items():
            (folder / name).write_bytes(content)
        result = measured([context.bnfold, *variant.arguments], folder)
        faults = result.faults(codes)
        if result.exit_code == 2 and variant.arguments[0] == "fold":
            # Damaged numbers may differ for good reasons, but a fold that is wrong by itself is none of them.
            if "a fault of bnfold" in result.errors:
                faults.append(("wrong codes", f"ended with 2: {result.line}"))
        if result.exit_code not in (0, 2) and variant.output and (folder / variant.output).exists():
            faults.append(("wrong codes", f"ended with {result.exit_code}, but left {variant.output}"))
        if result.exit_code == 0 and variant.number % LOOK_AT == 0:
            faults += [("wrong codes", each) for each in look_at(context, variant, folder)]
        keep = bool(faults)
        return variant, result, faults
    finally:
        if keep:
            place = context.output / "mutations" / f"{variant.kind}-{variant.number}".replace(" ", "-")
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place)
            (place / "run.txt").write_text(" ".join(variant.arguments) + "\n", encoding="utf-8")
        shutil.rmtree(folder)


def look_at(context, variant, folder):
    """What is wrong with outputs of a run that ended with 0: others must read them, and they must fold to themselves."""
    output = variant.output
    if output is None:
        return []
    try:
        weights_by_layer(folder / output)
    except Exception as error:
        return [f"ended with 0, but {output} cannot be read: {error!r}"]
    if variant.arguments[0] != "fold":
        return []
    net = output.removesuffix(".h5").removesuffix(".caffemodel") + ".prototxt"
    again = measured([context.bnfold, "fold", output, "again.h5", "--prototxt", net], folder)
    return [] if again.exit_code == 0 else [f"ended with 0, but its output does not fold: {again.exit_code} {again.line}"]


def check(context):
    return check_kinds(context, GENERATORS, COUNTS, "mutations.txt")


def check_kinds(context, generators, counts, file, look_at=look_at, codes=CODES):
    """Runs all variants of each kind, or a part of them. `codes` are those that may come."""
    table = Table("Damaged files", "kind", "runs", *KINDS, "codes", "most MiB", "most s")
    failures = []
    for kind, generate in generators.items():
        count = counts[kind] if context.is_whole else max(counts[kind] // PART, 24)
        tally, seen, most, longest, runs = dict.fromkeys(KINDS, 0), {}, 0, 0.0, 0
        for variant, result, faults in side_by_side(lambda each: run_variant(context, each, look_at, codes), generate(context, count)):
            runs += 1
            seen[result.exit_code] = seen.get(result.exit_code, 0) + 1
            most, longest = max(most, result.bytes), max(longest, result.seconds)
            for fault, text in faults:
                tally[fault] += 1
                failures.append(f"{kind} {variant.number}: {' '.join(variant.arguments)}: {text}")
            if runs % 500 == 0:
                print(f"  {kind}: {runs} of {count}, {sum(tally.values())} failures", flush=True)
        told = " ".join(f"{code}:{number}" for code, number in sorted(seen.items()))
        table.add(kind, runs, *tally.values(), told, most >> 20, f"{longest:.1f}")
    table.total(f"mutations: seed {SEED}, {len(failures)} failures")
    table.write(context.output / file)
    return failures
