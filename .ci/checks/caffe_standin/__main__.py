"""Compares a net's blobs with those of a reference file: python -m caffe_standin NET WEIGHTS REFERENCE [TOLERANCE]."""

import sys

from . import CaffeFatal, Unsupported, difference, load_net, read_reference


def main(prototxt, weights, reference, tolerance="1e-5"):
    try:
        net = load_net(prototxt, weights)
    except (CaffeFatal, Unsupported) as error:
        return f"{type(error).__name__}: {error}"
    inputs, blobs = read_reference(reference)
    net.forward({**blobs, **inputs})
    for note in net.notes:
        print("note:", note)
    worst = 0
    for name in [name for name in net.blobs if name in blobs]:
        found = difference(net.blobs[name].data, blobs[name])
        worst = max(worst, found.relative)
        print(f"{found.relative:9.2e}  {name}{'  (output)' if name in net.outputs else ''}  {found.reason}")
    missing = [name for name in net.outputs if name not in blobs]
    if missing:
        return f"outputs that the reference has not: {', '.join(missing)}"
    return None if worst <= float(tolerance) else f"off by {worst:.2e}"


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
