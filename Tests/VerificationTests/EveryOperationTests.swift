import Execution
import Folding
import NetGraph
import TestSupport
import Testing

@testable import Verification

/// Takes an example of each operation through all places that have to know it (docs/architecture.md, "Where to add things").
@Suite("Every operation")
struct EveryOperationTests {
    @Test("has an example, and names all of its parameters", arguments: OperationKind.allCases)
    func parameters(kind: OperationKind) {
        let sample = OperationSample(kind)
        #expect(OperationKind(sample.operation) == kind)
        #expect(sample.operation.parameters == sample.parameters.indices.map { ParameterID($0) })
        // What the payload holds, and nobody named.
        var found: Set<ParameterID> = []
        Self.collect(from: sample.operation, into: &found)
        #expect(found == Set(sample.operation.parameters))
    }

    @Test("is the same whatever the identities of its parameters are", arguments: OperationKind.allCases)
    func structure(kind: OperationKind) throws {
        let (one, other) = (OperationSample(kind), OperationSample(kind, first: 7))
        #expect(one.operation.isLike(other.operation))
        let before = try Self.net(kind).network
        var after = before
        // The same network with its parameters in other places.
        after.parameters = before.parameters.map { $0 } + [Parameter(name: "gap", shape: [1])]
        while after.parameters.count < 7 { after.parameters.append(Parameter(name: "gap", shape: [1])) }
        after.parameters = Array(after.parameters[..<7]) + before.parameters
        let position = try #require(after.layers.firstIndex { $0.name == "op" })
        after.layers[position].operation = other.operation
        #expect(NetworkStructure(before) == NetworkStructure(after))
    }

    @Test("has the arity and the output shapes of its example", arguments: OperationKind.allCases)
    func shapes(kind: OperationKind) throws {
        let sample = OperationSample(kind)
        #expect(sample.operation.arity.admits(inputs: sample.inputs.count, outputs: sample.outputCount))
        let shapes = try sample.operation.outputShapes(
            of: sample.inputs.map { TensorShape($0) }, outputCount: sample.outputCount)
        #expect(shapes.count == sample.outputCount)
        // Unknown shapes are no error.
        _ = try sample.operation.outputShapes(of: sample.inputs.map { _ in nil }, outputCount: sample.outputCount)
    }

    /// Operations that nothing runs, and those of which nobody knows what they do to an error.
    private static let withoutKernel: Set<OperationKind> = [.dataSource, .objective, .stochastic, .opaque]
    private static let withoutBound: Set<OperationKind> = [
        .input, .dataSource, .objective, .stochastic, .localResponse, .meanVariance, .normalize, .sink, .argMax,
        .reduction, .spatialPyramid, .im2col, .axpy, .batchReindex, .filter, .embed, .recurrent, .fill, .parameter,
        .priorBox, .detectionOutput, .regionPooling, .opaque, .standardization, .normDivision,
    ]

    @Test("runs, or tells why it does not", arguments: OperationKind.allCases)
    func kernel(kind: OperationKind) throws {
        let net = try Self.net(kind)
        let interpreter = try Interpreter<Double>(
            net.network, weights: net.weights, options: ExecutionOptions(threadCount: 1))
        let layer = try #require(net.network.layers.first { $0.name == "op" })
        guard interpreter.obstacle(of: layer) == nil else {
            #expect(Self.withoutKernel.contains(kind))
            return
        }
        #expect(!Self.withoutKernel.contains(kind))
        let outputs = try interpreter.outputs(of: Self.inputs(of: net.network, kind))
        #expect(outputs.count == layer.outputs.count)
        #expect(outputs.values.allSatisfy { $0.elements.allSatisfy(\.isFinite) })
    }

