import Folding
import NetGraph
import Testing

@Suite("Reading folded weights")
struct FoldedWeightsTests {
    private func kind(_ body: () throws -> Void) -> WeightError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? WeightError)?.kind
        }
    }

    /// `conv - scale` with one weight for each channel.
    private func sketch(_ weight: [Double], _ gamma: [Double], _ type: ElementType = .float32) -> NetworkSketch {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, weight, type), gamma, nil, type))
        return sketch
    }

    @Test("A weight that leaves the range of Float is an overflow, and is named")
    func overflow() throws {
        let result = try sketch([1, 1e30], [1, 1e20]).folded()
        let error = #expect(throws: WeightError.self) { try result.numbers("conv") }
        #expect(error?.kind == .overflow)
        #expect(error?.message.contains("conv weight") == true)
        #expect(error?.message.contains("element 1") == true)
    }

    @Test("A negative weight can overflow as well")
    func negativeOverflow() throws {
        let result = try sketch([-1e30], [1e20]).folded()
        #expect(kind { _ = try result.numbers("conv") } == .overflow)
    }

    @Test("A float64 weight does not overflow where a Float would")
    func doubleRange() throws {
        #expect(try sketch([1e30], [1e20], .float64).folded().numbers("conv")[0] == [1e30 * 1e20])
    }

    @Test("A weight that is not finite is malformed, not an overflow", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(value: Double) throws {
        let result = try sketch([1, value], [1, 1]).folded()
        #expect(kind { _ = try result.numbers("conv") } == .malformed)
    }

    @Test("An infinite weight times a gamma of 0 is malformed too")
    func infinityTimesZero() throws {
        let result = try sketch([.infinity], [0]).folded()
        #expect(kind { _ = try result.numbers("conv") } == .malformed)
    }

    @Test("A parameter that no fold touches is handed on as it is")
    func untouched() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.relu(of: sketch.pointwise(of: data, [-0.0, 2])))
        let numbers = try sketch.folded().numbers("conv")[0]
        #expect(numbers[0].sign == .minus && numbers[0] == 0 && numbers[1] == 2)
    }

    @Test("A NaN in a parameter that no fold touches is an error, too")
    func untouchedNaN() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.relu(of: sketch.pointwise(of: data, [.nan, 2])))
        let result = try sketch.folded()
        #expect(kind { _ = try result.numbers("conv") } == .malformed)
    }

    @Test(
        "Slices at every offset and length are parts of the whole",
        arguments: [LinearCase.convolution3d, .deconvolutionOf2Groups, .innerProduct, .innerProductTransposed])
    func slices(linear: LinearCase) throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: linear.add(to: &sketch, reading: data), [2, 3, 5, 7], [1, 1, 1, 1]))
        let result = try sketch.folded()
        for parameter in result.operation("linear")?.parameters ?? [] {
            let whole = try result.weights.stored(parameter, of: result.network).map(Float.init)
            for length in [0, 1, 3, 7, whole.count] where length <= whole.count {
                for start in 0...(whole.count - length) {
                    let range = start..<(start + length)
                    #expect(try result.weights.slice(parameter, range, as: Float.self) == Array(whole[range]))
                }
            }
        }
    }

    @Test("A NaN outside a slice does not disturb the slice")
    func notFiniteElsewhere() throws {
        let result = try sketch([.nan, 2], [1, 3]).folded()
        let weight = try #require(result.operation("conv")?.parameters.first)
        #expect(try result.weights.slice(weight, 1..<2, as: Float.self) == [6])
    }

    @Test("The element that a message names counts from the start of the tensor, not of the slice")
    func elementOfSlice() throws {
        let result = try sketch([1, 1, .nan], [1, 1, 1]).folded()
        let weight = try #require(result.operation("conv")?.parameters.first)
        let error = #expect(throws: WeightError.self) { try result.weights.slice(weight, 1..<3, as: Float.self) }
        #expect(error?.message.contains("element 2") == true)
    }

    @Test("An error of the store below comes through as it is")
    func errorBelow() throws {
        var sketch = sketch([1], [2])
        let plan = try sketch.plan().plan
        let folded = plan.applied(to: sketch.network)
        sketch.weights.tensors = [:]
        let weights = FoldedWeights(base: sketch.weights, folded: folded)
        #expect(throws: WeightError.self) { try weights.slice(ParameterID(0), 0..<1, as: Float.self) }
    }

    @Test("A float32 weight read as Double is the Float that a file would hold")
    func readAsDouble() throws {
        let (weight, gamma) = (Double(Float(1.1)), Double(Float(0.7)))
        let result = try sketch([weight], [gamma]).folded()
        let parameter = try #require(result.operation("conv")?.parameters.first)
        #expect(try result.weights.slice(parameter, 0..<1, as: Double.self) == [Double(Float(weight * gamma))])
    }

    @Test("A float32 bias read as Double is the Float that a file would hold")
    func readBiasAsDouble() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let (bias, gamma) = (Double(Float(1.1)), Double(Float(0.7)))
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1], bias: [bias]), [gamma]))
        let result = try sketch.folded()
        let parameter = try #require(result.operation("conv")?.parameters.last)
        #expect(try result.weights.slice(parameter, 0..<1, as: Double.self) == [Double(Float(bias * gamma))])
    }

    @Test("A float64 weight read as Float is rounded once")
    func doubleReadAsFloat() throws {
        // The weight alone rounds down to 1, the product is above the midpoint of two Floats only without that step.
        let (weight, gamma) = (1 + 0x1p-25, 1 + 0x1p-24)
        #expect(Float(weight * gamma) != Float(Double(Float(weight)) * gamma))
        let result = try sketch([weight], [gamma], .float64).folded()
        let parameter = try #require(result.operation("conv")?.parameters.first)
        #expect(try result.weights.slice(parameter, 0..<1, as: Float.self) == [Float(weight * gamma)])
    }
}
