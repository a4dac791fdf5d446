"""Some channels of every net of the zoo are made dead: factors of Scale layers and rows of weights become 0. Folded with
--remove-constant-channels the pair has to have fewer channels, and, run by the stand-in for Caffe, to give what the net
with the dead channels gives.
"""

import h5py
import numpy
from caffe_standin import CaffeFatal, Unsupported, difference, load_net, read_reference
from caffe_standin.net import Net, test_phase_layers
from table import Table
from tolerance import BLOB_TOLERANCE

# Nets in which every constant channel is needed by some layer would say nothing.
LEAST_REMOVED = 100


def check(context):
    table = Table("Constant channels taken out of zoo nets", "net", "seed", "to", "channels", "parameters", "stay for", "worst output")
    failures, removed = [], 0
    nets = sorted(path.parent.name for path in (context.shared / "zoo").glob("digits-*/weights.caffemodel.h5"))
    cases = [(net, seed, container) for net in nets for seed in range(3) for container in ("h5", "caffemodel")]
    for (net, seed, container), (told, worst, failure) in zip(cases, context.each(removing, cases, "constant channels")):
        channels = told.get("channels", {"before": 0, "after": 0})
        parameters = told.get("parameters", channels)
        removed += channels["before"] - channels["after"]
        readers = sorted({obstacle["reader"]["type"] for obstacle in told.get("obstacles", [])})
        table.add(net, seed, container, f"{channels['before']} -> {channels['after']}",
                  f"{parameters['before']} -> {parameters['after']}", ", ".join(readers), worst)
        if failure:
            failures.append(f"{net}, seed {seed}, to {container}: {failure}")
    if len(nets) < 10:
        failures.append(f"only {len(nets)} nets of the zoo have weights in HDF5; expected at least 10")
    if removed < LEAST_REMOVED:
        failures.append(f"only {removed} channels were removed in all; expected at least {LEAST_REMOVED}")
    table.total(f"{len(cases)} folds, {removed} channels removed, {len(failures)} failures")
    table.write(context.output / "constant-channels.txt")
    return failures


def removing(context, case):
    """What the report tells of channels, the largest difference of an output, and what went wrong."""
    net, seed, container = case
    folder = context.shared / "zoo" / net
    prototxt = folder / "test_net.prototxt"
    weights = context.scratch / f"constant-{net}-{seed}-{container}.caffemodel.h5"
    weights.write_bytes((folder / "weights.caffemodel.h5").read_bytes())
    kill(weights, prototxt, numpy.random.default_rng([seed, len(net)]))
    output = context.scratch / f"constant-{net}-{seed}.out.{container}"
    run = context.fold(weights, prototxt, output, "--remove-constant-channels", "--verify", "--samples", "2")
    if run.exit_code != 0:
        return {}, None, f"exit code {run.exit_code}: {run.first_error}"
    told = run.report()["constantChannels"]
    inputs, _ = read_reference(folder / "reference.h5")
    try:
        original = load_net(prototxt, weights)
        original.forward(inputs)
        folded = load_net(f"{output}.prototxt", output)
        folded.forward(inputs)
    except (CaffeFatal, Unsupported) as error:
        return told, None, f"a pair does not run: {error}"
    outputs = Net(prototxt).outputs
    missing = [name for name in outputs if name not in folded.blobs]
    if missing or not outputs:
        return told, None, f"outputs {missing} are gone"
    worst = max(difference(folded.blobs[name].data, original.blobs[name].data).relative for name in outputs)
    count = sum(
        layer.inner_product_param.num_output if layer.type == "InnerProduct" else layer.convolution_param.num_output
        for layer in test_phase_layers(f"{output}.prototxt") if layer.type in LINEAR)
    if count != told["channels"]["after"]:
        return told, float(worst), f"the report tells of {told['channels']['after']} channels, the pair has {count}"
    failure = "" if worst <= BLOB_TOLERANCE else f"an output differs by {worst:.1e} of its largest magnitude"
    return told, float(worst), failure


LINEAR = ("Convolution", "Deconvolution", "InnerProduct", "DepthwiseConvolution")


def kill(weights, prototxt, random):
    """Makes some channels of most layers dead."""
    layers = {layer.name: layer.type for layer in test_phase_layers(prototxt)}
    with h5py.File(weights, "r+") as file:
        for name, group in file["data"].items():
            kind = layers.get(name)
            if kind not in (*LINEAR, "Scale") or "0" not in group or not group["0"].shape:
                continue
            blob = group["0"]
            dead = random.random(blob.shape[0]) < random.choice([0, 0.2, 0.5])
            values = blob[...]
            # A shared dataset would be written twice, to the same effect.
            values[dead] = 0
            blob[...] = values
