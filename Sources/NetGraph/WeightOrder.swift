/// In which order a framework stores the axes of a convolution's weight.
///
/// A deconvolution is the transpose of a convolution: what is called inputs here are its outputs, and what is called outputs its inputs.
public enum WeightOrder: Hashable, Sendable {
    /// (outputs, inputs / groups, kernel ...). Transposed: (inputs, outputs / groups, kernel ...).
    case outputsFirst
    /// (kernel ..., inputs / groups, outputs). Transposed: (kernel ..., outputs / groups, inputs).
    case outputsLast
    /// (kernel ..., inputs, outputs / inputs) of a convolution with a group for each input c: output c * M + m is at (c, m).
    case depthwise

    /// What the axes of a weight count, the outermost one first.
    func roles(isTransposed: Bool) -> [WeightLayout.Role] {
        let (outputs, inputs): (WeightLayout.Role, WeightLayout.Role) =
            isTransposed ? (.inputs, .outputs) : (.outputs, .inputs)
        return switch self {
        case .outputsFirst: [.groups, outputs, inputs, .kernel]
        case .outputsLast: [.kernel, inputs, .groups, outputs]
        case .depthwise: [.kernel, .groups, outputs, inputs]
        }
    }
}

/// Where the elements of a weight lie: an array of four axes, each of which has a role.
public struct WeightLayout: Hashable, Sendable {
    /// What an axis counts.
    public enum Role: Hashable, Sendable {
        case groups
        /// The outputs of one group, and its inputs.
        case outputs, inputs
        /// All elements of a kernel; of an inner product, those that belong to one input channel.
        case kernel
    }

    /// All four, the outermost axis first.
    public let roles: [Role]
    public let groups: Int
    public let outputs: Int
    public let inputs: Int
    public let kernel: Int

    /// The lengths must be positive.
    init(roles: [Role], groups: Int, outputs: Int, inputs: Int, kernel: Int) {
        self.roles = roles
        self.groups = groups
        self.outputs = outputs
        self.inputs = inputs
        self.kernel = kernel
    }

    public func length(of role: Role) -> Int {
        switch role {
        case .groups: groups
        case .outputs: outputs
        case .inputs: inputs
        case .kernel: kernel
        }
    }

    /// The distance between neighbours along the axis of a role.
    public func stride(of role: Role) -> Int {
        roles.reversed().prefix { $0 != role }.reduce(1) { $0 * length(of: $1) }
    }

    /// The same weight with its axes in another order.
    public func arranged(_ roles: [Role]) -> WeightLayout {
        WeightLayout(roles: roles, groups: groups, outputs: outputs, inputs: inputs, kernel: kernel)
    }

    public var inputChannels: Int { groups * inputs }
}

extension Convolution {
    /// Where the elements of its weight lie; `nil` when their number does not divide into channels and kernel.
    ///
    /// - Parameter isTransposed: whether it is a deconvolution.
    public func weightLayout(isTransposed: Bool, elementCount: Int) -> WeightLayout? {
        guard groups > 0, outputChannels > 0, outputChannels % groups == 0, elementCount > 0,
            let taps = TensorShape.elementCount(kernel), taps > 0,
            let perInput = TensorShape.elementCount([outputChannels, taps]), elementCount % perInput == 0
        else { return nil }
        return WeightLayout(
            roles: weightOrder.roles(isTransposed: isTransposed), groups: groups, outputs: outputChannels / groups,
            inputs: elementCount / perInput, kernel: taps)
    }
}

extension InnerProduct {
    /// Where the elements of its weight lie, of as many input channels, each of which has a block of elements; `nil` when it does not divide into them.
    public func weightLayout(elementCount: Int, channels: Int) -> WeightLayout? {
        guard outputCount > 0, channels > 0, elementCount > 0,
            let perElement = TensorShape.elementCount([outputCount, channels]), elementCount % perElement == 0
        else { return nil }
        return WeightLayout(
            roles: transposed ? [.groups, .inputs, .kernel, .outputs] : [.groups, .outputs, .inputs, .kernel],
            groups: 1, outputs: outputCount, inputs: channels, kernel: elementCount / perElement)
    }
}

extension Operation {
    /// The weight of a convolution or deconvolution that is stored in another order than outputs first (transposed: inputs first), and where its
    /// elements lie; `nil` for any other operation.
    ///
    /// - Parameter elementCount: of a parameter.
    public func foreignWeight(
        elementCount: (ParameterID) -> Int?
    ) -> (parameter: ParameterID, stored: WeightLayout, plain: WeightLayout)? {
        let (convolution, isTransposed): (Convolution, Bool)
        switch self {
        case .convolution(let payload): (convolution, isTransposed) = (payload, false)
        case .deconvolution(let payload): (convolution, isTransposed) = (payload, true)
        default: return nil
        }
        guard convolution.weightOrder != .outputsFirst, let count = elementCount(convolution.weight),
            let stored = convolution.weightLayout(isTransposed: isTransposed, elementCount: count)
        else { return nil }
        return (
            convolution.weight, stored,
            stored.arranged(WeightOrder.outputsFirst.roles(isTransposed: isTransposed))
        )
    }
}
