import Execution
import Foundation
import Frontend
import HDF5
import NetGraph
import NumPy
import Testing

@testable import KerasModel

/// A model with samples that Keras was given and what it made of them.
struct KerasReference: Sendable, CustomTestStringConvertible {
    var model: String
    var network: String?
    var samples: String

    var testDescription: String { URL(filePath: model).lastPathComponent }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/keras").path

    static let own: [KerasReference] = [
        ("small.keras", nil, "small"), ("small.h5", nil, "small"), ("small.weights.h5", "small.json", "small"),
        ("keras2.h5", nil, "keras2"), ("keras2_weights.h5", "keras2.json", "keras2"),
        ("two_inputs.keras", nil, "two_inputs"),
    ].map { model, network, samples in
        KerasReference(
            model: "\(fixtures)/\(model)", network: network.map { "\(fixtures)/\($0)" },
            samples: "\(fixtures)/\(samples).npz")
    }

    static let sharedFolder = ProcessInfo.processInfo.environment["BNFOLD_SHARED"].map { $0 + "/keras" }

    /// Samples and real files of the shared folder.
    static var shared: [KerasReference] {
        guard let folder = sharedFolder else { return [] }
        var found: [KerasReference] = []
        for generation in ["k215", "k315"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/samples/\(generation)")) ?? []
            for name in names.sorted() where name.hasSuffix(".keras") {
                let path = "\(folder)/samples/\(generation)/\(name)"
                found.append(KerasReference(model: path, samples: path.dropLast(6) + ".npz"))
            }
        }
        let real = "\(folder)/real"
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: real)) ?? []).sorted() {
            guard name.hasSuffix(".k2.npz") else { continue }
            let model = String(name.dropLast(7))
            let isApart = model.hasSuffix(".json")
            let weights = isApart ? model.dropLast(5) + "_weights.h5" : model
            guard !weights.hasPrefix("isr_") else { continue }
            found.append(
                KerasReference(
                    model: "\(real)/\(weights)", network: isApart ? "\(real)/\(model)" : nil,
                    samples: "\(real)/\(name)"))
        }
        return found
    }

    /// The largest difference to what Keras computed, relative to its largest number; `nil` where a layer cannot run.
    func difference() throws -> Double? {
        var session = KerasSession()
        let model = try session.open(ModelFiles(weights: self.model, network: network), options: ModelOptions())
        let weights = try #require(model.weights)
        let arrays = try NumPyFile.arrays(atPath: samples)
        func tensor(_ name: String) throws -> Tensor<Double> {
            let array = try #require(arrays.first { $0.name == name })
            return try #require(
                Tensor(shape: array.shape, elements: try array.read(samples: 0..<(array.shape.first ?? 0))))
        }
        var inputs: [String: Tensor<Double>] = [:]
        let sources = model.network.layers.filter { $0.operation == .input }.flatMap(\.outputs)
        for (index, input) in sources.enumerated() {
            let value = model.network[input]
            inputs[value.name] = try tensor("in:\(index)").fromOrder(value.order)
        }
        let interpreter = try Interpreter<Double>(
            model.network, weights: AnyWeightStore(weights), options: ExecutionOptions(threadCount: 1))
        // Models take any number of images, but are read for one.
        let outputs = try interpreter.outputs(of: inputs)
        var worst = 0.0
        for (index, output) in model.network.outputs.enumerated() {
            guard let found = outputs[output]?.inOrder(model.network[output].order) else { return nil }
            let expected = try tensor("out:\(index)")
            try #require(found.elements.count == expected.elements.count)
            let magnitude = expected.elements.map(abs).max() ?? 0
            for (one, other) in zip(found.elements, expected.elements) {
                worst = max(worst, abs(one - other) / max(magnitude, .leastNormalMagnitude))
            }
        }
        return worst
    }
}

/// The interpreter against what Keras itself computed.
@Suite("Models of Keras compute what Keras computes")
struct ReferenceTests {
    /// Keras computes in single precision: what it was off by in 200 models was 2e-6 at most.
    private static let noiseOfSingle = 1e-5
    /// Policies of half precision: Keras computes with 11 bits.
    private static let noiseOfHalf = 5e-3

    @Test("in every container", arguments: KerasReference.own)
    func own(reference: KerasReference) throws {
        #expect(try #require(try reference.difference()) < Self.noiseOfSingle)
    }

    @Test("samples and real files", .enabled(if: KerasReference.sharedFolder != nil), arguments: KerasReference.shared)
    func shared(reference: KerasReference) throws {
        guard let difference = try reference.difference() else { return }
        #expect(difference < (reference.model.contains("float16") ? Self.noiseOfHalf : Self.noiseOfSingle))
    }
}
