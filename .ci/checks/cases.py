"""Every row of the shared cases' README: inputs that went wrong once. What must happen is written down here, and
numbers are held against what real Caffe and other programs computed, or against the stand-in.
"""

import json
import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass, field

import h5py
import numpy as np

from caffe_standin import CaffeFatal, Unsupported, difference, load_net, read_reference
from table import Table
from tolerance import BLOB_TOLERANCE
from weights import weights_by_layer

# Numbers of single precision that were computed in double precision and rounded once on both sides.
ROUNDED_ONCE = 3e-7
# What the README says of the scores that real Caffe computed.
CAFFE_SCORES = 1e-6
# What was done in seconds or minutes must take no time that depends on the size of the net's numbers.
MOST_SECONDS, MOST_BYTES = 20, 256 << 20
# A program that does not end is ended.
PATIENCE = 60
SEED = 5


@dataclass
class Case:
    """One run of the program over files of a folder.

    `exit_code`: what it must end with. `says`: expressions of which each must be found in what it prints. `never`:
    those that must not be. `check`: a function of (context, case, output path, run) that gives a deviation or `None`,
    and failures.
    """

    name: str
    folder: str
    arguments: tuple
    exit_code: int = 0
    says: tuple = ()
    never: tuple = ()
    check: object = None
    is_limited: bool = False
    # What the check needs to know.
    facts: dict = field(default_factory=dict)


def fold(folder, weights, prototxt, *options, **expected):
    options = ("--verify", *options) if expected.get("exit_code", 0) == 0 else options
    return Case(
        f"{weights} + {prototxt}", folder, (weights, "OUT", "--prototxt", prototxt, *options), **expected
    )


# MARK: numbers


def as_stand_in(context, case, output, run):
    """The folded pair computes what the stand-in computes from the pair as trained."""
    weights, prototxt = case.arguments[0], case.arguments[3]
    folder = context.shared / "cases" / case.folder
    return compare_nets(load_net(folder / prototxt, folder / weights), output)


def compare_nets(original, output):
    folded = load_net(f"{output}.prototxt", output)
    random = np.random.default_rng(SEED)
    inputs = {name: random.standard_normal(original.blobs[name].shape) for name in original.inputs}
    original.forward({name: value.copy() for name, value in inputs.items()})
    folded.forward(inputs)
    failures = [f"output '{name}' is gone" for name in original.outputs if name not in folded.blobs]
    found = {
        name: difference(folded.blobs[name].data, original.blobs[name].data)
        for name in original.outputs
        if name in folded.blobs
    }
    failures += [
        f"output '{name}' is off by {each.relative:.1e} {each.reason}"
        for name, each in found.items()
        if not each.relative <= BLOB_TOLERANCE
    ]
    failures += [] if found else ["no output was compared"]
    return max((each.relative for each in found.values()), default=None), failures


def as_archive(context, case, output, run):
    """The folded weight and bias of `conv1` are those of an archive."""
    truth = np.load(context.shared / "cases" / case.folder / case.facts["truth"])
    return compare_layer(output, "conv1", truth["weight"], truth["bias"])


def compare_layer(output, layer, weight, bias):
    found = weights_by_layer(output)
    worst, failures = 0.0, []
    for index, expected in enumerate((weight, bias)):
        if (layer, index) not in found:
            return None, [f"{layer} has no blob {index}"]
        each = difference(np.ravel(found[layer, index]), np.ravel(expected))
        worst = max(worst, each.relative)
        if not each.relative <= ROUNDED_ONCE:
            failures.append(f"blob {index} of {layer} is off by {each.relative:.1e} {each.reason}")
    return worst, failures


