"""Reading a prototxt: protobuf's text format, and Caffe's upgrade of older fields."""

from google.protobuf import text_format

from .errors import CaffeFatal, Unsupported, require
from .schema import enum_name

# V1's enum names whose layer type is not just the name in capitals.
V1_TYPES = {
    name.replace("_", "").upper(): name
    for name in (
        "AbsVal ArgMax BNLL ContrastiveLoss DummyData EuclideanLoss HDF5Data HDF5Output HingeLoss ImageData"
        " InfogainLoss InnerProduct LRN MVN MemoryData MultinomialLogisticLoss ReLU SigmoidCrossEntropyLoss TanH"
        " WindowData"
    ).split()
}
V1_TYPES["SOFTMAXLOSS"] = "SoftmaxWithLoss"
V1_PARAM_FIELDS = {
    "param": "name",
    "blob_share_mode": "share_mode",
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}


def parse_net(path, net_class):
    """The NetParameter of a file, upgraded to today's fields. `net_class` decides which fields are known."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            net = text_format.Parse(file.read(), net_class())
    except OSError as error:
        raise CaffeFatal(f"{path}: {error}") from error
    except text_format.ParseError as error:
        raise CaffeFatal(f"{path}:{error}") from error
    require(not (net.layer and net.layers), f"{path}: the definition includes both 'layer' and 'layers' fields")
    for layer in net.layers:
        upgrade_v1_layer(layer, net.layer.add(), path)
    if net.input:
        add_input_layer(net, path)
    for layer in net.layer:
        # UpgradeNetBatchNorm: three entries are how older nets kept the solver away from the statistics.
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            for param in layer.param:
                param.lr_mult = param.decay_mult = 0
    return net


def upgrade_v1_layer(old, new, path):
    if old.HasField("layer"):
        raise Unsupported(f"{path}: V0 layers")
    for field, value in old.ListFields():
        if field.name == "type":
            name = enum_name(old, "type").replace("_", "")
            new.type = V1_TYPES.get(name, name.capitalize())
        elif field.name in V1_PARAM_FIELDS:
            while len(new.param) < len(value):
                new.param.add()
            for param, entry in zip(new.param, value):
                setattr(param, V1_PARAM_FIELDS[field.name], entry)
        elif hasattr(value, "MergeFrom"):
            getattr(new, field.name).MergeFrom(value)
        else:
            setattr(new, field.name, value)


def add_input_layer(net, path):
    """UpgradeNetInput: `input:` with its `input_shape` or four `input_dim` becomes a layer before all others."""
    others = list(net.layer)
    del net.layer[:]
    layer = net.layer.add(name="input", type="Input", top=net.input)
    for index in range(len(net.input)):
        if net.input_shape:
            require(index < len(net.input_shape), f"{path}: not enough input_shape for the inputs")
            dimensions = net.input_shape[index].dim
        else:
            dimensions = net.input_dim[4 * index : 4 * index + 4]
            require(len(dimensions) == 4, f"{path}: not enough input_dim for the inputs")
        layer.input_param.shape.add(dim=dimensions)
    net.layer.extend(others)
