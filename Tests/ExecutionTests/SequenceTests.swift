import Execution
import Foundation
import NetGraph
import Testing

struct SequenceTests {
    @Test("Embed hands out a row of its table for each element")
    func embed() throws {
        let layer = OneLayer(
            operation: .embed(Embed(weight: ParameterID(0), bias: ParameterID(1), rowCount: 3, outputCount: 2)),
            parameters: [Tensor([3, 2], [1, 2, 3, 4, 5, 6]), Tensor([2], [10, 20])])
        let output = try layer.run(Tensor<Double>([2, 2], [2, 0, 1, 2]))
        #expect(output == Tensor([2, 2, 2], [15, 26, 11, 22, 13, 24, 15, 26]))
        for wrong in [3, -1, Double.nan] {
            #expect(throws: ExecutionError.self) { try layer.run(Tensor<Double>([1], [wrong])) }
        }
    }

    @Test("Embed with its channels last puts its vectors along the second axis")
    func embedChannelsLast() throws {
        let layer = OneLayer(
            operation: .embed(
                Embed(weight: ParameterID(0), bias: nil, rowCount: 3, outputCount: 2, order: .channelsLast)),
            parameters: [Tensor([3, 2], [1, 2, 3, 4, 5, 6])])
        let output = try layer.run(Tensor<Double>([2, 3], [2, 0, 1, 2, 2, 0]))
        #expect(output == Tensor([2, 2, 3], [5, 1, 3, 6, 2, 4, 5, 5, 1, 6, 6, 2]))
    }

    private let x = Tensor<Double>(noise: [4, 2, 3])
    /// The second sequence begins anew at step 2.
    private let continues = Tensor<Double>([4, 2], [0, 0, 1, 1, 1, 0, 1, 1])
    private let fixed = Tensor<Double>(noise: [2, 2], seed: 9)

    /// Rows of a weight times a vector.
    private func times(_ weight: Tensor<Double>, _ vector: [Double]) -> [Double] {
        (0..<weight.shape[0]).map { row in
            vector.indices.reduce(0.0) { $0 + weight[row, $1] * vector[$1] }
        }
    }

    @Test("an LSTM goes through its gates step by step", arguments: [false, true])
    func lstm(hasStaticInput: Bool) throws {
        let units = 2
        var parameters = [Tensor<Double>(noise: [8, 3], seed: 2), Tensor<Double>(noise: [8], seed: 3)]
        if hasStaticInput { parameters.append(Tensor(noise: [8, 2], seed: 4)) }
        parameters.append(Tensor(noise: [8, 2], seed: 5))
        let recurrent = Recurrent(
            cell: .lstm, outputCount: units, parameters: parameters.indices.map { ParameterID($0) },
            hasStaticInput: hasStaticInput)
        let output = try OneLayer(operation: .recurrent(recurrent), parameters: parameters)
            .run([x, continues] + (hasStaticInput ? [fixed] : []))[0]

        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        for sequence in 0..<2 {
            var (h, c) = ([0.0, 0], [0.0, 0])
            for step in 0..<4 {
                let flag = continues[step, sequence]
                var gates = zip(times(parameters[0], (0..<3).map { x[step, sequence, $0] }), parameters[1].elements)
                    .map(+)
                if hasStaticInput {
                    gates = zip(gates, times(parameters[2], (0..<2).map { fixed[sequence, $0] })).map(+)
                }
                gates = zip(gates, times(parameters[parameters.count - 1], h.map { $0 * flag })).map(+)
                for unit in 0..<units {
                    c[unit] =
                        flag * sigmoid(gates[2 + unit]) * c[unit] + sigmoid(gates[unit]) * tanh(gates[6 + unit])
                    h[unit] = sigmoid(gates[4 + unit]) * tanh(c[unit])
                    #expect(abs(output[step, sequence, unit] - h[unit]) < doubleNoise)
                }
            }
        }
    }

    @Test("a plain recurrent layer has a state and an output of it")
    func plain() throws {
        let parameters = [
            Tensor<Double>(noise: [2, 3], seed: 2), Tensor<Double>(noise: [2], seed: 3),
            Tensor<Double>(noise: [2, 2], seed: 4), Tensor<Double>(noise: [2, 2], seed: 5),
            Tensor<Double>(noise: [2], seed: 6),
        ]
        let recurrent = Recurrent(
            cell: .plain, outputCount: 2, parameters: parameters.indices.map { ParameterID($0) })
        let output = try OneLayer(operation: .recurrent(recurrent), parameters: parameters).run([x, continues])[0]
        for sequence in 0..<2 {
            var h = [0.0, 0]
            for step in 0..<4 {
                let flag = continues[step, sequence]
                let fromInput = times(parameters[0], (0..<3).map { x[step, sequence, $0] })
                let fromState = times(parameters[2], h.map { $0 * flag })
                h = (0..<2).map { tanh(fromInput[$0] + parameters[1].elements[$0] + fromState[$0]) }
                let wanted = zip(times(parameters[3], h), parameters[4].elements).map { tanh($0 + $1) }
                for unit in 0..<2 { #expect(abs(output[step, sequence, unit] - wanted[unit]) < doubleNoise) }
            }
        }
    }

    @Test("inputs for other sequences are an error")
    func misfit() {
        let parameters = [Tensor<Double>(noise: [8, 3]), Tensor<Double>(noise: [8]), Tensor<Double>(noise: [8, 2])]
        let recurrent = Recurrent(cell: .lstm, outputCount: 2, parameters: (0..<3).map { ParameterID($0) })
        let layer = OneLayer(operation: .recurrent(recurrent), parameters: parameters)
        #expect(throws: ExecutionError.self) { try layer.run([x, Tensor<Double>([4, 1], [1, 1, 1, 1])]) }
        #expect(throws: ExecutionError.self) { try layer.run([x]) }
    }

    @Test("a Parameter layer hands out its numbers")
    func parameter() throws {
        let layer = OneLayer(
            operation: .parameter(ParameterID(0), shape: [2, 1]), parameters: [Tensor([2, 1], [3, 4])])
        #expect(try layer.run([Tensor<Double>]()) == [Tensor([2, 1], [3, 4])])
    }
}
