"""PyPI's protobuf judges the .caffemodel files that bnfold reads and writes; unlike bnfold it parses them whole."""

import numpy as np
from google.protobuf import text_format

from caffe_standin.caffe_schema import MESSAGES
from caffe_standin.caffemodel import blob_shape, blob_values, layers_of, read_caffemodel
from handmade import check_handmade
from model_pairs import PAIRS
from table import Table
from weights import same_weights, weights_by_layer


def check(context):
    failures = []
    table = Table(
        "What protobuf finds in .caffemodel files",
        "file",
        "layers",
        "blobs",
        "converted",
        "there and back",
        "folded",
        "untouched layers",
    )
    cases = caffemodels(context)
    totals = [0, 0, 0]
    for (weights, prototxt, _), result in zip(cases, context.each(check_file, cases, "files")):
        layers, blobs, untouched, found = result
        totals = [total + more for total, more in zip(totals, (layers, blobs, untouched))]
        verdicts = [
            "differs" if any(each.startswith(step) for each in found) else "equal"
            for step in ("convert", "back", "fold")
        ]
        table.add(weights.relative_to(context.shared), layers, blobs, *verdicts, untouched)
        failures += [f"{weights.relative_to(context.shared)} with {prototxt.name}: {failure}" for failure in found]
    checks, found = check_handmade(context)
    failures += [f"handmade: {failure}" for failure in found]
    table.total(
        "handmade models (unpacked, double, half precision, legacy shapes, unknown fields, diffs, V1 layers):"
        f" {checks} facts checked"
    )
    table.total(
        f"{len(cases)} files with {totals[0]} layers and {totals[1]} blobs; {totals[2]} untouched layers kept;"
        f" {len(failures)} failures"
    )
    table.write(context.output / "wire.txt")
    return failures


def caffemodels(context):
    """Every .caffemodel with the prototxt and the options that fold it."""
    cases = [
        (path, path.with_name("test_net.prototxt"), ())
        for path in sorted((context.shared / "zoo").glob("*/*.caffemodel"))
    ]
    for path in sorted((context.shared / "models").glob("*/*.caffemodel")):
        pair = next(pair for pair in PAIRS if (pair.folder, pair.weights) == (path.parent.name, path.name))
        cases.append((path, path.with_name(pair.prototxt), pair.options))
    return cases


def check_file(context, case):
    """How many layers, blobs and untouched layers the file has, and what is wrong with what bnfold makes of it."""
    weights, prototxt, options = case
    scratch = context.scratch / f"wire-{weights.parent.name}"
    failures = []
    original = read_caffemodel(weights)

    copy, hdf5, back = (
        scratch.with_name(f"{scratch.name}-{name}") for name in ("copy.caffemodel", "converted.h5", "back.caffemodel")
    )
    for source, target, *more in (
        (weights, copy),
        (weights, hdf5, "--prototxt", prototxt, "--output-prototxt", f"{hdf5}.prototxt"),
        (hdf5, back),
    ):
        run = context.run("convert", source, target, "--force", *more)
        if run.exit_code != 0:
            return (
                len(layers_of(original)),
                0,
                0,
                [f"convert {target.name}: exit code {run.exit_code}: {run.first_error}"],
            )
    if copy.read_bytes() != weights.read_bytes():
        failures.append("convert to a .caffemodel is not byte-identical")
    before, converted = parse(prototxt), parse(f"{hdf5}.prototxt")
    # Inputs that older nets declare without a layer have one in the converted prototxt.
    computing = [[layer.name for layer in layers_of(net) if layer.type != "Input"] for net in (before, converted)]
    names = dict(zip(*computing))
    failures += [
        f"convert to HDF5: {failure}" for failure in disagreements(original, hdf5, names, shared_blobs(before))
    ]
    if not same_weights(weights_by_layer(hdf5), weights_by_layer(back)):
        failures.append("back from HDF5 the numbers differ")

    untouched = 0
    folded, folded_hdf5 = (
        scratch.with_name(f"{scratch.name}-folded.{container}") for container in ("caffemodel", "h5")
    )
    runs = [context.fold(weights, prototxt, output, *options) for output in (folded, folded_hdf5)]
    if any(run.exit_code for run in runs):
        failures.append(f"fold: {runs[0].first_error or runs[1].first_error}")
    else:
        after = read_caffemodel(folded)
        renamed = {entry["from"]: entry["to"] for entry in runs[1].report()["renamed"]}
        shared = shared_blobs(parse(f"{folded}.prototxt"))
        failures += [f"fold: {failure}" for failure in disagreements(after, folded_hdf5, renamed, shared)]
        # Layers of V1 are written as today's: there no message can stay as it is.
        if original.layer:
            untouched, found = check_untouched(original, after, runs[0].report())
            failures += [f"fold: {failure}" for failure in found]
    return len(layers_of(original)), sum(len(layer.blobs) for layer in layers_of(original)), untouched, failures


