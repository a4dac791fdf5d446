import Execution
import Folding
import NetGraph

/// The largest difference between a value before and after, relative to the largest magnitude of that value and of what it was computed from: both nets compute in double
/// precision, with weights that are not rounded to less, so what is left is the noise of a few thousand operations of 2^-53 each.
private let tolerance = 1e-9

/// The same where a BatchNorm in single precision stands for Powers: some roundings of 2^-24.
private let singleTolerance = 1e-6

/// A window of MAX pooling without a pixel gives the lowest Float, which no factor of a later layer may exceed: such numbers mean nothing.
private let floatRange = 1e37

/// What is wrong with the fold of one net.
struct FoldVerdict {
    var complaint: String?
    var foldCount = 0

    init(_ net: RandomNet) { self.init(net.sketch(), options: net.options) }

    /// Whether the search for the plan was ended by its budget.
    var isLimited = false

    init(_ sketch: NetworkSketch, options: FoldPlanner.Options = FoldPlanner.Options()) {
        do {
            complaint = try check(sketch, options: options)
        } catch {
            complaint = "\(error)"
        }
    }

    private mutating func check(_ sketch: NetworkSketch, options: FoldPlanner.Options) throws -> String? {
        let result = try sketch.folded(options)
        foldCount = result.plan.folds.count
        isLimited = result.plan.spentWork != nil
        let before = try Self.blobs(of: sketch.network, weights: sketch.weights)
        let after = try Self.blobs(of: result.network, weights: result.weights)
        for output in sketch.network.outputs where !result.network.outputs.contains(output) {
            return "output '\(sketch.network[output].name)' is gone"
        }
        for name in sketch.network.outputs.map({ sketch.network[$0].name }) {
            guard before[name] != nil, after[name] != nil else { return "output '\(name)' is not computed" }
        }
        // Powers have no number format, so what is left of them alone is rounded to single precision.
        let rounds = result.plan.leftovers.contains { $0.kind != .scale && $0.kind != .bias }
        let tolerance = rounds ? singleTolerance : tolerance
        for (name, expected) in before.sorted(by: { $0.key < $1.key }) {
            guard let found = after[name] else { continue }
            // An input that a layer in place overwrote keeps its name: it is fed by name.
            if name.hasPrefix("data") { continue }
            guard found.shape == expected.shape else { return "'\(name)' has another shape" }
            let largest = expected.elements.filter { abs($0) <= floatRange }.map(abs).max() ?? 0
            let plane = expected.shape.dropFirst(2).reduce(1, *)
            let source = Self.source(ofPlaces: name, in: sketch.network).flatMap { before[$0] }
            for (index, (one, other)) in zip(expected.elements, found.elements).enumerated()
            where one != other && !(abs(one) > floatRange) {
                if one.isNaN, other.isNaN { continue }
                if let source, Self.isTie(one, other, in: source, plane: index / plane, tolerance) { continue }
                if !(abs(one - other) <= tolerance * max(largest, 1)) { return "'\(name)' is \(other), not \(one)" }
            }
        }
        if let fault = Self.nameFault(result.network) { return fault }
        if let fault = Self.partedCalls(sketch.network, result.network) { return fault }
        let countBefore = Self.affineCount(sketch.network)
        let countAfter = Self.affineCount(result.network)
        if countAfter > countBefore { return "\(countBefore) affine layers became \(countAfter)" }
        // More work might find more.
        if isLimited { return nil }
        let again = try FoldPlanner(result.network, options: options).plan(weights: result.weights).plan
        return again.isEmpty ? nil : "folding again proposes \(again)"
    }

    private static func affineCount(_ network: Network) -> Int {
        network.layers.count { layer in
            switch layer.operation {
            case .batchNorm, .scale, .bias, .power: true
            default: false
            }
        }
    }

    /// What a pooling read that tells the places of its maxima in this blob; `nil` for any other blob.
    private static func source(ofPlaces name: String, in network: Network) -> String? {
        network.layers.first { layer in
            if case .pooling = layer.operation {
                layer.outputs.dropFirst().contains { network[$0].name == name }
            } else {
                false
            }
        }.map { network[$0.inputs[0]].name }
    }

    /// Whether two places of a plane hold the same number but for rounding: either may be that of the maximum.
    private static func isTie(
        _ first: Double, _ second: Double, in source: Tensor<Double>, plane: Int, _ tolerance: Double
    ) -> Bool {
        let count = source.shape.dropFirst(2).reduce(1, *)
        guard let first = Int(exactly: first), let second = Int(exactly: second), (0..<count).contains(first),
            (0..<count).contains(second), (plane + 1) * count <= source.elements.count
        else { return false }
        let difference = abs(source.elements[plane * count + first] - source.elements[plane * count + second])
        return difference <= tolerance * (source.elements.map(abs).max() ?? 0)
    }

    /// What each blob holds at the end of a pass.
    private static func blobs(
        of network: Network, weights: some WeightStore
    ) throws -> [String: Tensor<Double>] {
        var inputs: [String: Tensor<Double>] = [:]
        for (index, layer) in network.layers.filter({ $0.operation == .input }).enumerated() {
            let shape = network[layer.outputs[0]].shape?.known ?? []
            var random = SeededNumbers(seed: UInt64(index))
            inputs[layer.name] = Tensor(shape: shape, elements: random.numbers(shape.reduce(1, *), in: -2...2))
        }
        let interpreter = try Interpreter<Double>(
            network, weights: weights, options: ExecutionOptions(threadCount: 1))
        var blobs: [String: Tensor<Double>] = [:]
        _ = try interpreter.run(inputs) { value, tensor in blobs[network[value].name] = tensor }
        return blobs
    }

    /// Layers with parameters that may not be parted, and that are not the same layer any more; one that is gone is no fault.
    private static func partedCalls(_ before: Network, _ after: Network) -> String? {
        let now = Dictionary(uniqueKeysWithValues: after.layers.map { ($0.id, $0.operation) })
        for parameter in before.parameters.indices where !before.parameters[parameter].mayBeParted {
            let calls = before.layers.filter { $0.operation.parameters.contains(ParameterID(parameter)) }
            guard calls.count > 1 else { continue }
            let changed = calls.filter { call in now[call.id].map { $0 != call.operation } ?? false }
            if changed.isEmpty { continue }
            guard changed.count == calls.count, Set(changed.compactMap { now[$0.id] }).count == 1 else {
                return "calls of one layer were parted: \(calls.map(\.name))"
            }
        }
        return nil
    }

    /// A name that two layers write though the second does not work in place.
    private static func nameFault(_ network: Network) -> String? {
        var current: [String: ValueID] = [:]
        for layer in network.layers {
            for output in layer.outputs {
                let name = network[output].name
                if let last = current[name] {
                    let readers = network.layers.filter { $0.inputs.contains(last) }
                    if readers.map(\.id) != [layer.id] { return "'\(name)' is written twice, by '\(layer.name)' again" }
                }
                current[name] = output
            }
        }
        return nil
    }

    /// The layers of a net and of the folded one.
    static func description(of net: RandomNet) -> String {
        let sketch = net.sketch()
        var lines = NetworkStructure(sketch.network).lines
        if let result = try? sketch.folded(net.options) {
            lines += ["folded:"] + NetworkStructure(result.network).lines
        }
        return lines.joined(separator: "\n")
    }
}
