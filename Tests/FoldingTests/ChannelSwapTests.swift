import Folding
import NetGraph
import Testing

@Suite("Channels of an input in another order")
struct ChannelSwapTests {
    /// data (3 channels) - something - a linear layer.
    private func swapped(
        _ build: (inout NetworkSketch, ValueID) throws -> ValueID
    ) throws -> (network: Network, recipes: [ParameterID: ParameterRecipe]) {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3, 3])
        sketch.finish(try build(&sketch, data))
        var network = sketch.network
        let recipes = try ChannelSwap.apply(to: &network, values: [data], order: [2, 1, 0])
        return (network, recipes)
    }

    @Test("change the weight of a convolution, and nothing behind it")
    func convolution() throws {
        let (_, recipes) = try swapped { sketch, data in
            PassingAffine.batchNormScale.add(to: &sketch, reading: try sketch.convolution(of: data))
        }
        #expect(recipes.count == 1)
    }

    @Test("change the vectors of the affine layers before a convolution as well")
    func affine() throws {
        let (_, recipes) = try swapped { sketch, data in
            try sketch.convolution(of: sketch.affine(of: data, [1, 2, 3], [4, 5, 6]))
        }
        #expect(recipes.count == 3)
    }

    @Test("cannot reach an output of the network")
    func output() throws {
        #expect(throws: ChannelSwap.Refusal.self) {
            try swapped { sketch, data in sketch.affine(of: data, [1, 2, 3]) }
        }
    }

    @Test("cannot go through a layer that puts channels together")
    func concat() throws {
        #expect(throws: ChannelSwap.Refusal.self) {
            try swapped { sketch, data in
                try sketch.convolution(of: sketch.append("concat", .concat(axis: 1), data, data))
            }
        }
    }
}