def as_five_blobs(context, case, output, run):
    """NVCaffe's and Intel's formula: gamma and beta are blobs 3 and 4 of the BatchNorm; then those of a Scale, if any. NVCaffe
    never reads the third blob, for Intel it is the factor that divides, as in BVLC's Caffe.
    """
    weights = weights_by_layer(context.shared / "cases" / case.folder / case.arguments[0])

    def numbers(layer, index):
        return np.ravel(weights[layer, index]).astype(np.float64)

    mean, variance, gamma, beta = (numbers("bn_conv1", index) for index in (0, 1, 3, 4))
    if case.facts.get("divides"):
        mean, variance = mean / numbers("bn_conv1", 2), variance / numbers("bn_conv1", 2)
    scale = gamma / np.sqrt(variance + np.float64(np.float32(1e-5)))
    shift = beta - mean * scale
    if case.facts.get("has_scale"):
        scale, shift = scale * numbers("scale_conv1", 0), shift * numbers("scale_conv1", 0) + numbers("scale_conv1", 1)
    weight = numbers("conv1", 0).reshape(len(scale), -1) * scale[:, None]
    return compare_layer(output, "conv1", weight, numbers("conv1", 1) * scale + shift)


def as_trained(context, case, output, run):
    """No BatchNorm and no Scale, the scores that real Caffe computed, and a text without lone braces."""
    failures = []
    report = json.loads(output.with_name(output.name + ".json").read_text())
    kinds = {entry["type"]: entry["after"] for entry in report["types"]}
    failures += [f"{kinds[kind]} {kind} remain" for kind in ("BatchNorm", "Scale", "Bias") if kinds.get(kind)]
    if report["batchStatistics"]["switched"] != ["layer1-bn"]:
        failures.append(f"the report says of statistics {report['batchStatistics']}")
    text = output.with_name(output.name + ".prototxt").read_text()
    odd = [line for line in text.splitlines() if re.fullmatch(r"[\s{}]+|.*,\s*}.*", line)]
    failures += [f"the text has the line {line!r}" for line in odd]
    net = load_net(f"{output}.prototxt", output)
    inputs, blobs = read_reference(context.shared / "cases" / case.folder / "reference.h5")
    net.forward({**blobs, **inputs})
    found = difference(net.blobs["score"].data, blobs["score"])
    if not found.relative <= CAFFE_SCORES:
        failures.append(f"the scores are off by {found.relative:.1e} {found.reason}")
    return found.relative, failures


def as_constant(context, case, output, run):
    """What the stand-in computes when the constant that the file lacks is in the file."""
    folder, complete = context.shared / "cases" / case.folder, output.with_name(output.name + ".complete.h5")
    weights = weights_by_layer(folder / "const_scale.caffemodel.h5")
    weights["norm", 0] = np.full(3, 0.017, np.float32)
    with h5py.File(complete, "w") as file:
        for (layer, index), values in weights.items():
            file[f"data/{layer}/{index}"] = values
    return compare_nets(load_net(folder / "const_scale.prototxt", complete), output)


def as_all_folded(context, case, output, run):
    """The plan leaves no affine layer."""
    report = json.loads(run.stdout)
    left = [layer["layer"]["name"] for layer in report["kept"] + report["scales"]]
    return None, [f"{name} stays" for name in left]


def without_escapes(context, case, output, run):
    found = sorted({hex(ord(letter)) for letter in run.stdout + run.stderr if ord(letter) < 32 and letter != "\n"})
    return None, [f"prints the control characters {found}"] if found else []


# MARK: what must happen

VALID = ("plain", "min-2", "min-5", "min-9", "min-17", "min-25", "conv-relu-bn-in-place") + tuple(
    f"min-rc2-{number}" for number in (1211, 1483, 1698)
)

# The layer in place, and another one that writes or reads the same blob.
TWO_WRITERS = {
    "clean2": ("relu1", "(bn1|scale1)"),
    "min-1": ("l4", "(l1|l2)"),
    "min-13": ("l4", "(data|l3)"),
    "min-21": ("l10", "(data|l8)"),
    "min-1927": ("l11", "(l7|l10)"),
    "min-2371": ("l6", "(l2|l3)"),
}

FACTOR = "nvcaffe-factor"

