"""The prototxts of corpus and models that cannot be planned, and why; all others must be. Paths are relative to the
shared folder.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why a file is refused, and a part of the message that shows that it is refused for that. `has_place`: with line
    and column.
    """

    reason: str
    says: str
    has_place: bool = True


HOLE = "a template whose holes are not filled in"
DUPLICATE = Refusal("two BatchNorms of one name in TEST, whose weights cannot be told apart", "same name")

BVLC = "corpus/_without_bn/BVLC__caffe/"
HAPPYNEAR = "corpus/_without_bn/happynear__caffe-windows/"
TEMPLATES = "matlab__demo__PrototxtGen__"

REFUSED = {
    # Texts that are broken.
    "corpus/ritik2110__Face-mask-/deploy.prototxt": Refusal("JSON after the end", "found '{'"),
    "corpus/happynear__caffe-windows/examples__pycaffe__Inception-ResNet-v1.prototxt": Refusal(
        "a list without commas", "in the list of 'input_dim'"
    ),
    f"{BVLC}examples__mnist__lenet_conv_pool.prototxt": Refusal(HOLE, "found '$'"),
    f"{BVLC}src__caffe__test__test_data__module.prototxt": Refusal(HOLE, "found '$'"),
    **{
        f"corpus/chuanqi305__MobileNet-SSD/template__MobileNetSSD_{name}_template.prototxt": Refusal(HOLE, found)
        for name, found in (("deploy_bn", "'cls1x'"), ("deploy", "'cls3x'"), ("test", "'cls3x'"), ("train", "'cls3x'"))
    },
    **{
        f"corpus/happynear__caffe-windows/{TEMPLATES}{name}.prototxt": Refusal(HOLE, found)
        for name, found in (("1x1conv", "'node_num'"), ("3x3conv", "{bottom_name}"), ("Inception", "1x1node"))
    },
    **{
        f"{HAPPYNEAR}{TEMPLATES}{name}.prototxt": Refusal(HOLE, found)
        for name, found in (
            ("activation", "'negative_slope'"),
            ("covariance", "{bottom_name}"),
            ("euclideanloss", "'loss_weight'"),
            ("maxout", "{bottom_name}"),
            ("output", "{bottom_name}"),
            ("pooling", "'method'"),
            ("smoothL1Loss", "'loss_weight'"),
        )
    },
    # Nets on which Caffe aborts as well.
    "corpus/BVLC__caffe/examples__warpctc_captcha__crnn__crnn.prototxt": DUPLICATE,
    "corpus/_phase_split/BVLC__caffe__examples__warpctc_captcha__crnn__crnn.prototxt": DUPLICATE,
    "corpus/happynear__caffe-windows/examples__pycaffe__Inception_ResNet_v2.prototxt": Refusal(
        "its crop of 229 gives a pool and a convolution of different sizes", "differ beside axis 1"
    ),
    f"{BVLC}examples__cifar10__cifar10_full_train_test_data_server.prototxt": Refusal(
        "a net for TRAIN alone", "phase TEST", has_place=False
    ),
    f"{HAPPYNEAR}examples__GoogLeNet__googlenet_deploy.prototxt": Refusal("an Accuracy without labels", "'label'"),
    "corpus/BVLC__caffe/models__jhlim_googlenet_bn__deploy.prototxt": Refusal(
        "a layer pasted in twice", "each blob may have one producer"
    ),
    f"{HAPPYNEAR}matlab__demo__NeuralArt__VGG_16_nueralart.prototxt": Refusal("no layer gives its data", "'data'"),
    f"{HAPPYNEAR}matlab__demo__NeuralArt__googlenet_neuralart.prototxt": Refusal("no layer gives its data", "'data'"),
}

# Nets that are whole only in some stage.
OPTIONS = {
    f"{BVLC}examples__LRCN_activity_recognition__train_test_lstm_RGB.prototxt": ("--stage", "test-on-test"),
    f"{BVLC}examples__coco_caption__lrcn.vgg.buffer_50.prototxt": ("--stage", "factored", "--stage", "2-layer"),
    f"{BVLC}examples__siamese__mnist_siamese_network.prototxt": ("--stage", "val"),
}
