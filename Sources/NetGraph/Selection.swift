// Operations that take some elements along axes.

/// Takes places of one axis, in any order and as often as they are named.
public struct Gathering: Hashable, Sendable {
    /// Of the network; a negative one counts from the end.
    public var axis: Int
    /// Negative ones count from the end.
    public var indices: [Int]

    public init(axis: Int, indices: [Int]) {
        self.axis = axis
        self.indices = indices
    }

    /// The places for an axis of a length.
    public func places(length: Int) throws(ShapeError) -> [Int] {
        try indices.map { index throws(ShapeError) in
            let place = index < 0 ? index + length : index
            guard (0..<max(length, 0)).contains(place) else {
                throw ShapeError("it takes place \(index) of an axis of length \(length)")
            }
            return place
        }
    }

    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard let axis = shape.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(shape)")
        }
        guard !indices.isEmpty else { throw ShapeError("it takes no element") }
        if let length = shape.dimensions[axis] { _ = try places(length: length) }
        shape.dimensions[axis] = indices.count
        return shape
    }
}

/// Takes every n-th element of a range along each of some axes, as a NumPy slice does.
public struct StridedSlice: Hashable, Sendable {
    public struct Range: Hashable, Sendable {
        /// Of the network; a negative one counts from the end.
        public var axis: Int
        /// Negative ones count from the end; what lies beyond it is cut off. `nil`: from one end of the axis to the other.
        public var start: Int?
        public var end: Int?
        /// A negative one goes backwards.
        public var step: Int

        public init(axis: Int, start: Int? = nil, end: Int? = nil, step: Int = 1) {
            self.axis = axis
            self.start = start
            self.end = end
            self.step = step
        }

        /// The first place and the number of places of an axis of a length.
        public func places(length: Int) throws(ShapeError) -> (start: Int, count: Int) {
            guard step != 0, step != .min else { throw ShapeError("its step is \(step)") }
            let lowest = step > 0 ? 0 : -1
            let highest = step > 0 ? length : length - 1
            func place(_ index: Int?, _ missing: Int) -> Int {
                guard let index else { return missing }
                return min(max(index < 0 ? index + length : index, lowest), highest)
            }
            let first = place(start, step > 0 ? 0 : length - 1)
            let end = place(end, step > 0 ? length : -1)
            let distance = step > 0 ? end - first : first - end
            guard distance > 0 else { throw ShapeError("nothing is left of an axis of length \(length)") }
            return (first, (distance - 1) / abs(step) + 1)
        }
    }

    public var ranges: [Range]

    public init(_ ranges: [Range]) { self.ranges = ranges }

    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        var shape = input
        var axes: Set<Int> = []
        for range in ranges {
            guard let axis = shape.canonicalAxis(range.axis), axes.insert(axis).inserted else {
                throw ShapeError("axis \(range.axis) is not an axis of its input of shape \(input), or is sliced twice")
            }
            shape.dimensions[axis] = try input.dimensions[axis].map { length throws(ShapeError) in
                try range.places(length: length).count
            }
        }
        return shape
    }
}

/// Moves blocks of pixels into channels, or channels into blocks of pixels.
public struct PixelBlocks: Hashable, Sendable {
    public enum Direction: Hashable, Sendable { case channelsToPixels, pixelsToChannels }

    /// What the many channels are, for a block of b x b pixels and few channels.
    public enum ChannelOrder: Hashable, Sendable {
        /// Place in the block * few + channel (TensorFlow; ONNX's DCR).
        case placesFirst
        /// Channel * b * b + place in the block (PyTorch; ONNX's CRD).
        case channelsFirst
    }

    public var direction: Direction
    /// The length of a block along both axes.
    public var length: Int
    public var channelOrder: ChannelOrder

    public init(_ direction: Direction, length: Int, channelOrder: ChannelOrder) {
        self.direction = direction
        self.length = length
        self.channelOrder = channelOrder
    }

    /// The channel, on the side with few, that one of many belongs to, and its place in the block.
    public func fewChannel(of many: Int, fewCount: Int) -> (channel: Int, place: Int) {
        let area = length * length
        switch channelOrder {
        case .placesFirst: return (many % fewCount, many / fewCount)
        case .channelsFirst: return (many / area, many % area)
        }
    }

    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard shape.rank == 4, length > 0 else {
            throw ShapeError("it needs an input of four axes, but its input has the shape \(shape)")
        }
        let area = try Checked.product(length, length)
        for axis in 1..<4 {
            guard let old = shape.dimensions[axis] else { continue }
            let factor = axis == 1 ? area : length
            if (axis == 1) == (direction == .channelsToPixels) {
                guard old % factor == 0 else {
                    throw ShapeError(
                        "its blocks of \(length)x\(length) do not fit its input of shape \(input ?? shape)")
                }
                shape.dimensions[axis] = old / factor
            } else {
                shape.dimensions[axis] = try Checked.product(old, factor)
            }
        }
        return shape
    }
}
