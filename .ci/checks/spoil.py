"""Turns a random net into one that Caffe refuses."""

import copy
import random


def spoiled(net):
    """A copy with one thing wrong; None when it has no place for that."""
    chooser = random.Random(net.seed)
    result = copy.deepcopy(net)
    ways = [second_reader, other_in_place, unknown_bottom, second_top, never_in_place, other_shape, blob_missing]
    return result if chooser.choice(ways)(result, chooser) else None


def second_reader(net, chooser):
    """A layer in place on what another one reads too."""
    readers = [value for layer in net.layers for value in layer.inputs]
    types = ("ReLU", "BatchNorm", "Scale", "Dropout")
    return force([layer for layer in net.layers if layer.type in types and readers.count(layer.inputs[0]) > 1], chooser)


def other_in_place(net, chooser):
    """The same for a layer that reads one value twice."""
    return force([layer for layer in net.layers if layer.type == "Eltwise" and len(set(layer.inputs)) == 1], chooser)


def never_in_place(net, chooser):
    return force([layer for layer in net.layers if layer.type in ("Flatten", "Reshape", "Split")], chooser)


def force(places, chooser):
    if places:
        chooser.choice(places).forced_in_place = True
    return bool(places)


def unknown_bottom(net, chooser):
    layer = chooser.choice([layer for layer in net.layers if layer.inputs])
    position = net.layers.index(layer)
    net.layers.insert(chooser.randrange(position), net.layers.pop(position))
    return True


def second_top(net, chooser):
    """Two layers write a blob of one name."""
    layers = [layer for layer in net.layers if len(layer.outputs) == 1]
    for layer in layers:
        layer.wants_in_place = False
    if len(layers) > 1:
        first, second = chooser.sample(layers, 2)
        second.top = first.name
        # Otherwise the second one works in place, which not all types refuse.
        return not (set(first.outputs) & set(second.inputs) or set(second.outputs) & set(first.inputs))
    return False


def other_shape(net, chooser):
    layers = [layer for layer in net.layers if layer.blobs and layer.blobs[0].ndim]
    if not layers:
        return False
    layer = chooser.choice(layers)
    layer.blobs[0] = layer.blobs[0].repeat(2, 0)
    return True


def blob_missing(net, chooser):
    layers = [layer for layer in net.layers if layer.blobs and not layer.shared]
    if not layers:
        return False
    chooser.choice(layers).blobs.pop()
    return True
