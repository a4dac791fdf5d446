/// The nets that are measured.
extension TrainNet {
    /// VGG-16 (Simonyan and Zisserman, 2014, table 1, column D) with BatchNorm and Scale behind each convolution: 528 MiB.
    static func vgg16() -> TrainNet {
        var builder = NetBuilder(name: "vgg16", imageSide: 224)
        var top = "data"
        let stages = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
        for (stage, (channels, depth)) in stages.enumerated() {
            for index in 1...depth {
                let name = "\(stage + 1)_\(index)"
                builder.convolution("conv\(name)", of: top, outputs: channels, kernel: 3, pad: 1, hasBias: true)
                top = "conv\(name)"
                builder.normalization(of: top, batchNorm: "bn\(name)", scale: "scale\(name)")
                builder.relu(top)
            }
            builder.maximumPooling("pool\(stage + 1)", of: top, kernel: 2, stride: 2)
            top = "pool\(stage + 1)"
        }
        for name in ["fc6", "fc7"] {
            builder.innerProduct(name, of: top, outputs: 4096)
            builder.relu(name)
            builder.dropout(name)
            top = name
        }
        builder.innerProduct("fc8", of: top, outputs: 1000)
        builder.classification(of: "fc8")
        return builder.net
    }

    /// ResNet-50 (He et al., 2015, table 1), strided and named as in its authors' prototxt: 98 MiB.
    static func resNet50() -> TrainNet {
        var builder = NetBuilder(name: "resnet50", imageSide: 224)
        builder.convolution("conv1", of: "data", outputs: 64, kernel: 7, stride: 2, pad: 3)
        builder.normalization(of: "conv1", batchNorm: "bn_conv1", scale: "scale_conv1")
        builder.relu("conv1")
        builder.maximumPooling("pool1", of: "conv1", kernel: 3, stride: 2)
        var top = "pool1"
        for (stage, depth) in [(2, 3), (3, 4), (4, 6), (5, 3)] {
            for index in 0..<depth {
                let block = "\(stage)" + String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index)))
                let width = 64 << (stage - 2)
                let stride = stage > 2 && index == 0 ? 2 : 1
                func convolution(_ branch: String, of bottom: String, outputs: Int, kernel: Int, stride: Int) -> String
                {
                    let name = "res\(block)_\(branch)"
                    builder.convolution(
                        name, of: bottom, outputs: outputs, kernel: kernel, stride: stride, pad: kernel / 2)
                    builder.normalization(
                        of: name, batchNorm: "bn\(block)_\(branch)", scale: "scale\(block)_\(branch)")
                    return name
                }
                let shortcut =
                    index == 0
                    ? convolution("branch1", of: top, outputs: 4 * width, kernel: 1, stride: stride) : top
                let first = convolution("branch2a", of: top, outputs: width, kernel: 1, stride: stride)
                builder.relu(first)
                let second = convolution("branch2b", of: first, outputs: width, kernel: 3, stride: 1)
                builder.relu(second)
                let third = convolution("branch2c", of: second, outputs: 4 * width, kernel: 1, stride: 1)
                top = "res\(block)"
                builder.sum(top, of: [shortcut, third])
                builder.relu(top)
            }
        }
        builder.globalPooling("pool5", of: top)
        builder.innerProduct("fc1000", of: "pool5", outputs: 1000)
        builder.classification(of: "fc1000")
        return builder.net
    }

    /// MobileNet v2 (Sandler et al., 2018, table 2): 13 MiB. ReLU stands for ReLU6, which Caffe lacks.
    static func mobileNetV2() -> TrainNet {
        var builder = NetBuilder(name: "mobilenet-v2", imageSide: 224)
        func convolution(
            _ name: String, of bottom: String, outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
            isLinear: Bool = false
        ) -> String {
            builder.convolution(
                name, of: bottom, outputs: outputs, kernel: kernel, stride: stride, pad: kernel / 2, groups: groups)
            builder.normalization(of: name, batchNorm: "\(name)_bn", scale: "\(name)_scale")
            if !isLinear { builder.relu(name) }
            return name
        }
        var top = convolution("conv1", of: "data", outputs: 32, kernel: 3, stride: 2)
        let stages = [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ]
        for (stage, (expansion, outputs, depth, stageStride)) in stages.enumerated() {
            for index in 1...depth {
                let block = "conv\(stage + 2)_\(index)"
                let inputs = builder.channels(of: top)
                let width = inputs * expansion
                let stride = index == 1 ? stageStride : 1
                var inner = top
                if expansion > 1 { inner = convolution("\(block)_expand", of: inner, outputs: width, kernel: 1) }
                inner = convolution(
                    "\(block)_dwise", of: inner, outputs: width, kernel: 3, stride: stride, groups: width)
                inner = convolution("\(block)_linear", of: inner, outputs: outputs, kernel: 1, isLinear: true)
                if stride == 1, inputs == outputs {
                    builder.sum("\(block)_sum", of: [top, inner])
                    inner = "\(block)_sum"
                }
                top = inner
            }
        }
        top = convolution("conv9", of: top, outputs: 1280, kernel: 1)
        builder.globalPooling("pool9", of: top)
        builder.innerProduct("fc10", of: "pool9", outputs: 1000)
        builder.classification(of: "fc10")
        return builder.net
    }

    /// Small layers in a row: Convolution, BatchNorm, Scale and ReLU in turn, and the data layers before them.
    static func chain(layers count: Int) -> TrainNet {
        var builder = NetBuilder(name: "chain-\(count)", imageSide: 16)
        var top = "data"
        for index in 0..<count / 4 {
            builder.convolution("conv\(index)", of: top, outputs: 8, kernel: 3, pad: 1)
            top = "conv\(index)"
            builder.normalization(of: top, batchNorm: "bn\(index)", scale: "scale\(index)")
            builder.relu(top)
        }
        return builder.net
    }

    /// A row of wide convolutions whose weights take about 4 GiB.
    static func wide() -> TrainNet {
        var builder = NetBuilder(name: "wide", imageSide: 14, batch: 1)
        var top = "data"
        for index in 0..<30 {
            builder.convolution("conv\(index)", of: top, outputs: 2048, kernel: 3, pad: 1)
            top = "conv\(index)"
            builder.normalization(of: top, batchNorm: "bn\(index)", scale: "scale\(index)")
            builder.relu(top)
        }
        return builder.net
    }
}
