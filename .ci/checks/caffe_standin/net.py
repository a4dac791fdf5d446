"""Building and running a net (Net::Init in the TEST phase, Net::Forward)."""

import numpy as np

from . import affine_layers, linear_layers, pointwise_layers, pooling_layers, shape_layers
from .caffe_schema import FORK_MESSAGES, MESSAGES
from .errors import CaffeFatal, Unsupported, require
from .layer import TEST, Blob, Input, Layer, Parameter, count
from .prototxt import parse_net

LAYERS = {"Input": Input} | {
    name: layer
    for module in (affine_layers, linear_layers, pointwise_layers, pooling_layers, shape_layers)
    for name, layer in vars(module).items()
    if isinstance(layer, type) and issubclass(layer, Layer)
}

# What plain Caffe knows beyond that.
OTHER_LAYERS = set(
    """
    Accuracy ArgMax BatchReindex Clip ContrastiveLoss Data DummyData Embed EuclideanLoss Exp Filter HDF5Data
    HDF5Output HingeLoss Im2col ImageData InfogainLoss LSTM LSTMUnit Log MVN MemoryData MultinomialLogisticLoss
    Parameter Python RNN Reduction SPP SigmoidCrossEntropyLoss SoftmaxWithLoss Swish Threshold Tile WindowData
    """.split()
)


def test_phase_layers(path):
    """The layers of a prototxt that take part in the TEST phase, of whatever types."""
    net = parse_net(path, MESSAGES["NetParameter"])
    return [spec for spec in net.layer if takes_part(spec, net.state)]


def takes_part(spec, state):
    """FilterNet: an include rule that is met keeps the layer, an exclude rule that is met drops it."""
    require(
        not (spec.include and spec.exclude),
        f"layer '{spec.name}': specify either include rules or exclude rules; not both",
    )
    if spec.include:
        return any(meets(rule, state) for rule in spec.include)
    return not any(meets(rule, state) for rule in spec.exclude)


def meets(rule, state):
    return (
        (not rule.HasField("phase") or rule.phase == TEST)
        and (not rule.HasField("min_level") or state.level >= rule.min_level)
        and (not rule.HasField("max_level") or state.level <= rule.max_level)
        and all(stage in state.stage for stage in rule.stage)
        and not any(stage in state.stage for stage in rule.not_stage)
    )


class Net:
    """A net in the TEST phase: `layers` in order, `blobs` by name, the names of its `inputs` and `outputs`.

    `fork_layers` adds or replaces layer types; without it the net must be one that plain Caffe loads.
    """

    def __init__(self, path, fork_layers=None):
        self.layer_types = LAYERS | (fork_layers or {})
        self.spec = parse_net(path, (FORK_MESSAGES if fork_layers else MESSAGES)["NetParameter"])
        specs = [spec for spec in self.spec.layer if takes_part(spec, self.spec.state)]
        names = [spec.name for spec in specs]
        require(
            len(set(names)) == len(names),
            f"layer names that occur twice: {sorted({n for n in names if names.count(n) > 1})}",
        )
        self.layers, self.blobs = [], {}
        self.owners = {}  # the first layer of each shared parameter's name, and its index there
        writers = self.writers_of_bottoms(specs)
        unread = {}
        for position, spec in enumerate(specs):
            layer = self.connected_layer(spec, position, writers)
            for name in spec.bottom:
                unread.pop(name, None)
            unread.update(dict.fromkeys(spec.top))
            layer.set_up([blob.shape for blob in layer.bottoms])
            for blob, shape in zip(layer.tops, layer.top_shapes([blob.shape for blob in layer.bottoms])):
                blob.shape = shape
            self.add_parameters(layer)
            self.layers.append(layer)
        self.outputs = list(unread)
        self.inputs = [blob.name for layer in self.layers if isinstance(layer, Input) for blob in layer.tops]

    @staticmethod
    def writers_of_bottoms(specs):
        """For each (layer, bottom) the (layer, top) that it reads: the latest writer of that name, in-place layers
        included.
        """
        latest, writers = {}, {}
        for position, spec in enumerate(specs):
            for index, name in enumerate(spec.bottom):
                require(name in latest, f"unknown bottom blob '{name}' (layer '{spec.name}', bottom index {index})")
                writers[position, index] = latest[name]
            for index, name in enumerate(spec.top):
                latest[name] = (position, index)
        return writers

    def connected_layer(self, spec, position, writers):
        if spec.type not in self.layer_types:
            require(spec.type in OTHER_LAYERS, f"unknown layer type: {spec.type} (layer '{spec.name}')")
            raise Unsupported(f"layer '{spec.name}': type {spec.type} is not in this stand-in")
        if not spec.HasField("phase"):
            spec.phase = TEST
        layer = self.layer_types[spec.type](spec)
        for names, (least, most), what in (
            (spec.bottom, layer.bottom_count, "bottom"),
            (spec.top, layer.top_count, "top"),
        ):
            layer.require(
                least <= len(names) <= (len(names) if most is None else most), f"has {len(names)} {what} blobs"
            )
        layer.bottoms = [self.blobs[name] for name in spec.bottom]
        read = list(writers.values())
        for index, name in enumerate(spec.top):
            if name not in self.blobs:
                self.blobs[name] = Blob(name)
            else:
                # Caffe splits a blob with several readers, and then the top is no longer in place but a second source
                # of its name.
                in_place = (
                    index < len(spec.bottom)
                    and spec.bottom[index] == name
                    and read.count(writers[position, index]) == 1
                )
                layer.require(in_place, f"top blob '{name}' produced by multiple sources")
                layer.require(layer.works_in_place, "cannot work in place")
            layer.tops.append(self.blobs[name])
        return layer

    def add_parameters(self, layer):
        layer.require(len(layer.spec.param) <= len(layer.parameter_shapes), "too many params specified")
        for index, shape in enumerate(layer.parameter_shapes):
            entry = layer.spec.param[index] if index < len(layer.spec.param) else None
            owner = self.owners.get(entry.name) if entry and entry.name else None
            if owner:
                other, other_index = owner
                other_shape = other.parameter_shapes[other_index]
                fits = count(shape) == count(other_shape) if entry.share_mode else shape == other_shape
                layer.require(
                    fits,
                    f"cannot share param '{entry.name}' of layer '{other.name}': shape {other_shape} against {shape}",
                )
                layer.parameters.append(other.parameters[other_index])
            else:
                layer.parameters.append(Parameter(count(shape)))
                if entry and entry.name:
                    self.owners[entry.name] = (layer, index)
            layer.is_shared.append(bool(owner))

    def forward(self, values):
        """Runs the net on values for its inputs, whatever their shapes; then every blob holds its `data` as Caffe
        leaves it.
        """
        with np.errstate(all="ignore"):
            for layer in self.layers:
                if isinstance(layer, Input):
                    for blob in layer.tops:
                        if blob.name not in values:
                            raise CaffeFatal(f"no values for input '{blob.name}'")
                        blob.data = np.array(values[blob.name], np.float32).astype(np.float64)
                    continue
                inputs = [blob.data for blob in layer.bottoms]
                layer.top_shapes([x.shape for x in inputs])
                for blob, result in zip(layer.tops, layer.compute(inputs)):
                    if blob in layer.bottoms:
                        blob.data[...] = result  # what shares its memory with the blob changes too
                    else:
                        blob.data = result
