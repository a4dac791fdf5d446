import Testing

@testable import CaffeModel

/// Inputs that the net declares by itself.
struct LegacyInputsTests {
    @Test("an input with four dimensions becomes a layer in its place, below the comments on it")
    func dimensions() throws {
        let text = """
            name: "net"
            # an image
            input: "data"
            input_dim: 1  # batch
            input_dim: 3
            input_dim: 224
            input_dim: 224

            layer { name: "a" type: "ReLU" }
            """
        let expected = """
            name: "net"
            # an image
            # batch
            layer {
              name: "data"
              type: "Input"
              top: "data"
              input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } }
            }

            layer { name: "a" type: "ReLU" }
            """
        #expect(try upgraded(text) == expected)
    }

    @Test("a shape is taken over with as many axes as it has, and a list is one too")
    func shapes() throws {
        let text = "input: \"data\" input_shape { dim: [2, 5] } name: \"n\""
        #expect(
            try upgraded(text)
                == "layer { name: \"data\" type: \"Input\" top: \"data\" input_param { shape { dim: 2 dim: 5 } } } name: \"n\""
        )
    }

    @Test("comments inside a shape stay")
    func commentInShape() throws {
        let text = "input: \"x\"\ninput_shape {\n  dim: 2 # batch\n}\nname: \"n\"\n"
        #expect(try upgraded(text).hasPrefix("# batch\nlayer {\n  name: \"x\"\n") == true)
    }

    @Test("each input gets its own layer with its own dimensions")
    func severalInputs() throws {
        let text = "input: \"a\"\ninput: \"b\"\ninput_dim: [1, 2, 3, 4, 5, 6, 7, 8]\n"
        let expected = """
            layer {
              name: "a"
              type: "Input"
              top: "a"
              input_param { shape { dim: 1 dim: 2 dim: 3 dim: 4 } }
            }
            layer {
              name: "b"
              type: "Input"
              top: "b"
              input_param { shape { dim: 5 dim: 6 dim: 7 dim: 8 } }
            }

            """
        #expect(try upgraded(text) == expected)
    }

    @Test("an input without dimensions becomes a layer without a shape")
    func noDimensions() throws {
        #expect(try upgraded("input: \"x\"") == "layer {\n  name: \"x\"\n  type: \"Input\"\n  top: \"x\"\n}")
    }

    @Test("a layer that is called like an input keeps its name to itself")
    func takenNames() throws {
        let text = "input: [\"x\", \"y\"] layer { name: \"x\" } layer { name: \"y\" }"
        let result = try upgraded(text)
        #expect(result.contains("name: \"input\" type: \"Input\" top: \"x\""))
        #expect(result.contains("name: \"input_2\" type: \"Input\" top: \"y\""))
    }

    @Test("an input behind the layers moves before the first one")
    func lateInput() throws {
        let text = "name: \"n\"\nlayer { name: \"a\" }\ninput: \"x\"\n"
        let expected =
            "name: \"n\"\nlayer {\n  name: \"x\"\n  type: \"Input\"\n  top: \"x\"\n}\nlayer { name: \"a\" }\n"
        #expect(try upgraded(text) == expected)
    }

    @Test("beside a shape, input_dim does not count, as in Caffe")
    func shapeAndDimensions() throws {
        let text = "input: \"x\" input_dim: 9 input_shape { dim: 2 } name: \"n\""
        #expect(
            try upgraded(text)
                == "layer { name: \"x\" type: \"Input\" top: \"x\" input_param { shape { dim: 2 } } } name: \"n\"")
    }

    @Test(
        "dimensions that do not match the inputs are an error with their place",
        arguments: [
            ("input: \"x\"\ninput_dim: 1\ninput_dim: 2\ninput_dim: 3", "4:12: found 3 'input_dim' for 1 'input'"),
            ("input: \"x\"\ninput_dim: [1, 2, 3, 4, 5]", "2:25: found 5 'input_dim' for 1 'input'"),
            ("input_dim: 1", "1:12: found 1 'input_dim' for 0 'input'"),
            ("input: \"x\"\ninput_shape { }\ninput_shape { }", "3:13: found 2 'input_shape' for 1 'input'"),
            ("input: \"x\"\ninput: \"y\"\ninput_shape { }", "3:13: found 1 'input_shape' for 2 'input'"),
            ("input: \"x\" input_shape: 3", "1:25: expected '{' after 'input_shape'"),
            ("input: \"x\" input_shape { dim: y }", "1:31: expected a whole number as the size of an axis, found 'y'"),
            ("input: x", "1:8: expected a name in quotes after 'input:', found 'x'"),
        ])
    func mismatch(text: String, expected: String) {
        #expect(complaint(upgrading: text)?.hasPrefix("net.prototxt:" + expected) == true)
    }
}
