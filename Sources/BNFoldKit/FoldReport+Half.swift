import Folding
import Frontend
import NetGraph

extension FoldReport {
    /// What was stored in half precision, and what that does to the numbers.
    public struct HalfPrecision: Codable, Hashable, Sendable {
        /// `weights` or `graph`.
        public var extent: String
        /// All numbers of the network, those that are stored in half precision, and the bytes that all of them take in Float or Double and so.
        public var numbers: Int
        public var roundedNumbers: Int
        public var bytesBefore: Int
        public var bytesAfter: Int
        /// Layers with numbers, in the order of the network.
        public var layers: [Layer]

        public struct Layer: Codable, Hashable, Sendable {
            public var layer: LayerName
            public var tensors: [Tensor]
        }

        /// One tensor of a layer; one that several layers share is told with the first of them.
        public struct Tensor: Codable, Hashable, Sendable {
            public var name: String
            public var numbers: Int
            /// Why it stays as it was: `asked`, `overflow`, `loss`, or `unfit` for a tensor that is never rounded; `nil` for one that is rounded.
            public var kept: String?
            /// How many numbers would become infinite, become 0, become subnormal, and lose more than 2^-11 of themselves; `nil` where nobody looked.
            public var overflowing: Int?
            public var vanishing: Int?
            public var subnormal: Int?
            public var losing: Int?
            /// The largest magnitude.
            public var largest: Double?
        }
    }
}

extension FoldReport.HalfPrecision {
    init(_ conversion: HalfConversion, of network: Network, options: HalfPrecisionOptions) {
        extent = options.extent.rawValue
        numbers = conversion.tensors.reduce(0) { $0 + $1.count }
        roundedNumbers = conversion.tensors.reduce(0) { $0 + ($1.kept == nil ? $1.count : 0) }
        bytesBefore = conversion.tensors.reduce(0) { $0 + $1.bytesBefore }
        bytesAfter = conversion.tensors.reduce(0) { $0 + $1.bytesAfter }
        let names = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        layers = []
        var places: [LayerID: Int] = [:]
        for tensor in conversion.tensors {
            if places[tensor.layer] == nil, let layer = names[tensor.layer] {
                places[tensor.layer] = layers.count
                layers.append(
                    Layer(
                        layer: FoldReport.LayerName(name: layer.name.inMessages, type: layer.type.inMessages),
                        tensors: []))
            }
            guard let place = places[tensor.layer] else { continue }
            layers[place].tensors.append(
                Tensor(
                    name: network[tensor.parameter].name.inMessages, numbers: tensor.count,
                    kept: tensor.kept?.rawValue, overflowing: tensor.loss?.overflowing,
                    vanishing: tensor.loss?.vanishing, subnormal: tensor.loss?.subnormal, losing: tensor.loss?.losing,
                    largest: tensor.loss?.largest))
        }
    }

    /// Lines for people: what is rounded, and of which layers something else is to be told.
    var rows: [[String]] {
        layers.flatMap { layer in layer.tensors.compactMap { row($0, of: layer.layer) } }
    }

    /// One line on all of it.
    var summary: String {
        "\(roundedNumbers) of \(numbers) numbers are stored in half precision: \(ReportText.size(bytesAfter)) instead of \(ReportText.size(bytesBefore))"
            + (extent == HalfPrecisionOptions.Extent.graph.rawValue ? "; the network computes in it, too" : "")
    }

    private func row(_ tensor: Tensor, of layer: FoldReport.LayerName) -> [String]? {
        let what = tensor.name.hasPrefix(layer.name + " ") ? String(tensor.name.dropFirst(layer.name.count + 1)) : ""
        let name = [layer.name, what].filter { !$0.isEmpty }.joined(separator: " ")
        switch tensor.kept.flatMap(HalfConversion.Kept.init) {
        case .unfit: return nil
        case .asked: return [name, "stays", "as --half-keep asks"]
        case .overflow:
            return [
                name, "stays",
                "\(Self.of(tensor.overflowing, tensor.numbers)) beyond 65504 and would become infinite; the largest is \(Float(tensor.largest ?? 0))",
            ]
        case .loss:
            return [name, "stays", losses(tensor).joined(separator: ", ") + ", which is more than --half-loss allows"]
        case nil:
            let losses = losses(tensor)
            return losses.isEmpty ? nil : [name, "rounded", losses.joined(separator: ", ")]
        }
    }

    private static func of(_ count: Int?, _ all: Int) -> String {
        "\(count ?? 0) of \(all) \(count == 1 ? "is" : "are")"
    }

    private func losses(_ tensor: Tensor) -> [String] {
        guard let losing = tensor.losing, losing > 0 else { return [] }
        let share = Double(losing) / Double(max(tensor.numbers, 1))
        let percent = share * 100 < 0.01 ? "less than 0.01%" : "\((share * 10000).rounded() / 100)%"
        let lost =
            "\(losing) of \(tensor.numbers) (\(percent)) \(losing == 1 ? "loses" : "lose") more than 2^-11 of \(losing == 1 ? "itself" : "themselves")"
        guard let vanishing = tensor.vanishing, vanishing > 0 else { return [lost] }
        return [lost, "\(vanishing) of them \(vanishing == 1 ? "becomes" : "become") 0"]
    }
}
