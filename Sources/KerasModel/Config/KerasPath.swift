/// Where a layer lies in a model: the names of the layers around it, outermost first, and its own.
///
/// A layer of a nested model `enc` has the path `enc` - `conv2d`; the layer in a wrapper `td` has `td` - `conv2d`. Names may hold a '/', so a path is no
/// joined string. A layer that is called several times has one path.
public struct KerasPath: Hashable, Sendable, CustomStringConvertible {
    public var names: [String]

    public init(_ names: [String]) { self.names = names }

    public func appending(_ name: String) -> KerasPath { KerasPath(names + [name]) }

    /// The model around the layer; empty for the whole one.
    public var parent: KerasPath { KerasPath(Array(names.dropLast())) }

    /// For messages and for the names of layers in a network; two paths may look alike here.
    public var description: String { names.joined(separator: "/") }
}
