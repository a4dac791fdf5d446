import Folding
import Frontend
import NetGraph

extension ONNXNetwork {
    /// A folded network as it is written: names that the file has no other value of, and leftovers in the forms that nodes have.
    ///
    /// What is written and what is held against the written file are both made of it.
    ///
    /// - Throws: for numbers that cannot be read.
    func prepared(_ folded: FoldedNetwork, for file: ONNXFile) throws(ModelError) -> ONNXPreparedFold {
        var result = folded
        keepNamesOfConstants(&result)
        renameNewValues(&result, file: file)
        let types = valueTypes(of: result.network)
        let before = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for position in result.network.layers.indices {
            let layer = result.network.layers[position]
            if let origin = origins[layer.id], let old = before[layer.id], old.type == layer.type,
                file.nodes[origin.node].name.isEmpty, let output = layer.outputs.first,
                !isLeftover(layer, before: old)
            {
                result.network.layers[position].name = result.network[output].name
            }
            guard isLeftover(layer, before: before[layer.id]), let input = layer.inputs.first else { continue }
            let type = types[input] ?? .float32
            prepareLeftover(position, of: &result, type: type)
        }
        try joinConstants(&result, before: before, file: file)
        let tags = try joinTerms(&result, file: file)
        nameParts(&result, file: file, tags: tags)
        return try requantized(result)
    }

    /// The layers that are parts of nodes, by node, with the place in the network of each.
    private func parts(in folded: Network) -> [Int: [String: Int]] {
        var result: [Int: [String: Int]] = [:]
        for (position, layer) in folded.layers.enumerated() {
            guard let origin = origins[layer.id], !partValues.isEmpty else { continue }
            result[origin.node, default: [:]][origin.part ?? ""] = position
        }
        return result.filter { $0.value.count > 1 }
    }

    /// Values inside a node are called after its output.
    private func nameParts(_ result: inout FoldedNetwork, file: ONNXFile, tags: [Int: String]) {
        for (node, places) in parts(in: result.network) {
            guard let last = places[""], let output = result.network.layers[last].outputs.first else { continue }
            let name = result.network[output].name
            for (part, place) in places where !part.isEmpty {
                let told = origins[result.network.layers[place].id]?.tag ?? ""
                let full = part + (told.isEmpty ? "" : tags[node].map { " for \($0)" } ?? told)
                result.network.layers[place].name = ONNXGraphBuilder.name(
                    ofPart: full, of: file.nodes[node], output: name)
                for value in result.network.layers[place].outputs {
                    result.network.values[value.index].name = "\(name) \(full)"
                }
            }
        }
    }

    /// Adds to C of a Gemm, which differs from row to row, the biases that its parts took.
    ///
    /// - Returns: for each such node the name of the new C.
    private func joinTerms(_ result: inout FoldedNetwork, file: ONNXFile) throws(ModelError) -> [Int: String] {
        var tags: [Int: String] = [:]
        var names = UniqueNames(file.allNames.union(result.network.values.map(\.name)))
        for (node, places) in parts(in: result.network).sorted(by: { $0.key < $1.key }) {
            guard let product = places["product"], let terms = places["terms"],
                case .innerProduct(var first) = result.network.layers[product].operation,
                case .innerProduct(var second) = result.network.layers[terms].operation,
                let shape = result.network[second.weight].shape, let count = TensorShape.elementCount(shape),
                first.bias != nil || second.bias != nil
                    || outgrows(file.nodes[node].inputs[2], result.recipes[second.weight], count, file: file)
            else { continue }
            var sums = try numbers(of: second.weight, count, in: result, file: file)
            for bias in [first.bias, second.bias].compactMap(\.self) {
                let added = try numbers(of: bias, second.outputCount, in: result, file: file)
                for index in sums.indices { sums[index] += added[index % second.outputCount] }
            }
            let name = names.insert(file.nodes[node].inputs[2])
            tags[node] = name
            var renamed = result.network[second.weight]
            renamed.name = name
            let parameter = result.network.addParameter(renamed)
            result.recipes[parameter] = .vector(sums)
            (first.bias, second.bias, second.weight) = (nil, nil, parameter)
            result.network.layers[product].operation = .innerProduct(first)
            result.network.layers[terms].operation = .innerProduct(second)
        }
        return tags
    }

    /// Whether new numbers have no place where the old ones are: there is one for each row and column now.
    private func outgrows(_ name: String, _ recipe: ParameterRecipe?, _ count: Int, file: ONNXFile) -> Bool {
        guard recipe != nil else { return false }
        return file.initializerPlaces[name].map { file.initializers[$0].elementCount != count } ?? true
    }

