"""The real nets are folded, and original and folded pair run in OpenCV and in the stand-in on the same input."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from google.protobuf import text_format

from caffe_standin import CaffeFatal, Unsupported, difference, load_net, read_reference
from caffe_standin.caffe_schema import MESSAGES
from caffe_standin.fork_layers import XILINX_LAYERS
from model_pairs import PAIRS
from table import Table
from tolerance import BLOB_TOLERANCE

SEED = 1
AFFINE_TYPES = ("BatchNorm", "Scale", "Bias")


@dataclass
class Result:
    counts: tuple = ("",) * 4
    opencv: float = None
    standin: float = None
    reference: float = None
    failures: list = field(default_factory=list)
    tolerance: float = BLOB_TOLERANCE

    def compare(self, field_name, what, pairs):
        """Keeps the largest difference of pairs of arrays, and tells those that are too large."""
        worst = max((difference(*pair) for pair in pairs), key=lambda found: found.relative)
        setattr(self, field_name, max(getattr(self, field_name) or 0.0, worst.relative))
        if not worst.relative <= self.tolerance:
            self.failures.append(f"{what} off by {worst.relative:.1e} {worst.reason}")


def check(context):
    table = Table(
        "Real nets, original against folded: largest relative difference of any output",
        "folder",
        "prototxt",
        "BatchNorm",
        "Scale",
        "Bias",
        "layers",
        "OpenCV",
        "stand-in",
        "reference",
        "why an engine is missing",
    )
    failures, judged = [], 0
    for pair, result in zip(PAIRS, context.each(check_pair, PAIRS, "models")):
        table.add(pair.folder, pair.prototxt, *result.counts, result.opencv, result.standin, result.reference, pair.why)
        judged += result.opencv is not None or result.standin is not None
        failures += [f"{pair.folder}/{pair.prototxt}: {failure}" for failure in result.failures]
    known = {(pair.folder, pair.prototxt) for pair in PAIRS}
    failures += [
        f"{path}: not in the list of pairs"
        for path in sorted((context.shared / "models").glob("*/*.prototxt"))
        if (path.parent.name, path.name) not in known
    ]
    table.total(
        f"{len(PAIRS)} pairs folded, {judged} of them run before and after;"
        f" OpenCV {cv2.__version__} with enableFusion(False)"
    )
    table.total(f"allowed {BLOB_TOLERANCE:.0e}; {len(failures)} failures")
    table.write(context.output / "models.txt")
    return failures


def check_pair(context, pair):
    result, folder = Result(), context.shared / "models" / pair.folder
    folded = {}
    for container in ("h5", "caffemodel"):
        folded[container] = context.scratch / f"{pair.folder}-{pair.prototxt}.{container}"
        run = context.fold(pair.weights, pair.prototxt, folded[container], *pair.options, folder=folder)
        if run.exit_code != 0:
            result.failures.append(f"to {container}: exit code {run.exit_code}: {run.first_error}")
            return result
    result.counts = counts(run.report())
    original = folder / (pair.runs_as or pair.prototxt)
    reference = folder / "reference.h5"
    try:
        if pair.standin:
            run_in_standin(pair, original, folder / pair.weights, folded, reference, result)
        if pair.opencv:
            run_in_opencv(pair, original, folder / pair.weights, folded["caffemodel"], reference, result)
    except (CaffeFatal, Unsupported, cv2.error) as error:
        result.failures.append(f"does not run: {str(error).strip()}")
    return result


def counts(report):
    types = {entry["type"]: (entry["before"], entry["after"]) for entry in report["types"]}
    layers = report["layers"]
    return tuple("{} -> {}".format(*types.get(kind, (0, 0))) for kind in AFFINE_TYPES) + (
        f"{layers['before']} -> {layers['after']}",
    )


def seeded_input(pair):
    return np.random.default_rng(SEED).standard_normal(pair.inputs).astype(np.float32)


def run_in_standin(pair, original, weights, folded, reference, result):
    """Outputs are compared in order: data and loss layers that became others may have given them other names."""
    before = load_net(original, weights, pair.fork_layers)
    before.forward(dict.fromkeys(before.inputs, seeded_input(pair)))
    for container, path in folded.items():
        # What bnfold writes for a net without layers of forks must load in plain Caffe, so no fork's layers are allowed
        # to help.
        after = load_net(f"{path}.prototxt", path, None if pair.fork_layers == XILINX_LAYERS else pair.fork_layers)
        result.failures += [f"the folded weights hold what the net has not: {note}" for note in after.notes]
        after.forward(dict.fromkeys(after.inputs, seeded_input(pair)))
        if len(after.outputs) != len(before.outputs):
            result.failures.append(f"outputs {after.outputs}, before {before.outputs}")
        result.compare(
            "standin",
            f"{container} in the stand-in",
            [(after.blobs[new].data, before.blobs[old].data) for new, old in zip(after.outputs, before.outputs)],
        )
        if reference.exists():
            inputs, blobs = read_reference(reference)
            after.forward(inputs)
            common = [name for name in after.blobs if name in blobs]
            result.failures += [
                f"output '{name}' is not in the reference" for name in after.outputs if name not in common
            ]
            result.compare(
                "reference",
                f"{container} against the reference",
                [(after.blobs[name].data, blobs[name]) for name in common],
            )


def run_in_opencv(pair, original, weights, folded, reference, result):
    prototxt = f"{folded}.prototxt"
    before, after = (
        outputs_in_opencv(*files, seeded_input(pair), pair.inner) for files in ((original, weights), (prototxt, folded))
    )
    if len(before) != len(after):
        result.failures.append(f"OpenCV gives {len(after)} outputs, {len(before)} before")
    result.compare("opencv", "outputs in OpenCV", zip(after.values(), before.values()))
    if reference.exists():
        inputs, blobs = read_reference(reference)
        tops = tops_by_layer(prototxt)
        outputs = outputs_in_opencv(prototxt, folded, next(iter(inputs.values())))
        result.compare(
            "reference",
            "OpenCV against the reference",
            [(values, blobs[tops[name]]) for name, values in outputs.items()],
        )


def outputs_in_opencv(prototxt, weights, values, inner=()):
    """The outputs by the name of their layer, in the order of the layers, and behind them those of inner layers."""
    net = cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))
    net.enableFusion(False)
    net.setInput(values)
    names = [*net.getUnconnectedOutLayersNames(), *inner]
    return dict(zip(names, net.forward(names)))


def tops_by_layer(prototxt):
    with open(prototxt, encoding="utf-8") as file:
        net = text_format.Parse(file.read(), MESSAGES["NetParameter"](), allow_unknown_field=True)
    return {layer.name: layer.top[0] for layer in net.layer if layer.top}
