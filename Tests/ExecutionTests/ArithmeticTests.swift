import Execution
import NetGraph
import Testing

@Suite("Arithmetic of values")
struct ArithmeticTests {
    private func run(_ arithmetic: Arithmetic, _ inputs: Tensor<Double>...) throws -> Tensor<Double> {
        try OneLayer(operation: .arithmetic(arithmetic)).run(inputs)[0]
    }

    static let functions: [(Arithmetic.Function, [Double])] = [
        (.sum, [7, 9]), (.difference, [-5, 3]), (.product, [8, 12]), (.quotient, [0.125, 3]), (.maximum, [4, 6]),
        (.minimum, [1, 1]), (.mean, [7.0 / 3, 3]), (.power, [1, 36]),
    ]

    @Test("has the numbers of three values, from the left", arguments: functions)
    func numbers(function: Arithmetic.Function, expected: [Double]) throws {
        let output = try run(Arithmetic(function), Tensor([2], [1, 6]), Tensor([2], [4, 2]), Tensor([2], [2, 1]))
        #expect(Tensor([2], expected).distance(to: output) < 1e-12)
    }

    static let comparisons: [(Arithmetic.Function, [Double])] = [
        (.equal, [0, 1, 0, 0]), (.notEqual, [1, 0, 1, 1]), (.less, [1, 0, 0, 0]), (.lessOrEqual, [1, 1, 0, 0]),
        (.greater, [0, 0, 1, 0]), (.greaterOrEqual, [0, 1, 1, 0]),
    ]

