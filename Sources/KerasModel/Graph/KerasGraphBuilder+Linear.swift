import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Dense layers and convolutions; `nil` for any other class.
    mutating func translateLinear(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        guard let form = KerasLinearForm(call.layer.className) else { return nil }
        guard call.inputs.count == 1 else { return opaque(call, "it reads \(call.inputs.count) tensors") }
        let activation = KerasActivation(call.fields["activation"], dialect: config.dialect)
        if form.kind == .dense { return try dense(call, activation: activation) }
        return try convolution(call, form: form, activation: activation)
    }

    // MARK: Dense

    private mutating func dense(
        _ call: KerasLayerCall, activation: KerasActivation
    ) throws(ModelError) -> [KerasValue] {
        guard let units = call.fields["units", "output_dim"]?.wholeNumber, units > 0 else {
            return opaque(call, "its number of units is not told")
        }
        // Sums over the last axis, so that has to be the channel's.
        let input = inOrder(call.inputs[0], .channelsLast)
        guard
            let parameters = parameters(of: call, shapes: [input.channels.map { [$0, units] }, [units]]),
            let weight = parameters.first
        else { return opaque(call, "its weights are not plain numbers") }
        try checkInputs(call, input, weight: weight, axis: 0, groups: 1)
        let bias = parameters.count > 1 ? parameters[1] : nil
        let operation: Operation
        if let rank = input.rank, rank > 2 {
            // The same at each place: a convolution whose window is one element.
            operation = .convolution(
                Convolution(
                    weight: weight, weightOrder: .outputsLast, bias: bias, outputChannels: units,
                    kernel: [Int](repeating: 1, count: rank - 2)))
        } else {
            operation = .innerProduct(
                InnerProduct(weight: weight, bias: bias, outputCount: units, transposed: true))
        }
        return try finish(call, operation, input: input, activation: activation)
    }

    // MARK: Convolutions

    private mutating func convolution(
        _ call: KerasLayerCall, form: KerasLinearForm, activation: KerasActivation
    ) throws(ModelError) -> [KerasValue] {
        let fields = call.fields
        let rank = form.rank + call.leadingAxes
        let order = call.dataOrder
        guard call.leadingAxes == 0 || order == .channelsLast else {
            return opaque(call, "it goes through time with its channels first")
        }
        let input = inOrder(call.inputs[0], order)
        guard input.rank ?? rank + 2 == rank + 2 else {
            throw ModelError(
                .malformed,
                "\(file): layer '\(call.name)' (\(call.layer.className)) reads a value of \(input.rank ?? 0) axes, expected \(rank + 2)"
            )
        }
        let ones = [Int](repeating: 1, count: call.leadingAxes)
        let lengths = form.kernel(fields).prefix(form.rank).compactMap(\.self)
        guard lengths.count == form.rank, lengths.allSatisfy({ $0 > 0 }),
            let strides = windowField(fields, ["strides", "subsample", "subsample_length"], count: form.rank),
            let dilation = windowField(fields, ["dilation_rate", "atrous_rate"], count: form.rank)
        else { return opaque(call, "its kernel, strides or dilation are not understood") }
        let isTheano = fields.string("dim_ordering") == "th"
        var shape = Convolution(
            weight: ParameterID(0), weightOrder: isTheano && form.rank > 1 ? .outputsFirst : .outputsLast, bias: nil,
            outputChannels: 0, kernel: ones + lengths, stride: ones + strides, dilation: ones + dilation)
        let padding = fields["padding", "border_mode"]?.string ?? "valid"
        if form.kind == .transposed {
            guard transposedPadding(&shape, fields: fields, padding: padding, leading: call.leadingAxes) else {
                return opaque(call, "its padding is not understood")
            }
        } else {
            switch padding {
            case "valid": break
            case "same": shape.padsToCover = true
            case "causal" where form.rank == 1:
                shape.padBefore[call.leadingAxes] = (lengths[0] - 1) * dilation[0]
            default: return opaque(call, "its padding '\(padding)' is not understood")
            }
        }
        let outputs = fields["filters", "nb_filter"]?.wholeNumber ?? 0
        switch form.kind {
        case .dense: return opaque(call, nil)
        case .convolution, .transposed:
            guard outputs > 0 else { return opaque(call, "its number of filters is not told") }
            let groups = fields.integer("groups") ?? 1
            guard groups > 0 else { return opaque(call, "its number of groups is \(groups)") }
            let channels = input.channels.map { $0 / groups }
            let kernelShape = channels.map {
                shape.kernel + (form.kind == .transposed ? [outputs, $0] : [$0, outputs])
            }
            guard let parameters = parameters(of: call, shapes: [kernelShape, [outputs]]), let weight = parameters.first
            else { return opaque(call, "its weights are not plain numbers") }
            let axis = isTheano && form.rank > 1 ? 1 : form.kind == .transposed ? -1 : -2
            try checkInputs(call, input, weight: weight, axis: axis, groups: groups)
            shape.weight = weight
            shape.bias = parameters.count > 1 ? parameters[1] : nil
            shape.outputChannels = outputs
            shape.groups = groups
            if form.kind == .transposed, isTheano { return opaque(call, "its weights are in Theano's order") }
            return try finish(
                call, form.kind == .transposed ? .deconvolution(shape) : .convolution(shape), input: input,
                activation: activation)
        case .depthwise, .separable:
            return try depthwise(
                call, shape: shape, input: input, outputs: outputs, isSeparable: form.kind == .separable,
                isTheano: isTheano, activation: activation)
        }
    }

    private mutating func depthwise(
        _ call: KerasLayerCall, shape: Convolution, input: KerasValue, outputs: Int, isSeparable: Bool, isTheano: Bool,
        activation: KerasActivation
    ) throws(ModelError) -> [KerasValue] {
        let multiplier = call.fields.integer("depth_multiplier") ?? 1
        guard !isTheano, multiplier > 0 else { return opaque(call, "its weights are in Theano's order") }
        let leading = [Int](shape.kernel.dropFirst(call.leadingAxes))
        let stored = weights?.tensors[call.path]?.first?.shape.dropLast().last
        guard let channels = input.channels ?? stored, channels > 0 else {
            return opaque(call, "the number of its channels is not known")
        }
        let middle = channels * multiplier
        let kernelShape = leading + [channels, multiplier]
        let shapes: [[Int]?] =
            isSeparable
            ? [kernelShape, leading.map { _ in 1 } + [middle, outputs], [outputs]] : [kernelShape, [middle]]
        guard let parameters = parameters(of: call, shapes: shapes), parameters.count >= (isSeparable ? 2 : 1) else {
            return opaque(call, "its weights are not plain numbers")
        }
        try checkInputs(call, input, weight: parameters[0], axis: -2, groups: 1)
        var first = shape
        first.weight = parameters[0]
        first.weightOrder = .depthwise
        first.outputChannels = middle
        first.groups = channels
        guard isSeparable else {
            first.bias = parameters.count > 1 ? parameters[1] : nil
            return try finish(call, .convolution(first), input: input, activation: activation)
        }
        guard outputs > 0 else { return opaque(call, "its number of filters is not told") }
        // The bias of the layer is that of its second part.
        first.mayHaveBias = false
        let between = try add(
            .convolution(first), to: [input], of: call, part: .depthwise, suffix: "depthwise", isLast: false)
        try checkInputs(call, between, weight: parameters[1], axis: -2, groups: 1)
        let second = Convolution(
            weight: parameters[1], weightOrder: .outputsLast, bias: parameters.count > 2 ? parameters[2] : nil,
            outputChannels: outputs, kernel: shape.kernel.map { _ in 1 })
        return try finish(call, .convolution(second), input: between, activation: activation)
    }

    /// Padding and output padding of a transposed convolution, as `deconv_output_length` and TensorFlow's gradient of a convolution have them.
    private func transposedPadding(
        _ shape: inout Convolution, fields: KerasFields, padding: String, leading: Int
    ) -> Bool {
        guard padding == "valid" || padding == "same" else { return false }
        let told = fields.integers("output_padding", count: shape.kernel.count - leading)
        guard told != nil || fields["output_padding"] == nil else { return false }
        for axis in shape.kernel.indices where axis >= leading {
            let extent = (shape.kernel[axis] - 1) * shape.dilation[axis] + 1
            let total: Int
            if let extra = told?[axis - leading] {
                total = (padding == "same" ? extent / 2 * 2 : 0) - extra
            } else {
                total = padding == "same" ? extent - shape.stride[axis] : min(extent - shape.stride[axis], 0)
            }
            shape.padBefore[axis] = max(total, 0) / 2
            shape.padAfter[axis] = max(total, 0) - max(total, 0) / 2
            shape.outputPadding[axis] = max(-total, 0)
        }
        return true
    }

    /// One number for each axis, 1 where nothing is told; `nil` for what is not understood.
    func windowField(_ fields: KerasFields, _ keys: [String], count: Int) -> [Int]? {
        for key in keys where fields[key] != nil {
            guard let numbers = fields.integers(key, count: count), numbers.allSatisfy({ $0 > 0 }) else { return nil }
            return numbers
        }
        return [Int](repeating: 1, count: count)
    }

    // MARK: What all have in common

    /// Makes sure that a weight is for as many channels as there are.
    private func checkInputs(
        _ call: KerasLayerCall, _ input: KerasValue, weight: ParameterID, axis: Int, groups: Int
    ) throws(ModelError) {
        guard let shape = network[weight].shape, let channels = input.channels else { return }
        let place = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(place), shape[place] * groups != channels else { return }
        throw ModelError(
            .malformed,
            "\(file): layer '\(call.name)' (\(call.layer.className)) has weights of shape \(TensorShape.describe(shape)) for \(shape[place] * groups) channels, but reads \(channels); do the weights belong to this model?"
        )
    }

    /// Adds the linear operation, and its activation behind it.
    private mutating func finish(
        _ call: KerasLayerCall, _ operation: Operation, input: KerasValue, activation: KerasActivation
    ) throws(ModelError) -> [KerasValue] {
        let isLinear = activation.isLinear
        let result = try add(operation, to: [input], of: call, isLast: isLinear)
        return isLinear ? [result] : [try add(activation, to: result, of: call)]
    }
}
