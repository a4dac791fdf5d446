import Execution
import Frontend
import NetGraph
import Testing

@testable import KerasModel

/// Operators on the numbers 1 to 6, in two rows of three for one image; the results are those of TensorFlow 2.15 and Keras 3.15.
@Suite("Operators compute what Keras computes")
struct OperatorRunTests {
    private typealias F = FoldFixture

    /// What a model gives whose last layer calls a function; `nil` where it is not run.
    private func run(_ layers: [String], output: String = "op", tensor: Int = 0, version: String = "2.15.0") throws
        -> [Double]?
    {
        let input =
            version.hasPrefix("3")
            ? #"{"module": "keras.layers", "class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [null, 2, 3]}, "inbound_nodes": []}"#
            : F.input("x", "2, 3")
        let config =
            #"{"class_name": "Functional", "config": {"name": "net", "layers": [\#(([input] + layers).joined(separator: ", "))], "input_layers": [["x", 0, 0]], "output_layers": [["\#(output)", 0, \#(tensor)]]}, "keras_version": "\#(version)"}"#
        let network = try OpenedModel(config: config, []).pair.network
        let weights = try #require(try OpenedModel(config: config, []).pair.weights)
        guard network.layers.allSatisfy({ if case .opaque = $0.operation { false } else { true } }) else { return nil }
        let interpreter = try Interpreter<Double>(
            network, weights: AnyWeightStore(weights), options: ExecutionOptions(threadCount: 1))
        let value = network[network.outputs[0]]
        let given = try #require(Tensor<Double>(shape: [1, 2, 3], elements: [1, 2, 3, 4, 5, 6]))
        let outputs = try interpreter.outputs(of: ["x": given.fromOrder(network[ValueID(0)].order)])
        return outputs[network.outputs[0]]?.inOrder(value.order).elements
    }

    /// A function of TensorFlow, of `x`.
    private func two(_ function: String, _ arguments: String, name: String = "op", reads: String = "x") -> String {
        #"{"class_name": "TFOpLambda", "name": "\#(name)", "config": {"name": "\#(name)", "function": "\#(function)"}, "inbound_nodes": [["\#(reads)", 0, 0, {\#(arguments)}]]}"#
    }

    /// An operator of Keras 3.
    private func three(_ className: String, _ fields: String, _ arguments: String, name: String = "op") -> String {
        let fields = fields.isEmpty ? "" : ", " + fields
        return
            #"{"module": "keras.src.ops.numpy", "class_name": "\#(className)", "name": "\#(name)", "config": {"name": "\#(name)"\#(fields)}, "inbound_nodes": [{"args": [\#(arguments)], "kwargs": {}}]}"#
    }

    private func tensor(_ name: String) -> String {
        #"{"class_name": "__keras_tensor__", "config": {"shape": [null, 2, 3], "dtype": "float32", "keras_history": ["\#(name)", 0, 0]}}"#
    }

    private func array(_ numbers: String) -> String {
        #"{"class_name": "__numpy__", "config": {"value": \#(numbers), "dtype": "float32"}}"#
    }

