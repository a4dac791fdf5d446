import Execution
import NetGraph
import Testing

@testable import Verification

/// Inputs that are off by a known error, and the bound of what that makes of the outputs.
@Suite("The bound of an error on its way through an operation")
struct PerturbationTests {
    private static let operations: [(String, Operation, [[Int]])] = [
        ("Add", .arithmetic(Arithmetic(.sum)), [[2, 4, 3], [4, 1]]),
        ("Subtract", .arithmetic(Arithmetic(.difference)), [[2, 4, 3], [4, 1], [3]]),
        ("Multiply", .arithmetic(Arithmetic(.product)), [[2, 4, 3], [4, 1], [3]]),
        ("Average", .arithmetic(Arithmetic(.mean)), [[2, 4, 3], [4, 1], [3]]),
        ("Maximum", .arithmetic(Arithmetic(.maximum)), [[2, 4, 3], [4, 1]]),
        ("Minimum", .arithmetic(Arithmetic(.minimum)), [[2, 4, 3], [4, 1]]),
        (
            "MatMul", .contraction(Contraction(first: [0, 1, 2], second: [2, 3], output: [0, 1, 3])),
            [[2, 4, 3], [3, 5]]
        ),
        ("LogSoftmax", .logSoftmax(axis: 1), [[2, 4, 3]]), ("GLU", .gatedHalves(axis: 1), [[2, 4, 3]]),
        ("linear", .resize(Resize(.linear, size: .lengths([5, 3]))), [[1, 2, 3, 4]]),
        ("cubic", .resize(Resize(.cubic(coefficient: -0.75), size: .lengths([5, 7]))), [[1, 2, 3, 4]]),
        (
            "cubic without the outside",
            .resize(Resize(.cubic(coefficient: -0.75), size: .lengths([5, 7]), excludesOutside: true)), [[1, 2, 3, 4]]
        ),
        ("LpPool", .pooling(Pooling(method: .norm(p: 2), kernel: [2], stride: [1], pad: [1])), [[2, 4, 3]]),
        ("global LpPool", .pooling(Pooling(method: .norm(p: 3), kernel: nil, stride: [], pad: [])), [[2, 4, 3]]),
    ]

    private static let reductions: [(String, Operation, [[Int]])] = [
        AxisReduction.Method.sum, .mean, .maximum, .minimum, .sumOfMagnitudes, .norm, .logarithmOfExponentials,
    ].map { ("\($0)", .axisReduction(AxisReduction($0, axes: [0, 2], keepsAxes: false)), [[2, 4, 3]]) }

    @Test("holds", arguments: operations + reductions)
    func holds(name: String, operation: Operation, shapes: [[Int]]) throws {
        var sketch = Sketch(shapes[0])
        let values = [ValueID(0)] + shapes.dropFirst().enumerated().map { sketch.input("input\($0)", $1) }
        sketch.add("op", operation, from: values)
        let interpreter = try Interpreter<Double>(
            sketch.network, weights: sketch.weights, options: ExecutionOptions(threadCount: 1))
        let layer = try #require(sketch.network.layers.last)
        let error = 0.01
        for seed in 0..<20 {
            var numbers = SeededNumbers(UInt64(seed))
            let exact = shapes.map { shape in numbers.next(shape.reduce(1, *)).map { 2 * $0 } }
            // Off by the whole error, up or down.
            let off = exact.map { elements in elements.map { $0 + (numbers.next() > 0 ? error : -error) } }
            func run(_ inputs: [[Double]]) throws -> [Double] {
                let given = zip(values, zip(inputs, shapes)).map { (sketch.network[$0].name, Tensor($1.1, $1.0)) }
                return try interpreter.outputs(of: Dictionary(given) { one, _ in one })[layer.outputs[0]]?.elements
                    ?? []
            }
            let bounds = try #require(
                ErrorBound.outputs(
                    of: layer, inputs: exact.map { _ in ErrorBound(channels: [error]) },
                    magnitudes: exact.map { $0.map(abs).max() ?? 0 }, isRounded: false, interpreter: interpreter))
            let (one, other) = (try run(exact), try run(off))
            #expect(!one.isEmpty)
            let largest = zip(one, other).map { abs($0 - $1) }.max() ?? 0
            #expect(largest <= bounds[0].largest * (1 + 1e-9))
        }
    }
}
