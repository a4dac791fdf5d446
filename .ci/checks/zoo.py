"""Every net of the zoo is folded, and the folded pair run against what real Caffe computed for the net as trained."""

from collections import Counter
from dataclasses import dataclass, field

from caffe_standin import CaffeFatal, Unsupported, difference, load_net, read_reference
from caffe_standin.net import Net, test_phase_layers
from table import Table
from tolerance import BLOB_TOLERANCE
from weights import same_weights, weights_by_layer


@dataclass(frozen=True)
class Expected:
    """What folding across the whole graph reaches; no BatchNorm or Power ever remains.

    `scales` and `biases` are the layers of these types that remain, `others_gone` the layers that are no affines and
    vanish from test_net.prototxt.
    """

    scales: int = 0
    biases: int = 0
    others_gone: int = 0
    why: str = ""


AFFINE_TYPES = ("BatchNorm", "Power", "Scale", "Bias")

EXPECTED = {
    "digits-badstats": Expected(),
    "digits-branches": Expected(2, 2, why="bn4b in front of TanH, shifts of bn1, bn4a in front of ReLU; width5"),
    "digits-cifarstyle": Expected(0, 1, why="the shift of bn3 behind a padded AVE pool"),
    "digits-conv3d": Expected(),
    "digits-deconv": Expected(),
    "digits-densenet": Expected(0, 8, 6, why="8 in front of ReLU, reading what a Concat reads; 6 Dropout go"),
    "digits-inception": Expected(1, 1, why="negative factors of bn-1.1 behind a MAX pool; inc.2 in front of ReLU"),
    "digits-lenet": Expected(),
    "digits-mobilenet": Expected(),
    "digits-preact": Expected(0, 1, why="the shift of bn_data in front of a padded convolution"),
    "digits-resnet": Expected(),
    "digits-se": Expected(2, 1, why="two squeeze-and-excitation Scales, the shift of bn6 behind one"),
    "digits-siamese": Expected(why="conv2_w un-shared"),
}


@dataclass
class Result:
    """One fold of one net, as the table shows it."""

    before: Counter = field(default_factory=Counter)
    after: Counter = field(default_factory=Counter)
    blobs: int = 0
    worst: float = 0.0
    worst_output: float = 0.0
    failures: list = field(default_factory=list)


def check(context):
    zoo = context.shared / "zoo"
    nets = sorted(path.name for path in zoo.glob("digits-*"))
    failures = [f"{net}: no expectation" for net in nets if net not in EXPECTED]
    cases = [
        (net, weights, prototxt, container)
        for net in nets
        for weights in ("weights.caffemodel.h5", "weights.caffemodel")
        if (zoo / net / weights).exists()
        for prototxt in ("train_val.prototxt", "test_net.prototxt")
        for container in ("h5", "caffemodel")
    ]
    table = Table(
        "Folded zoo nets against real Caffe's blobs of the nets as trained",
        "net",
        "weights",
        "prototxt",
        "to",
        "BatchNorm",
        "Scale",
        "Bias",
        "expected",
        "layers",
        "blobs",
        "worst",
        "worst output",
        "why some remain",
    )
    worst = 0.0
    for case, result in zip(cases, context.each(check_net, cases, "folds")):
        net, weights, prototxt, container = case
        expected = EXPECTED.get(net, Expected())
        table.add(
            net,
            weights,
            prototxt,
            container,
            arrow(result, "BatchNorm"),
            arrow(result, "Scale"),
            arrow(result, "Bias"),
            f"{expected.scales} + {expected.biases}",
            f"{result.before.total()} -> {result.after.total()}",
            result.blobs,
            result.worst,
            result.worst_output,
            expected.why,
        )
        worst = max(worst, result.worst)
        failures += [f"{'/'.join(case)}: {failure}" for failure in result.failures]

    cases = sorted(BAD_STATISTICS)
    table.rows.append(("",) * len(table.rows[0]))
    for case, (outcome, relative, found) in zip(cases, context.each(check_statistics, cases, "suspect statistics")):
        table.add(
            "digits-badstats",
            f"case {case}",
            "test_net.prototxt",
            "h5",
            "",
            "",
            "",
            "",
            "",
            "",
            relative,
            relative,
            outcome,
        )
        worst = max(worst, relative or 0)
        failures += [f"digits-badstats case {case}: {failure}" for failure in found]
    table.total(f"{len(nets)} nets, {len(table.rows) - 2} folds, each twice and once more on its own result")
    table.total(f"worst blob off by {worst:.1e} (allowed {BLOB_TOLERANCE:.0e}); {len(failures)} failures")
    table.write(context.output / "zoo.txt")
    return failures


def zoo_weights(folder):
    """The weights of a net of the zoo: as HDF5 where there are such."""
    return next(path for path in (folder / "weights.caffemodel.h5", folder / "weights.caffemodel") if path.exists())


def arrow(result, kind):
    return f"{result.before[kind]} -> {result.after[kind]}"