    @Test("lets pass in either direction only what it passes exactly", arguments: OperationKind.allCases)
    func passage(kind: OperationKind) throws {
        guard !Self.withoutKernel.contains(kind), !Self.isRow(kind) else { return }
        for (isBefore, isBehind) in [(true, false), (false, true), (true, true)] {
            let net = try Self.net(kind, scalesInput: isBefore, scalesOutput: isBehind)
            let fold = try PlannedFold(net)
            func outputs(_ sketch: Sketch) throws -> [Tensor<Double>] {
                let interpreter = try Interpreter<Double>(
                    sketch.network, weights: sketch.weights, options: ExecutionOptions(threadCount: 1))
                let found = try interpreter.outputs(of: Self.inputs(of: sketch.network, kind))
                return sketch.network.outputs.sorted { sketch.network[$0].name < sketch.network[$1].name }
                    .compactMap { found[$0] }
            }
            let (before, after) = (try outputs(fold.original), try outputs(fold.folded))
            #expect(before.map(\.shape) == after.map(\.shape))
            for (one, other) in zip(before, after) {
                let largest = max(one.elements.map(abs).max() ?? 0, 1)
                #expect(
                    zip(one.elements, other.elements).allSatisfy { abs($0 - $1) <= 1e-6 * largest },
                    "\(fold.description)")
            }
        }
    }

    @Test("tells what it does to an error, or that nobody knows", arguments: OperationKind.allCases)
    func bound(kind: OperationKind) throws {
        let net = try Self.net(kind)
        let interpreter = try Interpreter<Double>(
            net.network, weights: net.weights, options: ExecutionOptions(threadCount: 1))
        let layer = try #require(net.network.layers.first { $0.name == "op" })
        let bounds = ErrorBound.outputs(
            of: layer, inputs: layer.inputs.map { _ in ErrorBound.zero.merged },
            magnitudes: layer.inputs.map { _ in 1 },
            isRounded: true, interpreter: interpreter)
        #expect((bounds == nil) == Self.withoutBound.contains(kind))
        if let bounds { #expect(bounds.count == layer.outputs.count) }
    }

    // MARK: Nets

    /// Whether its first input has no channels, or must hold certain numbers, so that no affine may lie before it.
    private static func isRow(_ kind: OperationKind) -> Bool {
        let sample = OperationSample(kind)
        return sample.inputs.isEmpty || sample.numbers[0] != nil || kind == .detectionOutput || kind == .filter
    }

    /// Inputs, the operation, and affines around it where they are wanted.
    private static func net(_ kind: OperationKind, scalesInput: Bool = false, scalesOutput: Bool = false) throws
        -> Sketch
    {
        let sample = OperationSample(kind)
        var sketch = Sketch(sample.inputs.first ?? [1, 1])
        var random = StepNumbers(seed: 9)
        // Their identifiers come first.
        for shape in sample.parameters {
            _ = sketch.parameter(random.numbers(shape.reduce(1, *), 0.25...2), shape: shape)
        }
        func affine(_ sketch: inout Sketch, _ name: String, _ value: ValueID, from shape: [Int]) -> ValueID {
            guard shape.count > 1 else { return value }
            let gamma = sketch.parameter(random.numbers(shape[1], 0.25...2), shape: [shape[1]])
            let beta = sketch.parameter(random.numbers(shape[1], -1...1), shape: [shape[1]])
            return sketch.add(
                name, .scale(Scale(gamma: gamma, beta: beta)), from: [value], shape: TensorShape(shape))
        }
        var values: [ValueID] = []
        for (index, shape) in sample.inputs.enumerated() {
            let value = index == 0 ? ValueID(0) : sketch.input("input\(index)", shape)
            values.append(
                index == 0 && scalesInput ? affine(&sketch, "before", value, from: shape) : value)
        }
        let shapes = try sample.operation.outputShapes(
            of: values.map { sketch.network[$0].shape }, outputCount: sample.outputCount)
        let outputs = shapes.enumerated().map { index, shape in
            sketch.network.addValue(Value(name: "output\(index)", shape: shape))
        }
        sketch.network.layers.append(
            Layer(
                id: LayerID(sketch.network.layers.count), name: "op", operation: sample.operation, inputs: values,
                outputs: outputs))
        sketch.network.outputs = outputs
        if scalesOutput, let shape = shapes.first??.known, let output = outputs.first {
            let scaled = affine(&sketch, "behind", output, from: shape)
            sketch.network.outputs = [scaled] + outputs.dropFirst()
        }
        return sketch
    }

    private static func inputs(of network: Network, _ kind: OperationKind) -> [String: Tensor<Double>] {
        var inputs = PlannedFold.inputs(of: network)
        for (index, numbers) in OperationSample(kind).numbers {
            let name = index == 0 ? "data" : "input\(index)"
            if let shape = inputs[name]?.shape { inputs[name] = Tensor(shape, numbers) }
        }
        if kind == .input {
            inputs["op"] = nil
            inputs["output0"] = Tensor([1], [1])
        }
        return inputs
    }

    /// Every parameter that a value holds, however deep.
    private static func collect(from value: Any, into found: inout Set<ParameterID>) {
        if let parameter = value as? ParameterID {
            found.insert(parameter)
            return
        }
        for child in Mirror(reflecting: value).children { collect(from: child.value, into: &found) }
    }
}
