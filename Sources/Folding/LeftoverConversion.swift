import NetGraph

/// Writes what nothing took in another form: for runtimes that lack the framework's own layer for it.
public struct LeftoverConversion {
    /// The layer that each affine becomes.
    public enum Target: Hashable, Sendable {
        /// A convolution with one weight for each channel.
        case depthwise
        /// A normalisation by stored statistics without factors and terms of its own, whose deviation includes this epsilon.
        case batchNorm(epsilon: Double)
    }

    /// An affine that keeps its form, and why.
    public struct Exception: Hashable, Sendable {
        public var layer: LayerID
        public var reason: String
    }

    public private(set) var folded: FoldedNetwork
    /// The layers that have another form now.
    public private(set) var converted: [LayerID] = []
    public private(set) var exceptions: [Exception] = []
    private let target: Target
    private let store: FoldedWeights<AnyWeightStore>?
    /// Found when first a layer would overwrite what it reads.
    private var values: ValuesByName?

    /// Converts every layer that only scales and shifts channels by numbers of its own.
    ///
    /// - Parameters:
    ///   - weights: of the network before the fold; without them shapes alone are right.
    ///   - type: what the framework calls the new layers.
    /// - Throws: `WeightError` when numbers cannot be read.
    public init(
        of folded: FoldedNetwork, weights: (any WeightStore)?, to target: Target, type: String
    ) throws(WeightError) {
        self.folded = folded
        self.target = target
        store = weights.map { FoldedWeights(base: AnyWeightStore($0), folded: folded) }
        for position in folded.network.layers.indices {
            guard let affine = try affine(of: folded.network.layers[position]) else { continue }
            let layer = folded.network.layers[position]
            let result =
                switch target {
                case .depthwise: convolution(affine, layer)
                case .batchNorm(let epsilon): normalization(affine, layer, epsilon: epsilon)
                }
            switch result {
            case .success(let operation):
                self.folded.network.layers[position].operation = operation
                self.folded.network.layers[position].type = type
                converted.append(layer.id)
            case .failure(let reason):
                exceptions.append(Exception(layer: layer.id, reason: reason.text))
            }
        }
    }

    private struct Reason: Error { var text: String }

    /// Factors and terms of a layer, one for each channel; empty ones stand for 1 and 0.
    private struct Affine {
        var scale: [Double]
        var shift: [Double]
        var channels: Int
        var shape: TensorShape?
        var elementType: ElementType
    }

    /// - Returns: `nil` for a layer that is no affine of channels with numbers of its own.
    private func affine(of layer: Layer) throws(WeightError) -> Affine? {
        let (gamma, beta, axes): (ParameterID?, ParameterID?, AffineAxes)
        switch layer.operation {
        case .scale(let scale) where scale.gamma != nil: (gamma, beta, axes) = (scale.gamma, scale.beta, scale.axes)
        case .bias(let bias) where bias.beta != nil: (gamma, beta, axes) = (nil, bias.beta, bias.axes)
        default: return nil
        }
        let network = folded.network
        guard layer.inputs.count == 1, axes.isScalar || axes == .axes(1..<2) else { return nil }
        let shape = network[layer.inputs[0]].shape
        let parameters = [gamma, beta].compactMap(\.self)
        let count = parameters.compactMap { network[$0].elementCount }.max() ?? 1
        func numbers(_ parameter: ParameterID?) throws(WeightError) -> [Double] {
            guard let parameter, let store else { return [] }
            // As the plan has them: what a file would hold was rounded already.
            if case .vector(let numbers) = folded.recipes[parameter] { return numbers }
            return try store.vector(parameter, of: network)
        }
        let channels = axes.isScalar ? (shape.flatMap { $0.rank > 1 ? $0.dimensions[1] : nil } ?? 0) : count
        let (scale, shift) = (try numbers(gamma), try numbers(beta))
        func expanded(_ numbers: [Double]) -> [Double] {
            numbers.count == 1 ? [Double](repeating: numbers[0], count: channels) : numbers
        }
        return Affine(
            scale: expanded(scale), shift: expanded(shift), channels: channels, shape: shape,
            elementType: parameters.contains { network[$0].elementType == .float64 } ? .float64 : .float32)
    }

    /// A convolution cannot overwrite what it reads: values before it get another name, or else those behind it.
    ///
    /// - Returns: whether the two have different names now.
    private mutating func separate(_ input: ValueID, from output: ValueID, of layer: Layer) -> Bool {
        let name = folded.network[input].name
        guard name == folded.network[output].name else { return true }
        var values = values ?? ValuesByName(folded.network)
        defer { self.values = values }
        guard let position = values.producers[output] else { return false }
        let namesakes = values.byName[name] ?? []
        let behind = namesakes.filter { values.producers[$0].map { $0 >= position } ?? false }
        let before = namesakes.filter { !behind.contains($0) }
        let made = before.filter { !values.inputs.contains($0) }
        let isFed = made.count < before.count
        // An input keeps its name, and holds at the end what was fed: then all that was made of it is called otherwise.
        if isFed, behind.contains(where: values.outputs.contains) { return false }
        values.rename(made, from: name, to: "\(name)_before_\(layer.name)", in: &folded.network)
        if isFed { values.rename(behind, from: name, to: "\(name)_\(layer.name)", in: &folded.network) }
        return true
    }

