/// The order in which a network's own framework lays out the axes of a value, and with them its elements.
///
/// Values of a `Network` always have the shape (images, channels, spatial axes ...). An operation that reads elements one after another, without regard
/// to their axes, has to know which order its framework means; so has whoever feeds a value or looks at it.
public enum ElementOrder: Hashable, Sendable {
    /// (images, channels, spatial axes ...)
    case channelsFirst
    /// (images, spatial axes ..., channels): at each pixel the channels follow one another. The same as channels first for up to two axes.
    case channelsLast

    /// A shape in this order, from that of the network.
    public func shape(of value: TensorShape) -> TensorShape {
        guard self == .channelsLast, value.rank > 2 else { return value }
        return TensorShape([value.dimensions[0]] + value.dimensions[2...] + [value.dimensions[1]])
    }

    /// The shape in the network, from one in this order.
    public func networkShape(of shape: TensorShape) -> TensorShape {
        guard self == .channelsLast, shape.rank > 2, let channels = shape.dimensions.last else { return shape }
        return TensorShape([shape.dimensions[0], channels] + shape.dimensions[1..<shape.rank - 1])
    }

    /// For each axis in this order, the axis of the network that it is.
    public func networkAxes(rank: Int) -> [Int] {
        guard self == .channelsLast, rank > 2 else { return Array(0..<rank) }
        return [0] + (2..<rank) + [1]
    }

    /// Where an element that is at a place in this order lies in the network.
    ///
    /// - Parameters:
    ///   - place: counted from 0, images included.
    ///   - shape: of the value in the network.
    public func networkPlace(of place: Int, shape: [Int]) -> Int {
        guard self == .channelsLast, shape.count > 2 else { return place }
        let channels = shape[1]
        let pixels = shape[2...].reduce(1, *)
        return (place / channels / pixels * channels + place % channels) * pixels + place / channels % pixels
    }
}

extension Tensor {
    /// The same numbers in the order of the caller, from that of the network.
    public func inOrder(_ order: ElementOrder) -> Tensor {
        guard let lengths = order.shape(of: TensorShape(shape)).known,
            let result = Tensor(
                shape: lengths,
                elements: elements.indices.map { elements[order.networkPlace(of: $0, shape: shape)] })
        else { return self }
        return result
    }

    /// The same numbers in the order of the network, from that of the caller.
    public func fromOrder(_ order: ElementOrder) -> Tensor {
        guard let lengths = order.networkShape(of: TensorShape(shape)).known else { return self }
        var ordered = elements
        for place in elements.indices { ordered[order.networkPlace(of: place, shape: lengths)] = elements[place] }
        return Tensor(shape: lengths, elements: ordered) ?? self
    }
}
