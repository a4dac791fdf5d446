import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Layers that combine values or move their elements; `nil` for any other class.
    mutating func translateStructure(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        switch call.layer.className {
        case "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum": return try combination(call)
        case "Concatenate": return try concatenation(call)
        case "Flatten": return try flattening(call)
        case "Reshape": return try reshaping(call)
        case "Permute": return try permutation(call)
        case "RepeatVector": return try repetition(call)
        case "Dot": return try dot(call)
        case "Embedding": return try embedding(call)
        default: return nil
        }
    }

    /// The inputs in one order of axes: that of the first whose order matters.
    private mutating func alike(_ inputs: [KerasValue]) -> [KerasValue] {
        let order = inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
        return inputs.map { inOrder($0, order) }
    }

    private mutating func combination(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        let inputs = alike(call.inputs)
        guard let first = inputs.first else { return opaque(call, "it reads nothing") }
        guard inputs.count > 1 else { return [try add(.identity(type: call.layer.className), to: inputs, of: call)] }
        guard inputs.allSatisfy({ $0.rank != nil }) else {
            return opaque(call, "the numbers of its inputs' axes are not known")
        }
        guard inputs.allSatisfy({ $0.networkShape == first.networkShape }), call.layer.className != "Minimum" else {
            return try combination(ofDifferent: inputs, call)
        }
        let ones = inputs.map { _ in 1.0 }
        let eltwise: Eltwise
        switch call.layer.className {
        case "Add": eltwise = Eltwise(combination: .sum, coefficients: ones)
        case "Average":
            eltwise = Eltwise(combination: .sum, coefficients: ones.map { $0 / Double(inputs.count) })
        case "Subtract":
            eltwise = Eltwise(combination: .sum, coefficients: [1] + ones.dropFirst().map { -$0 })
        case "Multiply": eltwise = Eltwise(combination: .product, coefficients: ones)
        default: eltwise = Eltwise(combination: .maximum, coefficients: ones)
        }
        return [try add(.eltwise(eltwise), to: inputs, of: call)]
    }

    /// Axes of length 1 serve all places; axes that an input lacks are behind the images.
    private mutating func combination(
        ofDifferent inputs: [KerasValue], _ call: KerasLayerCall
    ) throws(ModelError) -> [KerasValue] {
        let functions: [String: Arithmetic.Function] = [
            "Add": .sum, "Subtract": .difference, "Multiply": .product, "Average": .mean, "Maximum": .maximum,
            "Minimum": .minimum,
        ]
        guard let function = functions[call.layer.className] else { return opaque(call, nil) }
        let order = inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
        let arithmetic = Arithmetic(function, order: order, missingAxes: .behindImages)
        return [try add(.arithmetic(arithmetic), to: inputs, of: call, order: order)]
    }

    private mutating func concatenation(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        let inputs = alike(call.inputs)
        guard let first = inputs.first else { return opaque(call, "it reads nothing") }
        let told = call.fields["axis", "concat_axis"]?.wholeNumber ?? -1
        let ranked = inputs.first { $0.rank != nil } ?? first
        guard let axis = ranked.networkAxis(told > 0 ? told + call.leadingAxes : told), axis > 0 else {
            return opaque(call, "which of its inputs' axes is axis \(told) is not known")
        }
        guard inputs.count > 1 else { return [try add(.identity(type: "Concatenate"), to: inputs, of: call)] }
        return [try add(.concat(axis: axis), to: inputs, of: call)]
    }

    /// All axes behind the images as one. `data_format` "channels_first" moves the channels behind the others first.
    private mutating func flattening(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard var input = call.inputs.first, call.inputs.count == 1 else {
            return opaque(call, "it reads no one tensor")
        }
        let first = 1 + call.leadingAxes
        guard let rank = input.rank, rank > first else {
            return opaque(call, "the number of its input's axes is not known")
        }
        if rank == first + 1, rank == 2 { return [try add(.identity(type: "Flatten"), to: [input], of: call)] }
        var order = input.order
        if call.dataOrder == .channelsFirst, call.fields["data_format"] != nil {
            guard call.leadingAxes == 0 else { return opaque(call, "it goes through time with its channels first") }
            input = inOrder(input, .channelsFirst)
            order = .channelsLast
        } else if call.leadingAxes > 0 {
            input = inOrder(input, .channelsLast)
            order = .channelsLast
        }
        return [
            try add(
                .flatten(first: first, last: -1, order: order), to: [input], of: call,
                order: call.leadingAxes > 0 ? .channelsLast : defaultOrder)
        ]
    }

    private mutating func reshaping(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1, call.leadingAxes == 0 else {
            return opaque(call, "it reads no one tensor")
        }
        guard let lengths = call.fields.integers("target_shape"), !lengths.isEmpty, !lengths.contains(0) else {
            return opaque(call, "its 'target_shape' is not understood")
        }
        guard input.rank != nil else { return opaque(call, "the number of its input's axes is not known") }
        return [try reshaped(call, input, to: lengths)]
    }

    private mutating func permutation(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1, call.leadingAxes == 0, let rank = input.rank,
            let dims = call.fields.integers("dims"), dims.sorted() == Array(1..<rank)
        else { return opaque(call, "its 'dims' do not fit its input") }
        return [try permuted(call, input, [0] + dims)]
    }

    private mutating func repetition(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1, call.leadingAxes == 0, input.rank == 2,
            let count = call.fields.integer("n"), count > 0
        else { return opaque(call, "its input or its 'n' is not understood") }
        // (images, channels) to (images, n, channels), which is (images, channels, n) in the network.
        let column = try add(
            .reshape(Reshape(dimensions: [0, 0, 1])), to: [input], of: call, part: .helper, suffix: "column",
            isLast: false, order: .channelsLast)
        return [try add(.tile(axis: 2, count: count), to: [column], of: call)]
    }

    /// Each whole number becomes a row of a table, along a new last axis.
    private mutating func embedding(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        // Through time it does the same as without.
        guard let input = call.inputs.first, call.inputs.count == 1 else {
            return opaque(call, "it reads \(call.inputs.count) tensors")
        }
        guard let rows = call.fields.integer("input_dim"), let length = call.fields.integer("output_dim"),
            rows > 0, length > 0,
            let parameters = parameters(of: call, shapes: [[rows, length]]), let table = parameters.first,
            network[table].shape == [rows, length]
        else { return opaque(call, "its table is not understood") }
        // The axes of the input lie as they do in the file, whatever its order is.
        let plain = inOrder(input, .channelsFirst)
        let embed = Embed(
            weight: table, bias: nil, rowCount: rows, outputCount: length, order: .channelsLast)
        return [try add(.embed(embed), to: [plain], of: call, order: .channelsLast)]
    }
}
