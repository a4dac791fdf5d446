import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs a network on the CPU as its framework would, in single or double precision.
///
/// A reference to hold other networks against: kernels follow the framework's definition, borders included, and results do not depend on the
/// number of threads. The parameters are read once and converted; the interpreter then serves any number of passes, also at the same time.
///
///     let interpreter = try Interpreter<Float>(network, weights: store)
///     try interpreter.run(["data": images]) { value, tensor in print(network[value].name, tensor.shape) }
public struct Interpreter<Element: ExecutionElement>: Sendable {
    public let network: Network
    public let options: ExecutionOptions
    let parameters: [ParameterID: Parameters]
    /// The weights of layers that store theirs in another order, in the kernels' order, where other layers need them as they are stored.
    let reorderedWeights: [LayerID: Parameters]
    let obstacles: [LayerID: Obstacle]

    /// The numbers of one parameter.
    struct Parameters: Sendable {
        var shape: [Int]
        var buffer: ElementBuffer<Element>
        var count: Int
    }

    /// Reads the parameters of every layer that can run.
    ///
    /// - Throws: `ExecutionError` when a parameter cannot be read, or all of them take more memory than the options allow.
    public init(
        _ network: Network, weights: some WeightStore, options: ExecutionOptions = ExecutionOptions()
    ) throws(ExecutionError) {
        try BLAS.requireLibrary()
        var parameters: [ParameterID: Parameters] = [:]
        var obstacles: [LayerID: Obstacle] = [:]
        var total = 0
        for layer in network.layers {
            try Self.checkIdentifiers(of: layer, in: network)
            if let obstacle = layer.obstacle {
                obstacles[layer.id] = obstacle
                continue
            }
            for parameter in layer.operation.parameters where parameters[parameter] == nil {
                guard let shape = network[parameter].shape, let count = network[parameter].elementCount else {
                    throw layer.error("the shape of \(network[parameter].name) is not known", kind: .weights)
                }
                total = try options.sum(total, elements: count, of: Element.self, "the parameters")
                let buffer = ElementBuffer<Element>(capacity: count)
                do throws(WeightError) {
                    try weights.read(
                        parameter, from: 0, into: UnsafeMutableBufferPointer(start: buffer.pointer, count: count))
                } catch {
                    throw ExecutionError(
                        error.kind == .unreadable
                            ? .unreadable : error.kind == .inputOutput ? .inputOutput : .weights, "\(error)")
                }
                parameters[parameter] = Parameters(shape: shape, buffer: buffer, count: count)
            }
        }
        let reordered = try Self.reorderWeights(&parameters, of: network, obstacles: obstacles, options: options)
        self.init(
            network: network, options: options, parameters: parameters, reorderedWeights: reordered,
            obstacles: obstacles)
    }

    init(
        network: Network, options: ExecutionOptions, parameters: [ParameterID: Parameters],
        reorderedWeights: [LayerID: Parameters], obstacles: [LayerID: Obstacle]
    ) {
        self.network = network
        self.options = options
        self.parameters = parameters
        self.reorderedWeights = reorderedWeights
        self.obstacles = obstacles
    }

    /// Begins a pass over the network.
    ///
    /// - Parameters:
    ///   - inputs: numbers by the name of the network's input.
    ///   - retained: values that stay readable until the end of the pass; the others may be overwritten once their last reader ran.
    ///   - isRehearsed: whether a rehearsal with these shapes has shown already that there is memory for the pass.
    public func start(
        _ inputs: [String: Tensor<Element>], retaining retained: Set<ValueID> = [], isRehearsed: Bool = false
    ) throws(ExecutionError) -> ForwardPass<Element> {
        try start(given: try byValue(inputs), retaining: retained, isRehearsed: isRehearsed)
    }

    /// Begins a pass over the network from numbers for any of its values: a layer whose outputs are all given does not run.
    ///
    /// - Throws: `ExecutionError` when an input is missing, or the values would take more memory than the options allow.
    public func start(
        given values: [ValueID: Tensor<Element>], retaining retained: Set<ValueID> = [], isRehearsed: Bool = false
    ) throws(ExecutionError) -> ForwardPass<Element> {
        let given = values.mapValues { PassValue($0) }
        if !isRehearsed { try requireMemory(for: given, retaining: retained) }
        return try ForwardPass(self, given: given, retaining: retained)
    }

