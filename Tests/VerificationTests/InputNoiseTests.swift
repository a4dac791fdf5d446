import CaffeModel
import Execution
import Foundation
import NetGraph
import Testing

@testable import Verification

/// Noise in place of samples: of the size that the network was trained on.
@Suite("Noise of the input's size")
struct InputNoiseTests {
    /// A net of the `fixtures` folder, ready to run.
    private func interpreter(_ fixture: String) throws -> Interpreter<Double> {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("fixtures/\(fixture)").path
        let conversion = try CaffeConversion(
            prototxt: folder + "/test_net.prototxt", weights: folder + "/weights.caffemodel.h5", options: CaffeOptions()
        )
        return try Interpreter(conversion.network, weights: try #require(conversion.weights))
    }

    /// Mean and variance of each channel of a value, on some batches.
    private func moments(
        of value: ValueID, _ interpreter: Interpreter<Double>, _ noise: inout InputNoise, batches: Int
    ) throws -> (means: [Double], variances: [Double]) {
        var sums: [Double] = []
        var squares: [Double] = []
        var count = 0.0
        for _ in 0..<batches {
            _ = try interpreter.run(noise.next()) { (id, tensor) throws(ExecutionError) in
                guard id == value else { return }
                let channels = tensor.shape[1]
                let inner = tensor.shape.dropFirst(2).reduce(1, *)
                if sums.isEmpty {
                    sums = [Double](repeating: 0, count: channels)
                    squares = sums
                }
                for (index, element) in tensor.elements.enumerated() {
                    sums[index / inner % channels] += element
                    squares[index / inner % channels] += element * element
                }
                count += Double(tensor.elements.count / channels)
            }
        }
        let means = sums.map { $0 / count }
        return (means, zip(squares, means).map { $0 / count - $1 * $1 })
    }

    private func stored(
        _ name: String, _ interpreter: Interpreter<Double>
    ) throws -> (input: ValueID, means: [Double], variances: [Double]) {
        let layer = try #require(interpreter.network.layers.first { $0.name == name })
        guard case .batchNorm(let batchNorm) = layer.operation, case .variance(let variance) = batchNorm.spread,
            let mean = batchNorm.mean.flatMap({ interpreter.numbers(of: $0) }),
            let factor = batchNorm.factor.flatMap({ interpreter.numbers(of: $0) })?.first,
            let variances = interpreter.numbers(of: variance)
        else { throw CancellationError() }
        return (layer.inputs[0], mean.map { $0 / factor }, variances.map { $0 / factor })
    }

    @Test("has at the first BatchNorm the variance that it was trained on")
    func resnet() throws {
        let interpreter = try interpreter("digits-resnet")
        var noise = InputNoise(interpreter: interpreter, shapes: ["data": [8, 3, 16, 16]], seed: 1)
        #expect(noise.layer == "bn_conv0" && noise.scale != 1)
        let statistics = try stored("bn_conv0", interpreter)
        let found = try moments(of: statistics.input, interpreter, &noise, batches: 4)
        let ratio = found.variances.reduce(0, +) / statistics.variances.reduce(0, +)
        // Other numbers of the same generator than those that told the scale.
        #expect(abs(ratio - 1) < 0.1, "\(ratio)")
    }

    @Test("has the mean and deviation of each channel where a BatchNorm reads the input itself")
    func preact() throws {
        let interpreter = try interpreter("digits-preact")
        var noise = InputNoise(interpreter: interpreter, shapes: ["data": [8, 3, 16, 16]], seed: 1)
        #expect(noise.layer == "bn_data")
        let statistics = try stored("bn_data", interpreter)
        let found = try moments(of: statistics.input, interpreter, &noise, batches: 4)
        // 8192 numbers for each channel: five deviations of their mean and of their variance.
        for channel in 0..<3 {
            let deviation = statistics.variances[channel].squareRoot()
            #expect(abs(found.means[channel] - statistics.means[channel]) < 5 * deviation / 90)
            #expect(abs(found.variances[channel] / statistics.variances[channel] - 1) < 5 * 1.414 / 90)
        }
    }

    @Test("has deviation 1 where no BatchNorm tells another")
    func none() throws {
        var sketch = Sketch([2, 1, 50, 50])
        sketch.convolution("conv", [3])
        let interpreter = try Interpreter<Double>(sketch.network, weights: sketch.weights)
        var noise = InputNoise(interpreter: interpreter, shapes: ["data": [2, 1, 50, 50]], seed: 1)
        #expect(noise.layer == nil && noise.scale == 1)
        let found = try moments(of: ValueID(0), interpreter, &noise, batches: 1)
        #expect(abs(found.means[0]) < 5 / 70 && abs(found.variances[0] - 1) < 5 * 1.414 / 70)
    }

    @Test("is whole numbers of rows for an input that chooses rows of a table, also through a reshape")
    func rows() throws {
        var sketch = Sketch([4, 30])
        sketch.add("flat", .flatten(first: 0, last: 1))
        let table = sketch.parameter((0..<21).map(Double.init), shape: [7, 3])
        sketch.add("embed", .embed(Embed(weight: table, bias: nil, rowCount: 7, outputCount: 3)))
        let interpreter = try Interpreter<Double>(sketch.network, weights: sketch.weights)
        var noise = InputNoise(interpreter: interpreter, shapes: ["data": [4, 30]], seed: 3)
        let rows = try #require(noise.next()["data"]).elements
        #expect(Set(rows) == Set((0..<7).map(Double.init)))
    }

    @Test(
        "stays sensible whatever the statistics say",
        arguments: [0, -1, .nan, .infinity, 3e38, 1e-38] as [Double], [0, 3e38, .nan, -.infinity] as [Double])
    func hostile(variance: Double, mean: Double) throws {
        for readsInput in [true, false] {
            var sketch = Sketch([1, 1, 4, 4])
            if !readsInput { sketch.convolution("conv", [3]) }
            sketch.batchNorm("bn", mean: [mean], variance: [variance])
            let interpreter = try Interpreter<Double>(sketch.network, weights: sketch.weights)
            var noise = InputNoise(interpreter: interpreter, shapes: ["data": [1, 1, 4, 4]], seed: 1)
            #expect((1e-4...1e4).contains(noise.scale))
            let batch = try #require(noise.next()["data"])
            #expect(batch.shape == [1, 1, 4, 4] && batch.elements.allSatisfy(\.isFinite))
        }
    }

    @Test("is the same for the same seed, goes on from batch to batch, and differs between inputs")
    func seeds() throws {
        var sketch = Sketch([1, 1, 1, 4])
        sketch.input("other", [1, 1, 1, 4])
        let interpreter = try Interpreter<Double>(sketch.network, weights: sketch.weights)
        let shapes = ["data": [1, 1, 1, 4], "other": [1, 1, 1, 4]]
        var noise = InputNoise(interpreter: interpreter, shapes: shapes, seed: 9)
        let copy = InputNoise(interpreter: interpreter, shapes: shapes, seed: 9)
        let first = noise.next()
        var again = copy
        #expect(again.next() == first)
        #expect(first["data"] != first["other"] && noise.next() != first)
    }
}
