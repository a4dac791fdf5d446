"""Weights in half precision: what is written is half as large, holds the numbers rounded once, and computes nearly the same in the stand-in for Caffe, in
OpenCV (which reads NVCaffe's raw data) and in onnxruntime.
"""

import cv2
import numpy as np

from caffe_standin import CaffeFatal, Unsupported
from model_pairs import PAIRS
from models import Result as ModelResult, run_in_opencv, run_in_standin
from onnx_models import Judge, cases as onnx_cases
from table import Table
from weights import weights_by_layer
from zoo import Result, compare, zoo_weights

# Each weight is off by up to 4.9e-4 of itself; layer after layer adds some of it up. A wrong number shows far more.
ROUNDED = 1e-2
# Models that make more of it, and why.
EXCEPTIONS = {
    "chain_div_c_by_x": (5e-2, "divides by numbers near 0"),
    "light_resnet50_op9_constantofshape": (3e-2, "50 layers whose weights were drawn by chance"),
}
# Nets whose outputs say nothing on noise, and why.
UNJUDGED = {"res10_ssd_face": "its outputs are detections, and on noise the least difference chooses others"}
# Pairs that the stand-in runs in a second or two.
QUICK = {"h5_cifar10_quick", "landmark106_mbv2", "v1era_lenet"}


def check(context):
    table = Table(
        "Weights in half precision against the networks as trained",
        *("net", "to", "bytes before", "in Float", "in half", "of numbers", "lose", "become 0", "kept", "worst", "remark"),
    )
    nets = sorted(path.parent.name for path in (context.shared / "zoo").glob("digits-*/reference.h5"))
    work = [("zoo", net, container) for net in nets for container in ("h5", "caffemodel")]
    folders = {pair.folder: pair for pair in reversed(PAIRS)}
    work += [("models", folder, container) for folder in sorted(folders) for container in ("h5", "caffemodel")]
    failures, worst = [], 0.0
    for (kind, net, container), (row, found, wrong) in zip(work, context.each(check_caffe, work, "half precision")):
        table.add(net, container, *row)
        worst = max(worst, found or 0.0)
        failures += [f"{net} to {container}: {failure}" for failure in wrong]
    table.total(f"{len(work)} folds of nets of Caffe, worst {worst:.1e}, allowed {ROUNDED:.0e}")
    if context.onnx:
        failures += check_onnx(context, table)
    table.total(f"{len(failures)} failures")
    table.write(context.output / "half.txt")
    return failures


def check_caffe(context, case):
    kind, net, container = case
    folder = context.shared / kind / net
    pair = next((pair for pair in PAIRS if pair.folder == net), None)
    weights = folder / pair.weights if pair else zoo_weights(folder)
    prototxt = folder / pair.prototxt if pair else folder / "test_net.prototxt"
    options = pair.options if pair else ()
    paths = {half: context.scratch / f"half-{net}-{half}.{container}" for half in (False, True)}
    for half, path in paths.items():
        run = context.fold(weights, prototxt, path, *options, *(["--half"] if half else []), folder=folder)
        if run.exit_code != 0:
            return ("",) * 9, None, [f"exit code {run.exit_code}: {run.first_error}"]
    told = run.report()["half"]
    failures = [f"the numbers: {fault}" for fault in wrong_numbers(*(weights_by_layer(path) for path in paths.values()), told)]
    sizes = [path.stat().st_size for path in (weights, *paths.values())]
    if container == "caffemodel" and sizes[1] > 100_000 and not sizes[2] < 0.55 * sizes[1]:
        failures.append(f"{sizes[2]} bytes are more than half of {sizes[1]}")
    if pair is None:
        result = Result()
        compare(paths[True], folder / "test_net.prototxt", folder / "reference.h5", result, ROUNDED)
        found = result.worst
    else:
        result = ModelResult(tolerance=ROUNDED)
        found = run_model(pair, folder, container, paths[True], result)
    return (*sizes, *counts(told), found, UNJUDGED.get(net, pair.why) if pair and found is None else ""), found, failures + result.failures