def check_net(context, case):
    net, weights, prototxt, container = case
    zoo, result = context.shared / "zoo", Result()
    stem = context.scratch / "-".join(case[:3])
    outputs = [stem.with_name(f"{stem.name}-{turn}.{container}") for turn in ("first", "second", "again")]
    for output in outputs[:2]:
        run = context.fold(f"{net}/{weights}", f"{net}/{prototxt}", output, folder=zoo)
        if run.exit_code != 0:
            result.failures.append(f"exit code {run.exit_code}: {run.first_error}")
            return result
    first, second, again = outputs
    for suffix in ("", ".prototxt"):
        if read(first, suffix) != read(second, suffix):
            result.failures.append(f"two runs gave different bytes ({suffix or 'weights'})")

    result.before = Counter(layer.type for layer in test_phase_layers(zoo / net / prototxt))
    result.after = Counter(layer.type for layer in test_phase_layers(f"{first}.prototxt"))
    reported = {entry["type"]: (entry["before"], entry["after"]) for entry in run.report()["types"]}
    counted = {kind: (result.before[kind], result.after[kind]) for kind in result.before | result.after}
    if reported != counted:
        result.failures.append(f"the report counts {reported}, the prototxts hold {counted}")
    expected = EXPECTED.get(net)
    remaining = {kind: result.after[kind] for kind in AFFINE_TYPES}
    if expected and remaining != dict(zip(AFFINE_TYPES, (0, 0, expected.scales, expected.biases))):
        result.failures.append(f"{remaining} remain, expected {expected}")
    if expected and prototxt == "test_net.prototxt":
        gone = sum(result.before[kind] - result.after[kind] for kind in AFFINE_TYPES) + expected.others_gone
        if result.after.total() != result.before.total() - gone:
            result.failures.append(f"{result.after.total()} layers remain, not {result.before.total() - gone}")

    compare(first, zoo / net / "test_net.prototxt", zoo / net / "reference.h5", result)

    run = context.fold(first, f"{first}.prototxt", again)
    if run.exit_code != 0:
        result.failures.append(f"folding the result again: exit code {run.exit_code}: {run.first_error}")
    elif read(first, ".prototxt") != read(again, ".prototxt"):
        result.failures.append("folding the result again changes its prototxt")
    elif not same_weights(weights_by_layer(first), weights_by_layer(again)):
        result.failures.append("folding the result again changes its weights")
    return result


def read(path, suffix):
    return path.with_name(path.name + suffix).read_bytes()


def compare(weights, test_net, reference, result, tolerance=BLOB_TOLERANCE):
    """Runs a folded pair and compares all blobs that it has in common with the reference, above all the outputs of the
    test net.
    """
    try:
        net = load_net(f"{weights}.prototxt", weights)
        inputs, blobs = read_reference(reference)
        net.forward({**blobs, **inputs})
    except (CaffeFatal, Unsupported) as error:
        result.failures.append(f"the folded pair does not run: {error}")
        return
    result.failures += [f"the folded weights hold what the net has not: {note}" for note in net.notes]
    found = {name: difference(net.blobs[name].data, blobs[name]) for name in net.blobs if name in blobs}
    outputs = Net(test_net).outputs
    result.failures += [f"output '{name}' is gone" for name in outputs if name not in found]
    result.blobs = len(found)
    result.worst = max((each.relative for each in found.values()), default=0.0)
    result.worst_output = max((found[name].relative for name in outputs if name in found), default=0.0)
    result.failures += [
        f"blob '{name}' is off by {each.relative:.1e} {each.reason}"
        for name, each in found.items()
        if not each.relative <= tolerance
    ]


@dataclass(frozen=True)
class SuspectStatistics:
    """What the README of digits-badstats expects of a case, and which layer the error or finding has to name.

    `refused` is the outcome without options, `refused_if_allowed` that with --allow-untrained.
    """

    layer: str
    refused: bool = False
    refused_if_allowed: bool = False
    weights: str = ""
    tolerance: float = BLOB_TOLERANCE


BAD_STATISTICS = {
    "a": SuspectStatistics("bn2", refused=True),
    "b": SuspectStatistics("bn2", refused=True, refused_if_allowed=True),
    "b-small": SuspectStatistics("bn2"),
    "c": SuspectStatistics("bn2", refused=True, refused_if_allowed=True),
    "c-out": SuspectStatistics("bn3", refused=True, refused_if_allowed=True),
    "c-inf": SuspectStatistics("bn2", refused=True, refused_if_allowed=True),
    "d": SuspectStatistics("scale1"),
    "e": SuspectStatistics("bn2"),
    # A variance of 0 amplifies what rounding changes by 1 / sqrt(eps) = 316.
    "f": SuspectStatistics("bn3", refused=True, tolerance=2 * BLOB_TOLERANCE),
    "f-identity": SuspectStatistics("bn3"),
    "solver state": SuspectStatistics(
        "solver", refused=True, refused_if_allowed=True, weights="not-weights.solverstate.h5"
    ),
}


def check_statistics(context, case):
    """The outcome in words, the worst blob, and the failures of one case."""
    expected, folder = BAD_STATISTICS[case], context.shared / "zoo/digits-badstats"
    weights, test_net = folder / (expected.weights or f"weights-{case}.caffemodel.h5"), folder / "test_net.prototxt"
    output = context.scratch / f"badstats-{case.replace(' ', '-')}.h5"
    result = Result()
    for options, refused in (((), expected.refused), (("--allow-untrained",), expected.refused_if_allowed)):
        run = context.fold(weights, test_net, output, *options)
        if run.exit_code != (65 if refused else 0):
            result.failures.append(f"exit code {run.exit_code} {' '.join(options)}: {run.first_error}")
            return "", None, result.failures
        told = [run.errors] if refused else [finding["layer"] for finding in run.report()["findings"]]
        if not any(expected.layer in text for text in told):
            result.failures.append(f"says nothing of {expected.layer}, only {told}")
    if refused:
        return "refused", None, result.failures
    compare(output, test_net, folder / f"reference-{case}.h5", result, expected.tolerance)
    return "folds if allowed" if expected.refused else "folds with a finding", result.worst, result.failures
