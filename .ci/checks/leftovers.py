"""Every net of the zoo is folded with each form of what nothing takes: the stand-in for Caffe runs the pair against what
real Caffe computed for the net as trained, and no layer of a type that the form does without may remain.
"""

from collections import Counter

from caffe_standin.net import test_phase_layers
from table import Table
from tolerance import BLOB_TOLERANCE
from zoo import Result, compare, zoo_weights

FORMS = ("bias-scale", "scale", "depthwise", "batchnorm")
# Layers that scale by a second bottom or along another axis are no affines of channels.
OTHER_SCALES = {"digits-branches": 1, "digits-se": 2}


def check(context):
    nets = sorted(path.parent.name for path in (context.shared / "zoo").glob("digits-*/reference.h5"))
    cases = [(net, form, container) for net in nets for form in FORMS for container in ("h5", "caffemodel")]
    table = Table("What nothing takes, in each form, against real Caffe", "net", "form", "to", "stays", "worst blob")
    failures = []
    for (net, form, container), (stays, result) in zip(cases, context.each(check_case, cases, "leftovers")):
        table.add(net, form, container, stays, result.worst)
        failures += [f"{net} as {form} to {container}: {failure}" for failure in result.failures]
    if len(nets) < 10:
        failures.append(f"only {len(nets)} nets of the zoo have a reference; expected at least 10")
    table.total(f"{len(cases)} folds, {len(failures)} failures; allowed {BLOB_TOLERANCE:.0e}")
    table.write(context.output / "leftovers.txt")
    return failures


def check_case(context, case):
    net, form, container = case
    folder, result = context.shared / "zoo" / net, Result()
    output = context.scratch / f"leftovers-{net}-{form}.{container}"
    weights = zoo_weights(folder)
    run = context.fold(weights, folder / "test_net.prototxt", output, "--leftover", form)
    if run.exit_code != 0:
        result.failures.append(f"exit code {run.exit_code}: {run.first_error}")
        return "", result
    types = Counter(layer.type for layer in test_phase_layers(f"{output}.prototxt"))
    told = {entry["type"]: entry["after"] for entry in run.report()["types"]}
    result.failures += [f"the report counts {told.get(kind, 0)} {kind}, not {types[kind]}"
                        for kind in ("Scale", "Bias", "BatchNorm", "Convolution") if told.get(kind, 0) != types[kind]]
    if form in ("scale", "depthwise") and types["Bias"] + types["BatchNorm"]:
        result.failures.append(f"a Bias or a BatchNorm remains: {dict(types)}")
    if form == "depthwise" and types["Scale"] != OTHER_SCALES.get(net, 0):
        result.failures.append(f"{types['Scale']} Scales remain, expected {OTHER_SCALES.get(net, 0)}")
    compare(output, folder / "test_net.prototxt", folder / "reference.h5", result)
    return ", ".join(f"{types[kind]} {kind}" for kind in ("Scale", "Bias", "BatchNorm") if types[kind]), result
