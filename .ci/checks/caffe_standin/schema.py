"""Protobuf messages from a compact schema, made at run time: no protoc, no generated file.

A schema lists messages. A message's name stands at the start of a line, its fields indented below, each as

    name[*|!]:type[=default][@number]

`*` is repeated, `!` required. Types are f (float), d (double), u (uint32), i (int32), I (int64), b (bool), s (string),
B (bytes), an enum of `ENUMS` or a message. Fields without a number are numbered in order: the text format never shows
numbers.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SCALARS = {"f": 2, "d": 1, "u": 13, "i": 5, "I": 3, "b": 8, "s": 9, "B": 12}
ENUM, MESSAGE = 14, 11
OPTIONAL, REQUIRED, REPEATED = 1, 2, 3

ENUMS = {
    "VarianceNorm": "FAN_IN=0 FAN_OUT=1 AVERAGE=2",
    "Phase": "TRAIN=0 TEST=1",
    "BNMode": "LEARN=0 INFERENCE=1",
    "DimCheckMode": "STRICT=0 PERMISSIVE=1",
    "NormalizationMode": "FULL=0 VALID=1 BATCH_SIZE=2 NONE=3",
    "Engine": "DEFAULT=0 CAFFE=1 CUDNN=2",
    "DB": "LEVELDB=0 LMDB=1",
    "EltwiseOp": "PROD=0 SUM=1 MAX=2",
    "Norm": "L1=1 L2=2",
    "NormRegion": "ACROSS_CHANNELS=0 WITHIN_CHANNEL=1",
    "PoolMethod": "MAX=0 AVE=1 STOCHASTIC=2",
    "RoundMode": "CEIL=0 FLOOR=1",
    "ReductionOp": "SUM=1 ASUM=2 SUMSQ=3 MEAN=4",
    "V1LayerType": ""
    "NONE=0 ACCURACY=1 BNLL=2 CONCAT=3 CONVOLUTION=4 DATA=5 DROPOUT=6 EUCLIDEAN_LOSS=7 FLATTEN=8 HDF5_DATA=9"
    " HDF5_OUTPUT=10 IM2COL=11 IMAGE_DATA=12 INFOGAIN_LOSS=13 INNER_PRODUCT=14 LRN=15 MULTINOMIAL_LOGISTIC_LOSS=16"
    " POOLING=17 RELU=18 SIGMOID=19 SOFTMAX=20 SOFTMAX_LOSS=21 SPLIT=22 TANH=23 WINDOW_DATA=24 ELTWISE=25 POWER=26"
    " SIGMOID_CROSS_ENTROPY_LOSS=27 HINGE_LOSS=28 MEMORY_DATA=29 ARGMAX=30 THRESHOLD=31 DUMMY_DATA=32 SLICE=33"
    " MVN=34 ABSVAL=35 SILENCE=36 CONTRASTIVE_LOSS=37 EXP=38 DECONVOLUTION=39",
}


def build_messages(schema, packed=True):
    """The message classes of a schema, by name. `packed`: whether repeated numbers are written packed."""
    file = descriptor_pb2.FileDescriptorProto(name="schema.proto", package="caffe", syntax="proto2")
    for enum_name, values in ENUMS.items():
        # Each enum lives in a message of its own, for the names of enum values share the scope that the enum is
        # declared in.
        enum = file.message_type.add(name=f"{enum_name}Holder").enum_type.add(name=enum_name)
        for value in values.split():
            name, number = value.split("=")
            enum.value.add(name=name, number=int(number))
    message = None
    for line in schema.splitlines():
        if line and not line[0].isspace():
            message = file.message_type.add(name=line.strip())
        else:
            for field in line.split():
                add_field(message, field, packed)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = [message.name for message in file.message_type if not message.name.endswith("Holder")]
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}")) for name in names}


def add_field(message, text, packed):
    text, _, number = text.partition("@")
    name, _, kind = text.partition(":")
    kind, _, default = kind.partition("=")
    field = message.field.add(name=name.rstrip("*!"), number=int(number or len(message.field) + 1))
    field.label = REPEATED if name.endswith("*") else REQUIRED if name.endswith("!") else OPTIONAL
    if kind in SCALARS:
        field.type = SCALARS[kind]
    elif kind in ENUMS:
        field.type, field.type_name = ENUM, f".caffe.{kind}Holder.{kind}"
    else:
        field.type, field.type_name = MESSAGE, f".caffe.{kind}"
    if default:
        field.default_value = default
    if packed and field.label == REPEATED and kind in "fduiI":
        field.options.packed = True


def enum_name(message, field):
    """The name of an enum field's value, as the prototxt writes it."""
    return message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(message, field)].name