    /// What finding the values of a name takes, once for all layers.
    private struct ValuesByName {
        private(set) var byName: [String: Set<ValueID>] = [:]
        /// The position of the layer that writes a value.
        private(set) var producers: [ValueID: Int] = [:]
        let inputs: Set<ValueID>
        let outputs: Set<ValueID>
        private var names: UniqueNames

        init(_ network: Network) {
            for index in network.values.indices {
                byName[network.values[index].name, default: []].insert(ValueID(index))
            }
            for (position, layer) in network.layers.enumerated() {
                for output in layer.outputs { producers[output] = position }
            }
            inputs = Set(network.layers.filter { $0.operation == .input }.flatMap(\.outputs))
            outputs = Set(network.outputs)
            names = UniqueNames(Set(byName.keys))
        }

        /// Gives values a name that no other has.
        mutating func rename(_ values: Set<ValueID>, from old: String, to stem: String, in network: inout Network) {
            guard !values.isEmpty else { return }
            let name = names.insert(stem)
            byName[old]?.subtract(values)
            byName[name] = values
            for value in values { network.values[value.index].name = name }
        }
    }

    private mutating func convolution(_ affine: Affine, _ layer: Layer) -> Result<Operation, Reason> {
        guard let shape = affine.shape, affine.channels > 0 else {
            return .failure(Reason(text: "the shape of what it reads is not known"))
        }
        guard shape.rank > 2 else {
            return .failure(Reason(text: "what it reads has no pixels, so no convolution can run over them"))
        }
        guard separate(layer.inputs[0], from: layer.outputs[0], of: layer) else {
            return .failure(
                Reason(text: "it overwrites an input of the network whose name an output has, and a convolution cannot")
            )
        }
        let kernel = [Int](repeating: 1, count: shape.rank - 2)
        let ones = [Double](repeating: 1, count: affine.channels)
        let hasTerm: Bool
        if case .scale(let scale) = layer.operation { hasTerm = scale.beta != nil } else { hasTerm = true }
        let weight = add(
            "\(layer.name) weight", [affine.channels, 1] + kernel, affine.scale.isEmpty ? ones : affine.scale,
            affine.elementType)
        let bias = hasTerm ? add("\(layer.name) bias", [affine.channels], affine.shift, affine.elementType) : nil
        return .success(
            .convolution(
                Convolution(
                    weight: weight, bias: bias, outputChannels: affine.channels, groups: affine.channels,
                    kernel: kernel)))
    }

    /// The deviation has to be 1 / factor, so each factor is positive and not so large that its variance would be below 0.
    private mutating func normalization(_ affine: Affine, _ layer: Layer, epsilon: Double) -> Result<Operation, Reason>
    {
        guard affine.channels > 0 else {
            return .failure(Reason(text: "the shape of what it reads is not known"))
        }
        let scale = affine.scale.isEmpty ? [Double](repeating: 1, count: affine.channels) : affine.scale
        guard scale.allSatisfy({ $0 > 0 }) else {
            return .failure(Reason(text: "a factor is not positive, and a deviation is"))
        }
        let variance = scale.map { 1 / ($0 * $0) - epsilon }
        // Where epsilon is most of it, the rounding of the variance would show.
        guard variance.allSatisfy({ $0 > 100 * epsilon && Float($0).isFinite }) else {
            return .failure(Reason(text: "a factor is too large or too small to be that of a variance and its epsilon"))
        }
        let shift = affine.shift.isEmpty ? [Double](repeating: 0, count: affine.channels) : affine.shift
        let mean = zip(scale, shift).map { factor, term in 0 - term / factor }
        guard mean.allSatisfy({ Float($0).isFinite }) else {
            return .failure(Reason(text: "its mean would leave the range of a float"))
        }
        let shape = [affine.channels]
        return .success(
            .batchNorm(
                BatchNorm(
                    mean: add("\(layer.name) mean", shape, mean, affine.elementType),
                    variance: add("\(layer.name) variance", shape, variance, affine.elementType),
                    factor: add("\(layer.name) factor", [1], [1], affine.elementType), epsilon: epsilon)))
    }

    private mutating func add(
        _ name: String, _ shape: [Int], _ numbers: [Double], _ type: ElementType
    ) -> ParameterID {
        let parameter = folded.network.addParameter(Parameter(name: name, shape: shape, elementType: type))
        if store != nil { folded.recipes[parameter] = .vector(numbers) }
        return parameter
    }
}
