import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Normalisations by what the input holds, and preparations of the data; `nil` for any other class.
    mutating func translateNormalizing(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        switch call.layer.className {
        case "LayerNormalization": return try layerNormalization(call)
        case "GroupNormalization": return try groupNormalization(call)
        case "UnitNormalization": return try unitNormalization(call)
        case "Rescaling": return try rescaling(call)
        case "Normalization": return try normalization(call)
        default: return nil
        }
    }

    private mutating func layerNormalization(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1, let rank = input.rank, call.leadingAxes == 0,
            let parameters = parameters(of: call, shapes: []), let roles = call.layer.weights,
            call.fields.boolean("rms_scaling") != true
        else { return opaque(call, "its input or its weights are not understood") }
        let told = call.fields["axis"].flatMap { node in
            node.elements.map { $0.compactMap(\.wholeNumber) } ?? node.wholeNumber.map { [$0] }
        }
        let places = (told ?? [-1]).map { $0 < 0 ? $0 + rank : $0 }.sorted()
        let axes = places.compactMap { input.networkAxis($0) }
        guard axes.count == places.count, !axes.contains(0) else { return opaque(call, "its axes are not understood") }
        func parameter(_ role: KerasWeight.Role) -> ParameterID? {
            zip(roles, parameters).first { $0.0.role == role }?.1
        }
        let operation = Standardization(
            .axes(axes), scale: parameter(.gamma), shift: parameter(.beta), parameterAxes: axes,
            epsilon: Double(Float(call.fields.decimal("epsilon") ?? 1e-3)))
        return [try add(.standardization(operation), to: [input], of: call)]
    }

    private mutating func groupNormalization(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1, let rank = input.rank, call.leadingAxes == 0,
            let parameters = parameters(of: call, shapes: []), let roles = call.layer.weights,
            let axis = call.fields.integer("axis") ?? -1 as Int?, input.networkAxis(axis) == 1, rank > 2,
            let channels = input.channels, let groups = call.fields.integer("groups") ?? 32 as Int?
        else { return opaque(call, "its input or its weights are not understood") }
        let count = groups == -1 ? channels : groups
        guard count > 0, channels % count == 0 else { return opaque(call, "its groups do not fit its input") }
        func parameter(_ role: KerasWeight.Role) -> ParameterID? {
            zip(roles, parameters).first { $0.0.role == role }?.1
        }
        let operation = Standardization(
            .groups(count), scale: parameter(.gamma), shift: parameter(.beta), parameterAxes: [1],
            epsilon: Double(Float(call.fields.decimal("epsilon") ?? 1e-3)))
        return [try add(.standardization(operation), to: [input], of: call)]
    }

    private mutating func unitNormalization(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        let told = call.fields["axis"].flatMap { node in
            node.elements.map { $0.compactMap(\.wholeNumber) } ?? node.wholeNumber.map { [$0] }
        }
        guard let input = call.inputs.first, call.inputs.count == 1, call.leadingAxes == 0,
            case let axes = (told ?? [-1]).compactMap({ input.networkAxis($0) }), axes.count == (told ?? [-1]).count
        else { return opaque(call, "its axes are not understood") }
        // The square of the norm is at least 1e-12.
        return [try add(.normDivision(NormDivision(axes: axes, least: 1e-6)), to: [input], of: call)]
    }

    // MARK: Preparations of the data

    /// x scale + offset along the last axis: kept apart from what folds, for users feed data as it is.
    private mutating func rescaling(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1,
            let scale = call.fields["scale"]?.decimals,
            case let offset = call.fields["offset"]?.decimals ?? [0]
        else { return opaque(call, "its scale or offset is not understood") }
        return try preparation(call, input, scale: scale, offset: offset)
    }

    /// (x - mean) / max(sqrt(variance), 1e-7) along one axis, or the inverse of that.
    private mutating func normalization(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard let input = call.inputs.first, call.inputs.count == 1 else {
            return opaque(call, "it reads no one tensor")
        }
        guard let (mean, variance) = try statistics(of: call),
            mean.count == variance.count || mean.count == 1 || variance.count == 1
        else { return opaque(call, "its statistics are not known") }
        let axis = call.fields["axis"]
        guard axis?.elements?.count ?? 1 <= 1, mean.count == 1 && variance.count == 1 || isLastAxis(axis, of: input)
        else { return opaque(call, "its axis is not the last one") }
        let count = max(mean.count, variance.count)
        let (means, variances) = (
            (0..<count).map { mean[mean.count == 1 ? 0 : $0] },
            (0..<count).map { variance[variance.count == 1 ? 0 : $0] }
        )
        let deviations = variances.map { max($0.squareRoot(), 1e-7) }
        if call.fields.boolean("invert") == true {
            return try preparation(call, input, scale: deviations, offset: means)
        }
        return try preparation(
            call, input, scale: deviations.map { 1 / $0 }, offset: zip(means, deviations).map { -$0 / $1 })
    }

    /// Mean and variance, from the JSON where they were given, else from the file where they were adapted to data.
    private func statistics(of call: KerasLayerCall) throws(ModelError) -> (mean: [Double], variance: [Double])? {
        if let mean = call.fields["mean"]?.decimals, let variance = call.fields["variance"]?.decimals {
            return (mean, variance)
        }
        guard let weights, let roles = call.layer.weights, let tensors = weights.tensors[call.path],
            tensors.count == roles.count
        else { return nil }
        var numbers: [KerasWeight.Role: [Double]] = [:]
        for (role, tensor) in zip(roles.map(\.role), tensors) where role == .mean || role == .variance {
            guard tensor.elementType != nil, let count = TensorShape.elementCount(tensor.shape), count < 1 << 20 else {
                return nil
            }
            var values = [Double](repeating: 0, count: count)
            let result = values.withUnsafeMutableBufferPointer { buffer -> Result<Void, WeightError> in
                Result { () throws(WeightError) in try weights.read(tensor, from: 0, into: buffer) }
            }
            if case .failure(let error) = result { throw ModelError(error) }
            numbers[role] = values
        }
        guard let mean = numbers[.mean], let variance = numbers[.variance] else { return nil }
        return (mean, variance)
    }

    private func isLastAxis(_ node: JSONNode?, of input: KerasValue) -> Bool {
        guard let axis = node.map({ $0.elements?.first?.wholeNumber ?? $0.wholeNumber }) ?? -1 else { return false }
        return axis == -1 || input.rank.map { axis == $0 - 1 } ?? false
    }

    private mutating func preparation(
        _ call: KerasLayerCall, _ input: KerasValue, scale: [Double], offset: [Double]
    ) throws(ModelError) -> [KerasValue] {
        let value = inOrder(input, scale.count > 1 || offset.count > 1 ? .channelsLast : input.order)
        func isFit(_ numbers: [Double]) -> Bool { numbers.count == 1 || numbers.count == value.channels }
        guard isFit(scale), isFit(offset) else { return opaque(call, "its numbers do not fit its input") }
        if options.preparation.foldsPreprocessing {
            let result = try add(affine(call, scale: scale, offset: offset), to: [value], of: call)
            keepWhole(call.path)
            return [result]
        }
        remarks.append(
            ReadingRemark(
                kind: .init(rawValue: "preprocessing-stays"), severity: .note, layers: [call.name],
                message:
                    "layer '\(call.name)' (\(call.layer.className)) prepares the data and stays; --fold-preprocessing folds it, too"
            ))
        let product = try combine(call, .product, value, with: scale, suffix: "scale", isLast: false)
        return [try combine(call, .sum, product, with: offset, suffix: nil, isLast: true)]
    }

    /// The same as a layer that may be folded.
    private mutating func affine(_ call: KerasLayerCall, scale: [Double], offset: [Double]) -> Operation {
        let count = max(scale.count, offset.count)
        guard count > 1 else { return .power(Power(scale: scale[0], shift: offset[0])) }
        func spread(_ numbers: [Double]) -> [Double] {
            numbers.count == 1 ? [Double](repeating: numbers[0], count: count) : numbers
        }
        let gamma = constant(spread(scale), name: "\(call.name) scale", shape: [count])
        let beta = constant(spread(offset), name: "\(call.name) offset", shape: [count])
        return .scale(Scale(gamma: gamma, beta: beta))
    }

    /// Combines a value with numbers of the JSON: one for all, or one for each entry of its last axis.
    private mutating func combine(
        _ call: KerasLayerCall, _ function: Arithmetic.Function, _ value: KerasValue, with numbers: [Double],
        suffix: String?, isLast: Bool
    ) throws(ModelError) -> KerasValue {
        let name = "\(call.name) (\(suffix ?? "offset") numbers)"
        let parameter = constant(numbers, name: name, shape: [numbers.count])
        let constants = append(
            .parameter(parameter, shape: [numbers.count]), name: name, type: call.layer.className, valueName: name,
            inputs: [], shape: TensorShape([numbers.count]), order: value.order, origin: origin(call, .helper))
        network.values[constants.id.index].isSealed = true
        return try add(
            .arithmetic(Arithmetic(function, order: value.order)), to: [value, constants], of: call,
            part: suffix == nil ? .main : .helper, suffix: suffix, isLast: isLast)
    }
}

extension JSONNode {
    /// Numbers in a list, or in lists of one list each; one number is a list of one.
    var decimals: [Double]? {
        if let number { return [number.double] }
        guard let elements else { return nil }
        if elements.count == 1, elements[0].elements != nil { return elements[0].decimals }
        let numbers = elements.compactMap { $0.number?.double }
        return numbers.count == elements.count && !numbers.isEmpty ? numbers : nil
    }
}
