import Testing

@testable import CaffeModel

/// V0 layers: a nested message with the parameters of all types side by side, and padding layers.
struct LegacyNestedLayerTests {
    @Test("the nested layer dissolves, and its parameters move into the message of its type")
    func convolution() throws {
        let text = """
            layers {
              layer {
                name: "conv1"
                type: "conv"
                # size
                num_output: 20  # maps
                kernelsize: 5
                weight_filler {
                  type: "xavier"
                }
                biasterm: false
                blobs_lr: 1.
                weight_decay: 0.
                # end of parameters
              }
              bottom: "data"
              top: "conv1"
            }
            """
        let expected = """
            layer {
              name: "conv1"
              type: "Convolution"
              convolution_param {
                # size
                num_output: 20  # maps
                kernel_size: 5
                weight_filler {
                  type: "xavier"
                }
                bias_term: false
              }
              param { lr_mult: 1. decay_mult: 0. }
              # end of parameters
              bottom: "data"
              top: "conv1"
            }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test("a nested layer on one line stays on one line")
    func inline() throws {
        let text = "layers { layer { name: \"p\" type: \"pool\" pool: MAX kernelsize: 3 stride: 2 } top: \"p\" }"
        let expected =
            "layer { name: \"p\" type: \"Pooling\" pooling_param { pool: MAX kernel_size: 3 stride: 2 } top: \"p\" }"
        #expect(try upgraded(text) == expected)
    }

    @Test("a comment behind the last field swallows nothing that follows")
    func trailingComment() throws {
        let text = "layers { layer { type: \"relu\" # fast\n } bottom: \"x\" }"
        #expect(try upgraded(text) == "layer {\ntype: \"ReLU\" # fast\nbottom: \"x\" }")
    }

    @Test("a name directly behind the nested layer does not run into it")
    func adjacentName() throws {
        #expect(
            try upgraded("layers {layer{type:\"relu\" blobs_lr:1.}top:\"y\"}")
                == "layer {type:\"ReLU\" param {lr_mult:1.} top:\"y\"}")
    }

    @Test("comments about the nested layer itself stay")
    func commentsAtDelimiters() throws {
        let text = "layers {\n  layer { # about a\n    type: \"relu\"\n  } # end of a\n  top: \"a\"\n}"
        #expect(try upgraded(text) == "layer {\n  # about a\n  type: \"ReLU\" # end of a\n  top: \"a\"\n}")
    }

    @Test(
        "each parameter goes to the message of its type",
        arguments: [
            ("innerproduct", "num_output: 2", "InnerProduct", "inner_product_param { num_output: 2 }"),
            ("conv", "group: 2", "Convolution", "convolution_param { group: 2 }"),
            ("dropout", "dropout_ratio: 0.5", "Dropout", "dropout_param { dropout_ratio: 0.5 }"),
            ("lrn", "local_size: 5 alpha: 1 beta: 2", "LRN", "lrn_param { local_size: 5 alpha: 1 beta: 2 }"),
            ("concat", "concat_dim: 1", "Concat", "concat_param { concat_dim: 1 }"),
            ("hdf5_data", "source: 'x' batchsize: 3", "HDF5Data", "hdf5_data_param { source: 'x' batch_size: 3 }"),
            (
                "images", "shuffle_images: true new_height: 3", "ImageData",
                "image_data_param { shuffle: true new_height: 3 }"
            ),
            ("window_data", "det_fg_threshold: 0.5", "WindowData", "window_data_param { fg_threshold: 0.5 }"),
            ("infogain_loss", "source: 'x'", "InfogainLoss", "infogain_loss_param { source: 'x' }"),
            (
                "data", "source: 'x' meanfile: 'm' rand_skip: 1 cropsize: 2", "Data",
                "data_param { source: 'x' rand_skip: 1 } transform_param { mean_file: 'm' crop_size: 2 }"
            ),
            (
                "hdf5_output", "hdf5_output_param { file_name: 'x' }", "HDF5Output",
                "hdf5_output_param { file_name: 'x' }"
            ),
        ])
    func destinations(type: String, fields: String, modernType: String, message: String) throws {
        let text = "layers { layer { type: '\(type)' \(fields) } }"
        #expect(try upgraded(text) == "layer { type: '\(modernType)' \(message) }")
    }

    @Test("a type of a fork gets a message of its own, with today's names")
    func forkType() throws {
        let text = "layers { layer { type: \"locally_connected\" kernelsize: 9 shift: 1 } }"
        let expected =
            "layer { type: \"LocallyConnected\" locally_connected_param { kernel_size: 9 shift: 1 } }"
        #expect(try upgraded(text) == expected)
    }

    @Test("a parameter that its type does not have goes, as in Caffe, but not the comment on it")
    func unfitParameter() throws {
        let text = "layers {\n  layer {\n    type: \"relu\"\n    stride: 2 # why\n  }\n}"
        #expect(try upgraded(text) == "layer {\n  type: \"ReLU\"\n  # why\n}")
    }

    @Test("a type that no field can be called after leaves its parameters where they are")
    func oddType() throws {
        let text = "layers { layer { type: \"my-type {\" stride: 2 } }"
        #expect(try upgraded(text) == "layer { type: \"My-type {\" stride: 2 }")
    }

    @Test("two nested layers are an error with their place")
    func twoNestedLayers() {
        let complaint = complaint(upgrading: "layers {\n  layer { }\n  layer { }\n}")
        #expect(complaint?.hasPrefix("net.prototxt:3:3: expected one 'layer { ... }' in each") == true)
    }

    // MARK: Padding layers

    @Test("a padding layer merges into the convolution that reads it, and comments about it stay")
    func padding() throws {
        let text = """
            # layer 2
            layers {
              layer { name: "pad2" type: "padding" pad: 2 }
              bottom: "x"
              top: "pad2"
            }
            layers {
              layer { name: "conv2" type: "conv" kernelsize: 5 stride: 1 }
              bottom: "pad2"
              top: "y"
            }
            """
        let expected = """
            # layer 2
            layer {
              name: "conv2" type: "Convolution" convolution_param { kernel_size: 5 pad: 2 stride: 1 }
              bottom: "x"
              top: "y"
            }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test("the pad of a padding layer takes the place of the reader's own, as in Caffe")
    func paddingOverridesOwn() throws {
        let text = paddingNet(reader: "layers { layer { type: \"pool\" pad: 1 } bottom: \"p\" }")
        #expect(try upgraded(text) == "layer { type: \"Pooling\" pooling_param { pad: 3 } bottom: \"x\" }")
    }

    @Test("every convolution that reads a padding layer takes the padding over")
    func sharedPadding() throws {
        let reader = "layers { layer { type: \"conv\" kernelsize: 7 } bottom: \"p\" }"
        let upgradedReader = "layer { type: \"Convolution\" convolution_param { kernel_size: 7 pad: 3 } bottom: \"x\" }"
        #expect(
            try upgraded(paddingNet(reader: reader + "\n" + reader)) == upgradedReader + "\n" + upgradedReader)
    }

    @Test("a comment inside a padding layer stays")
    func commentInPadding() throws {
        let text =
            "layers {\n  layer { type: \"padding\" pad: 1 } # wide\n  bottom: \"x\" top: \"p\"\n} # end\nname: \"n\""
        #expect(try upgraded(text) == "# wide\n # end\nname: \"n\"")
    }

    @Test(
        "a reader that cannot pad is an error with its place, name and reason",
        arguments: [
            ("type: \"lrn\" } bottom: \"p\"", "only layers of type 'conv' and 'pool' can pad"),
            ("type: \"conv\" } bottom: [\"p\", \"z\"]", "beside other bottoms"),
        ])
    func paddingReadByAnother(reader: String, reason: String) {
        let complaint = complaint(upgrading: paddingNet(reader: "layers { layer { name: \"r\" \(reader) }"))
        #expect(complaint?.hasPrefix("net.prototxt:2:") == true)
        #expect(complaint?.contains("layer 'r': reads the padding layer 'pad' in line 1") == true)
        #expect(complaint?.contains(reason) == true)
    }

    private func paddingNet(reader: String) -> String {
        "layers { layer { name: \"pad\" type: \"padding\" pad: 3 } bottom: \"x\" top: \"p\" }\n" + reader
    }
}