    @Test("roll, repeat and unstack")
    func places() throws {
        #expect(try run([two("roll", #""shift": 1, "axis": 2"#)]) == [3, 1, 2, 6, 4, 5])
        #expect(try run([two("roll", #""shift": [1, -1], "axis": [1, 2]"#)]) == [5, 6, 4, 2, 3, 1])
        #expect(try run([two("repeat", #""repeats": 2, "axis": 1"#)]) == [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
        #expect(try run([two("repeat", #""repeats": [2, 0, 1], "axis": -1"#)]) == [1, 1, 3, 4, 4, 6])
        #expect(try run([two("unstack", #""axis": 1"#)], tensor: 1) == [4, 5, 6])
        // Images would run into one another.
        #expect(try run([two("roll", #""shift": 1, "axis": 0"#)]) == nil)
        #expect(try run([two("repeat", #""repeats": 2"#)]) == nil)
        #expect(
            try run([three("Roll", #""shift": -1, "axis": 2"#, tensor("x"))], version: "3.15.1") == [2, 3, 1, 5, 6, 4])
    }

    @Test("Sums from the beginning on, and from the end")
    func cumulativeSums() throws {
        #expect(try run([two("math.cumsum", #""axis": 2"#)]) == [1, 3, 6, 4, 9, 15])
        #expect(
            try run([two("math.cumsum", #""axis": -1, "exclusive": true, "reverse": true"#)]) == [5, 3, 0, 11, 6, 0])
        #expect(try run([three("Cumsum", #""axis": 1"#, tensor("x"))], version: "3.15.1") == [1, 2, 3, 5, 7, 9])
        // Of everything in a row, images too.
        #expect(try run([three("Cumsum", #""axis": null"#, tensor("x"))], version: "3.15.1") == nil)
    }

    @Test("Choices by comparisons")
    func choices() throws {
        let above = two("math.greater", #""y": 2.5, "name": null"#, name: "c")
        #expect(
            try run([above, two("where", #""x": ["x", 0, 0], "y": -1.0"#, reads: "c")]) == [-1, -1, 3, 4, 5, 6])
        let even = two("math.not_equal", #""y": [[[1, 0, 3], [0, 5, 0]]]"#, name: "d")
        let both = two("math.logical_and", #""y": ["d", 0, 0]"#, name: "e", reads: "c")
        let not = two("math.logical_not", "", name: "f", reads: "e")
        #expect(
            try run([above, even, both, not, two("cast", #""dtype": "float32""#, reads: "f")]) == [1, 1, 1, 0, 1, 0])
        let all = [tensor("c"), tensor("x"), "0"].joined(separator: ", ")
        #expect(
            try run(
                [three("LessEqual", "", tensor("x") + ", 3", name: "c"), three("Where", "", all)], version: "3.15.1")
                == [1, 2, 3, 0, 0, 0])
    }

    @Test("Products with numbers")
    func matrices() throws {
        #expect(try run([two("linalg.matmul", #""b": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]"#)]) == [4, 5, 10, 11])
        let left =
            #"{"class_name": "TFOpLambda", "name": "op", "config": {"name": "op", "function": "linalg.matmul"}, "inbound_nodes": [["_CONSTANT_VALUE", -1, [[1.0, -1.0]], {"b": ["x", 0, 0]}]]}"#
        #expect(try run([left]) == [-3, -3, -3])
        #expect(
            try run([three("Dot", "", tensor("x") + ", " + array("[[2.0], [0.0], [1.0]]"))], version: "3.15.1")
                == [5, 14])
        #expect(
            try run(
                [three("Tensordot", #""axes": 1"#, tensor("x") + ", " + array("[[2.0], [0.0], [1.0]]"))],
                version: "3.15.1") == [5, 14])
        #expect(
            try run(
                [three("Add", "", tensor("x") + ", " + array("[[0.0, 0.0, 1.0], [2.0, 0.0, 0.0]]"))], version: "3.15.1")
                == [1, 2, 4, 6, 5, 6])
    }

    @Test("Einstein sums of one value and of two")
    func einsum() throws {
        func einsum(_ equation: String, _ arguments: String) throws -> [Double]? {
            try run(
                [three("Einsum", #""subscripts": "\#(equation)""#, arguments)], version: "3.15.1")
        }
        #expect(try einsum("bij->bji", tensor("x")) == [1, 4, 2, 5, 3, 6])
        #expect(try einsum("bij->bj", tensor("x")) == [5, 7, 9])
        #expect(try einsum("bij,bkj->bik", tensor("x") + ", " + tensor("x")) == [14, 32, 32, 77])
        #expect(try einsum("...ij,jk->...ki", tensor("x") + ", " + array("[[1.0], [0.0], [1.0]]")) == [4, 10])
        // Over images.
        #expect(try einsum("bij->ij", tensor("x")) == nil)
        #expect(try einsum("bij,bij->ij", tensor("x") + ", " + tensor("x")) == nil)
    }

    @Test("Variances, and division by the norm")
    func spread() throws {
        #expect(try run([two("math.reduce_variance", #""axis": 1"#)]) == [2.25, 2.25, 2.25])
        #expect(try run([two("math.reduce_std", #""axis": 1, "keepdims": true"#)]) == [1.5, 1.5, 1.5])
        #expect(try run([two("math.squared_difference", #""y": ["x", 0, 0]"#)]) == [0, 0, 0, 0, 0, 0])
        let normalized = try #require(try run([two("math.l2_normalize", #""axis": 1"#)]))
        #expect(abs(normalized[0] - 1 / 17.0.squareRoot()) < 1e-12)
    }
}
