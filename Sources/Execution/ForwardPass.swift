import NetGraph

/// One pass over a network, layer by layer.
///
///     var pass = try interpreter.start(["data": images])
///     while let layer = try pass.next() { ... pass.tensor(of: layer.outputs[0]) ... }
///
/// A value can be read from the call of `next` that computed it until the following one; a retained one until the end. Its memory is reused
/// once its last reader has run. Two networks can be compared by two passes side by side, without keeping anything.
///
/// A rehearsal goes through all the same steps with shapes alone, and counts on a `MemoryMeter` what they would take.
public struct ForwardPass<Element: ExecutionElement>: ~Copyable {
    /// What keeps values from being computed.
    public let obstacles: [ValueID: Obstacle]
    /// The most bytes that values took at the same time so far.
    public var peakBytes: Int { pool.peakBytes }

    private let interpreter: Interpreter<Element>
    let workers: Workers
    private let scratch: Scratch<Element>
    private var pool: BufferPool<Element>
    /// Set in a rehearsal.
    private let meter: MemoryMeter?
    private var states: [State?]
    /// How often each value is still to be read, by layers that will run.
    private var readsLeft: [Int]
    private var given: [ValueID: PassValue<Element>]
    private let retained: Set<ValueID>
    private var position = 0
    /// Values whose memory is free at the next step.
    private var spent: [ValueID] = []

    private struct State {
        var shape: [Int]
        var count: Int
        var buffer: ElementBuffer<Element>
    }

