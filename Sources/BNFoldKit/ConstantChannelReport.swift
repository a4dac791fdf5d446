import Files
import Folding
import NetGraph

/// What taking constant channels out of a network brought.
public struct ConstantChannelReport: Codable, Hashable, Sendable {
    public struct Counts: Codable, Hashable, Sendable {
        public var before: Int
        public var after: Int
    }

    /// A layer with fewer channels.
    public struct Layer: Codable, Hashable, Sendable {
        public var layer: FoldReport.LayerName
        /// Output channels.
        public var outputs: Counts
        /// How many input channels went.
        public var removedInputs: Int
    }

    /// Constant channels that stay.
    public struct Obstacle: Codable, Hashable, Sendable {
        /// The layer that gives them.
        public var layer: FoldReport.LayerName
        public var count: Int
        /// The layer for which they stay.
        public var reader: FoldReport.LayerName
        /// The end of a sentence about the reader.
        public var reason: String
    }

    /// Output channels of all linear layers.
    public var channels: Counts
    /// Numbers of all parameters.
    public var parameters: Counts
    /// Products of one pass of one sample; `nil` where shapes are not known.
    public var multiplications: Counts?
    public var layers: [Layer]
    public var obstacles: [Obstacle]

    init(_ removal: ChannelRemoval) {
        let names = Dictionary(
            removal.folded.network.layers.map { ($0.id, FoldReport.LayerName(name: $0.name, type: $0.type)) },
            uniquingKeysWith: { first, _ in first })
        func name(_ layer: LayerID) -> FoldReport.LayerName {
            names[layer] ?? FoldReport.LayerName(name: "", type: "")
        }
        let (before, after) = (removal.before, removal.after)
        channels = Counts(before: before.channels, after: after.channels)
        parameters = Counts(before: before.parameters, after: after.parameters)
        if let first = before.multiplications, let second = after.multiplications {
            multiplications = Counts(before: first, after: second)
        }
        layers = removal.changes.map { change in
            Layer(
                layer: name(change.layer),
                outputs: Counts(before: change.outputs, after: change.outputs - change.removedOutputs),
                removedInputs: change.removedInputs)
        }
        obstacles = removal.obstacles.map { obstacle in
            Obstacle(
                layer: name(obstacle.layer), count: obstacle.count, reader: name(obstacle.reader),
                reason: obstacle.reason)
        }
    }

    /// The text form.
    func lines(isVerbose: Bool, bold: (String) -> String) -> [String] {
        var lines = ["", bold("constant channels")]
        let removed = channels.before - channels.after
        guard removed > 0 || !obstacles.isEmpty else { return lines + ["  none"] }
        var rows = [["channels of linear layers", String(channels.before), "-> \(channels.after)"]]
        rows.append(["parameters", String(parameters.before), "-> \(parameters.after)"])
        if let multiplications {
            rows.append(["multiplications", String(multiplications.before), "-> \(multiplications.after)"])
        }
        lines += TextTable.lines(rows, alignsRight: true)
        let long = 20
        let shown = isVerbose ? layers[...] : layers.prefix(long)
        lines += TextTable.lines(
            shown.map { layer in
                var parts: [String] = []
                if layer.outputs.after != layer.outputs.before {
                    parts.append("\(layer.outputs.before) -> \(layer.outputs.after) outputs")
                }
                if layer.removedInputs > 0 {
                    parts.append(layer.removedInputs == 1 ? "1 input goes" : "\(layer.removedInputs) inputs go")
                }
                return [layer.layer.name, layer.layer.type, parts.joined(separator: ", ")]
            })
        if shown.count < layers.count {
            lines.append("  and \(layers.count - shown.count) more (--verbose lists them)")
        }
        lines += TextTable.lines(
            obstacles.map { obstacle in
                let reader =
                    obstacle.reader == obstacle.layer ? "it" : "'\(obstacle.reader.name)' (\(obstacle.reader.type))"
                return [
                    obstacle.layer.name, obstacle.layer.type, "keeps \(obstacle.count): \(reader) \(obstacle.reason)",
                ]
            })
        return lines
    }
}
