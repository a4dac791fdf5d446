import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Operators that take some elements, or add some; `nil` for another one.
    mutating func selection(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        switch arguments.function {
        case "get_item", "getitem": return try slice(arguments)
        case "split": return try split(arguments)
        case "take", "gather": return try gathering(arguments)
        case "pad": return try padding(arguments)
        case "tile": return try tiling(arguments)
        case "flip": return try flip(arguments)
        case "roll": return try roll(arguments)
        case "repeat": return try repetition(arguments)
        case "unstack": return try unstack(arguments)
        default: return nil
        }
    }

    // MARK: Slices

    /// `x[:, 1:4, ..., 0]`: slices, places of one axis, new axes.
    private mutating func slice(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank, let shape = input.shape,
            let told = arguments.constant("slice_spec", "key", place: 1), let items = told.elements ?? Optional([told])
        else { return opaque(call, notUnderstood(arguments)) }
        /// A slice; `nil` for anything else.
        func fields(_ node: JSONNode) -> KerasFields? {
            if node["class_name"]?.string == "__slice__" { return node["config"].map { KerasFields($0) } }
            return node["class_name"] == nil && node.members != nil ? KerasFields(node) : nil
        }
        func isEllipsis(_ node: JSONNode) -> Bool { node["class_name"]?.string == "__ellipsis__" }
        let named = items.count { !isEllipsis($0) && !$0.isNull }
        guard named <= rank, items.count(where: isEllipsis) <= 1 else { return opaque(call, notUnderstood(arguments)) }
        var ranges: [StridedSlice.Range] = []
        // What becomes of the axes: lengths that follow are those of the slice; `nil` in the outer sense goes.
        var kept: [KerasSliceAxis] = []
        var axis = 0
        for item in items {
            if isEllipsis(item) {
                while axis < rank - (named - items.prefix { !isEllipsis($0) }.count { !$0.isNull }) {
                    kept.append(.axis(axis))
                    axis += 1
                }
                continue
            }
            if item.isNull {
                kept.append(.new)
                continue
            }
            guard let place = input.networkAxis(axis) else { return opaque(call, notUnderstood(arguments)) }
            if let number = item.wholeNumber {
                ranges.append(
                    StridedSlice.Range(axis: place, start: number, end: number == -1 ? nil : number + 1))
            } else if let slice = fields(item) {
                let bounds = ["start", "stop", "step"].map { slice[$0] }
                guard bounds.allSatisfy({ $0 == nil || $0?.wholeNumber != nil }), bounds[2]?.wholeNumber != 0 else {
                    return opaque(call, notUnderstood(arguments))
                }
                if bounds.contains(where: { $0 != nil }) {
                    ranges.append(
                        StridedSlice.Range(
                            axis: place, start: bounds[0]?.wholeNumber, end: bounds[1]?.wholeNumber,
                            step: bounds[2]?.wholeNumber ?? 1))
                }
                kept.append(.axis(axis))
            } else {
                return opaque(call, notUnderstood(arguments))
            }
            axis += 1
        }
        kept += (axis..<max(rank, axis)).map { .axis($0) }
        // Which images there are is not for a layer to say.
        guard kept.first == .axis(0), !ranges.contains(where: { $0.axis == 0 }), kept.count > 1 else {
            return opaque(call, notUnderstood(arguments))
        }
        let isWhole = kept == (0..<rank).map { .axis($0) }
        var result = input
        if !ranges.isEmpty {
            result = try add(
                .stridedSlice(StridedSlice(ranges)), to: [input], of: call, part: isWhole ? .main : .helper,
                suffix: isWhole ? nil : "slice", isLast: isWhole)
            if isWhole { return [result] }
        } else if isWhole {
            return [try add(.identity(type: call.layer.className), to: [input], of: call)]
        }
        let lengths = kept.dropFirst().map { axis -> Int? in
            switch axis {
            case .new: 1
            case .axis(let axis): (result.shape ?? shape).dimensions[axis]
            }
        }
        guard lengths.count(where: { $0 == nil }) <= 1 else {
            return opaque(call, "the lengths of its input's axes are not known")
        }
        return [try reshaped(call, result, to: lengths.map { $0 ?? -1 })]
    }

    private mutating func flip(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput,
            let axes = KerasOperatorArguments.integers(arguments.constant("axis", place: 1)), !axes.isEmpty,
            case let places = axes.compactMap({ input.networkAxis($0) }), places.count == axes.count,
            !places.contains(0), Set(places).count == places.count
        else { return opaque(call, notUnderstood(arguments)) }
        let slice = StridedSlice(places.map { StridedSlice.Range(axis: $0, step: -1) })
        return [try add(.stridedSlice(slice), to: [input], of: call)]
    }

    /// Parts along an axis: equal ones, those of told lengths (TensorFlow), or those between told places (Keras 3).
    private mutating func split(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        let told = arguments.constant("indices_or_sections", "num_or_size_splits", place: 1)
        guard let input = arguments.onlyInput,
            case let axisTold = arguments.constant("axis", place: 2)?.wholeNumber ?? 0,
            let axis = input.networkAxis(axisTold), axis > 0, let shape = input.networkShape,
            let length = shape.dimensions[axis], let told
        else { return opaque(call, notUnderstood(arguments)) }
        let points: [Int]
        if let count = told.wholeNumber {
            guard count > 0, length % count == 0 else { return opaque(call, notUnderstood(arguments)) }
            points = (1..<count).map { $0 * (length / count) }
        } else {
            guard let numbers = KerasOperatorArguments.integers(told) else {
                return opaque(call, notUnderstood(arguments))
            }
            if call.layer.isOperator {
                points = numbers
            } else {
                guard numbers.allSatisfy({ $0 > 0 }), numbers.reduce(0, +) == length else {
                    return opaque(call, notUnderstood(arguments))
                }
                points = numbers.dropLast().reduce(into: []) { $0.append(($0.last ?? 0) + $1) }
            }
        }
        let ends = points + [length]
        guard zip([0] + points, ends).allSatisfy({ $0 < $1 }) else { return opaque(call, notUnderstood(arguments)) }
        guard !points.isEmpty else { return [try add(.identity(type: call.layer.className), to: [input], of: call)] }
        let shapes = zip([0] + points, ends).map { start, end -> TensorShape? in
            var part = shape
            part.dimensions[axis] = end - start
            return part
        }
        return append(
            .slice(axis: axis, points: points), name: call.name, type: call.layer.className,
            valueNames: ends.indices.map { $0 == 0 ? call.name : "\(call.name) output \($0)" }, inputs: [input],
            shapes: shapes, order: input.order, origin: origin(call, .main))
    }

    private mutating func gathering(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput,
            let indices = KerasOperatorArguments.integers(arguments.constant("indices", place: 1)?.content),
            arguments.constant("indices", place: 1)?.content.elements != nil, !indices.isEmpty,
            arguments.constant("batch_dims")?.wholeNumber ?? 0 == 0,
            let axis = arguments.constant("axis", place: 2)?.wholeNumber.flatMap({ input.networkAxis($0) }), axis > 0
        else { return opaque(call, notUnderstood(arguments)) }
        return [try add(.gathering(Gathering(axis: axis, indices: indices)), to: [input], of: call)]
    }

    // MARK: More elements

    private mutating func padding(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank, rank > 2,
            let pairs = arguments.constant("pad_width", "paddings", place: 1)?.content.elements, pairs.count == rank
        else { return opaque(call, notUnderstood(arguments)) }
        var before = [Int](repeating: 0, count: rank)
        var after = before
        for (axis, pair) in pairs.enumerated() {
            guard let numbers = KerasOperatorArguments.integers(pair), numbers.count == 2,
                let place = input.networkAxis(axis)
            else { return opaque(call, notUnderstood(arguments)) }
            before[place] = numbers[0]
            after[place] = numbers[1]
        }
        let filling: Padding.Filling?
        switch arguments.constant("mode", place: 2)?.string?.lowercased() ?? "constant" {
        case "constant":
            let told = arguments.constant("constant_values")
            filling = told == nil ? .constant(0) : told?.number.map { .constant($0.double) }
        case "reflect": filling = .reflection
        case "symmetric": filling = .mirror
        case "edge": filling = .edge
        case "wrap": filling = .wrapping
        default: filling = nil
        }
        // Only around the axes behind the channels.
        guard let filling, (before + after).allSatisfy({ $0 >= 0 }), before.prefix(2) == [0, 0],
            after.prefix(2) == [0, 0]
        else { return opaque(call, notUnderstood(arguments)) }
        let padding = Padding(before: Array(before[2...]), after: Array(after[2...]), filling: filling)
        return [try add(.padding(padding), to: [input], of: call)]
    }

    private mutating func tiling(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank,
            let counts = KerasOperatorArguments.integers(arguments.constant("repeats", "multiples", place: 1)),
            counts.count == rank, counts.allSatisfy({ $0 > 0 }), counts[0] == 1
        else { return opaque(call, notUnderstood(arguments)) }
        let places = counts.indices.filter { counts[$0] > 1 }
        guard !places.isEmpty else { return [try add(.identity(type: call.layer.className), to: [input], of: call)] }
        var result = input
        for (index, place) in places.enumerated() {
            let isLast = index == places.count - 1
            result = try add(
                .tile(axis: input.networkAxis(place) ?? place, count: counts[place]), to: [result], of: call,
                part: isLast ? .main : .helper, suffix: isLast ? nil : "axis \(place)", isLast: isLast)
        }
        return [result]
    }
}

/// An axis of what a slice gives.
private enum KerasSliceAxis: Equatable {
    /// Of the input.
    case axis(Int)
    /// Of length 1.
    case new
}
