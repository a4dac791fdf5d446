"""Statistics that bnfold measures, against those that real Caffe gathered on the same samples in the same batches."""

import re

import h5py
import numpy as np

from table import Table
from weights import weights_by_layer

# Caffe adds in single precision; so much of a channel's deviation may that cost.
TOLERANCE = 1e-5
BATCH = 33


def check(context):
    failures = []
    table = Table(
        "Measured statistics against real Caffe's, in deviations of the channel",
        "net", "weights", "BatchNorms", "batches", "population",
    )
    failures += segnet(context, table)
    nets = sorted(path.parent for path in (context.shared / "zoo").glob("digits-*/calibration.h5"))
    worst = 0.0
    for net in nets:
        for weights in ("weights.caffemodel", "weights.caffemodel.h5"):
            if not (net / weights).exists():
                continue
            count, cells = 0, []
            for method in ("batches", "population"):
                try:
                    count, distance = compare(context, net, weights, method)
                except (ValueError, KeyError, OSError) as error:
                    failures.append(f"{net.name} {weights} {method}: {error}")
                    distance = float("nan")
                else:
                    worst = max(worst, distance)
                    if not distance <= TOLERANCE:
                        failures.append(f"{net.name} {weights} {method}: off by {distance:.1e} deviations")
                cells.append(distance)
            table.add(net.name, weights, count, *cells)
    table.total(f"{len(nets)} nets, worst {worst:.1e} (allowed {TOLERANCE:.0e}), {len(failures)} failures")
    table.write(context.output / "calibration.txt")
    return failures


# SegNet's basic net stores no statistics: its `BN` normalises by the batch, and a script in its own Caffe makes the finished normalisation.
SEGNET = "corpus/alexgkendall__SegNet-Tutorial/Models__segnet_basic_train.prototxt"


def segnet(context, table):
    """Random weights and samples: calibrated, folded, no BN left, and the folded net computes what the calibrated one does."""
    train = context.shared / SEGNET
    folder = context.scratch / "segnet"
    folder.mkdir()
    generator = np.random.default_rng(17)
    channels, normalisations = 3, 0
    with h5py.File(folder / "weights.h5", "w") as weights:
        data = weights.create_group("data")
        for text in re.split(r"^layer ", train.read_text(), flags=re.MULTILINE):
            name, kind = (re.search(rf'\b{field}: "([^"]*)"', text) for field in ("name", "type"))
            if kind is None or kind[1] not in ("Convolution", "BN"):
                continue
            blobs = data.create_group(name[1])
            if kind[1] == "Convolution":
                outputs, size = (int(re.search(rf"{field}: (\d+)", text)[1]) for field in ("num_output", "kernel_size"))
                deviation = np.sqrt(2 / (channels * size * size))
                blobs["0"] = generator.normal(0, deviation, (outputs, channels, size, size)).astype("f4")
                if "bias_term: false" not in text:
                    blobs["1"] = generator.normal(0, 0.1, outputs).astype("f4")
                channels = outputs
            else:
                normalisations += 1
                blobs["0"] = generator.uniform(0.5, 1.5, (1, channels, 1, 1)).astype("f4")
                blobs["1"] = generator.normal(0, 0.5, (1, channels, 1, 1)).astype("f4")
    np.save(folder / "samples.npy", generator.uniform(0, 255, (2, 3, 360, 480)).astype("f4"))
    samples = f"data={folder / 'samples.npy'}"
    try:
        for arguments in (
            ("calibrate", "weights.h5", "calibrated.h5", "--prototxt", train, "--input", samples, "--batch", 1, "--quiet"),
            ("fold", "calibrated.h5", "folded.h5", "--input-shape", "data=1,3,360,480", "--quiet"),
        ):
            run = context.run(*arguments, folder=folder)
            if run.exit_code != 0:
                raise ValueError(f"{arguments[0]} ends with {run.exit_code}: {run.first_error}")
        if re.search(r'type: *"BN"', (folder / "folded.prototxt").read_text()):
            raise ValueError("a BN is left")
        run = context.run(
            "verify", "calibrated.h5", "folded.h5", "--input-shape", "data=1,3,360,480", "--input", samples, "--samples", 1,
            "--report", "-", folder=folder,
        )
        report = run.report()
        worst = max(blob["largestRelative"] for blob in report["blobs"] if blob.get("largestRelative") is not None)
        if run.exit_code != 0 or report["layersRun"] != report["layerCount"] or report["obstacles"]:
            raise ValueError(f"verify ends with {run.exit_code}, {report['layersRun']} of {report['layerCount']} layers run")
    except (ValueError, KeyError) as error:
        return [f"SegNet basic: {error}"]
    table.add("SegNet basic", "random", normalisations, "folded, no BN left", f"verified, {worst:.1e}")
    return []


def compare(context, net, weights, method):
    """The number of BatchNorms, and the largest distance of a mean or deviation from Caffe's."""
    train = net / "train_val.prototxt"
    data = context.shared / "zoo" / "data" / (re.search(r"data/(\w+_test)\.txt", train.read_text()).group(1) + ".h5")
    ending = weights.removeprefix("weights")
    output = context.scratch / f"{net.name}-{method}{ending}"
    run = context.run(
        "calibrate", net / weights, output, "--prototxt", train, "--method", method,
        "--batch", BATCH, "--input", f"data={data}:/data", "--force", "--quiet",
    )
    if run.exit_code != 0:
        raise ValueError(f"exit code {run.exit_code}: {run.first_error}")
    prototxt = output.with_name(output.name.removesuffix(ending) + ".prototxt")
    if prototxt.read_bytes() != train.read_bytes():
        raise ValueError("the prototxt is not the same")
    before, after = weights_by_layer(net / weights), weights_by_layer(output)
    if before.keys() != after.keys():
        raise ValueError("other layers or blobs than before")
    worst, layers = 0.0, set()
    with h5py.File(net / "calibration.h5") as truth:
        for name in truth[method]:
            stored = truth[method][name]
            layer = name.replace("%2F", "/")
            layers.add(layer)
            count = stored["2"][0] if method == "batches" else 1.0
            mean, variance = stored["0"][()] / count, stored["1"][()] / count
            deviation = np.sqrt(variance)
            factor = np.ravel(after[layer, 2])[0]
            found = np.ravel(after[layer, 0]) / factor, np.sqrt(np.ravel(after[layer, 1]) / factor)
            distances = np.abs(found[0] - mean) / deviation, np.abs(found[1] - deviation) / deviation
            worst = max(worst, *map(np.max, distances))
    for key in before:
        if key[0] not in layers and not np.array_equal(before[key], after[key], equal_nan=True):
            raise ValueError(f"blob {key[1]} of '{key[0]}' has changed")
    return len(layers), float(worst)
