"""Makes a random net that fails smaller, as long as it fails likewise."""

import copy


def shrunk(net, fails):
    """The smallest net found by taking layers away, one after the other, and then options."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for position in reversed(range(len(net.layers))):
            for smaller in without_layer(net, position):
                if fails(smaller):
                    net, is_smaller = smaller, True
                    break
    for option in list(net.options):
        smaller = copy.deepcopy(net)
        smaller.options.remove(option)
        if fails(smaller):
            net = smaller
    return net


def without_layer(net, position):
    """The net without a layer: with those that read it gone too, or reading what it read."""
    layer = net.layers[position]
    bypass = copy.deepcopy(net)
    del bypass.layers[position]
    if layer.inputs:
        for other in bypass.layers:
            other.inputs = [layer.inputs[0] if value in layer.outputs else value for value in other.inputs]
        if any(value in other.inputs for other in net.layers for value in layer.outputs):
            yield bypass
    cut = copy.deepcopy(net)
    gone = set()
    cut.layers = []
    for index, other in enumerate(copy.deepcopy(net.layers)):
        if index == position or gone & set(other.inputs):
            gone |= set(other.outputs)
        else:
            cut.layers.append(other)
    if any(other.type != "Input" for other in cut.layers):
        yield cut