    @Test("holds values against each other, of which what is not a number differs from all", arguments: comparisons)
    func comparison(function: Arithmetic.Function, expected: [Double]) throws {
        #expect(
            try run(Arithmetic(function), Tensor([4], [1, 2, 3, .nan]), Tensor([1], [2])) == Tensor([4], expected))
    }

    @Test("chooses between values element by element, whatever stands on the other side")
    func choice() throws {
        let output = try run(
            Arithmetic(.choice), Tensor([2, 1], [1, 0]), Tensor([2, 2], [1, 2, .nan, 4]), Tensor([2], [.infinity, 6]))
        #expect(output == Tensor([2, 2], [1, 2, .infinity, 6]))
        #expect(throws: (any Error).self) { try run(Arithmetic(.choice), Tensor([1], [1]), Tensor([1], [2])) }
    }

    @Test("aligns axes from the last one")
    func broadcasting() throws {
        let output = try run(
            Arithmetic(.sum), Tensor(counting: [2, 1, 3]), Tensor([2, 1], [10, 20]), Tensor([], [100]))
        #expect(output == Tensor([2, 2, 3], [110, 111, 112, 120, 121, 122, 113, 114, 115, 123, 124, 125]))
    }

    @Test("aligns axes in the order of a framework with the channels last")
    func channelsLast() throws {
        // In that order (1, 2, 2) of images, pixels and channels, and (2) of channels.
        let output = try run(
            Arithmetic(.sum, order: .channelsLast), Tensor([1, 2, 2], [0, 1, 2, 3]), Tensor([2], [10, 20]))
        #expect(output == Tensor([1, 2, 2], [10, 11, 22, 23]))
    }

    @Test("puts the axes that a value lacks behind its images, as Keras's layers do")
    func missingAxes() throws {
        let gate = Tensor<Double>([2, 2], [1, 2, 3, 4])
        let output = try run(
            Arithmetic(.product, order: .channelsLast, missingAxes: .behindImages),
            Tensor([2, 2, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1]), gate)
        #expect(output == Tensor([2, 2, 1, 2], [1, 1, 2, 2, 3, 3, 4, 4]))
        let rows = try run(
            Arithmetic(.product, order: .channelsLast, missingAxes: .behindImages),
            Tensor([1, 1, 2, 2], [1, 1, 1, 1]), Tensor([1, 1, 2], [5, 7]))
        #expect(rows == Tensor([1, 1, 2, 2], [5, 7, 5, 7]))
    }

    @Test("is computed in place of a value that nobody else reads only where their places are the same")
    func inPlace() throws {
        // (1, 2, 2) of one order becomes (1, 1, 2, 2) with the channels elsewhere: as many elements, in another order.
        var network = Network()
        let values = ["data", "doubled", "other", "sum"].map { network.addValue(Value(name: $0)) }
        let aligned = Arithmetic(.sum, order: .channelsLast)
        for (index, (operation, inputs)) in [
            (NetGraph.Operation.input, []), (.power(Power(scale: 2)), [values[0]]), (.input, []),
            (.arithmetic(aligned), [values[1], values[2]]),
        ].enumerated() {
            network.layers.append(
                Layer(
                    id: LayerID(index), name: network[values[index]].name, operation: operation, inputs: inputs,
                    outputs: [values[index]]))
        }
        network.outputs = [values[3]]
        let interpreter = try Interpreter<Double>(network, weights: MemoryWeights(numbers: []))
        let outputs = try interpreter.outputs(of: [
            "data": Tensor(counting: [2, 2, 3]), "other": Tensor([1, 1, 1, 1], [0.5]),
        ])
        // In the framework's order (2, 3, 2): 0, 3; 1, 4; 2, 5 and so on, which is (1, 2, 3, 2).
        #expect(
            outputs[values[3]]
                == Tensor([1, 2, 2, 3], [0.5, 2.5, 4.5, 12.5, 14.5, 16.5, 6.5, 8.5, 10.5, 18.5, 20.5, 22.5]))
    }

    @Test("leaves what other layers read as it is")
    func aliases() throws {
        let value = Tensor<Double>([2], [1, 2])
        #expect(try run(Arithmetic(.difference), value, value) == Tensor([2], [0, 0]))
    }

    @Test("A maximum and a minimum keep what is not a number", arguments: [Arithmetic.Function.maximum, .minimum])
    func notANumber(function: Arithmetic.Function) throws {
        let output = try run(Arithmetic(function), Tensor([2], [.nan, 1]), Tensor([2], [1, .nan]))
        #expect(output.elements.map(\.isNaN) == [true, true])
    }

    @Test("Values that do not fit each other are an error")
    func misfit() {
        #expect(throws: ExecutionError.self) {
            try run(Arithmetic(.sum), Tensor(counting: [2, 3]), Tensor(counting: [2]))
        }
    }

    @Test("A product of matrices in the last two axes, images side by side")
    func matrices() throws {
        let contraction = try #require(Contraction.matrixProduct(ranks: 3, 2))
        let output = try OneLayer(operation: .contraction(contraction)).run([
            Tensor([2, 1, 2], [1, 2, 3, 4]), Tensor([2, 3], [1, 2, 3, 4, 5, 6]),
        ])[0]
        #expect(output == Tensor([2, 1, 3], [9, 12, 15, 19, 26, 33]))
    }

    @Test("A vector is a row on the left and a column on the right, and no axis of the output")
    func vectors() throws {
        func run(_ ranks: (Int, Int), _ first: Tensor<Double>, _ second: Tensor<Double>) throws -> Tensor<Double> {
            let contraction = try #require(Contraction.matrixProduct(ranks: ranks.0, ranks.1))
            return try OneLayer(operation: .contraction(contraction)).run([first, second])[0]
        }
        let (vector, matrix) = (Tensor<Double>([2], [1, 10]), Tensor<Double>([2, 2], [1, 2, 3, 4]))
        #expect(try run((1, 2), vector, matrix) == Tensor([2], [31, 42]))
        #expect(try run((2, 1), matrix, vector) == Tensor([2], [21, 43]))
        #expect(try run((1, 1), vector, vector) == Tensor([], [101]))
        #expect(try run((3, 1), Tensor([2, 1, 2], [1, 2, 3, 4]), vector) == Tensor([2, 1], [21, 43]))
    }

    @Test("A product of matrices with either of them transposed")
    func transposed() throws {
        let contraction = try #require(
            Contraction.matrixProduct(ranks: 2, 2, transposesFirst: true, transposesSecond: true))
        let output = try OneLayer(operation: .contraction(contraction)).run([
            Tensor([2, 1], [1, 2]), Tensor([3, 2], [1, 4, 2, 5, 3, 6]),
        ])[0]
        #expect(output == Tensor([1, 3], [9, 12, 15]))
    }

    @Test("A product of matrices of a framework with the channels last")
    func matricesChannelsLast() throws {
        // In that order (1, 2, 3) times (1, 3, 2): [[1, 2, 3], [4, 5, 6]] [[1, 2], [3, 4], [5, 6]] = [[22, 28], [49, 64]].
        let contraction = try #require(Contraction.matrixProduct(ranks: 3, 3, order: .channelsLast))
        let output = try OneLayer(operation: .contraction(contraction)).run([
            Tensor([1, 3, 2], [1, 4, 2, 5, 3, 6]), Tensor([1, 2, 3], [1, 3, 5, 2, 4, 6]),
        ])[0]
        #expect(output == Tensor([1, 2, 2], [22, 49, 28, 64]))
    }

    @Test("Inner products of the images of two values, as Keras's Dot")
    func imageProducts() throws {
        let vectors = try #require(Contraction.imageProducts(ranks: 2, 2, axes: (1, -1)))
        let output = try OneLayer(operation: .contraction(vectors)).run([
            Tensor([2, 2], [1, 2, 3, 4]), Tensor([2, 2], [5, 6, 7, 8]),
        ])[0]
        #expect(output == Tensor([2, 1], [17, 53]))
        // (1, 2, 3) and (1, 2, 2) along their second axes: NumPy's einsum("nia,nib->nab").
        let tables = try #require(Contraction.imageProducts(ranks: 3, 3, axes: (1, 1)))
        let product = try OneLayer(operation: .contraction(tables)).run([
            Tensor(counting: [1, 2, 3]), Tensor([1, 2, 2], [1, 2, 3, 4]),
        ])[0]
        #expect(product == Tensor([1, 3, 2], [9, 12, 13, 18, 17, 24]))
    }

    @Test("Sums over several axes at the same time")
    func severalAxes() throws {
        let contraction = Contraction(first: [0, 1, 2], second: [1, 2], output: [0])
        let output = try OneLayer(operation: .contraction(contraction)).run([
            Tensor(counting: [2, 2, 3]), Tensor([2, 3], [1, 0, 2, 0, 3, 1]),
        ])[0]
        #expect(output == Tensor([2], [0 + 4 + 12 + 5, 6 + 16 + 30 + 11]))
    }
}