def run_model(pair, folder, container, path, result):
    original, weights = folder / (pair.runs_as or pair.prototxt), folder / pair.weights
    nothing = folder / "no-reference.h5"
    try:
        if pair.standin and pair.folder in QUICK:
            run_in_standin(pair, original, weights, {container: path}, nothing, result)
        if pair.opencv and pair.folder not in UNJUDGED and container == "caffemodel":
            run_in_opencv(pair, original, weights, path, nothing, result)
    except (CaffeFatal, Unsupported, cv2.error) as error:
        result.failures.append(f"does not run: {str(error).strip()}")
    return max((found for found in (result.standin, result.opencv) if found is not None), default=None)


def counts(told):
    tensors = [tensor for layer in told["layers"] for tensor in layer["tensors"]]
    kept = sum(tensor.get("kept") in ("overflow", "loss") for tensor in tensors)
    return (
        f"{told['roundedNumbers']} of {told['numbers']}", sum(tensor.get("losing", 0) for tensor in tensors),
        sum(tensor.get("vanishing", 0) for tensor in tensors), kept or "",
    )


def wrong_numbers(floats, halves, told):
    """What is stored in half precision is a neighbour of what Float would hold: the nearest one, but for what Float itself had rounded to the middle."""
    kept = {(layer["layer"]["name"], index) for layer in told["layers"] for index, tensor in enumerate(layer["tensors"]) if "kept" in tensor}
    if floats.keys() != halves.keys():
        yield "other layers than in Float"
        return
    count = others = 0
    for key, numbers in floats.items():
        stored = halves[key]
        if stored.dtype != np.float16:
            if key not in kept:
                yield f"{key} is of {stored.dtype}"
            continue
        nearest = np.ravel(numbers).astype(np.float16)
        differs = nearest != np.ravel(stored)
        count, others = count + nearest.size, others + int(differs.sum())
        if np.abs(nearest.view(np.int16).astype(int) - np.ravel(stored).view(np.int16))[differs].max(initial=0) > 1:
            yield f"{key} is off by more than one place"
        if not np.isfinite(stored).all():
            yield f"{key} is not finite"
    # One number in 8192 lies within Float's rounding of a middle.
    if others > 10 + count / 1000:
        yield f"{others} of {count} are not the nearest ones"


def check_onnx(context, table):
    failures, judged, worst, refused = [], {"weights": 0, "graph": 0}, 0.0, 0
    judge = Judge(context.onnx)
    try:
        for folder, path, samples in onnx_cases(context.shared):
            name, sizes = f"{folder}/{path.name}", [path.stat().st_size]
            for options in ([], ["--half"], ["--half", "graph"]):
                output = context.scratch / f"half{len(options)}.onnx"
                run = context.run("fold", path, output, "--force", "--quiet", "--report", "-", *options)
                if run.exit_code != 0:
                    refused += len(options) == 2
                    # What half precision has no equal form for is told by name.
                    if run.exit_code not in (64, 65) or len(options) == 1 and len(sizes) > 1 and "opset 6" not in run.first_error:
                        failures.append(f"{name} {options}: exit code {run.exit_code}: {run.first_error}")
                    continue
                sizes = sizes[:2] + [output.stat().st_size]
                if not options:
                    continue
                result = judge.ask(
                    do="compare", name=name, original=str(path), folded=str(output), samples=samples and str(samples)
                )
                if "error" in result:
                    failures.append(f"{name} {options}: {result['error']}")
                    continue
                found, (limit, why) = result.get("difference"), EXCEPTIONS.get(path.stem, (ROUNDED, result.get("unjudged", "")))
                if found is not None:
                    judged[options[-1] if len(options) == 2 else "weights"] += 1
                    worst = max(worst, found)
                    if not found <= limit:
                        failures.append(f"{name} {options}: the outputs differ by {found:.1e}")
                table.add(name, " ".join(["onnx", *options[1:]]), *sizes, *counts(run.report()["half"]), found, why)
    finally:
        judge.close()
    if judged["weights"] < 150 or judged["graph"] < 110:
        failures.append(f"onnxruntime {judge.version} judged only {judged}")
    table.total(
        f"onnxruntime {judge.version}: {judged['weights']} files of ONNX with weights in half precision, {judged['graph']} that compute in it"
        f" ({refused} refused), worst {worst:.1e}, checked by onnx.checker"
    )
    return failures