def parse(prototxt):
    with open(prototxt, encoding="utf-8") as file:
        return text_format.Parse(file.read(), MESSAGES["NetParameter"](), allow_unknown_field=True)


def shared_blobs(net):
    """The blobs that belong to an earlier layer: HDF5 holds only the owner's, a .caffemodel every copy."""
    owners, shared = set(), set()
    for layer in net.layer:
        for index, param in enumerate(layer.param):
            if param.name in owners:
                shared.add((layer.name, index))
            elif param.name:
                owners.add(param.name)
    return shared


def disagreements(net, hdf5, names, shared):
    """What protobuf reads in a .caffemodel and h5py does not find just so in HDF5."""
    datasets, found = weights_by_layer(hdf5), []
    for layer in layers_of(net):
        for index, blob in enumerate(layer.blobs):
            dataset = datasets.pop((names.get(layer.name, layer.name), index), None)
            shape, is_legacy = blob_shape(blob)
            if dataset is None:
                if (layer.name, index) not in shared:
                    found.append(f"{layer.name}[{index}] is missing")
            elif not fits(dataset.shape, shape, is_legacy):
                found.append(f"{layer.name}[{index}] has shape {dataset.shape}, not {shape}")
            elif not np.array_equal(dataset.ravel(), blob_values(blob), equal_nan=True):
                found.append(f"{layer.name}[{index}] has other numbers")
    return found + [f"{layer}[{index}] came from nowhere" for layer, index in datasets]


def fits(shape, told, is_legacy):
    """A legacy shape pads to four axes in front."""
    return shape == told or (is_legacy and (1,) * (4 - len(shape)) + shape == told)


def check_untouched(before, after, report):
    """Layers that no fold touched must be the same message, fields that only forks know included."""
    touched = {fold["into"]["name"] for fold in report["folds"]} | {
        scale["layer"]["name"] for scale in report["scales"]
    }
    gone = {layer["name"] for fold in report["folds"] + report["scales"] for layer in fold["from"]}
    originals = {layer.name: layer for layer in layers_of(before)}
    untouched = [layer for layer in layers_of(after) if layer.name not in touched]
    found = [f"layer '{layer.name}' came from nowhere" for layer in untouched if layer.name not in originals]
    found += [
        f"layer '{layer.name}' was changed, though no fold touches it"
        for layer in untouched
        if layer.name in originals and layer.SerializeToString() != originals[layer.name].SerializeToString()
    ]
    found += [f"layer '{layer.name}' should be gone" for layer in untouched if layer.name in gone]
    # New layers stand at the end.
    order = [layer.name for layer in layers_of(before)]
    remaining = [layer.name for layer in layers_of(after)]
    if [name for name in remaining if name in originals] != [name for name in order if name in remaining]:
        found.append("the order of the layers changed")
    return len(untouched), found
