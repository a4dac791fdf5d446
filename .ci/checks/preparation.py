"""Every net of the zoo takes over a preparation of its data: on data that is not prepared the folded pair, run by the
stand-in for Caffe, has to give what real Caffe gave for the net as trained on the prepared data. Where there are
images of three channels, every second net takes them in reverse order as well.
"""

import numpy
from caffe_standin import CaffeFatal, Unsupported, difference, load_net, read_reference
from caffe_standin.net import Net
from table import Table
from tolerance import BLOB_TOLERANCE
from zoo import zoo_weights

SCALES = (0.0078125, 1.5, -0.25)


def check(context):
    table = Table("Preparation folded into zoo nets, against real Caffe on prepared data", "net", "to", "stays", "worst output")
    failures = []
    nets = sorted(path.parent.name for path in (context.shared / "zoo").glob("digits-*/reference.h5"))
    cases = [(net, number, container) for number, net in enumerate(nets) for container in ("h5", "caffemodel")]
    for (net, _, container), (stays, worst, failure) in zip(cases, context.each(prepared, cases, "preparation")):
        table.add(net, container, stays, worst)
        if failure:
            failures.append(f"{net} to {container}: {failure}")
    if len(nets) < 10:
        failures.append(f"only {len(nets)} nets of the zoo have a reference; expected at least 10")
    table.total(f"{len(cases)} folds, {len(failures)} failures")
    table.write(context.output / "preparation.txt")
    return failures


def prepared(context, case):
    """What stays at the input, the largest difference of an output, and what went wrong."""
    net, number, container = case
    folder = context.shared / "zoo" / net
    inputs, blobs = read_reference(folder / "reference.h5")
    names = Net(folder / "test_net.prototxt").inputs
    scale = SCALES[number % len(SCALES)]
    options, raw = [], {}
    for name in names:
        data = inputs[name]
        # One number for each channel, on every third net one for all of them.
        count = data.shape[1] if number % 3 else 1
        mean = numpy.round(numpy.linspace(-1, 2, count) / abs(scale), 3)
        options += [f"--input-mean={name}={','.join(map(str, mean))}", f"--input-scale={name}={scale}"]
        raw[name] = data / scale + mean.reshape((1, -1) + (1,) * (data.ndim - 2))
    if number % 2 == 1 and any(data.ndim > 2 and data.shape[1] == 3 for data in raw.values()):
        options.append("--swap-channels")
        # Means are those of the channels as the net was trained.
        raw = {name: data[:, ::-1] if data.shape[1] == 3 else data for name, data in raw.items()}
    output = context.scratch / f"preparation-{net}.{container}"
    weights = zoo_weights(folder)
    run = context.fold(weights, folder / "test_net.prototxt", output, *options, "--verify", "--samples", "2")
    if run.exit_code != 0:
        return "", None, f"exit code {run.exit_code}: {run.first_error}"
    stays = ", ".join(["swapped"] * ("--swap-channels" in options) + [left["type"] for left in run.report()["scales"] if left["isInserted"]])
    try:
        folded = load_net(f"{output}.prototxt", output)
        folded.forward({**blobs, **raw})
    except (CaffeFatal, Unsupported) as error:
        return stays, None, f"the folded pair does not run: {error}"
    outputs = Net(folder / "test_net.prototxt").outputs
    missing = [name for name in outputs if name not in folded.blobs]
    if missing or not outputs:
        return stays, None, f"outputs {missing} are gone"
    worst = max(difference(folded.blobs[name].data, blobs[name]).relative for name in outputs)
    failure = "" if worst <= BLOB_TOLERANCE else f"an output differs by {worst:.1e} of its largest magnitude"
    return stays, float(worst), failure
