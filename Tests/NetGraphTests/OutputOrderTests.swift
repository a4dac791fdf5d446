import NetGraph
import Testing

@Suite("The order of outputs")
struct OutputOrderTests {
    /// data - a, data - b - c: the outputs are a and c.
    private static func twoHeads() -> (network: Network, a: ValueID, c: ValueID) {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let a = sketch.add("a", .rectifier, [data])
        let b = sketch.add("b", .rectifier, [data])
        let c = sketch.add("c", .rectifier, [b])
        return (sketch.network, a, c)
    }

    @Test("Networks with the same outputs in another order have one structure")
    func anotherOrder() {
        var (first, a, c) = Self.twoHeads()
        var second = first
        first.outputs = [a, c]
        second.outputs = [c, a]
        #expect(NetworkStructure(first) == NetworkStructure(second))
    }

    @Test("Networks with other outputs have different structures")
    func otherOutputs() {
        var (first, a, c) = Self.twoHeads()
        var second = first
        first.outputs = [a, c]
        second.outputs = [c]
        #expect(NetworkStructure(first) != NetworkStructure(second))
    }

    @Test("Sorted outputs stand in the order in which layers write them, each once")
    func sorted() {
        var (network, a, c) = Self.twoHeads()
        network.outputs = [c, a, c]
        network.sortOutputs()
        #expect(network.outputs == [a, c])
    }

    @Test("Removing an identity leaves the outputs in the order of their layers")
    func removingIdentities() {
        var sketch = GraphSketch()
        let data = sketch.add("data", .input)
        let a = sketch.add("a", .rectifier, [data])
        let b = sketch.add("b", .rectifier, [data])
        let dropout = sketch.add("drop", .dropout, [a])
        sketch.network.outputs = [b, dropout]
        #expect(sketch.network.removingIdentities().network.outputs == [dropout, b])
    }
}
