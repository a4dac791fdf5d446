import Testing

/// Losses, metrics and labels at deployment.
@Suite("Deployment: losses and metrics")
struct DeployObjectiveTests {
    private let head =
        #"layer { name: "d" type: "Data" top: "data" top: "label" }"# + "\n" + Text.convolution("score", from: "data")

    /// What follows the scores in the deploy prototxt.
    private func tail(_ layers: String) throws -> String {
        let net = try TestNet(head + layers)
        net.options.inputShapes = ["data": [1, 2, 4, 4]]
        let text = try net.deployText()
        let end = try #require(text.range(of: "kernel_size: 1 } }\n"))
        return String(text[end.upperBound...])
    }

    private func layer(_ type: String, tops: [String] = ["loss"], extra: String = "") -> String {
        "layer { name: \"loss\" type: \"\(type)\" bottom: \"score\" bottom: \"label\""
            + tops.map { " top: \"\($0)\"" }.joined() + extra + " }\n"
    }

    @Test("SoftmaxWithLoss becomes Softmax, without the label, under the names of Caffe's own deploy nets")
    func softmax() throws {
        #expect(
            try tail(layer("SoftmaxWithLoss"))
                == #"layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }"# + "\n")
    }

    @Test(
        "where the name is taken, by a layer or a blob, both names stay",
        arguments: [
            Text.convolution("prob", from: "score", to: "other"), Text.convolution("other", from: "score", to: "prob"),
        ])
    func takenName(other: String) throws {
        #expect(
            try tail(other + layer("SoftmaxWithLoss"))
                == other + #"layer { name: "loss" type: "Softmax" bottom: "score" top: "loss" }"# + "\n")
    }

    @Test("of several losses the one with the largest weight is called prob, the first where all weigh the same")
    func severalLosses() throws {
        func net(_ weights: String, _ otherWeights: String) throws -> [String] {
            let second = layer("SoftmaxWithLoss", extra: otherWeights).replacing("\"loss\"", with: "\"loss2\"")
                .replacing("\"score\"", with: "\"aux\"")
            let text = try tail(
                Text.convolution("aux", from: "score") + layer("SoftmaxWithLoss", extra: weights) + second)
            return text.split(separator: "\n").filter { $0.contains("Softmax") }.map(String.init)
        }
        let (loss, prob) = ("bottom: \"score\" top: \"loss\"", "bottom: \"aux\" top: \"prob\"")
        let auxiliary = try net(" loss_weight: 0.3", " loss_weight: 1")
        #expect(auxiliary[0].contains("name: \"loss\"") && auxiliary[0].contains(loss), "\(auxiliary)")
        #expect(auxiliary[1].contains("name: \"prob\"") && auxiliary[1].contains(prob), "\(auxiliary)")
        let equal = try net("", "")
        #expect(equal[0].contains("name: \"prob\"") && equal[1].contains("name: \"loss2\""), "\(equal)")
    }

    @Test("what is computed from a loss goes with it, and does not take the function for the loss")
    func readersOfLoss() throws {
        let sum =
            #"layer { name: "sum" type: "Power" bottom: "loss" top: "sum" power_param { scale: 2 } }"# + "\n"
        #expect(
            try tail(layer("SoftmaxWithLoss") + sum)
                == #"layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }"# + "\n")
    }

    @Test("what reads the second top of a loss stays")
    func readersOfFunction() throws {
        let largest = #"layer { name: "largest" type: "ArgMax" bottom: "p" top: "largest" }"# + "\n"
        #expect(
            try tail(layer("SoftmaxWithLoss", tops: ["loss", "p"]) + largest)
                == #"layer { name: "prob" type: "Softmax" bottom: "score" top: "p" }"# + "\n" + largest)
    }

