import Testing

@testable import CaffeModel

/// V1 layers: their name, their type, and the parameters of their blobs.
struct LegacyLayerTests {
    @Test("layers become layer and enum types become names, and nothing else changes")
    func nameAndType() throws {
        let text = """
            # a net
            layers {  # first
              name: 'a'
              type: INNER_PRODUCT   # inner
              include: { phase: TRAIN }
              loss_weight: 2
            }
            """
        let expected = """
            # a net
            layer {  # first
              name: 'a'
              type: 'InnerProduct'   # inner
              include: { phase: TRAIN }
              loss_weight: 2
            }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test(
        "a type is told by its word or its number",
        arguments: [
            ("CONVOLUTION", "Convolution"), ("4", "Convolution"), ("SOFTMAX_LOSS", "SoftmaxWithLoss"),
            ("21", "SoftmaxWithLoss"), ("1", "Accuracy"), ("39", "Deconvolution"), ("HDF5_DATA", "HDF5Data"),
            ("IM2COL", "Im2col"), ("TANH", "TanH"), ("RELU", "ReLU"),
        ])
    func types(old: String, new: String) throws {
        #expect(try upgraded("layers { type: \(old) }") == "layer { type: \"\(new)\" }")
    }

    @Test(
        "types of forks become the names that the forks use today",
        arguments: [
            ("BN", "BN"), ("PRELU", "PReLU"), ("UPSAMPLE", "Upsample"), ("DENSE_IMAGE_DATA", "DenseImageData"),
            ("SMOOTH_L1_LOSS", "SmoothL1Loss"), ("InnerDistance", "InnerDistance"),
        ])
    func forkTypes(old: String, new: String) throws {
        #expect(try upgraded("layers { type: \(old) }") == "layer { type: \"\(new)\" }")
    }

    @Test("a type that is a string already stays")
    func stringType() throws {
        #expect(try upgraded("layers { type: \"my_type\" }") == "layer { type: \"my_type\" }")
    }

    @Test("what can be no type is an error with its place", arguments: ["0", "40", "-1", "NONE", "{ }", "1.5"])
    func wrongType(type: String) {
        let complaint = complaint(upgrading: "layers {\n  name: \"a\" type: \(type)\n}")
        #expect(complaint?.hasPrefix("net.prototxt:2:19: layer 'a': found '") == true)
    }

    @Test("rates and decays become one param for each blob, in their place and with the comments beside them")
    func parameters() throws {
        let text = """
            layers {
              type: CONVOLUTION
              # the filters
              blobs_lr: 1.  # learn
              weight_decay: 1
              # the biases
              blobs_lr: 2
              weight_decay: 0
              convolution_param { num_output: 4 }
            }
            """
        let expected = """
            layer {
              type: "Convolution"
              # the filters
              param { lr_mult: 1. decay_mult: 1 }  # learn
              # the biases
              param { lr_mult: 2 decay_mult: 0 }
              convolution_param { num_output: 4 }
            }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test("values pair by their order, however far apart they stand")
    func pairing() throws {
        let text = "layers { type: BN weight_decay: 7 top: \"y\" blobs_lr: [1, 2] weight_decay: 8 blobs_lr: 3 }"
        let expected =
            "layer { type: \"BN\" param { lr_mult: 1 decay_mult: 7 } top: \"y\" param { lr_mult: 2 decay_mult: 8 } param { lr_mult: 3 } }"
        #expect(try upgraded(text) == expected)
    }

    @Test("shared names and their modes move into param")
    func sharedNames() throws {
        let text = "layers { type: RELU param: \"w\" param: \"b\" blob_share_mode: PERMISSIVE blob_share_mode: 0 }"
        let expected =
            "layer { type: \"ReLU\" param { name: \"w\" share_mode: PERMISSIVE } param { name: \"b\" share_mode: STRICT } }"
        #expect(try upgraded(text) == expected)
    }

    @Test("new messages follow the style of the file")
    func style() throws {
        let text = "layers{\n\ttype:RELU\n\tblobs_lr:1\n\trelu_param{negative_slope:1}\n}\n"
        let expected = "layer{\n\ttype:\"ReLU\"\n\tparam{lr_mult:1}\n\trelu_param{negative_slope:1}\n}\n"
        #expect(try upgraded(text) == expected)
    }

    @Test("no comment is lost where values merge")
    func comments() throws {
        let text = "layers {\n  type: RELU\n  blobs_lr: [1, # one\n    2]\n  weight_decay: 0 # zero\n}"
        let expected =
            "layer {\n  type: \"ReLU\"\n  # one\n  param { lr_mult: 1 decay_mult: 0 }\n  param { lr_mult: 2 }\n  # zero\n}"
        #expect(try upgraded(text) == expected)
    }

    @Test("today's param stays")
    func modernParameters() throws {
        let text = "layers { type: \"Convolution\" param { lr_mult: 1 } param [{ lr_mult: 2 }] }"
        #expect(try upgraded(text) == "layer " + text.dropFirst("layers ".count))
    }

    @Test("today's param beside old rates is an error that tells both places")
    func ambiguousParameters() {
        let complaint = complaint(upgrading: "layers {\n  name: \"a\"\n  param { lr_mult: 1 }\n  blobs_lr: 2\n}")
        #expect(
            complaint?.hasPrefix("net.prototxt:4:3: layer 'a': has 'blobs_lr' of Caffe's old format beside") == true)
        #expect(complaint?.contains("in line 3") == true)
    }

    @Test(
        "a value of the wrong kind is an error with its place",
        arguments: ["blobs_lr: \"x\"", "weight_decay: { }", "blob_share_mode: LOOSE", "param: 3", "blobs_lr: [1, x]"])
    func wrongValues(field: String) {
        #expect(complaint(upgrading: "layers {\n\(field)\n}")?.hasPrefix("net.prototxt:2:") == true)
    }
}