# fmt: off
CASES = [
    *(
        fold(
            "merged-prototxt", weights, "deploy.prototxt",
            exit_code=65, says=("conv0_bn", "conv1_scale|conv1_bn", "merged"),
        )
        for weights in ("train.caffemodel", "train_biased.caffemodel", "train_biased.caffemodel.h5")
    ),
    fold("merged-prototxt", "train.caffemodel", "train.prototxt", check=as_stand_in),
    fold("merged-prototxt", "train_biased.caffemodel.h5", "train_biased.prototxt", check=as_stand_in),
    fold("nvcaffe-blobs", "bvlc.caffemodel", "bvlc.prototxt", check=as_stand_in),
    fold("nvcaffe-blobs", "bvlc.caffemodel", "nv.prototxt", exit_code=65, says=("bn_conv1|scale_conv1", "gamma|Scale")),
    fold("nvcaffe-blobs", "nv.caffemodel", "nv.prototxt", check=as_five_blobs),
    fold("nvcaffe-blobs", "nv.caffemodel", "bvlc.prototxt", check=as_five_blobs, facts={"divides": True}),
    fold(
        "nvcaffe-blobs", "nv.caffemodel", "intel.prototxt", says=("gamma",), check=as_five_blobs,
        facts={"divides": True},
    ),
    Case(
        "both.caffemodel + bvlc.prototxt",
        "nvcaffe-blobs",
        ("both.caffemodel", "OUT", "--prototxt", "bvlc.prototxt"),
        exit_code=(0, 65),
        says=("scale_conv1",),
        check=as_five_blobs,
        facts={"has_scale": True, "divides": True},
    ),
    *(
        fold(FACTOR, weights, "digits.prototxt", check=as_archive, facts={"truth": "truth-factor.npz"})
        for weights in ("factor0.caffemodel", "factor7.caffemodel")
    ),
    fold(
        FACTOR, "four.caffemodel", "digits.prototxt", "--batch-norm-dialect", "xilinx",
        check=as_archive, facts={"truth": "truth-factor.npz"},
    ),
    fold(FACTOR, "four.caffemodel", "digits.prototxt", exit_code=65, says=("--batch-norm-dialect", "xilinx")),
    fold(FACTOR, "eps.caffemodel", "eps.prototxt", check=as_archive, facts={"truth": "truth-eps.npz"}),
    *(
        fold(
            "shared-copies-differ", weights, "net.prototxt",
            says=("warning", "bn1_p|sc1_p|conv1_p"), check=as_stand_in,
        )
        for weights in ("diff.caffemodel", "diff.caffemodel.h5")
    ),
    fold(
        "training-prototxt", "weights.caffemodel.h5", "train.prototxt", "--input-shape", "data=1,1,16,16",
        says=("1 BatchNorm says use_global_stats: false, as training needs; deployed with its stored statistics",),
        never=("still depend",), check=as_trained,
    ),
    fold("negated-concat", "net.caffemodel", "net.prototxt", check=as_stand_in),
    fold("negated-concat", "min.caffemodel.h5", "min.prototxt", check=as_stand_in),
    *(
        fold("constant-filler", weights, "const_scale.prototxt", says=("constant",), check=as_constant)
        for weights in ("const_scale.caffemodel", "const_scale.caffemodel.h5")
    ),
    *(
        Case(
            name, "nets", ("inspect", "--prototxt", f"{name}.prototxt", "--json", *options), check=as_all_folded
        )
        for name, options in {
            "pooling-3d": (),
            "python-data": ("--input-shape", "image=1,3,24,24"),
            "input-without-dims": (),
            "asymmetric-padding": (),
        }.items()
    ),
    *(fold("valid-nets", f"{name}.h5", f"{name}.prototxt", check=as_stand_in) for name in VALID),
    *(
        fold(
            "two-writers", f"{name}.h5", f"{name}.prototxt", *options,
            exit_code=65, says=tuple(f"'{layer}'" for layer in both),
        )
        for name, both in TWO_WRITERS.items()
        for options in ((), ("--keep-training",))
    ),
    *(
        fold("hdf5", f"{name}.h5", "tiny.prototxt", exit_code=65, says=("/data/", "chunk"))
        for name in ("partial", "partial-defaultfill", "mutated")
    ),
    Case("mutated.h5, converted", "hdf5", ("convert", "mutated.h5", "OUT"), exit_code=65, says=("/data/", "chunk")),
    *(
        fold("hdf5", f"{name}.h5", "tiny.prototxt", exit_code=65, says=(f"{name}.h5",))
        for name in ("heap-size", "heap-address", "tree-address")
    ),
    *(
        Case(name, "planner-time", ("inspect", "--prototxt", f"{name}.prototxt", "--quiet"), is_limited=True)
        for name in ("diamonds12", "diamonds30", "bn2000", "concat-doubling24", "num-output")
    ),
    *(
        Case(
            " ".join(("escapes", *options)), "",
            ("inspect", "--prototxt", "escapes.prototxt", *options), check=without_escapes,
        )
        for options in ((), ("--verbose",), ("--dot", "-"))
    ),
]
# fmt: on


