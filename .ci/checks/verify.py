"""`bnfold verify` over every zoo net and every real net: right folds must be within, a spoiled one must be found."""

import json
import shutil

import h5py
from table import Table

CASES = [
    ("models/landmark106_mbv2", "landmark106.caffemodel", "landmark106.prototxt", ()),
    ("models/mobilenetv2_yolov3_nano", "MobileNetV2-YOLOv3-Nano-voc.caffemodel", "MobileNetV2-YOLOv3-Nano-voc.prototxt", ()),
    ("models/nsfw_resnet50_thin", "resnet_50_1by2_nsfw.caffemodel", "deploy.prototxt", ()),
    ("models/res10_ssd_face", "res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt", ()),
    (
        "models/tusimple_mobilenet_yolov3_lite",
        "mobilenet_yolov3_lite_deploy_iter_50000.caffemodel",
        "mobilenet_yolov3_lite_deploy.prototxt",
        (),
    ),
    ("models/v1era_lenet", "lenet_iter_10000.caffemodel", "lenet.prototxt", ()),
    (
        "models/vitis_enet_cityscapes",
        "float.caffemodel",
        "deploy.prototxt",
        ("--assume-global-stats", "--input-shape", "data=1,3,64,128"),
    ),
]


def check(context):
    zoo = sorted(path.parent.relative_to(context.shared) for path in context.shared.glob("zoo/digits-*/test_net.prototxt"))
    cases = list(CASES)
    for folder in zoo:
        weights = next(
            name
            for name in ("weights.caffemodel.h5", "weights.caffemodel")
            if (context.shared / folder / name).exists()
        )
        cases.append((str(folder), weights, "test_net.prototxt", ()))
    table = Table(
        "Networks run before and after folding, by bnfold verify",
        "net",
        "layers run",
        "folds tried",
        "worst by bound",
        "worst blob",
        "single",
        "double",
        "spoiled fold",
    )
    failures = []
    for case, (row, found) in zip(cases, context.each(check_case, cases, "nets")):
        table.add(case[0].split("/")[1], *row)
        failures += [f"{case[0]}: {failure}" for failure in found]
    table.total(f"{len(cases)} nets, {len(failures)} failures")
    table.write(context.output / "verify.txt")
    return failures


def check_case(context, case):
    folder, weights, prototxt, options = case
    source = context.shared / folder
    out = context.scratch / ("verify-" + folder.replace("/", "-") + ".h5")
    fold = context.fold(source / weights, source / prototxt, out, *options)
    if fold.exit_code != 0:
        return ("",) * 7, [f"fold exits {fold.exit_code}: {fold.first_error}"]

    def verify(folded, *more):
        run = context.run(
            "verify", source / weights, folded, "--prototxt", source / prototxt,
            "--folded-prototxt", f"{out}.prototxt", "--samples", "1", "--report", "-", *options, *more,
        )  # fmt: skip
        return run, json.loads(run.output) if run.output else {}

    failures, reports = [], {}
    for precision in ("double", "single"):
        run, report = verify(out, "--precision", precision)
        if run.exit_code != 0 or not report.get("isWithin"):
            failures.append(f"{precision}: exits {run.exit_code}: {run.first_error} {report.get('first')}")
            return ("",) * 7, failures
        if report["layersRun"] != report["layerCount"]:
            failures.append(f"{report['obstacles']}")
        if any(fold["coverage"] != "network" for fold in report["folds"]):
            failures.append("a fold was not tried on the network")
        reports[precision] = report
    worst = max(reports["double"]["blobs"], key=lambda blob: blob.get("largestRelative", 0))
    ratios = [fold["ratio"] for fold in reports["double"]["folds"]]
    spoiled = ""
    targets = [fold for fold in reports["double"]["folds"] if fold["removed"] and fold["changed"]]
    if targets:
        # One weight of one channel, a thousandth off: the fold's own bound must show it.
        copy = out.with_suffix(".spoiled.h5")
        shutil.copy(out, copy)
        with h5py.File(copy, "r+") as file:
            # A layer that shares its weights has none in the file.
            names = [fold["changed"][-1] for fold in targets if f"data/{fold['changed'][-1]}/0" in file]
            layer = names[len(names) // 2]
            blob = file[f"data/{layer}/0"]
            values = blob[...]
            place = abs(values).argmax()
            values.flat[place] *= 1.001
            blob[...] = values
        run, report = verify(copy)
        named = report.get("first") or {}
        if run.exit_code != 2 or layer not in named.get("changed", []):
            failures.append(f"{layer} spoiled: exits {run.exit_code}, names {named}")
        spoiled = layer
        copy.unlink()
    out.unlink()
    report = reports["double"]
    return (
        f"{report['layersRun']} of {report['layerCount']}",
        len(report["folds"]),
        max(ratios) if ratios else None,
        worst["name"],
        max(blob.get("largestRelative", 0.0) for blob in reports["single"]["blobs"]),
        float(worst.get("largestRelative", 0.0)),
        spoiled,
    ), failures
