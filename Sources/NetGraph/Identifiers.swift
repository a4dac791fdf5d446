/// Names one value of a `Network`: what a layer writes once and any number of layers read.
public struct ValueID: Hashable, Sendable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
}

/// Names one layer of a `Network`.
///
/// It stays the same through every transformation, so that a frontend finds the text it read the layer from.
public struct LayerID: Hashable, Comparable, Sendable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
    public static func < (left: LayerID, right: LayerID) -> Bool { left.index < right.index }
}

/// Names one parameter tensor of a `Network`. Two layers that share a tensor hold the same identifier.
public struct ParameterID: Hashable, Comparable, Sendable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
    public static func < (left: ParameterID, right: ParameterID) -> Bool { left.index < right.index }
}
