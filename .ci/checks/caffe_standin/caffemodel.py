"""The fields of a .caffemodel that hold weights, by their numbers; protobuf keeps all others as unknown fields."""

import numpy as np

from .schema import build_messages

WIRE_SCHEMA = """
BlobShape
    dim*:I@1
BlobProto
    num:i@1 channels:i@2 height:i@3 width:i@4 data*:f@5 diff*:f@6 shape:BlobShape@7 double_data*:d@8 raw_data_type:i@10
    raw_data:B@12
V1LayerParameter
    bottom*:s@2 top*:s@3 name:s@4 type:V1LayerType@5 blobs*:BlobProto@6
LayerParameter
    name:s@1 type:s@2 bottom*:s@3 top*:s@4 blobs*:BlobProto@7
NetParameter
    name:s@1 layers*:V1LayerParameter@2 layer*:LayerParameter@100
"""
WIRE_MESSAGES = build_messages(WIRE_SCHEMA)
UNPACKED_WIRE_MESSAGES = build_messages(WIRE_SCHEMA, packed=False)

# The forks' half precision: NVCaffe's `raw_data_type` FLOAT16.
FLOAT16 = 2


def read_caffemodel(path):
    with open(path, "rb") as file:
        return WIRE_MESSAGES["NetParameter"].FromString(file.read())


def layers_of(net):
    """The layers of either format; a file holds one or the other."""
    return list(net.layer) or list(net.layers)


def blob_shape(blob):
    """The shape as the file tells it, and whether it is one of the four legacy numbers."""
    is_legacy = any(blob.HasField(field) for field in ("num", "channels", "height", "width"))
    return ((blob.num, blob.channels, blob.height, blob.width) if is_legacy else tuple(blob.shape.dim)), is_legacy


def blob_values(blob):
    """The numbers of a blob in the precision that they are stored in."""
    if blob.raw_data_type == FLOAT16:
        return np.frombuffer(blob.raw_data, "<f2")
    return np.array(blob.double_data, np.float64) if blob.double_data else np.array(blob.data, np.float32)
