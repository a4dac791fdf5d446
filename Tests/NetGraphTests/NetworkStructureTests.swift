import NetGraph
import Testing

/// One change to a network of which the structure has to tell.
struct Change: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var apply: @Sendable (inout Network) -> Void

    init(_ description: String, _ apply: @escaping @Sendable (inout Network) -> Void) {
        testDescription = description
        self.apply = apply
    }

    /// Replaces the operation of a layer.
    static func operation(_ description: String, of layer: Int, _ operation: Operation) -> Change {
        Change(description) { $0.layers[layer].operation = operation }
    }
}

@Suite("The structure of a network")
struct NetworkStructureTests {
    /// data - conv - bn - scale - relu, with parameters 0 ... 6.
    private static func network(valuesBefore: Int = 0, parametersBefore: Int = 0) -> Network {
        var sketch = GraphSketch()
        for index in 0..<valuesBefore { _ = sketch.network.addValue(Value(name: "unused \(index)")) }
        for index in 0..<parametersBefore {
            _ = sketch.network.addParameter(Parameter(name: "unused \(index)", shape: [index]))
        }
        let parameters = [[8, 3, 3, 3], [8], [8], [8], [1], [8], [8]].map {
            sketch.network.addParameter(Parameter(name: "p", shape: $0))
        }
        let data = sketch.add("data", .input)
        let convolution = Convolution(
            weight: parameters[0], bias: parameters[1], outputChannels: 8, kernel: [3, 3])
        let conv = sketch.add("conv", .convolution(convolution), [data])
        let batchNorm = BatchNorm(mean: parameters[2], variance: parameters[3], factor: parameters[4])
        let bn = sketch.add("bn", .batchNorm(batchNorm), [conv])
        let scale = sketch.add("scale", .scale(Scale(gamma: parameters[5], beta: parameters[6])), [bn])
        sketch.network.outputs = [sketch.add("relu", .rectifier, [scale])]
        return sketch.network
    }

    private static func batchNorm(_ change: (inout BatchNorm) -> Void) -> Operation {
        var batchNorm = BatchNorm(mean: ParameterID(2), variance: ParameterID(3), factor: ParameterID(4))
        change(&batchNorm)
        return .batchNorm(batchNorm)
    }

    private static func convolution(_ change: (inout Convolution) -> Void) -> Operation {
        var convolution = Convolution(
            weight: ParameterID(0), bias: ParameterID(1), outputChannels: 8, kernel: [3, 3])
        change(&convolution)
        return .convolution(convolution)
    }

    @Test("Networks whose identifiers differ have one structure")
    func renumbered() {
        let plain = NetworkStructure(Self.network())
        #expect(plain == NetworkStructure(Self.network(valuesBefore: 3, parametersBefore: 2)))
        #expect(plain.firstDifference(from: NetworkStructure(Self.network(valuesBefore: 1))) == nil)
    }

    @Test("Names of parameters do not matter")
    func parameterNames() {
        var other = Self.network()
        other.parameters[0].name = "another"
        #expect(NetworkStructure(other) == NetworkStructure(Self.network()))
    }

    @Test("How fast an average forgets does not matter once it is averaged")
    func movingAverage() {
        var other = Self.network()
        other.layers[2].operation = Self.batchNorm { $0.movingAverageFraction = 0.5 }
        #expect(NetworkStructure(other) == NetworkStructure(Self.network()))
    }

    private static let changes: [Change] = [
        Change("a layer's name") { $0.layers[1].name = "other" },
        Change("a value's name") { $0.values[1].name = "other" },
        Change("a missing layer") { $0.layers.removeLast() },
        Change("another input") { $0.layers[4].inputs = $0.layers[3].inputs },
        Change("another output of the network") { $0.outputs = $0.layers[1].outputs },
        Change("a further output of the network") { $0.outputs += $0.layers[1].outputs },
        Change("a parameter's shape") { $0.parameters[0].shape = [8, 3, 3, 2] },
        Change("a parameter's number format") { $0.parameters[0].elementType = .float64 },
        .operation("another type", of: 4, .activation(.relu6)),
        .operation("a slope", of: 4, .activation(.relu(negativeSlope: 0.5))),
        .operation("a stride", of: 1, convolution { $0.stride = [2, 1] }),
        .operation("padding", of: 1, convolution { $0.padAfter = [0, 1] }),
        .operation("dilation", of: 1, convolution { $0.dilation = [1, 2] }),
        .operation("groups", of: 1, convolution { $0.groups = 2 }),
        .operation("a missing bias", of: 1, convolution { $0.bias = nil }),
        .operation("a shared parameter", of: 1, convolution { $0.bias = ParameterID(6) }),
        .operation("epsilon", of: 2, batchNorm { $0.epsilon = 1e-3 }),
        .operation("statistics of the batch", of: 2, batchNorm { $0.usesGlobalStatistics = false }),
        .operation("a missing factor", of: 2, batchNorm { $0.factor = nil }),
        .operation(
            "swapped roles", of: 2, batchNorm { ($0.mean, $0.spread) = (ParameterID(3), .variance(ParameterID(2))) }),
        .operation("another kind of spread", of: 2, batchNorm { $0.spread = .inverseDeviation(ParameterID(3)) }),
        .operation("a field that is not known", of: 2, batchNorm { $0.unknownFields = ["renorm"] }),
        .operation(
            "another axis", of: 3, .scale(Scale(gamma: ParameterID(5), beta: ParameterID(6), axes: .axes(2..<3)))),
        .operation("another type of an opaque layer", of: 4, .opaque(Opaque(type: "Other"))),
    ]

    @Test("Whatever changes what is computed changes the structure", arguments: changes)
    func matters(change: Change) throws {
        let before = Self.network()
        var after = before
        change.apply(&after)
        #expect(NetworkStructure(after) != NetworkStructure(before))
    }

    @Test("The first difference is told as a pair of lines")
    func firstDifference() throws {
        var other = Self.network()
        other.layers[3].name = "renamed"
        let difference = try #require(
            NetworkStructure(Self.network()).firstDifference(from: NetworkStructure(other)))
        #expect(difference.expected.hasPrefix("scale:"))
        #expect(difference.found.hasPrefix("renamed:"))
    }

    @Test("A layer more is told as a difference to nothing")
    func missingLines() throws {
        let difference = try #require(
            NetworkStructure(Network()).firstDifference(from: NetworkStructure(Self.network())))
        #expect(difference.expected.hasPrefix("outputs:"))
        #expect(difference.found.hasPrefix("data:"))
    }
}
