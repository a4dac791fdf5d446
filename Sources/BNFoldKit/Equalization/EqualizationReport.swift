import Folding
import Frontend
import NetGraph

/// What became of the ranges of channels across layers.
public struct EqualizationReport: Codable, Hashable, Sendable {
    /// How often all ranges were measured, and whether they agreed in the end.
    public var rounds: Int
    public var converged: Bool
    /// Every layer with weights whose channels are known.
    public var layers: [Layer]
    /// Values that hold other numbers than before, under new names.
    public var values: [Renamed]

    private enum CodingKeys: String, CodingKey {
        case rounds, converged, layers
        case values = "blobs"
    }

    public struct Layer: Codable, Hashable, Sendable {
        public var layer: FoldReport.LayerName
        /// The channels of its output, and how many of them are scaled.
        public var channels: Int
        public var scaled: Int
        /// The largest range of an output channel, in multiples of the median one; `nil` where all weights are 0.
        public var ratioBefore: Double?
        public var ratioAfter: Double?
        /// What symmetric whole numbers of 8 bits leave of the weight, with one step for the tensor, in decibels; `nil` where nothing is lost.
        public var signalToNoiseBefore: Double?
        public var signalToNoiseAfter: Double?
        /// Why channels of its output keep their range, the most frequent reason first.
        public var kept: [Kept]
    }

    public struct Kept: Codable, Hashable, Sendable {
        public var channels: Int
        public var reason: FoldReport.Reason
    }

    public struct Renamed: Codable, Hashable, Sendable {
        public var from: String
        public var to: String
    }

    /// The layer with the largest ratio, before and after.
    public var worstBefore: Layer? { layers.max { $0.ratioBefore ?? 0 < $1.ratioBefore ?? 0 } }
    public var worstAfter: Layer? { layers.max { $0.ratioAfter ?? 0 < $1.ratioAfter ?? 0 } }
}

extension EqualizationReport {
    init(_ equalization: Equalization, vocabulary: Vocabulary) {
        rounds = equalization.rounds
        converged = equalization.hasConverged
        let names = Dictionary(
            equalization.folded.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        layers = equalization.layers.map { entry in
            let layer = names[entry.layer]
            return Layer(
                layer: .init(name: (layer?.name ?? "").inMessages, type: (layer?.type ?? "").inMessages),
                channels: entry.channelCount, scaled: entry.scaledCount, ratioBefore: entry.before.ratio,
                ratioAfter: entry.after.ratio, signalToNoiseBefore: entry.before.signalToNoise,
                signalToNoiseAfter: entry.after.signalToNoise,
                kept: entry.kept.map { kept in
                    Kept(
                        channels: kept.count,
                        reason: .init(name: kept.obstacle.name, sentence: vocabulary.sentence(kept.obstacle)))
                })
        }
        values = equalization.renamed.map { Renamed(from: $0.from, to: $0.to) }
    }
}

extension Vocabulary {
    /// Why channels keep their range, as a sentence without its subject.
    fileprivate func sentence(_ obstacle: EqualizationObstacle) -> String {
        func named(_ layer: String, _ type: String) -> String { "'\(layer.inMessages)' (\(type.inMessages))" }
        return switch obstacle {
        case .output(let value): "'\(value.inMessages)' is an output of the network"
        case .reader(let layer, let type): "\(named(layer, type)) reads them, which a factor would change"
        case .writer(let layer, let type): "they belong to what \(named(layer, type)) gives"
        case .mixed(let layer, let type): "\(named(layer, type)) does not tell them apart"
        case .sharedNumbers(let layer, let type):
            "the numbers of \(named(layer, type)) are used in another way elsewhere"
        case .storedForm(let layer, let type): "the weights of \(named(layer, type)) are stored as whole numbers"
        case .range(let layer, let type):
            "a number of \(named(layer, type)) would leave the range of its format"
        case .unknownShape(let layer, let type): "the channels at \(named(layer, type)) are not known"
        case .unread: "no layer with weights reads them"
        }
    }
}
