import Execution
import NetGraph
import TestSupport
import Testing

/// What a pass does around its kernels: order, memory, what cannot run, and hostile input.
struct InterpreterTests {
    /// A chain of layers, each reading what the one before wrote, from an input `data`.
    private struct Chain {
        var network = Network()
        var last: ValueID

        init() {
            last = network.addValue(Value(name: "data"))
            network.layers.append(Layer(id: LayerID(0), name: "data", operation: .input, inputs: [], outputs: [last]))
        }

        /// Adds a layer that reads the given values, or the last one, and returns what it writes.
        @discardableResult
        mutating func add(_ operation: Operation, reading inputs: [ValueID]? = nil) -> ValueID {
            let name = "layer\(network.layers.count)"
            let value = network.addValue(Value(name: name))
            network.layers.append(
                Layer(
                    id: LayerID(network.layers.count), name: name, operation: operation, inputs: inputs ?? [last],
                    outputs: [value]))
            last = value
            network.outputs = [value]
            return value
        }

        func interpreter(_ options: ExecutionOptions = ExecutionOptions(threadCount: 2)) throws -> Interpreter<Double> {
            try Interpreter(network, weights: MemoryWeights(numbers: []), options: options)
        }
    }

    private let double = Operation.power(Power(scale: 2))
    private let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [1, 1]))
    private let opaque = Operation.opaque(Opaque(type: "Mystery"))
    private let data = ["data": Tensor<Double>(counting: [2, 3])]

    @Test("values are handed over in the order of the layers, the input first")
    func order() throws {
        var chain = Chain()
        chain.add(double)
        chain.add(double)
        var names: [String] = []
        var last: [Double] = []
        let obstacles = try chain.interpreter().run(data) { value, tensor in
            names.append(chain.network[value].name)
            last = tensor.elements
        }
        #expect(names == ["data", "layer1", "layer2"])
        #expect(last == [0, 4, 8, 12, 16, 20])
        #expect(obstacles.isEmpty)
    }

    @Test("a value that is read again later is not overwritten")
    func secondReader() throws {
        var chain = Chain()
        let first = chain.add(double)
        let second = chain.add(double)
        chain.add(sum, reading: [first, second])
        #expect(try chain.interpreter().outputs(of: data)[chain.last]?.elements == [0, 6, 12, 18, 24, 30])
    }

    @Test("a value that is read twice by one layer is not overwritten")
    func sameInputTwice() throws {
        var chain = Chain()
        let first = chain.add(double)
        chain.add(sum, reading: [first, first])
        #expect(try chain.interpreter().outputs(of: data)[chain.last]?.elements == [0, 4, 8, 12, 16, 20])
    }

    @Test("what shares memory with another value is not overwritten")
    func sharedMemory() throws {
        var chain = Chain()
        let first = chain.add(double)
        let flat = chain.add(.reshape(Reshape(dimensions: [6])), reading: [first])
        chain.add(double, reading: [flat])
        chain.add(.flatten(first: 0, last: -1), reading: [first])
        #expect(try chain.interpreter().outputs(of: data)[chain.last]?.elements == [0, 2, 4, 6, 8, 10])
    }

    @Test("a retained value survives layers that could work in place")
    func retained() throws {
        var chain = Chain()
        let first = chain.add(double)
        chain.add(double)
        var pass = try chain.interpreter().start(data, retaining: [first])
        while try pass.next() != nil {}
        #expect(pass.tensor(of: first)?.elements == [0, 2, 4, 6, 8, 10])
        #expect(pass.tensor(of: ValueID(0)) == nil)
        #expect(pass.tensor(of: ValueID(99)) == nil)
    }

    @Test("memory of values is reused once their last reader ran")
    func memory() throws {
        var chain = Chain()
        for _ in 0..<20 { chain.add(.softmax(axis: 1)) }
        var pass = try chain.interpreter().start(["data": Tensor(counting: [10, 100])])
        while try pass.next() != nil {}
        #expect(pass.peakBytes <= 2 * 1000 * 8)
    }

    @Test("functions of one element take the memory of their input")
    func inPlace() throws {
        var chain = Chain()
        for _ in 0..<20 { chain.add(double) }
        var pass = try chain.interpreter().start(["data": Tensor(counting: [10, 100])])
        while try pass.next() != nil {}
        #expect(pass.peakBytes == 1000 * 8)
    }

    @Test("one interpreter serves batches of any size")
    func batches() throws {
        var chain = Chain()
        chain.add(double)
        let interpreter = try chain.interpreter()
        for batch in [1, 5, 2] {
            let output = try interpreter.outputs(of: ["data": Tensor(counting: [batch, 3])])[chain.last]
            #expect(output?.shape == [batch, 3])
        }
    }

    @Test("an empty batch is no error")
    func emptyBatch() throws {
        var chain = Chain()
        chain.add(double)
        chain.add(.softmax(axis: 1))
        #expect(try chain.interpreter().outputs(of: ["data": Tensor([0, 3], [])])[chain.last]?.shape == [0, 3])
    }

    // MARK: What cannot run

    @Test("what does not depend on an opaque layer runs, and the rest is told with its cause")
    func obstacle() throws {
        var chain = Chain()
        let first = chain.add(double)
        let hidden = chain.add(opaque)
        let behind = chain.add(double)
        let other = chain.add(double, reading: [first])
        var computed: [ValueID] = []
        let obstacles = try chain.interpreter().run(data) { value, _ in computed.append(value) }
        #expect(computed == [ValueID(0), first, other])
        #expect(Set(obstacles.keys) == [hidden, behind])
        #expect(obstacles[behind]?.description == "layer 'layer2' (Mystery) cannot run: its type is not modelled")
    }

    @Test("from numbers given for it, what lies behind an opaque layer runs")
    func given() throws {
        var chain = Chain()
        let hidden = chain.add(opaque)
        chain.add(double)
        var pass = try chain.interpreter().start(
            given: [ValueID(0): Tensor([1], [1]), hidden: Tensor([2], [3, 4])], retaining: [chain.last])
        while try pass.next() != nil {}
        #expect(pass.obstacles.isEmpty)
        #expect(pass.tensor(of: chain.last)?.elements == [6, 8])
    }

    @Test("a layer that reads data or draws random numbers is an obstacle")
    func sources() throws {
        for operation in [Operation.dataSource(type: "Data"), .objective(type: "Loss"), .stochastic(type: "Dropout")] {
            var chain = Chain()
            chain.add(operation)
            #expect(try chain.interpreter().run(data) { _, _ in }.keys.contains(chain.last))
        }
    }

    @Test("the receiver can stop a run")
    func stop() throws {
        var chain = Chain()
        chain.add(double)
        #expect(throws: ExecutionError(.stopped, "enough")) {
            _ = try chain.interpreter().run(data) { _, _ throws(ExecutionError) in
                throw ExecutionError(.stopped, "enough")
            }
        }
    }

    // MARK: Wrong input

    @Test("a missing input and one of a wrong name are errors that name the inputs")
    func inputs() throws {
        let interpreter = try Chain().interpreter()
        #expect(throws: ExecutionError(.invalidInput, "the input 'data' is not given; its inputs are 'data'")) {
            _ = try interpreter.outputs(of: [:])
        }
        #expect(throws: ExecutionError(.invalidInput, "the network has no input 'dat'; its inputs are 'data'")) {
            _ = try interpreter.outputs(of: ["dat": Tensor([1], [1])])
        }
    }

    @Test("more memory than is allowed is refused before anything runs")
    func limit() throws {
        var chain = Chain()
        chain.add(.tile(axis: 0, count: 1000))
        chain.add(.tile(axis: 0, count: 1000))
        let interpreter = try chain.interpreter(ExecutionOptions(maximumBytes: 1 << 20))
        #expect(throws: ExecutionError.self) { _ = try interpreter.start(data) }
    }

    @Test("sizes beyond all memory are errors, not traps", arguments: [Int(Int32.max), .max])
    func huge(count: Int) throws {
        var chain = Chain()
        chain.add(.tile(axis: 0, count: count))
        chain.add(.tile(axis: 1, count: count))
        #expect(throws: ExecutionError.self) { _ = try chain.interpreter().outputs(of: data) }
    }

    @Test("an input of too few axes is an error of every kernel", arguments: [[], [2], [0], [1, 0]])
    func fewAxes(shape: [Int]) throws {
        let input = Tensor<Double>(noise: shape)
        let operations: [Operation] = [
            .pooling(Pooling(method: .max, kernel: [2, 2], stride: [1, 1], pad: [0, 0])),
            .spatialPyramid(SpatialPyramid(method: .max, levels: 2)),
            .upsample(Upsample(size: .lengths(height: 2, width: 2), hasMask: true)),
            .interpolation(Interpolation(size: .lengths(height: 2, width: 2))), .reorg(Reorg(stride: 2)),
            .priorBox(PriorBox(minimumSizes: [3])), .regionPooling(RegionPooling(height: 1, width: 1)),
            .detectionOutput(DetectionOutput(classCount: 2)), .localResponse(LocalResponse(region: .withinChannel)),
            .im2col(Im2col(kernel: [2, 2], stride: [1, 1], pad: [0, 0], dilation: [1, 1])), .axpy, .batchReindex,
            .slice(axis: 2, points: []), .concat(axis: 5), .softmax(axis: 3),
        ]
        for operation in operations {
            #expect(throws: ExecutionError.self, "\(operation)") { try OneLayer(operation: operation).run([input]) }
        }
    }

    @Test("windows without size or stride are errors", arguments: [0, -1, .max])
    func senselessWindows(length: Int) {
        let input = Tensor<Double>(noise: [1, 1, 4, 4])
        let weight = Tensor<Double>(noise: [1, 1, 2, 2])
        for convolution in [
            Convolution(weight: ParameterID(0), bias: nil, outputChannels: 1, kernel: [length, 2]),
            Convolution(weight: ParameterID(0), bias: nil, outputChannels: 1, kernel: [2, 2], stride: [length, 1]),
            Convolution(weight: ParameterID(0), bias: nil, outputChannels: 1, groups: length, kernel: [2, 2]),
        ] where !(length == .max && convolution.stride[0] == .max) {
            #expect(throws: ExecutionError.self, "\(convolution)") {
                try OneLayer(operation: .convolution(convolution), parameters: [weight]).run(input)
            }
        }
    }

    @Test("a network that mentions values it does not have is an error")
    func wrongIdentifiers() {
        var network = Network()
        network.layers = [
            Layer(id: LayerID(0), name: "a", operation: .split, inputs: [ValueID(7)], outputs: [ValueID(8)])
        ]
        #expect(throws: ExecutionError.self) {
            _ = try Interpreter<Float>(network, weights: MemoryWeights(numbers: []))
        }
    }
}
