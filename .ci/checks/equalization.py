"""Nets of the zoo with equal ranges of channels: the stand-in for Caffe runs them against what real Caffe computed for the nets as
trained, every blob of an old name included, and no layer's ranges may differ more than before. A digits-mobilenet
whose channels were scaled apart, which computes the same, loses its classes with int8 weights and one step for a tensor;
equal ranges give them back.
"""

import shutil

import h5py
import numpy
from table import Table
from tolerance import BLOB_TOLERANCE
from weights import weights_by_layer
from zoo import Result, compare, zoo_weights

MOBILE = "zoo/digits-mobilenet"
SAMPLES = "zoo/data/d16c3_test.h5"
# By so many powers of two channels are scaled at most, up or down.
SPREAD = 5


def check(context):
    nets = sorted(path.parent.name for path in (context.shared / "zoo").glob("digits-*/reference.h5"))
    cases = [(net, container) for net in nets for container in ("h5", "caffemodel")]
    table = Table(
        "Equal ranges in zoo nets, against real Caffe", "net", "to", "scaled", "worst ratio", "least dB", "blobs", "worst blob")
    failures = []
    for (net, container), (told, result) in zip(cases, context.each(check_case, cases, "equalization")):
        table.add(net, container, *told, result.blobs, result.worst)
        failures += [f"{net} to {container}: {failure}" for failure in result.failures]
    if len(nets) < 10:
        failures.append(f"only {len(nets)} nets of the zoo have a reference; expected at least 10")
    failures += unbalanced(context, table)
    table.total(f"{len(cases)} folds, {len(failures)} failures; allowed {BLOB_TOLERANCE:.0e}")
    table.write(context.output / "equalization.txt")
    return failures


def figures(report):
    """The largest ratio and the least ratio of signal to noise, before and after."""
    layers = report["equalization"]["layers"]

    def worst(choose, key):
        return choose((layer[key] for layer in layers if layer.get(key) is not None), default=0)

    return (
        [worst(max, f"ratio{when}") for when in ("Before", "After")],
        [worst(min, f"signalToNoise{when}") for when in ("Before", "After")],
    )


def check_case(context, case):
    net, container = case
    folder, result = context.shared / "zoo" / net, Result()
    output = context.scratch / f"equalized-{net}.{container}"
    run = context.fold(zoo_weights(folder), folder / "test_net.prototxt", output, "--equalize")
    if run.exit_code != 0:
        result.failures.append(f"exit code {run.exit_code}: {run.first_error}")
        return ("", "", ""), result
    report = run.report()
    ratios, noises = figures(report)
    # Ranges that differ by less are as good as equal.
    if ratios[1] > max(ratios[0], 3):
        result.failures.append(f"the worst ratio rises from {ratios[0]:.2f} to {ratios[1]:.2f}")
    compare(output, folder / "test_net.prototxt", folder / "reference.h5", result)
    layers = report["equalization"]["layers"]
    scaled = f"{sum(layer['scaled'] for layer in layers)} of {sum(layer['channels'] for layer in layers)}"
    return (scaled, "{:.2f} -> {:.2f}".format(*ratios), "{:.1f} -> {:.1f}".format(*noises)), result


def unbalanced(context, table):
    """Scales the channels of a folded digits-mobilenet apart, each layer's by what the next one takes back."""
    folder, failures = context.shared / MOBILE, []
    plain = context.scratch / "balanced.h5"
    run = context.fold(zoo_weights(folder), folder / "test_net.prototxt", plain)
    if run.exit_code != 0:
        return [f"digits-mobilenet: exit code {run.exit_code}: {run.first_error}"]
    apart = context.scratch / "apart.h5"
    shutil.copy(plain, apart)
    shutil.copy(f"{plain}.prototxt", f"{apart}.prototxt")
    scale_apart(plain, apart)
    equal = context.scratch / "equal.h5"
    run = context.fold(apart, f"{apart}.prototxt", equal, "--equalize")
    if run.exit_code != 0:
        return [f"digits-mobilenet apart: exit code {run.exit_code}: {run.first_error}"]
    ratios, noises = figures(run.report())
    if ratios[1] * 10 > ratios[0]:
        failures.append(f"the worst ratio of a net whose channels lie apart falls from {ratios[0]:.1f} to {ratios[1]:.1f}")
    shares = {}
    for name, weights in (("as trained", plain), ("apart", apart), ("equal", equal)):
        shares[name] = simulated(context, plain, weights)
    table.add("digits-mobilenet apart", "h5", f"int8: {shares['as trained']:.3f}, {shares['apart']:.3f} apart, {shares['equal']:.3f} equal",
              "{:.1f} -> {:.2f}".format(*ratios), "{:.1f} -> {:.1f}".format(*noises), 0, 0.0)
    if shares["apart"] > 0.8 or shares["equal"] < 0.97:
        failures.append(f"shares of equal classes with int8 weights: {shares}")
    return failures


def scale_apart(plain, apart):
    random = numpy.random.default_rng(7)
    # In the order of their names, which is that of the net.
    layers = [name for name, index in weights_by_layer(plain) if index == 1]
    with h5py.File(apart, "r+") as file:
        factors = None
        for number, name in enumerate(layers):
            group = file["data"]
            for part in name.split("/"):
                group = group[part]
            weight, bias = group["0"][...], group["1"][...]
            if factors is not None:
                # A convolution with a group for each channel has one input each.
                shape = (-1, 1, 1, 1) if weight.shape[1] == 1 else (1, -1, 1, 1)
                weight /= factors.reshape(shape[: weight.ndim])
            factors = 2 ** random.uniform(-SPREAD, SPREAD, weight.shape[0]) if number + 1 < len(layers) else None
            if factors is not None:
                weight *= factors.reshape((-1, 1, 1, 1)[: weight.ndim])
                bias *= factors
            group["0"][...], group["1"][...] = weight, bias


def simulated(context, original, folded):
    """The share of samples to which a net with int8 weights, one step for each tensor, gives the class of the original."""
    run = context.run(
        "verify", original, folded, "--prototxt", f"{original}.prototxt", "--folded-prototxt", f"{folded}.prototxt",
        "--input", f"data={context.shared / SAMPLES}:/data", "--simulate", "int8-per-tensor", "--report", "-", "--quiet")
    if run.exit_code != 0:
        raise RuntimeError(f"verify --simulate: exit code {run.exit_code}: {run.first_error}")
    classes = run.report()["classes"][0]
    return classes["equal"] / classes["places"]