    /// Numbers of a folded network, as they would be written.
    private func numbers(
        of parameter: ParameterID, _ count: Int, in folded: FoldedNetwork, file: ONNXFile
    ) throws(ModelError) -> [Double] {
        let store = FoldedWeights(base: ONNXWeightStore(file: file, constants: constants), folded: folded)
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        do throws(WeightError) {
            try store.read(parameter, from: 0, into: buffer)
        } catch {
            throw ModelError(error)
        }
        return Array(buffer)
    }

    // MARK: Constants

    /// Tensors keep their names: what is made of one gets another.
    private func keepNamesOfConstants(_ result: inout FoldedNetwork) {
        for layer in network.layers where layer.isConstant && origins[layer.id] == nil {
            for value in layer.outputs where result.network[value].name != network[value].name {
                let (name, given) = (network[value].name, result.network[value].name)
                for index in result.network.values.indices where result.network.values[index].name == name {
                    result.network.values[index].name = given
                }
                result.network.values[value.index].name = name
            }
        }
    }

    /// Affines of constants become other constants.
    private func joinConstants(
        _ result: inout FoldedNetwork, before: [LayerID: Layer], file: ONNXFile
    ) throws(ModelError) {
        var constants: [ValueID: Layer] = [:]
        for layer in result.network.layers where layer.isConstant && origins[layer.id] == nil {
            constants[layer.outputs[0]] = layer
        }
        guard !constants.isEmpty else { return }
        var changed = false
        for position in result.network.layers.indices {
            let layer = result.network.layers[position]
            guard isLeftover(layer, before: before[layer.id]), let input = layer.inputs.first,
                let constant = constants[input], case .parameter(let parameter, let shape) = constant.operation,
                let count = TensorShape.elementCount(shape), count <= ONNXConstant.largestComputedCount,
                let affine = try affine(of: layer, in: result, file: file), shape.count > 1,
                affine.factors.count == shape[1] || affine.factors.count == 1
            else { continue }
            let inner = shape[2...].reduce(1, *)
            var numbers = try numbers(of: parameter, count, in: result, file: file)
            for index in numbers.indices {
                let channel = affine.factors.count == 1 ? 0 : index / inner % shape[1]
                numbers[index] = affine.terms[channel].addingProduct(numbers[index], affine.factors[channel])
            }
            let output = layer.outputs[0]
            var made = result.network[parameter]
            made.name = result.network[output].name
            let new = result.network.addParameter(made)
            result.recipes[new] = .vector(numbers)
            let folded = Layer(
                id: LayerID(-1_000_000_000 - position), name: made.name, type: "Constant",
                operation: .parameter(new, shape: shape), inputs: [], outputs: [output])
            result.network.layers[position] = folded
            constants[output] = folded
            changed = true
        }
        if changed { sortConstants(&result.network) }
    }

    /// Constants stand before all nodes, in the order in which those read them; what nobody reads goes.
    private func sortConstants(_ folded: inout Network) {
        var open: [ValueID: Layer] = [:]
        for layer in folded.layers where layer.isConstant && origins[layer.id] == nil { open[layer.outputs[0]] = layer }
        var constants: [Layer] = []
        let others = folded.layers.filter { !$0.isConstant || origins[$0.id] != nil }
        for layer in others {
            for input in layer.inputs {
                if let constant = open.removeValue(forKey: input) { constants.append(constant) }
            }
        }
        folded.layers = constants + others
    }

    /// The numbers of a leftover: y = factor x + term, one for each channel or one for all; `nil` where they are not at hand.
    private func affine(
        of layer: Layer, in folded: FoldedNetwork, file: ONNXFile
    ) throws(ModelError) -> (factors: [Double], terms: [Double])? {
        func vector(_ parameter: ParameterID?) -> [Double]? {
            guard let parameter, case .vector(let numbers) = folded.recipes[parameter] else { return nil }
            return numbers
        }
        switch layer.operation {
        case .scale(let scale):
            guard let factors = vector(scale.gamma) else { return nil }
            return (factors, vector(scale.beta) ?? factors.map { _ in 0 })
        case .bias(let bias):
            guard let terms = vector(bias.beta) else { return nil }
            return (terms.map { _ in 1 }, terms)
        case .batchNorm(let batchNorm):
            guard let gamma = vector(batchNorm.gamma), let beta = vector(batchNorm.beta),
                let mean = vector(batchNorm.mean), case .variance(let spread) = batchNorm.spread,
                let variance = vector(spread)
            else { return nil }
            let factors = gamma.indices.map { gamma[$0] / (variance[$0] + batchNorm.epsilon).squareRoot() }
            return (factors, gamma.indices.map { beta[$0] - factors[$0] * mean[$0] })
        default: return nil
        }
    }

    /// Whether a layer is an affine that the plan made.
    func isLeftover(_ layer: Layer, before: Layer?) -> Bool {
        guard layer.operation != before?.operation else { return false }
        switch layer.operation {
        case .scale, .bias, .batchNorm: return true
        default: return false
        }
    }

