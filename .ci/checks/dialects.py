"""Every net of the zoo, and real nets with BatchNorm, in the dialects of NVCaffe, Intel Caffe and SegNet and back: the stand-in for
Caffe, with a layer of its own for each dialect, has to compute the same before and after. What is back in the dialect of
BVLC Caffe must load without the layers of any fork.
"""

import shutil

import h5py
import numpy as np
from caffe_standin import CaffeFatal, Unsupported, difference, load_net, read_reference
from caffe_standin.fork_layers import NVCAFFE_LAYERS, SEGNET_LAYERS, XILINX_LAYERS
from caffe_standin.net import Net
from model_pairs import PAIRS
from models import seeded_input
from table import Table
from tolerance import BLOB_TOLERANCE
from zoo import zoo_weights

LAYERS = {"nvcaffe": NVCAFFE_LAYERS, "segnet": SEGNET_LAYERS, "bvlc": {}}
TYPES = ("BatchNorm", "BN", "Scale")
# Layers that compute the same in every fork: the net of a real model has them before and after.
REAL = ("landmark106_mbv2", "mobilenetv2_yolov3_nano", "nsfw_resnet50_thin", "vitis_enet_cityscapes")
# Words of the reason why a dialect has no form for a net.
REFUSED = {("digits-conv3d", "segnet"): "at most 4"}


def check(context):
    table = Table(
        "Batch normalisations in the dialects of forks: largest relative difference of any output",
        "net", "way", "BatchNorm, BN, Scale before", "after", "largest difference", "refused",
    )
    zoo = sorted(path.parent.name for path in (context.shared / "zoo").glob("digits-*/reference.h5"))
    cases = [("zoo", net, way) for net in zoo for way in ("nvcaffe", "segnet", "intel")]
    cases += [
        ("models", pair, way)
        for pair in PAIRS
        if pair.folder in REAL and pair.runs_as in ("", pair.prototxt) and pair.standin
        for way in ("nvcaffe", "segnet")
    ]
    failures = []
    for (_, net, way), rows in zip(cases, context.each(check_case, cases, "dialects")):
        name = net if isinstance(net, str) else f"{net.folder}/{net.prototxt}"
        for row in rows:
            *cells, failure = row
            table.add(name, *cells)
            if failure:
                failures.append(f"{name}, {cells[0]}: {failure}")
    if len(zoo) < 10:
        failures.append(f"only {len(zoo)} nets of the zoo have a reference; expected at least 10")
    table.total(f"allowed {BLOB_TOLERANCE:.0e}; {len(failures)} failures")
    table.write(context.output / "dialects.txt")
    return failures


def check_case(context, case):
    """Rows of the table, each with what went wrong at its end."""
    kind, net, way = case
    if kind == "zoo":
        folder = context.shared / "zoo" / net
        weights = zoo_weights(folder)
        prototxt, options, layers = folder / "test_net.prototxt", (), {}
        inputs, blobs = read_reference(folder / "reference.h5")
        expected = [blobs[name] for name in Net(prototxt).outputs]
    else:
        folder = context.shared / "models" / net.folder
        weights, prototxt, layers = folder / net.weights, folder / net.prototxt, net.fork_layers
        options = ("--assume-global-stats",) if layers == XILINX_LAYERS else ()
        before = load_net(prototxt, weights, layers)
        inputs = dict.fromkeys(before.inputs, seeded_input(net))
        before.forward(inputs)
        expected = [before.blobs[name].data for name in before.outputs]
        blobs, net = {}, f"{net.folder}-{net.prototxt}"
    others = {} if layers == XILINX_LAYERS else layers
    rows, scratch = [], context.scratch / f"dialects-{net}-{way}"
    if way == "intel":
        weights, prototxt = as_intel_has_it(prototxt, weights, scratch)
        if weights is None:
            return [("bvlc -> intel", "", "", None, "no BatchNorm with a Scale behind it in HDF5", "")]
        steps = ["bvlc"]
    else:
        # From one container to the other, and back.
        steps = [way, "bvlc"]
    for number, target in enumerate(steps):
        output = f"{scratch}-{target}." + ("h5" if (number + (weights.suffix == ".h5")) % 2 else "caffemodel")
        step = f"{'intel' if way == 'intel' else ([way] + steps)[number] if number else 'as it is'} -> {target}"
        run = context.run("convert", weights, output, "--prototxt", prototxt, "--dialect", target, "--report", "-", *options)
        reason = REFUSED.get((net, way)) if way != "intel" else None
        if reason:
            is_right = run.exit_code == 65 and reason in run.errors
            return rows + [(step, "", "", None, reason, "" if is_right else f"expected a refusal, found {run.first_error}")]
        if run.exit_code != 0:
            return rows + [(step, "", "", None, "", f"exit code {run.exit_code}: {run.first_error}")]
        written = output.rsplit(".", 1)[0] + ".prototxt"
        counts = counted(prototxt), counted(written)
        prototxt = written
        weights = context.scratch / output
        options = ()
        try:
            # A net without layers of forks must load where no fork's fields are known.
            after = load_net(prototxt, weights, {**others, **LAYERS[target]} or None)
            after.forward({**blobs, **inputs})
            found = [after.blobs[name].data for name in after.outputs]
            worst = max(float(difference(new, old).relative) for new, old in zip(found, expected, strict=True))
        except (CaffeFatal, Unsupported, ValueError) as error:
            return rows + [(step, *counts, None, "", f"does not run: {error}")]
        left = [note for note in after.notes if note]
        failure = f"differs by {worst:.1e}" if not worst <= BLOB_TOLERANCE else f"surplus weights: {left}" if left else ""
        rows.append((step, *counts, worst, "", failure))
    return rows


def counted(prototxt):
    text = open(prototxt, encoding="utf-8").read().replace("'", '"').replace(" ", "")
    return ", ".join(str(text.count(f'type:"{kind}"')) for kind in TYPES)


def as_intel_has_it(prototxt, weights, scratch):
    """The same net as Intel Caffe snapshots it: gamma and beta in the BatchNorm, the Scale behind it empty-handed."""
    if not h5py.is_hdf5(weights):
        return None, None
    path = scratch.with_name(scratch.name + "-intel.h5")
    shutil.copy(weights, path)
    layers = Net(prototxt).layers
    moved = 0
    with h5py.File(path, "r+") as file:
        data = file["data"]
        for layer, behind in zip(layers, layers[1:]):
            if layer.spec.type != "BatchNorm" or behind.spec.type != "Scale" or len(behind.spec.bottom) != 1:
                continue
            readers = [other for other in layers if layer.spec.top[0] in other.spec.bottom and other is not layer]
            is_alone = readers[:1] == [behind] and (behind.spec.top[0] == layer.spec.top[0] or len(readers) == 1)
            owns = layer.name in data and behind.name in data and len(data[layer.name]) == 3
            if not is_alone or not owns or any(entry.name for entry in [*layer.spec.param, *behind.spec.param]):
                continue
            gamma = data[behind.name]["0"][()]
            data[layer.name]["3"] = gamma
            data[layer.name]["4"] = data[behind.name]["1"][()] if "1" in data[behind.name] else np.zeros_like(gamma)
            del data[behind.name]
            moved += 1
    return (path, prototxt) if moved else (None, None)
