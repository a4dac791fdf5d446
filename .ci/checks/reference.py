"""The judge is judged: the stand-in against what real Caffe computed for every net of the zoo, and its own tests."""

import pathlib
import unittest

from caffe_standin import difference, load_net, read_reference
from table import Table
from tolerance import BLOB_TOLERANCE


HERE = str(pathlib.Path(__file__).parent)


def check(context):
    table = Table(
        "The stand-in for Caffe, on nets as trained, against real Caffe's blobs",
        "net",
        "weights",
        "blobs",
        "worst",
        "worst blob",
    )
    cases = []
    for folder in sorted((context.shared / "zoo").glob("digits-*")):
        cases += [
            (folder, weights, "reference.h5")
            for weights in ("weights.caffemodel.h5", "weights.caffemodel")
            if (folder / weights).exists()
        ]
        cases += [
            (folder, path.name.replace("reference", "weights").replace(".h5", ".caffemodel.h5"), path.name)
            for path in sorted(folder.glob("reference-*.h5"))
        ]
    failures, worst = [], 0.0
    for (folder, weights, _), (found, blob, count) in zip(cases, context.each(compare, cases, "nets")):
        worst = max(worst, found.relative)
        table.add(folder.name, weights, count, found.relative, f"{blob} {found.reason}".strip())
        if not found.relative <= BLOB_TOLERANCE:
            failures.append(f"{folder.name}/{weights}: {blob} is off by {found.relative:.1e} {found.reason}")
    tests = unittest.defaultTestLoader.discover(f"{HERE}/caffe_standin/tests", top_level_dir=HERE)
    result = unittest.TextTestRunner(verbosity=0).run(tests)
    failures += [f"self-test {test}" for test, _ in result.failures + result.errors]
    if not result.testsRun:
        failures.append("the self-tests were not found")
    table.total(f"self-tests: {result.testsRun} run, {len(result.failures) + len(result.errors)} failed")
    table.total(f"{len(cases)} pairs of weights, worst blob off by {worst:.1e} (allowed {BLOB_TOLERANCE:.0e})")
    table.write(context.output / "reference.txt")
    return failures


def compare(context, case):
    """The worst blob of a net, its name, and how many were compared."""
    folder, weights, reference = case
    net = load_net(folder / "test_net.prototxt", folder / weights)
    inputs, blobs = read_reference(folder / reference)
    net.forward({**blobs, **inputs})
    found = {name: difference(blob.data, blobs[name]) for name, blob in net.blobs.items()}
    worst = max(found, key=lambda name: found[name].relative)
    return found[worst], worst, len(found)
