import NetGraph
import Testing

@Suite("Removing layers that hand their input on")
struct RemovingIdentitiesTests {
    @Test("The layer before writes the identity's value, whose name survives")
    func onlyReader() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let dropout = sketch.add("drop", .dropout, [relu])
        sketch.network.outputs = [dropout]
        let (network, removed) = sketch.network.removingIdentities()
        #expect(removed == [LayerID(2)])
        #expect(network.layers.map(\.name) == ["data", "relu"])
        #expect(network.layers[1].outputs == [dropout])
        #expect(network.outputs == [dropout])
    }

    @Test("Where the value before has other readers, the identity's readers read that value")
    func otherReaders() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let dropout = sketch.add("drop", .dropout, [relu])
        let other = sketch.add("other", .rectifier, [relu])
        let last = sketch.add("last", .rectifier, [dropout])
        sketch.network.outputs = [other, last]
        let (network, removed) = sketch.network.removingIdentities()
        #expect(removed == [LayerID(2)])
        #expect(network.layers.map(\.inputs) == [[], [data], [relu], [relu]])
    }

    @Test("An input of the network keeps its name")
    func readsInput() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let dropout = sketch.add("drop", .dropout, [data])
        let relu = sketch.add("relu", .rectifier, [dropout])
        sketch.network.outputs = [relu]
        let network = sketch.network.removingIdentities().network
        #expect(network.layers.map(\.outputs) == [[data], [relu]])
        #expect(network.layers[1].inputs == [data])
    }

    @Test("An identity between an input and an output of the network stays, for its name")
    func inputToOutput() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let dropout = sketch.add("drop", .dropout, [data])
        sketch.network.outputs = [dropout]
        let (network, removed) = sketch.network.removingIdentities()
        #expect(removed.isEmpty)
        #expect(network == sketch.network)
    }

    @Test("An identity that works in place on an input goes, for the name stays")
    func inPlaceOnInput() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let dropout = sketch.add("drop", .dropout, [data], value: "data")
        sketch.network.outputs = [dropout]
        let network = sketch.network.removingIdentities().network
        #expect(network.layers.count == 1)
        #expect(network.outputs == [data])
    }

    @Test("An output before an identity stays an output under its name")
    func outputBefore() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let dropout = sketch.add("drop", .dropout, [relu])
        let last = sketch.add("last", .rectifier, [dropout])
        sketch.network.outputs = [relu, last]
        let network = sketch.network.removingIdentities().network
        #expect(network.outputs == [relu, last])
        #expect(network.layers.map(\.name) == ["data", "relu", "last"])
        #expect(network.layers[2].inputs == [relu])
    }

    @Test("Of two outputs that an identity joins both names stay")
    func bothOutputs() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let dropout = sketch.add("drop", .dropout, [relu])
        sketch.network.outputs = [relu, dropout]
        #expect(sketch.network.removingIdentities().removed.isEmpty)
    }

    @Test("Identities in a row all go")
    func row() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let first = sketch.add("first", .dropout, [relu])
        let second = sketch.add("second", .dropout, [first])
        sketch.network.outputs = [second]
        let (network, removed) = sketch.network.removingIdentities()
        #expect(removed == [LayerID(2), LayerID(3)])
        #expect(network.layers.last?.outputs == [second])
    }

    @Test("Every output has a producer where one of two identities of a value works in place")
    func outputsHaveProducers() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let inPlace = sketch.add("in place", .dropout, [relu], value: "relu")
        let other = sketch.add("other", .dropout, [relu])
        sketch.network.outputs = [inPlace, other]
        let network = sketch.network.removingIdentities().network
        let connections = Connections(network)
        #expect(network.outputs.map { network[$0].name } == ["relu", "other"])
        #expect(network.outputs.allSatisfy { connections.producer(of: $0) != nil })
    }

    @Test("A branching row of identities leaves every reader a value that is written")
    func branchingRow() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let relu = sketch.add("relu", .rectifier, [data])
        let first = sketch.add("first", .dropout, [relu])
        let second = sketch.add("second", .dropout, [first])
        let third = sketch.add("third", .dropout, [first])
        let sum = sketch.add("sum", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), [second, third])
        sketch.network.outputs = [sum]
        let network = sketch.network.removingIdentities().network
        #expect(network.layers.map(\.name) == ["data", "relu", "sum"])
        #expect(network.layers[2].inputs == network.layers[1].outputs + network.layers[1].outputs)
    }

    @Test("A network without identities stays as it is")
    func nothing() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        sketch.network.outputs = [sketch.add("relu", .rectifier, [data])]
        #expect(sketch.network.removingIdentities().network == sketch.network)
    }
}
