"""Random nets from files to files: bnfold folds and verifies each, and the stand-in for Caffe runs both pairs. A net that
Caffe refuses must be refused for being malformed; a folded weight a thousandth off must be found. What fails is shrunk to
a net of a few lines.
"""

import random
import shutil

import h5py
import numpy as np

from caffe_standin import CaffeFatal, difference, load_net
from random_builder import Builder
from shrink import shrunk
from spoil import spoiled
from table import Table

COUNT = 5000
# Of so many nets one is spoiled so that Caffe refuses it, and of one a folded weight is spoiled.
SPOILED_SHARE, MUTANT_SHARE = 10, 12
MALFORMED, DIFFERS = 65, 2
# Folded weights are rounded to Float once; nets that amplify that are part of the game.
TOLERANCE = 5e-6
# A mutant matters when an output moves by more than this.
LEAST_INFLUENCE = 1e-4
LARGEST = 1e3
# Of a Float, at most.
ROUNDING = 2.0**-24
# So many are tried, as some cancel each other.
ROUNDINGS = 4


def check(context, first=0, count=COUNT):
    table = Table("Random nets, folded and verified, and run by the stand-in", "seed", "what went wrong", "smallest net")
    failures, totals = [], {}
    seeds = range(first, first + count)
    for seed, (kind, complaint, worst, text) in zip(seeds, context.each(check_seed, seeds, "random nets")):
        totals[kind] = totals.get(kind, 0) + 1
        totals["worst"] = max(totals.get("worst", 0.0), worst)
        if complaint:
            table.add(seed, complaint, text.strip().replace("\n", " / "))
            failures.append(f"seed {seed}: {complaint}\n{text}")
    worst = totals.pop("worst", 0.0)
    table.total(", ".join(f"{number} {kind}" for kind, number in sorted(totals.items())))
    table.total(f"worst output off by {worst:.1e} (allowed {TOLERANCE:.0e}); {len(failures)} failures")
    table.write(context.output / "random.txt")
    return failures


def check_seed(context, seed):
    """What kind of net it was, what went wrong, the worst output, and the smallest net that goes wrong likewise."""
    net, kind = random_net(context, seed)
    complaint, worst = judge(context, net, kind)
    if complaint is None:
        return kind, None, worst, ""
    small = shrunk(net, lambda smaller: (judge(context, smaller, kind)[0] or "").split(":")[0] == complaint.split(":")[0])
    text = f"{' '.join(small.options)} {small.containers[0]} to {small.containers[1]}\n{small.prototxt()}"
    return kind, judge(context, small, kind)[0] or complaint, worst, text


def random_net(context, seed):
    """A net whose numbers stay in bounds, or one that Caffe refuses."""
    for attempt in range(100):
        net = Builder(seed * 100 + attempt).built()
        if seed % SPOILED_SHARE == 7:
            net = spoiled(net)
            if net is None:
                continue
            try:
                load(context, net)
            except CaffeFatal:
                return net, "refused by Caffe"
            continue
        original = load(context, net)
        run(original, net.seed)
        if not all(np.abs(blob.data).max() < LARGEST for blob in original.blobs.values()):
            continue
        if is_steady(original, net.seed):
            return net, "with a spoiled weight" if seed % MUTANT_SHARE == 1 else "valid"
    raise RuntimeError(f"seed {seed}: no net comes of it")


def is_steady(original, seed):
    """Whether the outputs stay as they are when each weight is rounded to another Float: where what is left of a sum is
    no more than its rounding, say before a ReLU, no two runs can be compared.
    """
    before = {name: original.blobs[name].data.copy() for name in original.outputs}
    signs = np.random.default_rng(seed)
    parameters = {id(parameter): parameter for layer in original.layers for parameter in layer.parameters}.values()
    stored = [parameter.data for parameter in parameters]
    for _ in range(ROUNDINGS):
        for parameter, data in zip(parameters, stored):
            parameter.data = data * (1 + ROUNDING * signs.choice([-1.0, 1.0], data.shape))
        run(original, seed)
        if any(difference(original.blobs[name].data, values).relative > TOLERANCE / 4 for name, values in before.items()):
            return False
    return True


