import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Operators that give elements other axes; `nil` for another one.
    mutating func rearrangement(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        let call = arguments.call
        switch arguments.function {
        case "reshape", "batch_flatten", "transpose", "permute_dimensions", "swapaxes", "moveaxis", "expand_dims",
            "squeeze":
            break
        case "concat", "concatenate", "stack": return try joining(arguments)
        default: return nil
        }
        guard let input = arguments.onlyInput, let rank = input.rank, let shape = input.shape else {
            return opaque(call, notUnderstood(arguments))
        }
        func axis(_ node: JSONNode?, count: Int) -> Int? {
            guard let number = node?.wholeNumber else { return nil }
            let place = number < 0 ? number + count : number
            return (1..<count).contains(place) ? place : nil
        }
        var axes = Array(0..<rank)
        switch arguments.function {
        case "batch_flatten": return [try reshaped(call, input, to: [-1])]
        case "reshape":
            guard let lengths = arguments.constant("newshape", "shape", place: 1)?.lengths,
                let target = Self.imageShape(lengths, of: shape)
            else { return opaque(call, notUnderstood(arguments)) }
            return [try reshaped(call, input, to: target)]
        case "expand_dims":
            guard let place = axis(arguments.constant("axis", place: 1), count: rank + 1) else {
                return opaque(call, notUnderstood(arguments))
            }
            var lengths = Array(shape.dimensions.dropFirst())
            lengths.insert(1, at: place - 1)
            return try reshaped(call, input, toKnown: lengths)
        case "squeeze":
            guard let told = KerasOperatorArguments.integers(arguments.constant("axis", place: 1)), !told.isEmpty
            else { return opaque(call, notUnderstood(arguments)) }
            let places = Set(told.map { $0 < 0 ? $0 + rank : $0 })
            guard places.allSatisfy({ (1..<rank).contains($0) && shape.dimensions[$0] == 1 }) else {
                return opaque(call, notUnderstood(arguments))
            }
            return try reshaped(
                call, input, toKnown: (1..<rank).filter { !places.contains($0) }.map { shape.dimensions[$0] })
        case "swapaxes":
            guard let first = axis(arguments.constant("axis1"), count: rank),
                let second = axis(arguments.constant("axis2"), count: rank)
            else { return opaque(call, notUnderstood(arguments)) }
            axes.swapAt(first, second)
        case "moveaxis":
            guard let source = axis(arguments.constant("source"), count: rank),
                let target = axis(arguments.constant("destination"), count: rank)
            else { return opaque(call, notUnderstood(arguments)) }
            axes.insert(axes.remove(at: source), at: target)
        default:
            guard let told = KerasOperatorArguments.integers(arguments.constant("axes", "perm", "pattern", place: 1)),
                case let places = told.map({ $0 < 0 ? $0 + rank : $0 }), places.sorted() == axes, places[0] == 0
            else { return opaque(call, notUnderstood(arguments)) }
            axes = places
        }
        return [try permuted(call, input, axes)]
    }

    /// The lengths behind the images of a shape that names the images as well; `nil` where images would be mixed.
    private static func imageShape(_ lengths: [Int?], of input: TensorShape) -> [Int]? {
        guard let first = lengths.first, first == nil || first == -1 else { return nil }
        let rest = lengths.dropFirst().compactMap(\.self)
        guard rest.count == lengths.count - 1, !rest.isEmpty else { return nil }
        if first == nil, rest.count(where: { $0 == -1 }) <= 1, rest.allSatisfy({ $0 == -1 || $0 > 0 }) { return rest }
        // What is left for the images is as many as there are where the rest holds one.
        guard rest.allSatisfy({ $0 > 0 }), let count = TensorShape.elementCount(rest),
            input.elementCount(in: 1..<input.rank) == count
        else { return nil }
        return rest
    }

    /// - Parameter lengths: of all axes behind the images; at most one may be unknown.
    private mutating func reshaped(
        _ call: KerasLayerCall, _ input: KerasValue, toKnown lengths: [Int?]
    ) throws(ModelError) -> [KerasValue] {
        guard lengths.count(where: { $0 == nil }) <= 1, !lengths.isEmpty else {
            return opaque(call, "the lengths of its input's axes are not known")
        }
        return [try reshaped(call, input, to: lengths.map { $0 ?? -1 })]
    }

    /// The same elements along other axes.
    ///
    /// - Parameter lengths: of the axes of the file behind the images; -1 for what is left.
    mutating func reshaped(
        _ call: KerasLayerCall, _ input: KerasValue, to lengths: [Int], part: KerasNetwork.Part = .main,
        suffix: String? = nil, isLast: Bool = true
    ) throws(ModelError) -> KerasValue {
        // With two axes the orders are the same, so the result may be counted in any.
        let order = input.rank ?? 0 > 2 ? input.order : defaultOrder
        var source = input
        source.order = order
        return try add(
            .reshape(Reshape(dimensions: [0] + lengths, order: order)), to: [source], of: call, part: part,
            suffix: suffix, isLast: isLast, order: order)
    }

    /// - Parameter sources: for each axis of the file the one of the input that it is, images first.
    mutating func permuted(
        _ call: KerasLayerCall, _ input: KerasValue, _ sources: [Int]
    ) throws(ModelError) -> KerasValue {
        let rank = sources.count
        func order(of result: ElementOrder) -> [Int] {
            var permutation = [Int](repeating: 0, count: rank)
            let output = KerasValue(
                id: input.id, order: result, networkShape: TensorShape([Int?](repeating: nil, count: rank)))
            for axis in 0..<rank {
                permutation[output.networkAxis(axis) ?? 0] = input.networkAxis(sources[axis]) ?? 0
            }
            return permutation
        }
        // In one of the two orders the elements may lie as they did.
        for result in [input.order, .channelsFirst, .channelsLast] where order(of: result) == Array(0..<rank) {
            return try add(.identity(type: call.layer.className), to: [input], of: call, order: result)
        }
        return try add(.permute(order: order(of: input.order)), to: [input], of: call)
    }

    // MARK: Several into one

    private mutating func joining(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        let order = call.inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
        let isStack = arguments.function == "stack"
        guard case .list? = call.arguments.first, !call.inputs.isEmpty,
            let told = arguments.constant("axis", place: 1)?.wholeNumber ?? (isStack ? 0 : -1) as Int?,
            call.inputs.allSatisfy({ $0.rank != nil && $0.rank == call.inputs[0].rank })
        else { return opaque(call, "its axis is not understood") }
        guard isStack else {
            let inputs = call.inputs.map { inOrder($0, order) }
            guard let axis = inputs[0].networkAxis(told), axis > 0 else {
                return opaque(call, "its axis is not understood")
            }
            guard inputs.count > 1 else { return [try add(.identity(type: "Concatenate"), to: inputs, of: call)] }
            return [try add(.concat(axis: axis), to: inputs, of: call, order: order)]
        }
        // Each gets an axis of length 1, along which they are joined then.
        let rank = (call.inputs[0].rank ?? 0) + 1
        let place = told < 0 ? told + rank : told
        guard (1..<rank).contains(place),
            call.inputs.allSatisfy({ $0.shape?.dimensions.dropFirst().count(where: { $0 == nil }) ?? 2 <= 1 })
        else { return opaque(call, "its axis is not understood") }
        var parts: [KerasValue] = []
        for (index, input) in call.inputs.enumerated() {
            var lengths = (inOrder(input, order).shape?.dimensions.dropFirst()).map { Array($0) } ?? []
            lengths.insert(1, at: place - 1)
            let part = try reshaped(
                call, inOrder(input, order), to: lengths.map { $0 ?? -1 }, part: .helper, suffix: "part \(index + 1)",
                isLast: false)
            parts.append(inOrder(part, order))
        }
        guard let axis = parts[0].networkAxis(place) else { return opaque(call, "its axis is not understood") }
        return [try add(.concat(axis: axis), to: parts, of: call, order: order)]
    }
}
