import Testing

@testable import CaffeModel

/// Transformations that lie among the parameters of a data source.
struct LegacyTransformTests {
    @Test("transformations move into a message of their own, with their comments")
    func newMessage() throws {
        let text = """
            layers {
              type: DATA
              data_param {
                source: "x"
                # the mean
                mean_file: "m"
                batch_size: 4
                mirror: true  # flip
              }
              top: "y"
            }
            """
        let expected = """
            layer {
              type: "Data"
              data_param {
                source: "x"
                batch_size: 4
              }
              transform_param {
                # the mean
                mean_file: "m"
                mirror: true  # flip
              }
              top: "y"
            }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test(
        "the sources of data, images and windows all have them",
        arguments: [
            ("DATA", "Data", "data_param"), ("12", "ImageData", "image_data_param"),
            ("24", "WindowData", "window_data_param"),
        ])
    func sources(type: String, modernType: String, message: String) throws {
        let text = "layers { type: \(type) \(message) { source: 'x' scale: 2 } }"
        #expect(
            try upgraded(text)
                == "layer { type: '\(modernType)' \(message) { source: 'x' } transform_param { scale: 2 } }")
    }

    @Test("an existing transform_param takes them in")
    func existingMessage() throws {
        let text = """
            layers {
              type: DATA
              transform_param {
                mirror: true
              }
              data_param {
                crop_size: 3
              }
            }
            """
        let expected = """
            layer {
              type: "Data"
              transform_param {
                mirror: true
                crop_size: 3
              }
              data_param {
              }
            }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test("an existing message on one line stays on one line")
    func existingInlineMessage() throws {
        let text =
            "layers {\n  type: \"Data\"\n  data_param {\n    crop_size: 3\n  }\n  transform_param { mirror: true }\n}"
        #expect(
            try upgraded(text)
                == "layer {\n  type: \"Data\"\n  data_param {\n  }\n  transform_param { mirror: true crop_size: 3 }\n}")
    }

    @Test("a moved value takes the place of one that is there, as in Caffe")
    func duplicate() throws {
        let text = "layers { type: \"Data\" data_param { scale: 3 } transform_param { scale: 2 mirror: true } }"
        #expect(
            try upgraded(text) == "layer { type: \"Data\" data_param { } transform_param { mirror: true scale: 3 } }")
    }

    @Test("a field that goes leaves nothing behind a comment")
    func commentAbove() throws {
        let text = "layers { type: \"Data\" data_param {\n  source: \"x\" # where\n  scale: 3 } }"
        let expected =
            "layer { type: \"Data\" data_param {\n  source: \"x\" # where\n   } transform_param {\n  scale: 3\n} }"
        #expect(try upgraded(text) == expected)
    }

    @Test("the parameters of other layers stay")
    func otherLayers() throws {
        let text = "layers { type: \"HDF5Data\" data_param { scale: 3 } }"
        #expect(try upgraded(text) == "layer { type: \"HDF5Data\" data_param { scale: 3 } }")
    }
}