    /// - Parameters:
    ///   - given: values with their numbers; in a rehearsal, their shapes.
    ///   - meter: set for a rehearsal.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    init(
        _ interpreter: Interpreter<Element>, given: [ValueID: PassValue<Element>], retaining retained: Set<ValueID>,
        on meter: MemoryMeter? = nil
    ) throws(ExecutionError) {
        let plan = try PassPlan(interpreter, given: given)
        self.interpreter = interpreter
        self.meter = meter
        scratch = Scratch(on: meter)
        pool = BufferPool(on: meter)
        self.given = given
        self.retained = retained
        workers = Workers(count: interpreter.options.threadCount)
        obstacles = plan.obstacles
        readsLeft = plan.reads
        states = [State?](repeating: nil, count: interpreter.network.values.count)
    }

    /// Runs the next layer that can run.
    ///
    /// - Returns: the layer, or `nil` after the last one.
    /// - Throws: `ExecutionError` when the layer cannot work on its inputs. The pass cannot go on then.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public mutating func next() throws(ExecutionError) -> Layer? {
        releaseSpent()
        while position < interpreter.network.layers.count {
            let layer = interpreter.network.layers[position]
            position += 1
            meter?.layer = layer.name
            if !layer.outputs.isEmpty, layer.outputs.allSatisfy({ given[$0] != nil }) {
                for output in layer.outputs {
                    guard let value = given.removeValue(forKey: output) else { continue }
                    let state = makeState(value)
                    state.buffer.users = 1
                    states[output.index] = state
                }
            } else if layer.outputs.contains(where: { obstacles[$0] != nil })
                || layer.inputs.contains(where: {
                    obstacles[$0] != nil
                }) || interpreter.obstacles[layer.id] != nil
            {
                continue
            } else if meter != nil, layer.inputs.contains(where: { states[$0.index] == nil }) {
                // In a rehearsal nothing is known of what only numbers tell.
                markRead(layer)
            } else {
                try run(layer)
            }
            spent += layer.outputs.filter { readsLeft[$0.index] == 0 }
            return layer
        }
        return nil
    }

    /// The shape of a value that can be read now.
    public func shape(of value: ValueID) -> [Int]? {
        states.indices.contains(value.index) ? states[value.index]?.shape : nil
    }

    /// A copy of a value that can be read now; in a rehearsal, its shape.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public func value(of value: ValueID) -> PassValue<Element>? {
        if meter != nil { return shape(of: value).map { PassValue(shape: $0) } }
        return tensor(of: value).map { PassValue($0) }
    }

    /// A copy of a value that can be read now; `nil` in a rehearsal.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public func tensor(of value: ValueID) -> Tensor<Element>? {
        guard let shape = shape(of: value) else { return nil }
        return withElements(of: value) { span in
            Tensor(shape: shape, elements: span.withUnsafeBufferPointer { Array($0) })
        } ?? nil
    }

    /// Lends the elements of a value that can be read now, in row-major order; `nil` for any other value, and in a rehearsal.
    public func withElements<Result, Failure: Error>(
        of value: ValueID, _ body: (Span<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard meter == nil, states.indices.contains(value.index), let state = states[value.index] else { return nil }
        let result = try body(UnsafeBufferPointer(start: state.buffer.pointer, count: state.count).span)
        withExtendedLifetime(state.buffer) {}
        return result
    }

    // MARK: Running

    private mutating func run(_ layer: Layer) throws(ExecutionError) {
        var inputs: [State] = []
        for input in layer.inputs {
            guard let state = states[input.index] else {
                throw layer.error("its input '\(interpreter.network[input].name)' was not computed before it")
            }
            inputs.append(state)
        }
        let operation = layer.operation
        if case .sink = operation {
            markRead(layer)
            return
        }
        let shapes = try Self.outputShapes(of: layer, inputs: inputs.map(\.shape))
        var outputs: [State] = []
        if operation.handsInputOn {
            for shape in shapes {
                guard let shape, let input = inputs.first, TensorShape.elementCount(shape) == input.count else {
                    throw layer.error(
                        "an input of shape \(inputs.first.map { TensorShape.describe($0.shape) } ?? "none") does not fit the shape of its output"
                    )
                }
                outputs.append(State(shape: shape, count: input.count, buffer: input.buffer))
            }
        } else {
            outputs = try compute(layer, inputs: inputs, shapes: shapes)
        }
        for (output, state) in zip(layer.outputs, outputs) {
            state.buffer.users += 1
            states[output.index] = state
        }
        markRead(layer)
    }

    private mutating func compute(
        _ layer: Layer, inputs: [State], shapes: [[Int]?]
    ) throws(ExecutionError) -> [State] {
        var call = KernelCall(
            layer: layer, inputs: inputs.map { Block(shape: $0.shape, pointer: $0.buffer.pointer, count: $0.count) },
            outputs: [], parameters: interpreter.parameters,
            reorderedWeight: interpreter.reorderedWeights[layer.id], workers: workers, scratch: scratch)
        let known = shapes.compactMap(\.self)
        guard known.count == shapes.count else {
            var states: [State] = []
            if meter != nil { return states }
            for tensor in try call.selected() { states.append(makeState(PassValue(tensor))) }
            return states
        }
        var states: [State] = []
        for shape in known {
            let count = try elementCount(of: shape, of: layer)
            // A function of each element by itself overwrites what only it reads.
            let isInPlace =
                layer.operation.mayOverwriteInput && states.isEmpty && inputs[0].shape == shape
                && inputs[0].buffer.users == 1 && readsLeft[layer.inputs[0].index] == 1
                && !retained.contains(layer.inputs[0])
            states.append(State(shape: shape, count: count, buffer: isInPlace ? inputs[0].buffer : pool.take(count)))
        }
        call.outputs = states.map { Block(shape: $0.shape, pointer: $0.buffer.pointer, count: $0.count) }
        if let meter { call.rehearse(on: meter) } else { try call.perform() }
        return states
    }

    private func elementCount(of shape: [Int], of layer: Layer) throws(ExecutionError) -> Int {
        guard shape.allSatisfy({ $0 >= 0 }), let count = TensorShape(shape).elementCount(in: 0..<shape.count) else {
            throw layer.error("an output of shape \(TensorShape.describe(shape)) is too large", kind: .tooLarge)
        }
        if meter == nil {
            _ = try interpreter.options.sum(0, elements: count, of: Element.self, "an output of layer '\(layer.name)'")
        }
        return count
    }

    private mutating func makeState(_ value: PassValue<Element>) -> State {
        let state = State(shape: value.shape, count: value.count, buffer: pool.take(value.count))
        value.tensor?.elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { state.buffer.pointer.update(from: base, count: source.count) }
        }
        return state
    }

    /// The shapes of a layer's outputs; `nil` where only the numbers tell.
    static func outputShapes(of layer: Layer, inputs: [[Int]]) throws(ExecutionError) -> [[Int]?] {
        let shapes: [TensorShape?]
        do throws(ShapeError) {
            shapes = try layer.operation.outputShapes(
                of: inputs.map { TensorShape($0) }, outputCount: layer.outputs.count)
        } catch {
            throw layer.error("\(error)")
        }
        guard shapes.count == layer.outputs.count else {
            throw layer.error("it has \(layer.outputs.count) outputs, but computes \(shapes.count)")
        }
        return try shapes.map { (shape) throws(ExecutionError) in
            if let known = shape?.known { return known }
            guard layer.operation.outputDependsOnNumbers else {
                throw layer.error(
                    "the shape of its output does not follow from inputs of shape \(inputs.map(TensorShape.describe).joined(separator: ", "))"
                )
            }
            return nil
        }
    }

    // MARK: Lifetimes

    private mutating func markRead(_ layer: Layer) {
        for input in layer.inputs {
            readsLeft[input.index] -= 1
            if readsLeft[input.index] == 0 { spent.append(input) }
        }
    }

    private mutating func releaseSpent() {
        for value in spent where !retained.contains(value) {
            guard let state = states[value.index] else { continue }
            states[value.index] = nil
            state.buffer.users -= 1
            if state.buffer.users == 0 { pool.give(state.buffer) }
        }
        spent = []
    }
}
