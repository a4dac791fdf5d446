/// A layer of the weights file that the net has in no phase, with the blobs that are lost without it.
public struct SurplusLayer: Hashable, Sendable {
    public var name: String
    /// Its type: as a `.caffemodel` tells it, else as blobs, names and neighbours tell it; `nil` when nothing does.
    public var type: String?
    /// The shapes of its blobs, in their order.
    public var shapes: [[Int]]

    /// Whether it is a normalisation or a Scale: without it every layer behind reads other numbers.
    public var isNormalization: Bool {
        guard let type else { return false }
        return type == "Scale" || type == "BN" || type.contains("BatchNorm")
    }

    /// `'conv1_bn' (BatchNorm)`
    var title: String { "'\(name)'" + (type.map { " (\($0))" } ?? "") }

    /// Names with their types, the first few of many.
    static func list(_ layers: [Self], limit: Int) -> String {
        layers.prefix(limit).map(\.title).joined(separator: ", ")
            + (layers.count > limit ? " and \(layers.count - limit) more" : "")
    }
}