    /// Gives each value a name of its own: plans may give one name to several, as other frameworks allow, and do not know the names of tensors, of constants
    /// and of values inside graphs.
    private func renameNewValues(_ result: inout FoldedNetwork, file: ONNXFile) {
        let folded = result.network
        let all = file.allNames
        let others = all.subtracting(network.values.map(\.name))
        var names = UniqueNames(all.union(folded.values.map(\.name)))
        let outputs = Set(folded.outputs)
        let written = folded.layers.flatMap(\.outputs)
        /// Who keeps a name: an output of the network, else the value that had it before, else the first.
        func rank(_ value: ValueID) -> Int {
            if outputs.contains(value) { return 0 }
            return value.index < network.values.count && network[value].name == folded[value].name ? 1 : 2
        }
        var keepers: [String: ValueID] = [:]
        for value in written {
            let name = folded[value].name
            if let keeper = keepers[name], rank(keeper) <= rank(value) { continue }
            keepers[name] = value
        }
        for value in written where keepers[folded[value].name] != value || others.contains(folded[value].name) {
            result.network.values[value.index].name = names.insert(folded[value].name)
        }
    }

    /// What the values of a folded network are made of: new ones are as the first input of the layer that writes them.
    private func valueTypes(of folded: Network) -> [ValueID: ONNXElementType] {
        var result: [ValueID: ONNXElementType] = [:]
        for index in types.indices { result[ValueID(index)] = types[index] }
        for layer in folded.layers {
            let type = layer.inputs.lazy.compactMap { result[$0] }.first { $0 != .unknown }
            for output in layer.outputs where result[output] == nil { result[output] = type }
        }
        return result
    }

    private func prepareLeftover(_ position: Int, of result: inout FoldedNetwork, type: ONNXElementType) {
        var layer = result.network.layers[position]
        let element = type.parameterType ?? .float32
        let channels = layer.inputs.first.flatMap { result.network[$0].shape?.length(ofAxis: 1) }
        let parameters = layer.operation.parameters
        let isUniform = parameters.allSatisfy { result.network[$0].shape == [] }
        if isUniform, let channels {
            // Where the number of channels is known a single number is told once for each.
            for parameter in parameters {
                result.network.parameters[parameter.index].shape = [channels]
                if case .vector(let numbers) = result.recipes[parameter], numbers.count == 1 {
                    result.recipes[parameter] = .vector([Double](repeating: numbers[0], count: channels))
                }
            }
        }
        let isScalar = isUniform && channels == nil
        // A vector can be aligned with the channels only where the shape tells which axis they are.
        let isAligned = isScalar || parameters.allSatisfy { result.network[$0].shape == [channels ?? -1] }
        switch layer.operation {
        case .scale(var scale) where scale.beta == nil && isAligned:
            scale.axes = .axes(isScalar ? 0..<0 : 1..<2)
            layer.operation = .scale(scale)
        case .bias(var bias) where isAligned:
            bias.axes = .axes(isScalar ? 0..<0 : 1..<2)
            layer.operation = .bias(bias)
        case .scale(let scale): layer = normalization(layer, gamma: scale.gamma, beta: scale.beta, of: &result)
        case .bias(let bias): layer = normalization(layer, gamma: nil, beta: bias.beta, of: &result)
        default: break
        }
        for parameter in layer.operation.parameters {
            result.network.parameters[parameter.index].elementType = element
        }
        result.network.layers[position] = layer
    }

    /// The same affine as a BatchNormalization, which needs to know nothing about the axes of its input.
    private func normalization(
        _ layer: Layer, gamma: ParameterID?, beta: ParameterID?, of result: inout FoldedNetwork
    ) -> Layer {
        let count = (gamma ?? beta).flatMap { result.network[$0].elementCount } ?? 1
        let epsilon = Double(Float(1e-5))
        func parameter(_ role: String, _ known: ParameterID?, _ missing: Double) -> ParameterID {
            let parameter = result.network.addParameter(Parameter(name: "\(layer.name) \(role)", shape: [count]))
            let recipe = known.flatMap { result.recipes[$0] }
            result.recipes[parameter] = recipe ?? .vector([Double](repeating: missing, count: count))
            return parameter
        }
        let scale = parameter("gamma", gamma, 1)
        let shift = parameter("beta", beta, 0)
        let mean = parameter("mean", nil, 0)
        let variance = parameter("variance", nil, Double(Float(1 - epsilon)))
        var changed = layer
        changed.type = "BatchNormalization"
        changed.operation = .batchNorm(
            BatchNorm(
                mean: mean, spread: .variance(variance), gamma: scale, beta: shift,
                stored: [scale, shift, mean, variance], epsilon: epsilon, movingAverageFraction: Double(Float(0.9))))
        return changed
    }
}

extension Layer {
    var isConstant: Bool { if case .parameter = operation { true } else { false } }
}
