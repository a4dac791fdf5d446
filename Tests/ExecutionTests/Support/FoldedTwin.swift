import CaffeModel
import Execution
import Folding
import Foundation
import HDF5
import NetGraph

/// Weights as a file of single precision holds them: rounded once, whatever they are read as.
struct RoundedWeights<Base: WeightStore>: WeightStore {
    var base: Base

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let floats = UnsafeMutableBufferPointer<Float>.allocate(capacity: buffer.count)
        defer { floats.deallocate() }
        floats.initialize(repeating: 0)
        try base.read(parameter, from: start, into: floats)
        for index in buffer.indices { buffer[index] = Element(floats[index]) }
    }
}

/// A net and the net that folding makes of it, run side by side.
struct FoldedTwin {
    var deviation = ReferenceNet.Deviation()
    /// Chains of affine layers that were folded, or became one Scale.
    var changeCount = 0
    /// Layers of the net that ran, of all.
    var layersRun = 0
    var layerCount = 0

    /// Runs both on the same input and compares every blob that both have.
    ///
    /// - Returns: `nil` when the statistics of the net forbid a fold.
    init?<Element: ExecutionElement & HDF5Number>(of net: ReferenceNet, as type: Element.Type) throws {
        let conversion = try net.open()
        guard let weights = conversion.weights else { return nil }
        let (plan, findings) = try FoldPlanner(conversion.network).plan(weights: weights)
        if findings.contains(where: { $0.severity == .error }) { return nil }
        let folded = plan.applied(to: conversion.network)
        changeCount = plan.folds.count + plan.leftovers.count
        let inputs: [String: Tensor<Element>] = try Self.inputs(of: net, network: conversion.network)
        let original = try Interpreter<Element>(conversion.network, weights: weights)
        let twin = try Interpreter<Element>(
            folded.network, weights: RoundedWeights(base: FoldedWeights(base: weights, folded: folded)))

        layerCount = conversion.network.layers.count
        var found: [String: [Double]] = [:]
        _ = try twin.run(inputs) { value, tensor in
            found[folded.network[value].name] = tensor.elements.map { Double($0) }
        }
        var expected: [String: [Double]] = [:]
        var pass = try original.start(inputs)
        while let layer = try pass.next() {
            layersRun += 1
            for output in layer.outputs {
                expected[conversion.network[output].name] = pass.tensor(of: output)?.elements.map { Double($0) }
            }
        }
        for (name, elements) in expected.sorted(by: { $0.key < $1.key }) {
            if let twin = found[name] { deviation.add(twin, expected: elements, blob: name) }
        }
    }

    /// The inputs of the reference, or noise of the size of pixels.
    private static func inputs<Element: ExecutionElement & HDF5Number>(
        of net: ReferenceNet, network: Network
    ) throws -> [String: Tensor<Element>] {
        if net.reference != nil { return try net.inputs(as: Element.self) }
        var inputs: [String: Tensor<Element>] = [:]
        for layer in network.layers where layer.operation == .input {
            for output in layer.outputs {
                guard var shape = network[output].shape?.known else { continue }
                // Large images would keep a build for tests busy for minutes; the nets that take them are convolutions throughout.
                for axis in shape.indices.dropFirst(2) { shape[axis] = min(shape[axis], 96) }
                let noise = Tensor<Double>(noise: shape)
                inputs[network[output].name] = Tensor(shape: shape, elements: noise.elements.map { Element($0) })
            }
        }
        return inputs
    }
}
