import Execution
import NetGraph
import TestSupport
import Testing

/// What a run would take, counted without running it.
@Suite("Rehearsals")
struct RehearsalTests {
    /// A chain of layers from an input `data`.
    private func network(_ operations: [Operation], parameters: [[Int]] = []) -> Network {
        var network = Network()
        var last = network.addValue(Value(name: "data"))
        network.layers.append(Layer(id: LayerID(0), name: "data", operation: .input, inputs: [], outputs: [last]))
        for shape in parameters { _ = network.addParameter(Parameter(name: "parameter", shape: shape)) }
        for (index, operation) in operations.enumerated() {
            let value = network.addValue(Value(name: "value\(index)"))
            network.layers.append(
                Layer(
                    id: LayerID(index + 1), name: "layer\(index)", operation: operation, inputs: [last],
                    outputs: [value]))
            last = value
        }
        network.outputs = [last]
        return network
    }

    private func rehearsed(
        _ operations: [Operation], parameters: [[Int]] = [], shape: [Int], threads: Int = 2
    ) throws -> MemoryMeter {
        let network = network(operations, parameters: parameters)
        let numbers = parameters.map { [Double](repeating: 0, count: $0.reduce(1, *)) }
        let interpreter = try Interpreter<Double>(
            network, weights: MemoryWeights(numbers: numbers), options: ExecutionOptions(threadCount: threads))
        let meter = MemoryMeter()
        var pass = try interpreter.rehearse(["data": shape], on: meter)
        while try pass.next() != nil {}
        return meter
    }

    private let double = Operation.power(Power(scale: 2))

    @Test("count what a pass takes")
    func counts() throws {
        let operations: [Operation] = [
            .tile(axis: 1, count: 3), double, .reshape(Reshape(dimensions: [-1])), .tile(axis: 0, count: 2),
            .softmax(axis: 0),
        ]
        let interpreter = try Interpreter<Double>(network(operations), weights: MemoryWeights(numbers: []))
        var pass = try interpreter.start(["data": Tensor(counting: [10, 100])])
        while try pass.next() != nil {}
        #expect(try rehearsed(operations, shape: [10, 100]).peakBytes == pass.peakBytes)
    }

    @Test("name the layer that needs the most")
    func peak() throws {
        let meter = try rehearsed(
            [double, .tile(axis: 1, count: 5), .reduction(Reduction(method: .sum, axis: 0))], shape: [2, 3])
        #expect(meter.peakLayer == "layer1" && meter.peakBytes == (6 + 30) * 8)
    }

    @Test("count the columns of a convolution, once for each thread")
    func columns() throws {
        let convolution = Operation.convolution(
            Convolution(
                weight: ParameterID(0), bias: nil, outputChannels: 2, kernel: [5, 5], stride: [1, 1],
                padBefore: [2, 2],
                padAfter: [2, 2], dilation: [1, 1]))
        // 8 images, so each thread takes one of them; 3 * 25 rows, for 100 places at a time.
        let values = (8 * 3 * 100 + 8 * 2 * 100) * 8
        let columns = 75 * 100 * 8
        let table = 5 * 10 * 8
        for threads in [1, 3] {
            let meter = try rehearsed(
                [convolution], parameters: [[2, 3, 5, 5]], shape: [8, 3, 10, 10], threads: threads)
            #expect(meter.peakBytes == values + threads * columns + table)
        }
    }

    @Test("go through nets that no machine could run")
    func huge() throws {
        let meter = try rehearsed([double, double], shape: [1 << 40, 1 << 20])
        #expect(meter.peakBytes == .max)
        let tiled = try rehearsed([.tile(axis: 0, count: 1 << 36)], shape: [2, 1000])
        #expect(tiled.peakBytes == (2000 << 36 + 2000) * 8)
    }

    @Test("count what only numbers tell as nothing, and go on behind it")
    func numbersTell() throws {
        var network = network([double])
        let boxes = network.addValue(Value(name: "boxes"))
        let after = network.addValue(Value(name: "after"))
        let data = network.layers[0].outputs[0]
        network.layers.append(
            Layer(
                id: LayerID(7), name: "boxes", operation: .detectionOutput(DetectionOutput(classCount: 2)),
                inputs: [data, data, data], outputs: [boxes]))
        network.layers.append(
            Layer(id: LayerID(8), name: "after", operation: double, inputs: [boxes], outputs: [after]))
        let interpreter = try Interpreter<Double>(network, weights: MemoryWeights(numbers: []))
        let meter = MemoryMeter()
        var pass = try interpreter.rehearse(["data": [4, 5]], on: meter)
        var count = 0
        while try pass.next() != nil { count += 1 }
        #expect(count == 4 && meter.peakBytes == 2 * 20 * 8)
    }

    @Test(
        "sizes are told as people read them",
        arguments: [(17, "17 bytes"), (1536, "1.5 KiB"), (10 << 20, "10 MiB"), (40_158_000_000, "37.4 GiB")])
    func sizes(bytes: Int, text: String) { #expect("\(MemorySize(bytes))" == text) }
}
