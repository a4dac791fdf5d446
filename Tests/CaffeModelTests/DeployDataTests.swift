import Foundation
import HDF5
import Testing

/// Data layers become Input layers.
@Suite("Deployment: data")
struct DeployDataTests {
    /// The lines of the first layer after deployment of a net with a data layer and a convolution.
    private func input(
        _ layer: String, shapes: [String: [Int]] = [:], prepare: (TestNet) throws -> Void = { _ in }
    ) throws -> String {
        let net = try TestNet(layer + "\n" + Text.convolution("conv", from: "data"))
        net.options.inputShapes = shapes
        try prepare(net)
        let text = try net.deployText()
        return String(text[..<(try #require(text.range(of: "layer { name: \"conv\"")).lowerBound)])
    }

    @Test("a data layer keeps name and read tops, gets a shape, and loses everything else")
    func wholeLayer() throws {
        let layer = """
            layer {
              name: "digits"
              type: "Data"
              top: "data"
              top: "label"
              include { phase: TEST }
              transform_param { crop_size: 4 mean_value: 1 mean_value: 2 mean_value: 3 scale: 0.5 }
              data_param { source: "x" batch_size: 50 backend: LMDB }
            }
            """
        #expect(
            try input(layer) == """
                layer {
                  name: "digits"
                  type: "Input"
                  top: "data"
                  input_param {
                    shape { dim: 1 dim: 3 dim: 4 dim: 4 }
                  }
                }

                """)
    }

    @Test(
        "the shape that the fields tell",
        arguments: [
            (#"type: "Data" transform_param { crop_size: 5 force_gray: true }"#, "dim: 1 dim: 5 dim: 5"),
            (#"type: "Data" transform_param { crop_size: 5 force_color: true }"#, "dim: 3 dim: 5 dim: 5"),
            (#"type: "ImageData" transform_param { crop_size: 5 }"#, "dim: 3 dim: 5 dim: 5"),
            (#"type: "ImageData" image_data_param { new_height: 6 new_width: 7 }"#, "dim: 3 dim: 6 dim: 7"),
            (
                #"type: "ImageData" image_data_param { new_height: 6 new_width: 7 is_color: false }"#,
                "dim: 1 dim: 6 dim: 7"
            ),
            (
                #"type: "ImageData" transform_param { crop_size: 5 } image_data_param { new_height: 6 new_width: 7 }"#,
                "dim: 3 dim: 5 dim: 5"
            ),
            (
                #"type: "MemoryData" memory_data_param { batch_size: 9 channels: 2 height: 3 width: 4 }"#,
                "dim: 2 dim: 3 dim: 4"
            ),
            (#"type: "DummyData" dummy_data_param { shape { dim: 8 dim: 2 dim: 3 dim: 4 } }"#, "dim: 2 dim: 3 dim: 4"),
            (#"type: "DummyData" dummy_data_param { num: 8 channels: 2 height: 3 width: 4 }"#, "dim: 2 dim: 3 dim: 4"),
        ])
    func shapeFromFields(fields: String, shape: String) throws {
        let text = try input("layer { name: \"d\" top: \"data\" \(fields) }")
        #expect(text.contains("{ dim: 1 \(shape) }"), "\(text)")
        #expect(text.contains(#"type: "Input""#))
    }

    @Test("the first file of an HDF5Data source tells the shape, found from the prototxt's folder")
    func hdf5Data() throws {
        let text = try input(
            #"layer { name: "d" type: "HDF5Data" top: "data" hdf5_data_param { source: "lists/test.txt" batch_size: 9 } }"#
        ) { net in
            try FileManager.default.createDirectory(
                at: net.folder.appendingPathComponent("lists"), withIntermediateDirectories: true)
            try Data("lists/a.h5\nlists/b.h5\n".utf8).write(to: net.folder.appendingPathComponent("lists/test.txt"))
            let file = try HDF5File(creatingPath: net.folder.appendingPathComponent("lists/a.h5").path)
            _ = try file.createDataset("/data", shape: [20, 2, 3, 4])
            try file.close()
        }
        #expect(text.contains("dim: 1 dim: 2 dim: 3 dim: 4"), "\(text)")
    }

    @Test(
        "a shape that nothing tells is an error with the option, and the channels that the weights tell",
        arguments: [
            #"type: "Data" transform_param { crop_size: 5 }"#, #"type: "Data""#,
            #"type: "HDF5Data" hdf5_data_param { source: "none.txt" }"#,
        ])
    func unknownShape(fields: String) throws {
        let net = try TestNet(
            "layer { name: \"d\" top: \"data\" \(fields) }\n" + Text.convolution("conv", from: "data"),
            blobs: TestNet.convolution("conv"))
        let message = failure { try net.deployText() }
        #expect(message.contains("net.prototxt:1:1:") && message.contains("--input-shape data=1,2,H,W"), "\(message)")
        #expect(message.contains("'conv'"))
    }

    @Test("a shape that is given wins")
    func givenShape() throws {
        let text = try input(
            #"layer { name: "d" type: "Data" top: "data" transform_param { crop_size: 5 force_color: true } }"#,
            shapes: ["data": [4, 2, 6, 7]])
        #expect(text.contains("dim: 4 dim: 2 dim: 6 dim: 7"), "\(text)")
    }

    @Test("each read top gets a shape of its own, in the order of the tops")
    func twoTops() throws {
        let net = try TestNet(
            #"layer { name: "d" type: "Data" top: "left" top: "right" top: "same" }"# + "\n"
                + Text.convolution("a", from: "left") + Text.convolution("b", from: "right"))
        net.options.inputShapes = ["left": [1, 2, 3, 3], "right": [1, 2, 5, 5]]
        let text = try net.deployText()
        let left = try #require(text.range(of: "dim: 1 dim: 2 dim: 3 dim: 3"))
        let right = try #require(text.range(of: "dim: 1 dim: 2 dim: 5 dim: 5"))
        #expect(left.lowerBound < right.lowerBound)
        #expect(!text.contains("same"))
    }

    @Test("an Input with its shape is not touched")
    func inputStays() throws {
        let text = Text.input + Text.convolution("conv", from: "data")
        #expect(try TestNet(text).deployText() == text)
    }

    @Test("the data layers of both phases become one Input")
    func bothPhases() throws {
        let data = { (phase: String) in
            "layer { name: \"d\" type: \"Data\" top: \"data\" top: \"label\" include { phase: \(phase) } "
                + "transform_param { crop_size: 4 force_color: true } }\n"
        }
        let text = try input(data("TRAIN") + data("TEST"))
        #expect(text.matches(of: /layer/).count == 1)
        #expect(text.contains("Input"))
    }

    @Test("training keeps its data layers, and needs no shape")
    func keptTraining() throws {
        let text =
            #"layer { name: "d" type: "Data" top: "data" top: "label" }"# + "\n"
            + Text.convolution("conv", from: "data")
        let net = try TestNet(text)
        net.options.keepsTraining = true
        #expect(try net.deployText() == text)
    }
}
