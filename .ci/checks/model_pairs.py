"""The real nets: which prototxts go with which weights, and who can run them."""

from dataclasses import dataclass, field

from caffe_standin.fork_layers import FORK_LAYERS, XILINX_LAYERS


@dataclass(frozen=True)
class Pair:
    """Weights and one prototxt that goes with them.

    `inputs` is the shape of the seeded input. `runs_as` is the prototxt that shows how the net ran before, where
    `prototxt` has data and loss layers that no engine here runs. `inner` are layers that are compared beside the
    outputs, where those show little of what was computed. `why` says why an engine cannot run the net.
    """

    folder: str
    weights: str
    prototxt: str
    inputs: tuple = ()
    options: tuple = ()
    runs_as: str = ""
    inner: tuple = ()
    opencv: bool = False
    standin: bool = True
    fork_layers: dict = field(default_factory=dict)
    why: str = ""


def vitis(prototxt, why="", **fields):
    # Its BatchNorms say `use_global_stats: false`, though their statistics are what inference uses. 64x128 is quicker
    # than 512x1024.
    return Pair(
        "vitis_enet_cityscapes",
        "float.caffemodel",
        prototxt,
        (1, 3, 64, 128),
        ("--assume-global-stats", "--input-shape", "data=1,3,512,1024"),
        "deploy.prototxt",
        fork_layers=XILINX_LAYERS,
        why=why or "OpenCV takes the 5 blobs of Vitis' BatchNorm for other statistics",
        **fields,
    )


def cifar(prototxt, *options):
    return Pair(
        "h5_cifar10_quick",
        "cifar10_quick_iter_5000.caffemodel.h5",
        prototxt,
        (1, 3, 32, 32),
        options,
        "cifar10_quick.prototxt",
        why="OpenCV reads no HDF5",
    )


YOLO_LITE = "mobilenet_yolov3_lite_deploy_iter_50000.caffemodel"
PAIRS = [
    cifar("cifar10_quick.prototxt"),
    cifar("cifar10_quick_train_test.prototxt", "--input-shape", "data=1,3,32,32"),
    Pair("landmark106_mbv2", "landmark106.caffemodel", "landmark106.prototxt", (1, 3, 112, 112), opencv=True),
    Pair(
        "mobilenetv2_yolov3_nano",
        "MobileNetV2-YOLOv3-Nano-voc.caffemodel",
        "MobileNetV2-YOLOv3-Nano-voc.prototxt",
        (1, 3, 128, 128),
        fork_layers=FORK_LAYERS,
        why="OpenCV has no Upsample layer",
    ),
    Pair("nsfw_resnet50_thin", "resnet_50_1by2_nsfw.caffemodel", "deploy.prototxt", (1, 3, 224, 224), opencv=True),
    Pair(
        "res10_ssd_face",
        "res10_300x300_ssd_iter_140000.caffemodel",
        "deploy.prototxt",
        (1, 3, 300, 300),
        opencv=True,
        standin=False,
        # OpenCV has no Bias layer.
        options=("--bias-as-scale",),
        inner=("mbox_loc", "mbox_conf_flatten"),
        why="the stand-in has no SSD layers",
    ),
    Pair(
        "tusimple_mobilenet_yolov3_lite",
        YOLO_LITE,
        "mobilenet_yolov3_lite_deploy.prototxt",
        (1, 3, 128, 128),
        fork_layers=FORK_LAYERS,
        why="OpenCV has no DepthwiseConvolution layer",
    ),
    Pair(
        "tusimple_mobilenet_yolov3_lite",
        YOLO_LITE,
        "mobilenet_yolov3_lite_train.prototxt",
        standin=False,
        why="no engine has LaneData and YoloSeg",
    ),
    Pair("v1era_lenet", "lenet_iter_10000.caffemodel", "lenet.prototxt", (4, 1, 28, 28), opencv=True),
    vitis("deploy.prototxt"),
    vitis("float.prototxt"),
    vitis("float_test.prototxt", why="no engine has DeephiResize and SegmentPixelIOU", standin=False),
    vitis("train_val.prototxt"),
]