    private func requireMemory(
        for given: [ValueID: PassValue<Element>], retaining retained: Set<ValueID>
    ) throws(ExecutionError) {
        let meter = MemoryMeter()
        var rehearsal = try ForwardPass(
            self, given: given.mapValues { PassValue(shape: $0.shape) }, retaining: retained, on: meter)
        while try rehearsal.next() != nil {}
        guard meter.peakBytes <= options.maximumBytes else {
            throw ExecutionError(
                .tooLarge,
                "the values up to layer '\(meter.peakLayer ?? "")' would take \(MemorySize(meter.peakBytes)) of memory, but no more than \(MemorySize(options.maximumBytes)) are allowed"
            )
        }
    }

    /// Begins a pass that only counts the memory that it would take.
    ///
    /// - Parameter shapes: by the name of the network's input. Lengths must not be negative.
    public func rehearse(
        _ shapes: [String: [Int]], on meter: MemoryMeter
    ) throws(ExecutionError) -> ForwardPass<Element> {
        try rehearse(given: try byValue(shapes), on: meter)
    }

    /// Begins a pass from any of the network's values that only counts the memory that it would take.
    public func rehearse(
        given shapes: [ValueID: [Int]], on meter: MemoryMeter
    ) throws(ExecutionError) -> ForwardPass<Element> {
        try ForwardPass(self, given: shapes.mapValues { PassValue(shape: $0) }, retaining: [], on: meter)
    }

    private func byValue<Given>(_ inputs: [String: Given]) throws(ExecutionError) -> [ValueID: Given] {
        var values: [ValueID: Given] = [:]
        for (name, given) in inputs {
            // Of values with one name the first is what the network reads, the others were made from it in place.
            guard let index = network.values.indices.first(where: { network.values[$0].name == name }) else {
                throw ExecutionError(.invalidInput, "the network has no input '\(name)'; \(inputList)")
            }
            values[ValueID(index)] = given
        }
        return values
    }

    /// Runs the network and hands over each value, given ones included, in the order of the layers, as soon as it is computed.
    ///
    /// - Returns: what keeps the values that were not handed over from being computed.
    public func run(
        _ inputs: [String: Tensor<Element>],
        receive: (ValueID, Tensor<Element>) throws(ExecutionError) -> Void
    ) throws(ExecutionError) -> [ValueID: Obstacle] {
        var pass = try start(inputs)
        while let layer = try pass.next() {
            for output in layer.outputs {
                if let tensor = pass.tensor(of: output) { try receive(output, tensor) }
            }
        }
        return pass.obstacles
    }

    /// Runs the network and returns its outputs, as far as they can be computed.
    public func outputs(of inputs: [String: Tensor<Element>]) throws(ExecutionError) -> [ValueID: Tensor<Element>] {
        var pass = try start(inputs, retaining: Set(network.outputs))
        while try pass.next() != nil {}
        var tensors: [ValueID: Tensor<Element>] = [:]
        for output in network.outputs { tensors[output] = pass.tensor(of: output) }
        return tensors
    }

    var inputList: String {
        let names = network.layers.filter { $0.operation == .input }.flatMap(\.outputs).map { "'\(network[$0].name)'" }
        return "its inputs are \(names.joined(separator: ", "))"
    }

    private static func checkIdentifiers(of layer: Layer, in network: Network) throws(ExecutionError) {
        guard (layer.inputs + layer.outputs).allSatisfy({ network.values.indices.contains($0.index) }),
            layer.operation.parameters.allSatisfy({ network.parameters.indices.contains($0.index) })
        else {
            throw layer.error("it mentions a value or a parameter that the network does not have")
        }
    }
}

/// How a network is run.
public struct ExecutionOptions: Hashable, Sendable {
    /// Threads that work at the same time. Results do not depend on it.
    public var threadCount: Int
    /// The most memory that a run may take; a network that needs more is refused before it runs.
    public var maximumBytes: Int

    public init(threadCount: Int? = nil, maximumBytes: Int = 16 << 30) {
        self.threadCount = threadCount ?? max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        self.maximumBytes = maximumBytes
    }

    /// Adds the bytes of some elements to a sum of bytes, within the limit.
    func sum<Element: ExecutionElement>(
        _ bytes: Int, elements: Int, of type: Element.Type, _ what: String
    ) throws(ExecutionError) -> Int {
        let (more, overflows) = elements.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        let (sum, sumOverflows) = bytes.addingReportingOverflow(more)
        guard !overflows, !sumOverflows, sum <= maximumBytes else {
            throw ExecutionError(
                .tooLarge,
                "\(what) would take more memory than the \(MemorySize(maximumBytes)) that are allowed")
        }
        return sum
    }
}