    @Test("the axis of a SoftmaxWithLoss stays, its weight and normalisation go")
    func softmaxFields() throws {
        let text = try tail(
            layer(
                "SoftmaxWithLoss",
                extra: " loss_weight: 2 softmax_param { axis: 2 } loss_param { ignore_label: 255 normalize: false }"))
        #expect(
            text == #"layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" softmax_param { axis: 2 } }"#
                + "\n")
    }

    @Test("the second top of a SoftmaxWithLoss is the Softmax")
    func twoTops() throws {
        #expect(
            try tail(layer("SoftmaxWithLoss", tops: ["loss", "prob"]))
                == #"layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }"# + "\n")
    }

    @Test("a SoftmaxWithLoss without a top gets one that no other blob has")
    func noTop() throws {
        let text = try tail(layer("SoftmaxWithLoss", tops: []))
        #expect(text.contains(#"type: "Softmax""#) && text.contains(#"top: "prob""#), "\(text)")
    }

    @Test("SoftmaxWithLoss goes where a Softmax reads the same scores")
    func twin() throws {
        let softmax = #"layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }"# + "\n"
        #expect(try tail(softmax + layer("SoftmaxWithLoss")) == softmax)
        #expect(try tail(layer("SoftmaxWithLoss") + softmax) == softmax)
    }

    @Test("SigmoidCrossEntropyLoss becomes Sigmoid")
    func sigmoid() throws {
        #expect(
            try tail(layer("SigmoidCrossEntropyLoss"))
                == #"layer { name: "prob" type: "Sigmoid" bottom: "score" top: "prob" }"# + "\n")
    }

    @Test(
        "other losses and metrics go",
        arguments: ["EuclideanLoss", "HingeLoss", "Accuracy", "InfogainLoss", "SmoothL1Loss"])
    func gone(type: String) throws {
        #expect(try tail(layer(type)) == "")
    }

    @Test("what is computed from labels alone goes with them")
    func labels() throws {
        let slice =
            #"layer { name: "s" type: "Slice" bottom: "label" top: "l1" top: "l2" slice_param { axis: 1 } }"# + "\n"
        let loss = #"layer { name: "loss" type: "EuclideanLoss" bottom: "score" bottom: "l1" top: "loss" }"# + "\n"
        #expect(try tail(slice + loss) == "")
    }

    @Test("Silence goes with the labels that it swallowed")
    func silence() throws {
        #expect(try tail(#"layer { name: "quiet" type: "Silence" bottom: "label" }"# + "\n") == "")
    }

    @Test("a value that Silence kept from being an output does not become one")
    func silenceOfValue() throws {
        let text = try tail(
            Text.convolution("aux", from: "score") + Text.convolution("main", from: "score")
                + #"layer { name: "quiet" type: "Silence" bottom: "aux" }"# + "\n")
        #expect(text.contains(#""quiet""#) == text.contains(#"top: "aux""#), "\(text)")
        #expect(text.contains(#"top: "main""#))
    }

    @Test("layers that only fed a loss go, and only they")
    func deadLayers() throws {
        let text =
            Text.convolution("main", from: "score")
            + Text.convolution("embedding", from: "score")
            + #"layer { name: "target" type: "Power" bottom: "label" top: "target" }"# + "\n"
            + #"layer { name: "loss" type: "EuclideanLoss" bottom: "embedding" bottom: "target" top: "loss" }"# + "\n"
        let result = try tail(text)
        #expect(result.contains("\"main\"") && result.contains("\"embedding\""))
        #expect(!result.contains("target"))
    }

    @Test("a loss that nothing learned feeds leaves no function behind")
    func accuracyOfBothPhases() throws {
        let accuracy = { (phase: String) in
            "layer { name: \"accuracy\" type: \"Accuracy\" bottom: \"score\" bottom: \"label\" top: \"accuracy\" include { phase: \(phase) } }\n"
        }
        #expect(try tail(accuracy("TRAIN") + accuracy("TEST")) == "")
    }

    @Test("training keeps its losses")
    func keptTraining() throws {
        let text =
            head + layer("SoftmaxWithLoss")
            + layer("Accuracy", tops: ["accuracy"]).replacing("\"loss\"", with: "\"accuracy\"")
        let net = try TestNet(text)
        net.options.keepsTraining = true
        #expect(try net.deployText() == text)
    }
}
