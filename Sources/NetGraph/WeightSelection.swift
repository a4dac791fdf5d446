/// A part of a weight: some of its groups, outputs and inputs, in the order that they had.
public struct WeightSelection: Hashable, Sendable {
    /// Where the elements of the whole weight lie.
    public let layout: WeightLayout
    /// Which ones remain, ascending; `nil` for all.
    public let groups: [Int]?
    public let outputs: [Int]?
    public let inputs: [Int]?

    public init(of layout: WeightLayout, groups: [Int]? = nil, outputs: [Int]? = nil, inputs: [Int]? = nil) {
        self.layout = layout
        self.groups = groups
        self.outputs = outputs
        self.inputs = inputs
    }

    /// Whether the whole weight remains.
    public var isWhole: Bool { groups == nil && outputs == nil && inputs == nil }

    /// Where the elements of the part lie.
    public var result: WeightLayout {
        WeightLayout(
            roles: layout.roles, groups: groups?.count ?? layout.groups, outputs: outputs?.count ?? layout.outputs,
            inputs: inputs?.count ?? layout.inputs, kernel: layout.kernel)
    }

    private func remaining(_ role: WeightLayout.Role) -> [Int]? {
        switch role {
        case .groups: groups
        case .outputs: outputs
        case .inputs: inputs
        case .kernel: nil
        }
    }

    /// The place in the whole weight of each of some elements of the part that follow one another. Places ascend.
    public func places(of elements: Range<Int>) -> [Int] {
        let part = result
        let axes = layout.roles.map { role in
            (length: part.length(of: role), stride: layout.stride(of: role), remaining: remaining(role))
        }
        var digits = [Int](repeating: 0, count: axes.count)
        var rest = elements.lowerBound
        for axis in axes.indices.reversed() {
            digits[axis] = rest % axes[axis].length
            rest /= axes[axis].length
        }
        func offset(_ axis: Int) -> Int {
            (axes[axis].remaining.map { $0[digits[axis]] } ?? digits[axis]) * axes[axis].stride
        }
        var places: [Int] = []
        places.reserveCapacity(elements.count)
        let last = axes.count - 1
        while places.count < elements.count {
            let outer = (0..<last).reduce(0) { $0 + offset($1) }
            while digits[last] < axes[last].length, places.count < elements.count {
                places.append(outer + offset(last))
                digits[last] += 1
            }
            digits[last] = 0
            var axis = last - 1
            while axis >= 0 {
                digits[axis] += 1
                if digits[axis] < axes[axis].length { break }
                digits[axis] = 0
                axis -= 1
            }
        }
        return places
    }
}
