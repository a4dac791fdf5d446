import Folding
import Frontend
import Testing

@testable import KerasModel

/// Where other converters are wrong without a word: the right thing, with numbers.
@Suite("Mistakes that others make with models of Keras")
struct MistakeTests {
    /// Half of the last place of what single precision keeps, once for the weight and once for the affine.
    private static let roundingOfWeights = 0x1p-23

    /// A functional model of Keras 2 whose input has two features.
    private func config(_ layers: [(className: String, name: String, config: String, reads: [String])]) -> String {
        var entries = [
            #"{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 2]}, "inbound_nodes": []}"#
        ]
        for layer in layers {
            let reads = layer.reads.map { "[\"\($0)\", 0, 0, {}]" }.joined(separator: ", ")
            let fields = "\"name\": \"\(layer.name)\"" + (layer.config.isEmpty ? "" : ", " + layer.config)
            entries.append(
                "{\"class_name\": \"\(layer.className)\", \"name\": \"\(layer.name)\", \"config\": {\(fields)}, \"inbound_nodes\": [[\(reads)]]}"
            )
        }
        return
            "{\"class_name\": \"Functional\", \"keras_version\": \"2.15.0\", \"config\": {\"name\": \"m\", \"layers\": [\(entries.joined(separator: ", "))], \"input_layers\": [[\"x\", 0, 0]], \"output_layers\": [[\"\(layers[layers.count - 1].name)\", 0, 0]]}}"
    }

    private func dense(_ activation: String = "linear") -> (String, String, String, [String]) {
        ("Dense", "d", #""units": 2, "use_bias": true, "activation": "\#(activation)""#, ["x"])
    }

    private func batchNorm(
        _ reads: String, epsilon: String = #""epsilon": 0.001"#
    ) -> (String, String, String, [String]) {
        ("BatchNormalization", "bn", "\"axis\": [1]" + (epsilon.isEmpty ? "" : ", " + epsilon), [reads])
    }

    /// A kernel of 1, 2 / 3, 4 and a bias of 5, 6.
    private let denseWeights: WeightFixture.Layer = (
        "d", [.init(name: "d/kernel:0", shape: [2, 2], first: 1), .init(name: "d/bias:0", shape: [2], first: 5)]
    )
    /// Gamma 2, 3; beta 7, 8; mean 1, 2; variance 4, 5.
    private let normWeights: WeightFixture.Layer = (
        "bn",
        [
            .init(name: "bn/gamma:0", shape: [2], first: 2), .init(name: "bn/beta:0", shape: [2], first: 7),
            .init(name: "bn/moving_mean:0", shape: [2], first: 1),
            .init(name: "bn/moving_variance:0", shape: [2], first: 4),
        ]
    )

    private func model(
        _ layers: [(String, String, String, [String])]
    ) throws -> OpenedModel {
        try OpenedModel(
            config: config(layers.map { (className: $0.0, name: $0.1, config: $0.2, reads: $0.3) }),
            [denseWeights, normWeights])
    }

    /// gamma / sqrt(variance + epsilon) and what is left of the shift, for each channel.
    private func affine(epsilon: Double) -> [(factor: Double, shift: Double)] {
        [(2.0, 7.0, 1.0, 4.0), (3.0, 8.0, 2.0, 5.0)].map { gamma, beta, mean, variance in
            let factor = gamma / (variance + epsilon).squareRoot()
            return (factor, beta - factor * mean)
        }
    }

    private func expectFolded(_ model: OpenedModel, epsilon: Double) throws {
        #expect(model.taken == ["d"] && model.reasons.isEmpty)
        let numbers = try model.numbers(of: "d")
        let (first, second) = (affine(epsilon: epsilon)[0], affine(epsilon: epsilon)[1])
        let exact = [
            [1 * first.factor, 2 * second.factor, 3 * first.factor, 4 * second.factor],
            [5 * first.factor + first.shift, 6 * second.factor + second.shift],
        ]
        try #require(numbers.map(\.count) == [4, 2])
        for (found, expected) in zip(numbers.flatMap(\.self), exact.flatMap(\.self)) {
            #expect(abs(found - expected) <= Self.roundingOfWeights * abs(expected), "\(found) for \(expected)")
        }
    }

    @Test("a variance is a variance: the factor is gamma over its root, with epsilon under it")
    func variance() throws {
        try expectFolded(try model([dense(), batchNorm("d")]), epsilon: Double(Float(0.001)))
    }

    @Test("an epsilon that the file tells is taken, not the standard one")
    func epsilon() throws {
        let folded = try model([dense(), batchNorm("d", epsilon: #""epsilon": 1e-05"#)])
        try expectFolded(folded, epsilon: Double(Float(1e-5)))
        // The two differ by more than any rounding.
        #expect(abs(affine(epsilon: 1e-3)[0].factor / affine(epsilon: 1e-5)[0].factor - 1) > 1e-5)
    }

    @Test("an epsilon that the file does not tell is 1e-3, as in Keras, not 1e-5 as elsewhere")
    func standardEpsilon() throws {
        try expectFolded(try model([dense(), batchNorm("d", epsilon: "")]), epsilon: Double(Float(0.001)))
    }

    @Test("an activation inside the layer before stops a BatchNormalization", arguments: ["relu", "tanh", "sigmoid"])
    func activationInside(activation: String) throws {
        let folded = try model([dense(activation), batchNorm("d")])
        #expect(folded.reasons.count == 1 && folded.folded.network.layers.contains { $0.name == "bn" })
        if activation != "relu" {
            #expect(folded.taken.isEmpty)
            #expect(try folded.numbers(of: "d") == [[1, 2, 3, 4], [5, 6]])
            #expect(try folded.numbers(of: "bn") == [[2, 3], [7, 8], [1, 2], [4, 5]])
        }
    }

    @Test("no shift goes back through a ReLU: the BatchNormalization behind it keeps one")
    func behindReLU() throws {
        let folded = try model([dense(), ("ReLU", "r", "", ["d"]), batchNorm("r")])
        let rest = try folded.numbers(of: "bn")
        #expect(folded.reasons.count == 1 && !rest.isEmpty)
        // max(0, d) scaled and shifted is the same, whatever of the factor went back: at d = 0 the shift alone is left.
        let shifts = affine(epsilon: Double(Float(0.001))).map(\.shift)
        // In the order of the file.
        try #require(rest.count == 4)
        let (gamma, beta, mean, variance) = (rest[0], rest[1], rest[2], rest[3])
        for channel in 0..<2 {
            let layer = try #require(folded.folded.network.layers.first { $0.name == "bn" })
            guard case .batchNorm(let norm) = layer.operation else { return #expect(Bool(false), "it is no BatchNorm") }
            let factor = gamma[channel] / (variance[channel] + norm.epsilon).squareRoot()
            #expect(abs(beta[channel] - factor * mean[channel] - shifts[channel]) < 1e-6)
        }
    }

    @Test("a layer whose output somebody else reads as it is takes nothing")
    func twoReaders() throws {
        let folded = try model([dense(), batchNorm("d"), ("Multiply", "both", "", ["d", "bn"])])
        #expect(folded.taken.isEmpty && folded.reasons.count == 1)
        #expect(try folded.numbers(of: "d") == [[1, 2, 3, 4], [5, 6]])
        guard case .otherReaders = folded.reasons.first else {
            return #expect(Bool(false), "\(folded.reasons)")
        }
    }
}
