import NetGraph
import Testing

@Suite("Who reads and who writes")
struct ConnectionsTests {
    /// `data - conv`, whose output `relu` reads once and `sum` twice.
    private func branching() -> (network: Network, data: ValueID, conv: ValueID, relu: ValueID, sum: ValueID) {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let conv = sketch.add("conv", .convolution(window([1])), [data])
        let relu = sketch.add("relu", .rectifier, [conv])
        let sum = sketch.add("sum", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), [conv, conv])
        sketch.network.outputs = [sum]
        return (sketch.network, data, conv, relu, sum)
    }

    @Test("A value's producer is the layer that writes it")
    func producer() {
        let graph = branching()
        #expect(Connections(graph.network).producer(of: graph.relu) == 2)
    }

    @Test("A value that nothing writes has no producer")
    func noProducer() {
        var graph = branching()
        let loose = graph.network.addValue(Value(name: "loose"))
        #expect(Connections(graph.network).producer(of: loose) == nil)
    }

    @Test("A layer that reads a value twice counts twice")
    func consumers() {
        let graph = branching()
        #expect(Connections(graph.network).consumers(of: graph.conv) == [2, 3, 3])
    }

    @Test("A value with one reader has an only consumer")
    func onlyConsumer() {
        let graph = branching()
        #expect(Connections(graph.network).onlyConsumer(of: graph.data) == 1)
    }

    @Test("A value with several readers, without one, or that leaves the network has none")
    func noOnlyConsumer() {
        var graph = branching()
        graph.network.outputs.append(graph.data)
        let connections = Connections(graph.network)
        #expect(connections.onlyConsumer(of: graph.conv) == nil)
        #expect(connections.onlyConsumer(of: graph.relu) == nil)
        #expect(connections.onlyConsumer(of: graph.data) == nil)
    }

    @Test("The outputs of the network are told")
    func outputs() {
        let graph = branching()
        let connections = Connections(graph.network)
        #expect(connections.isOutput(graph.sum))
        #expect(!connections.isOutput(graph.conv))
    }

    @Test("A layer's position follows from its identifier, not from its index")
    func position() {
        var graph = branching()
        graph.network.layers.removeFirst()
        let connections = Connections(graph.network)
        #expect(connections.position(of: LayerID(1)) == 0)
        #expect(connections.position(of: LayerID(0)) == nil)
    }
}

@Suite("Networks and their parts")
struct NetworkTests {
    @Test("Identifiers that a network hands out address what was added")
    func identifiers() {
        var network = Network()
        let value = network.addValue(Value(name: "x"))
        let parameter = network.addParameter(Parameter(name: "w", shape: [2, 3]))
        #expect(network[value].name == "x")
        #expect(network[parameter].elementCount == 6)
    }

    @Test("Layers are counted by the name of their type")
    func layerCounts() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let first = sketch.add("a", .rectifier, [data])
        _ = sketch.add("b", .rectifier, [first])
        #expect(sketch.network.layerCounts == ["Input": 1, "Relu": 2])
    }

    @Test("A scalar parameter has one element, one of unknown or overflowing shape an unknown number")
    func elementCounts() {
        #expect(Parameter(name: "w", shape: []).elementCount == 1)
        #expect(Parameter(name: "w", shape: nil).elementCount == nil)
        #expect(Parameter(name: "w", shape: [1 << 32, 1 << 32]).elementCount == nil)
    }

    @Test("Parameters come in the order of the framework")
    func parameterOrder() {
        let (first, second) = (ParameterID(3), ParameterID(1))
        let convolution = Convolution(weight: first, bias: second, outputChannels: 1, kernel: [1])
        #expect(Operation.convolution(convolution).parameters == [first, second])
        #expect(Operation.scale(Scale(gamma: nil, beta: second)).parameters == [second])
        #expect(Operation.activation(.prelu(slope: first)).parameters == [first])
        #expect(Operation.rectifier.parameters.isEmpty)
    }

    @Test("One axis is per channel when it is axis 1, several when those behind the channel have length 1")
    func perChannel() {
        #expect(AffineAxes.axes(1..<2).isPerChannel(parameterShape: nil))
        #expect(AffineAxes.axes(1..<4).isPerChannel(parameterShape: [5, 1, 1]))
        #expect(!AffineAxes.axes(1..<3).isPerChannel(parameterShape: [5, 2]))
        #expect(!AffineAxes.axes(1..<3).isPerChannel(parameterShape: nil))
        #expect(!AffineAxes.axes(0..<2).isPerChannel(parameterShape: [1, 5]))
        #expect(!AffineAxes.axes(0..<0).isPerChannel(parameterShape: []))
        #expect(!AffineAxes.unresolved(axis: -1).isPerChannel(parameterShape: [5]))
    }
}
