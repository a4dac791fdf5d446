import NetGraph

/// Channels of values that have to be scaled alike, as sets that grow together.
///
/// Each channel of each value is a slot; a class is a set of slots. A class is closed when something that reads or writes one of its channels would
/// notice a factor, and then it says what that is.
struct ChannelClasses {
    /// The channels of each value; `nil` where their number is not known.
    private let counts: [Int?]
    private let firstSlots: [Int]
    private var parents: [Int]
    private var obstacles: [Int: EqualizationObstacle] = [:]

    /// - Parameter shapes: of all values.
    init(_ shapes: [TensorShape?]) {
        counts = shapes.map { $0?.length(ofAxis: 1) }
        var next = 0
        firstSlots = counts.map { count in
            defer { next += max(count ?? 1, 1) }
            return next
        }
        parents = Array(0..<next)
    }

    func channelCount(of value: ValueID) -> Int? { counts[value.index] }

    /// The slots of a value; a single one where the number of channels is not known.
    func slots(of value: ValueID) -> Range<Int> {
        let first = firstSlots[value.index]
        return first..<first + max(counts[value.index] ?? 1, 1)
    }

    /// What stands for the class of a slot.
    mutating func root(of slot: Int) -> Int {
        var root = slot
        while parents[root] != root { root = parents[root] }
        var next = slot
        while parents[next] != root { (parents[next], next) = (root, parents[next]) }
        return root
    }

    mutating func join(_ first: Int, _ second: Int) {
        let (one, other) = (root(of: first), root(of: second))
        guard one != other else { return }
        parents[other] = one
        if let obstacle = obstacles.removeValue(forKey: other), obstacles[one] == nil { obstacles[one] = obstacle }
    }

    /// Joins the channels of two values one by one; closes both where they have different numbers of channels.
    mutating func join(_ first: ValueID, _ second: ValueID, or obstacle: EqualizationObstacle) {
        guard counts[first.index] != nil, counts[first.index] == counts[second.index] else {
            close(first, obstacle)
            close(second, obstacle)
            return
        }
        for (one, other) in zip(slots(of: first), slots(of: second)) { join(one, other) }
    }

    mutating func close(slot: Int, _ obstacle: EqualizationObstacle) {
        let root = root(of: slot)
        if obstacles[root] == nil { obstacles[root] = obstacle }
    }

    mutating func close(_ value: ValueID, _ obstacle: EqualizationObstacle) {
        for slot in slots(of: value) { close(slot: slot, obstacle) }
    }

    /// Why a class stays as it is; `nil` where nothing is known against a factor.
    mutating func obstacle(ofSlot slot: Int) -> EqualizationObstacle? { obstacles[root(of: slot)] }

    mutating func isOpen(_ value: ValueID) -> Bool {
        for slot in slots(of: value) where obstacle(ofSlot: slot) == nil { return true }
        return false
    }
}

/// Why channels keep their range.
public enum EqualizationObstacle: Hashable, Sendable {
    /// The caller of the network receives them.
    case output(value: String)
    /// A layer reads them that gives something else for a scaled input, not merely a scaled output.
    case reader(layer: String, type: String)
    /// They are written by a layer that has no weights to scale.
    case writer(layer: String, type: String)
    /// The layer mixes channels in a way that no factors pass.
    case mixed(layer: String, type: String)
    /// The numbers of the layer are used in another way elsewhere.
    case sharedNumbers(layer: String, type: String)
    /// The weight is stored in a form that takes no factors.
    case storedForm(layer: String, type: String)
    /// A weight would leave the range of its number format.
    case range(layer: String, type: String)
    /// The number of channels is not known.
    case unknownShape(layer: String, type: String)
    /// No layer with weights reads them.
    case unread

    /// A stable name, for example `output`.
    public var name: String {
        switch self {
        case .output: "output"
        case .reader: "reader"
        case .writer: "writer"
        case .mixed: "mixed-channels"
        case .sharedNumbers: "shared-numbers"
        case .storedForm: "stored-form"
        case .range: "range"
        case .unknownShape: "unknown-shape"
        case .unread: "unread"
        }
    }
}
