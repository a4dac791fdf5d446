"""Damaged files of ONNX, made from good ones by a seed: bytes anywhere, and fields of the messages that a model is made of.

Whatever comes of one, it is 0, or 65 or 66 with nothing written, within the limits; a fold that ended with 0 folds to itself. CI runs a
part of each kind, and --whole all of them.
"""

import random

from limits import measured
from mutations import NUMBERS, SEED, Variant, check_kinds, damaged

# Runs of each kind in the whole table.
COUNTS = {"ONNX bytes": 40_000, "ONNX fields": 60_000, "ONNX external data": 12_000}
# A difference is what `verify` may find. 64, 69, 70, 73 and 74 would be lies about such a file.
CODES = {0, 2, 65, 66}
LARGEST = 64 << 10
MARKS = (b"Conv", b"BatchNormalization", b"MatMul", b"Gemm", b"Mul", b"Add", b"pads", b"epsilon", b"axis", b"Constant", b"location", b"\x0a", b"\x12")
WORDS = tuple(
    "Conv ConvTranspose Gemm MatMul BatchNormalization Mul Add Sub Div Relu Concat Split Reshape Transpose Constant ConstantOfShape Shape Gather"
    " Unsqueeze Identity If Loop Einsum DequantizeLinear Pad MaxPool axis axes perm pads group transB alpha training_mode value ai.onnx ../w x y".split()
)


def seeds(context):
    """Small models, each with what lies beside it."""
    found = []
    for folder in ("samples", "torch"):
        for path in sorted((context.shared / "onnx" / folder).glob("*.onnx")):
            if path.stat().st_size <= LARGEST and not path.name.startswith("external"):
                found.append(path.read_bytes())
    return found


def run_of(chance, name="m.onnx"):
    """A command that reads a model."""
    command = chance.choice(("fold", "fold", "fold", "fold", "inspect", "verify", "convert"))
    if command == "fold":
        return ["fold", name, "out.onnx", *(["--verify", "--samples", "1"] if chance.random() < 0.3 else [])]
    if command == "convert":
        return ["convert", name, "out.onnx", *(["--external-data"] if chance.random() < 0.5 else [])]
    return ["verify", name, name, "--samples", "1"] if command == "verify" else ["inspect", name, "--dot", "drawing.dot"]


# MARK: fields


def varint(number):
    number %= 1 << 64
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def fields_of(content):
    """The fields of a message, each as number, kind and what it holds; `None` where it is no message."""
    place, found = 0, []

    def read():
        nonlocal place
        result, shift = 0, 0
        while place < len(content) and shift < 70:
            byte = content[place]
            place += 1
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return result
        return None

    while place < len(content):
        tag = read()
        if not tag or tag >> 3 == 0 or tag >> 3 > 100:
            return None
        kind = tag & 7
        if kind == 0:
            value = read()
            if value is None:
                return None
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            value = content[place : place + length]
            place += length
        elif kind == 2:
            length = read()
            if length is None or place + length > len(content):
                return None
            value = content[place : place + length]
            place += length
        else:
            return None
        found.append([tag >> 3, kind, value])
    return found if place == len(content) else None


def message_of(fields):
    parts = []
    for number, kind, value in fields:
        parts.append(varint(number << 3 | kind))
        parts.append(varint(value) if kind == 0 else (varint(len(value)) if kind == 2 else b"") + bytes(value))
    return b"".join(parts)


def changed(content, chance, depth=0):
    """One change of a field, somewhere in a message or in those inside it."""
    fields = fields_of(content)
    if not fields:
        return damaged(content, chance)
    place = chance.randrange(len(fields))
    number, kind, value = fields[place]
    if kind == 2 and depth < 6 and chance.random() < 0.85 and fields_of(value):
        fields[place][2] = changed(value, chance, depth + 1)
        return message_of(fields)
    way = chance.randrange(9)
    if way == 0:
        del fields[place]
    elif way == 1:
        fields.insert(chance.randrange(len(fields) + 1), list(fields[place]))
    elif way == 2:
        other = chance.randrange(len(fields))
        fields[place], fields[other] = fields[other], fields[place]
    elif way == 3:
        fields[place][0] = chance.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 20, 21, 25))
    elif kind == 0:
        fields[place][2] = chance.choice((*NUMBERS, value + 1, value - 1, value * 2))
    elif kind in (1, 5):
        fields[place][2] = bytes(chance.choice((0, 0x7F, 0x80, 0xFF)) for _ in value)
    elif way == 4:
        fields[place][2] = chance.choice(WORDS).encode()
    elif way == 5:
        fields[place][2] = value[: chance.randrange(len(value) + 1)]
    elif way == 6:
        same = [each for each in fields if each[0] == number and each[1] == 2]
        fields[place][2] = chance.choice(same)[2]
    elif way == 7:
        fields[place][2] = value * chance.choice((2, 3, 20))
    else:
        fields[place][2] = damaged(value, chance)
    return message_of(fields)


def messages(context, count):
    known = seeds(context)
    for number in range(count):
        chance = random.Random(f"{SEED} ONNX fields {number}")
        content = chance.choice(known)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            content = changed(content, chance)
        yield Variant("ONNX fields", number, {"m.onnx": content}, run_of(chance))


# MARK: bytes


def files(context, count):
    known = seeds(context)
    for number in range(count):
        chance = random.Random(f"{SEED} ONNX bytes {number}")
        yield Variant("ONNX bytes", number, {"m.onnx": damaged(chance.choice(known), chance, known, MARKS)}, run_of(chance))


def external(context, count):
    """Models whose numbers lie in other files: either of them is damaged, or the file is cut."""
    folder = context.shared / "onnx/samples"
    known = []
    for path in sorted(folder.glob("external*.onnx")):
        content = path.read_bytes()
        beside = {
            each.name: each.read_bytes()
            for each in folder.iterdir()
            if not each.name.endswith((".onnx", ".npz")) and each.is_file() and each.name.encode() in content
        }
        known.append((content, beside))
    for number in range(count):
        chance = random.Random(f"{SEED} ONNX external data {number}")
        content, beside = chance.choice(known)
        given = dict(beside)
        if chance.random() < 0.2 and given:
            name = chance.choice(sorted(given))
            given[name] = given[name][: chance.randrange(len(given[name]) + 1)]
        elif chance.random() < 0.6:
            content = changed(content, chance)
        else:
            content = damaged(content, chance, marks=(b"location", b"offset", b"length"))
        yield Variant("ONNX external data", number, {"m.onnx": content, **given}, run_of(chance))


GENERATORS = {"ONNX bytes": files, "ONNX fields": messages, "ONNX external data": external}


def look_at(context, variant, folder):
    """What is wrong with outputs of a run that ended with 0: they must fold to themselves."""
    if variant.arguments[0] != "fold":
        return []
    again = measured([context.bnfold, "fold", variant.output, "again.onnx"], folder)
    return [] if again.exit_code == 0 else [f"ended with 0, but its output does not fold: {again.exit_code} {again.line}"]


def check(context):
    return check_kinds(context, GENERATORS, COUNTS, "onnx-mutations.txt", look_at, CODES)
