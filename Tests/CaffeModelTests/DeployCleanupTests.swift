import Testing

/// What else goes at deployment, and what stays.
@Suite("Deployment: the other layers")
struct DeployCleanupTests {
    private let head = Text.input + Text.convolution("conv", from: "data")

    @Test("Dropout in place goes")
    func dropoutInPlace() throws {
        let tail = Text.inPlace("ReLU", "relu", on: "conv")
        #expect(
            try TestNet(head + Text.inPlace("Dropout", "drop", on: "conv") + tail).deployText() == head + tail)
    }

    private let dropout = #"layer { name: "drop" type: "Dropout" bottom: "conv" top: "drop" }"# + "\n"

    @Test("Dropout with a top of its own goes, and the name that its readers know survives")
    func dropoutWithTop() throws {
        let tail = Text.convolution("next", from: "drop")
        #expect(
            try TestNet(head + dropout + tail).deployText()
                == Text.input + Text.convolution("conv", from: "data", to: "drop") + tail)
    }

    @Test("Dropout whose bottom others read as well goes, and its readers read what it read")
    func dropoutWithOtherReaders() throws {
        let other = Text.convolution("other", from: "conv")
        let text = try TestNet(head + dropout + other + Text.convolution("next", from: "drop")).deployText()
        #expect(text == head + other + Text.convolution("next", from: "conv"))
    }

    @Test("an in-place layer behind Dropout does not overwrite what others read")
    func inPlaceBehindDropout() throws {
        let tail = Text.convolution("other", from: "conv") + Text.convolution("next", from: "drop")
        let text = try TestNet(head + dropout + Text.inPlace("ReLU", "relu", on: "drop") + tail).deployText()
        #expect(text == head + #"layer { name: "relu" type: "ReLU" bottom: "conv" top: "drop" }"# + "\n" + tail)
    }

    @Test("Dropout at the end keeps the name of the net's output")
    func dropoutAtTheEnd() throws {
        let text = try TestNet(
            head + #"layer { name: "drop" type: "Dropout" bottom: "conv" top: "feature" }"# + "\n"
        ).deployText()
        #expect(text.contains(#"top: "feature""#), "\(text)")
    }

    @Test("Dropout that drops in TEST stays")
    func dropoutInTrainingPhase() throws {
        let text = head + Text.inPlace("Dropout", "drop", on: "conv", extra: " phase: TRAIN")
        #expect(try TestNet(text).deployText() == text)
    }

    @Test("layers of other phases go")
    func otherPhase() throws {
        #expect(
            try TestNet(head + Text.inPlace("ReLU", "relu", on: "conv", extra: " include { phase: TRAIN }"))
                .deployText()
                == head)
    }

    @Test("twins of two phases come out as one, without their rules")
    func twins() throws {
        let twin = { (phase: String, parameters: String) in
            Text.inPlace(
                "BatchNorm", "bn", on: "data",
                extra: " include { phase: \(phase) } batch_norm_param { use_global_stats: \(parameters) }")
        }
        let text = try TestNet(Text.input + twin("TRAIN", "false") + twin("TEST", "true")).deployText()
        #expect(text.matches(of: /name: "bn"/).count == 1)
        #expect(text.contains(#"type: "Scale""#) && !text.contains("include") && !text.contains("phase"))
    }

    @Test("twins that are folded away go both, and the training net loses both as well", arguments: [true, false])
    func foldedTwins(keepsTraining: Bool) throws {
        let twin = { (phase: String) in
            Text.inPlace("BatchNorm", "bn", on: "conv", extra: " include { phase: \(phase) }")
        }
        let net = try TestNet(head + twin("TRAIN") + twin("TEST"))
        net.options.keepsTraining = keepsTraining
        #expect(try net.deployText() == head)
    }

    @Test("param, fillers, loss weights and rules go")
    func trainingFields() throws {
        let text = try TestNet(
            Text.input
                + """
                layer {
                  name: "conv"
                  type: "Convolution"
                  bottom: "data"
                  top: "conv"
                  loss_weight: 0
                  propagate_down: false
                  param { lr_mult: 1 }
                  param { lr_mult: 2 decay_mult: 0 }
                  include { phase: TEST }
                  convolution_param {
                    num_output: 2
                    weight_filler { type: "msra" }
                    kernel_size: 1
                    bias_filler { type: "constant" value: 0.5 }
                  }
                }

                """
        ).deployText()
        #expect(
            text == Text.input
                + """
                layer {
                  name: "conv"
                  type: "Convolution"
                  bottom: "data"
                  top: "conv"
                  convolution_param {
                    num_output: 2
                    kernel_size: 1
                  }
                }

                """)
    }

    @Test("parameters that are nothing but fillers go as a whole")
    func onlyFillers() throws {
        let text = try TestNet(
            head + Text.inPlace("PReLU", "prelu", on: "conv", extra: " prelu_param { filler { value: 0.25 } }")
        ).deployText()
        #expect(text == head + Text.inPlace("PReLU", "prelu", on: "conv"))
    }

    @Test("what is not known stays as it is: fields, layers and top-level messages")
    func unknown() throws {
        let text =
            "# made by hand\nname: \"net\"\nforce_backward: true\n" + head
            + "layer { name: \"w\" type: \"Warp\" bottom: \"conv\" top: \"w\" warp_param { amount: 3 } [my.ext]: 1 }\n"
        #expect(try TestNet(text).deployText() == text)
    }

    @Test("a convolution without bias that takes a BatchNorm gets one")
    func biasTerm() throws {
        let text =
            Text.input
            + Text.convolution("conv", from: "data").replacing(
                "kernel_size: 1", with: "kernel_size: 1 bias_term: false")
            + Text.inPlace("BatchNorm", "bn", on: "conv")
        #expect(
            try TestNet(text).deployText() == Text.input
                + Text.convolution("conv", from: "data").replacing(
                    "kernel_size: 1", with: "kernel_size: 1 bias_term: true"))
    }

    @Test("the last blob of a folded chain survives, and its readers keep their text")
    func lastBlob() throws {
        let text =
            Text.input + Text.convolution("conv", from: "data")
            + #"layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "normal" }"# + "\n"
            + Text.convolution("next", from: "normal")
        #expect(
            try TestNet(text).deployText()
                == Text.input + Text.convolution("conv", from: "data", to: "normal")
                + Text.convolution("next", from: "normal"))
    }
}