def judge(context, net, kind):
    """What is wrong with a fold, as `what: details`, and how far the worst output is off."""
    weights, prototxt = place(context, net)
    folded = context.scratch / f"random-{net.seed}-out.{net.containers[1]}"
    folded.unlink(missing_ok=True)
    fold = context.fold(weights, prototxt, folded, "--verify", "--samples", "2", *net.options)
    try:
        if kind == "refused by Caffe":
            if not is_refused(context, net):
                return None, 0.0
            return (None if fold.exit_code == MALFORMED else f"ends with {fold.exit_code}, not 65: {fold.first_error}"), 0.0
        if fold.exit_code != 0:
            return f"ends with {fold.exit_code}: {fold.first_error}", 0.0
        return compared(context, net, kind, weights, prototxt, folded, fold.report())
    finally:
        for path in (weights, prototxt, folded, folded.with_name(f"{folded.name}.prototxt")):
            path.unlink(missing_ok=True)


def compared(context, net, kind, weights, prototxt, folded, report):
    original = load_net(prototxt, weights)
    try:
        result = load_net(f"{folded}.prototxt", folded)
    except CaffeFatal as error:
        return f"Caffe refuses the written pair: {error}", 0.0
    run(original, net.seed)
    run(result, net.seed)
    if sorted(original.outputs) != sorted(result.outputs):
        return f"other outputs: {sorted(result.outputs)}, not {sorted(original.outputs)}", 0.0
    worst, name = worst_output(result, original)
    if worst > TOLERANCE:
        return f"an output is off: {name} by {worst:.1e}", worst
    if kind != "with a spoiled weight" or net.containers[1] != "h5":
        return None, worst
    return mutant(context, net, weights, prototxt, folded, report, result), worst


def mutant(context, net, weights, prototxt, folded, report, result):
    """Spoils one weight that matters; None when verify finds it, or when no weight matters."""
    copy = folded.with_name(f"{folded.name}.spoiled.h5")
    # A layer that shares its weights has none in the file.
    with h5py.File(folded) as file:
        targets = [fold["into"]["name"] for fold in report["folds"] if f"data/{fold['into']['name']}/0" in file]
    random.Random(net.seed).shuffle(targets)
    before = {name: result.blobs[name].data.copy() for name in result.outputs}
    for target in targets:
        shutil.copy(folded, copy)
        with h5py.File(copy, "r+") as file:
            blob = file[f"data/{target}/0"]
            values = blob[...]
            values.flat[np.abs(values).argmax()] *= 1.001
            blob[...] = values
        spoiled_result = load_net(f"{folded}.prototxt", copy)
        run(spoiled_result, net.seed)
        moved = max(difference(spoiled_result.blobs[name].data, before[name]).relative for name in before)
        if moved < LEAST_INFLUENCE:
            continue
        verify = context.run(
            "verify", weights, copy, "--prototxt", prototxt, "--folded-prototxt", f"{folded}.prototxt", "--samples", "2",
            "--quiet",
        )  # fmt: skip
        copy.unlink()
        if verify.exit_code != DIFFERS:
            return f"verify ends with {verify.exit_code} for a spoiled weight: of {target}, {verify.first_error}"
        return None
    copy.unlink(missing_ok=True)
    return None


def worst_output(result, original):
    found = {name: difference(result.blobs[name].data, original.blobs[name].data).relative for name in original.outputs}
    name = max(found, key=found.get)
    return found[name], name


def place(context, net):
    weights = context.scratch / f"random-{net.seed}.{net.containers[0]}"
    prototxt = context.scratch / f"random-{net.seed}.prototxt"
    net.write_weights(weights)
    prototxt.write_text(net.prototxt())
    return weights, prototxt


def load(context, net):
    weights, prototxt = place(context, net)
    try:
        return load_net(prototxt, weights)
    finally:
        weights.unlink()
        prototxt.unlink()


def is_refused(context, net):
    try:
        load(context, net)
    except CaffeFatal:
        return True
    return False


def run(net, seed):
    numbers = np.random.default_rng(seed)
    shapes = {blob.name: blob.shape for layer in net.layers if layer.type == "Input" for blob in layer.tops}
    net.forward({name: numbers.standard_normal(shapes[name]) for name in sorted(shapes)})
