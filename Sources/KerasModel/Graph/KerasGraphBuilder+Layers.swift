import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Adds what one call of a layer becomes.
    ///
    /// - Returns: its outputs.
    mutating func translate(_ whole: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        callInputs[KerasCallPlace(path: whole.path, call: whole.call)] = whole.inputs.map(\.id)
        // A mask is nothing that a layer computes with, but for a few.
        var call = whole
        call.keywords.removeAll { $0.name == "mask" }
        switch call.layer.content {
        case .model(let model):
            return leave(
                call,
                outputs: try expand(
                    model, inputs: call.inputs, path: call.path, outerCall: call.call, leadingAxes: call.leadingAxes))
        case .wrapper(let inner):
            // Where Keras 2 knows the number of images it goes step by step, and repeats the one before where a step is left out.
            if config.dialect != .three, masks.mayOccur, masks.hasFixedBatch { return opaque(whole, KerasMasks.cause) }
            var inside = whole
            inside.layer = inner
            inside.path = call.path.appending(inner.name)
            leafHomes[inside.path] = leafHomes[call.path] ?? (call.path.parent, call.layer.name)
            inside.leadingAxes += 1
            return try translate(inside)
        case .merge: return opaque(whole, "models that are merged as a first layer are not taken apart")
        case .leaf: break
        }
        if call.layer.isForeign { return opaque(whole, "it is a class of the user's") }
        if call.layer.isOperator || KerasClasses.operators.contains(call.layer.className) {
            return try translateOperator(whole)
        }
        if call.layer.isQuantized || !(call.layer.config["quantization_config"].map(\.isNull) ?? true) {
            return opaque(whole, "its weights are quantised")
        }
        if let result = translateMasked(whole) { return result }
        if let result = try translateLinear(call) { return result }
        if let result = try translateAffine(call) { return result }
        if let result = try translateActivationLayer(call) { return result }
        if let result = try translateStructure(call) { return result }
        if let result = try translateWindow(call) { return result }
        if let result = try translateResizing(call) { return result }
        if let result = try translateNormalizing(call) { return result }
        return opaque(whole, nil)
    }

    /// A layer of which nothing is known but what it reads, and its tensors.
    ///
    /// - Parameter cause: as part of a sentence; `nil` for a type that is not known.
    mutating func opaque(_ call: KerasLayerCall, _ cause: String?) -> [KerasValue] {
        var parameters: [ParameterID] = []
        for leaf in call.layer.leaves(path: call.path) { parameters += allParameters(of: leaf.path) }
        let told = call.toldShape.map { Array($0.dropFirst()) }
        let shape = (told ?? KerasToldShapes.shape(of: call.layer, inputs: call.inputs)).map {
            defaultOrder.networkShape(of: TensorShape([1] + $0))
        }
        var opaque = Opaque(type: call.layer.className, parameters: parameters, cause: cause)
        opaque.isNormalization = call.layer.leaves(path: call.path).contains {
            KerasClasses.normalizations.contains($0.layer.className)
        }
        return append(
            .opaque(opaque), name: call.name, type: call.layer.className,
            valueNames: (0..<max(call.outputCount, 1)).map { $0 == 0 ? call.name : "\(call.name) output \($0)" },
            inputs: call.inputs,
            shapes: (0..<max(call.outputCount, 1)).map { $0 == 0 ? shape : nil }, order: defaultOrder,
            origin: origin(call, .main))
    }

    func origin(_ call: KerasLayerCall, _ part: KerasNetwork.Part) -> KerasNetwork.Origin {
        KerasNetwork.Origin(path: call.path, call: call.call, part: part)
    }

    /// Adds a layer with one output whose shape follows from the operation.
    ///
    /// - Parameters:
    ///   - suffix: what tells its name from that of the layer; `nil` for the part that has the name of the layer.
    ///   - isLast: whether its output is that of the layer.
    /// - Throws: where the inputs do not fit.
    mutating func add(
        _ operation: Operation, to inputs: [KerasValue], of call: KerasLayerCall, part: KerasNetwork.Part = .main,
        suffix: String? = nil, isLast: Bool = true, order: ElementOrder? = nil
    ) throws(ModelError) -> KerasValue {
        let shape: TensorShape?
        do throws(ShapeError) {
            shape = try operation.outputShapes(of: inputs.map(\.networkShape), outputCount: 1).first ?? nil
        } catch {
            throw ModelError(.malformed, "\(file): layer '\(call.name)' (\(call.layer.className)): \(error.message)")
        }
        let value = append(
            operation, name: suffix.map { "\(call.name) (\($0))" } ?? call.name,
            type: part == .activation ? suffix ?? call.layer.className : call.layer.className,
            valueName: isLast ? call.name : "\(call.name) (\(suffix.map { $0 } ?? "linear"))", inputs: inputs,
            shape: shape, order: order ?? inputs.first?.order ?? defaultOrder, origin: origin(call, part))
        // Inside of a layer there is no place for another one.
        if !isLast { network.values[value.id.index].isSealed = true }
        return value
    }

    // MARK: Parameters

    /// All tensors of a leaf that have numbers.
    mutating func allParameters(of path: KerasPath) -> [ParameterID] {
        if let known = parameters[path] { return known }
        var result: [ParameterID] = []
        for tensor in weights?.tensors[path] ?? [] {
            guard let type = tensor.elementType else { continue }
            let parameter = network.addParameter(
                Parameter(
                    name: "\(path) \(tensor.name.split(separator: "/").last.map { String($0) } ?? tensor.name)",
                    shape: tensor.shape, elementType: type, mayBeParted: callCounts[path] ?? 1 <= 1))
            tensors[parameter] = tensor
            result.append(parameter)
        }
        parameters[path] = result
        return result
    }

    /// The parameters of a leaf of known class, one for each of its tensors; `nil` where one of them has no numbers that are known.
    ///
    /// - Parameter shapes: those that follow from the JSON, for a network without weights.
    mutating func parameters(
        of call: KerasLayerCall, shapes: [[Int]?]
    ) -> [ParameterID]? {
        let roles = call.layer.weights ?? []
        if let known = parameters[call.path] { return known.count == roles.count ? known : nil }
        let stored = weights?.tensors[call.path] ?? []
        if weights != nil {
            guard stored.count == roles.count, stored.allSatisfy({ $0.elementType != nil }) else { return nil }
        }
        var result: [ParameterID] = []
        for (index, weight) in roles.enumerated() {
            let tensor = weights == nil ? nil : stored[index]
            let parameter = network.addParameter(
                Parameter(
                    name: "\(call.path) \(weight.role.rawValue)",
                    shape: tensor?.shape ?? (shapes.indices.contains(index) ? shapes[index] : nil),
                    elementType: tensor?.elementType ?? .float32, mayBeParted: callCounts[call.path] ?? 1 <= 1))
            tensors[parameter] = tensor
            result.append(parameter)
        }
        parameters[call.path] = result
        return result
    }

    /// A parameter whose numbers the JSON tells.
    mutating func constant(_ numbers: [Double], name: String, shape: [Int]) -> ParameterID {
        let parameter = network.addParameter(Parameter(name: name, shape: shape))
        constants[parameter] = numbers
        return parameter
    }
}