def check(context):
    rows = (context.shared / "cases").iterdir()
    covered = {case.folder for case in CASES} | {"escapes.prototxt", "README.md"}
    failures = [f"{path.name}: no expectation" for path in rows if path.name not in covered]
    table = Table("The shared cases", "case", "files", "exit", "expected", "seconds", "MiB", "deviation")
    indices = range(len(CASES))
    for case, (row, found) in zip(CASES, context.each(check_case, indices, "cases")):
        table.add(case.folder or "escapes.prototxt", case.name, *row)
        failures += [f"{case.folder}/{case.name}: {failure}" for failure in found]
    table.total(f"{len(CASES)} cases, {len(failures)} failures")
    table.write(context.output / "cases.txt")
    return failures


@dataclass
class Outcome:
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    peak_bytes: int


def check_case(context, index):
    case = CASES[index]
    output = context.scratch / f"case-{index}.h5"
    arguments = [str(output) if argument == "OUT" else argument for argument in case.arguments]
    if "OUT" in case.arguments and case.arguments[0] != "convert":
        arguments += ["--output-prototxt", f"{output}.prototxt", "--report", f"{output}.json"]
    run = limited_run(context, case.folder, arguments)
    said = run.stdout + run.stderr
    allowed = case.exit_code if isinstance(case.exit_code, tuple) else (case.exit_code,)
    failures = []
    first_line = next((line for line in run.stderr.splitlines() if "error" in line), run.stderr[:200])
    if run.exit_code not in allowed:
        failures.append(f"exits with {run.exit_code}, not {' or '.join(map(str, allowed))}: {first_line}")
    else:
        failures += [f"says nothing of {text!r}: {first_line}" for text in case.says if not re.search(text, said)]
        failures += [f"says {text!r}" for text in case.never if re.search(text, said)]
    if run.exit_code != 0 and output.exists():
        failures.append("leaves an output behind")
    if case.is_limited and run.seconds > MOST_SECONDS:
        failures.append(f"takes {run.seconds:.0f} s")
    if case.is_limited and run.peak_bytes > MOST_BYTES:
        failures.append(f"takes {run.peak_bytes >> 20} MiB")
    deviation = None
    if case.check and run.exit_code == 0 and 0 in allowed:
        try:
            deviation, found = case.check(context, case, output, run)
            failures += found
        except (CaffeFatal, Unsupported) as error:
            failures.append(f"the stand-in does not run it: {error}")
    expected = " or ".join(map(str, allowed))
    return (run.exit_code, expected, f"{run.seconds:.1f}", run.peak_bytes >> 20, deviation), failures


def limited_run(context, folder, arguments):
    """Runs the program with an eye on the clock and on its memory; a signal that ended it is a negative exit code."""
    start = time.monotonic()
    stem = context.scratch / f"run-{os.getpid()}-{time.monotonic_ns()}"
    with open(f"{stem}.out", "wb") as out, open(f"{stem}.err", "wb") as err:
        process = subprocess.Popen(
            [str(context.bnfold), *arguments], cwd=context.shared / "cases" / folder, stdout=out, stderr=err,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE)),
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)

    def text(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # Linux counts in KiB.
    return Outcome(
        process.returncode, text(f"{stem}.out"), text(f"{stem}.err"), time.monotonic() - start, usage.ru_maxrss << 10
    )
