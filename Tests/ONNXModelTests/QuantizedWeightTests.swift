import Folding
import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Weights that are stored as whole numbers and scales.
@Suite struct QuantizedWeightTests {
    /// A convolution of one channel to two, whose weight is 3 and 5 less zero points, times scales.
    private func convolution(
        scales: [Float], factors: [Float] = [2, 4], zeroPoint: Int? = nil, opset: Int = 13, weight: [Int] = [3, 5]
    ) -> ModelBytes {
        var model = ModelBytes()
        model.opset = opset
        model.inputs = [("x", [1, 1, 2, 2])]
        model.integers("q", [2, 1, 1, 1], weight)
        model.tensor("s", scales.count == 1 ? [] : [scales.count], scales)
        var inputs = ["q", "s"]
        if let zeroPoint {
            model.integers("z", scales.count == 1 ? [] : [scales.count], scales.map { _ in zeroPoint })
            inputs.append("z")
        }
        model.node(
            "DequantizeLinear", inputs, ["w"], attributes: scales.count == 1 ? [] : [ModelBytes.integer("axis", 0)])
        model.node("Conv", ["x", "w"], ["c"])
        model.normalization("c", "y", factors: factors)
        model.outputs = ["y"]
        return model
    }

    private func reasons(_ model: ModelBytes) throws -> [String] {
        let pair = try model.open(in: Folder())
        let planner = FoldPlanner(
            pair.network, options: .init(leftoverForm: try ONNXFrontend().leftoverForm(for: PlanningOptions())))
        let plan = try planner.plan(weights: try #require(pair.weights)).plan
        return plan.refusals.map(\.reason.name) + plan.leftovers.map(\.reason.name)
    }

    @Test func factorsGoIntoTheScalesAndTheWholeNumbersStay() throws {
        let model = convolution(scales: [0.5, 0.25], zeroPoint: 1)
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Conv"])
        #expect(try written.numbers("s") == [1, 1])
        #expect(try written.integers("q") == [3, 5])
        #expect(try written.integers("z") == [1, 1])
        #expect(try written.numbers(written.file.nodes[1].inputs[2]) == [1, 3])
    }

    @Test func oneScaleBecomesOneForEachChannel() throws {
        let (written, _) = try convolution(scales: [0.5], zeroPoint: 0).folded(in: Folder())
        let node = written.file.nodes[0]
        #expect(written.types == ["DequantizeLinear", "Conv"])
        #expect(node.inputs.count == 2)
        #expect(try written.numbers(node.inputs[1]) == [1, 2])
        #expect(node.attributes.map(\.name) == ["axis"])
    }

    @Test func oneScaleThatTakesOneFactorStaysOne() throws {
        let (written, _) = try convolution(scales: [0.5], factors: [2, 2], zeroPoint: 7).folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Conv"])
        #expect(try written.numbers("s") == [1])
        #expect(written.file.nodes[0].inputs == ["q", "s", "z"])
    }

    @Test func oneScaleStaysWhereTheOperatorsKnowNoOthers() throws {
        let model = convolution(scales: [0.5], opset: 12)
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Conv", "Mul"])
        #expect(try written.numbers("s") == [0.5])
        #expect(try reasons(model) == ["quantized-weight"])
    }

    @Test func oneScaleStaysBesideAZeroPoint() throws {
        #expect(try reasons(convolution(scales: [0.5], zeroPoint: 2)) == ["quantized-weight"])
    }

    @Test func negativeFactorsStay() throws {
        let model = convolution(scales: [0.5, 0.25], factors: [2, -1])
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Conv", "Mul"])
        #expect(try written.numbers("s") == [0.5, 0.25])
        #expect(try reasons(model) == ["quantized-weight"])
    }

    @Test func aWeightThatOthersReadIsLeftByName() throws {
        var model = convolution(scales: [0.5, 0.25])
        model.outputs.append("w")
        #expect(try reasons(model) == ["opaque-producer"])
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }

    @Test func scalesThatOthersReadAreCopied() throws {
        var model = convolution(scales: [0.5, 0.25])
        model.outputs.append("s")
        let (written, _) = try model.folded(in: Folder())
        #expect(try written.numbers("s") == [0.5, 0.25])
        #expect(try written.numbers(written.file.nodes[0].inputs[1]) == [1, 1])
    }

    @Test func alphaOfAGemmStaysBesideScales() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1])]
        model.integers("q", [1, 2], [3, 5])
        model.tensor("s", [2], [0.5, 0.25])
        model.node("DequantizeLinear", ["q", "s"], ["w"])
        model.node("Gemm", ["x", "w"], ["g"], attributes: [ModelBytes.float("alpha", -3)])
        model.normalization("g", "y", factors: [2, 4])
        model.outputs = ["y"]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Gemm"])
        #expect(try written.numbers("s") == [1, 1])
        #expect(written.file.nodes[1].attributes.map(\.name) == ["alpha"])
    }

    @Test func aBiasOfWholeNumbersTakesTheShift() throws {
        var model = convolution(scales: [0.5, 0.25])
        model.nodes.removeAll()
        model.integers("bq", [2], [4, 8])
        model.node("DequantizeLinear", ["q", "s"], ["w"], attributes: [ModelBytes.integer("axis", 0)])
        model.node("DequantizeLinear", ["bq", "s"], ["b"], attributes: [ModelBytes.integer("axis", 0)])
        model.node("Conv", ["x", "w", "b"], ["c"])
        model.node(
            "BatchNormalization", ["c", "y.scale", "y.bias", "y.mean", "y.variance"], ["y"],
            attributes: [ModelBytes.float("epsilon", 0)])
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["DequantizeLinear", "Conv"])
        #expect(try written.numbers(written.file.nodes[1].inputs[2]) == [5, 11])
    }
}

extension ModelBytes {
    /// Whole numbers of 8 bits.
    mutating func integers(_ name: String, _ shape: [Int], _ numbers: [Int]) {
        var tensor = WireContent()
        for length in shape { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(3, field: ONNXSchema.Tensor.type)
        tensor.appendString(name, field: ONNXSchema.Tensor.name)
        tensor.appendBytes(numbers.map { UInt8(bitPattern: Int8($0)) }, field: ONNXSchema.Tensor.raw)
        initializers.append(tensor)
    }

    /// A BatchNormalization of two channels with terms 1 and 3.
    mutating func normalization(_ input: String, _ output: String, factors: [Float]) {
        tensor("\(output).scale", [2], factors)
        tensor("\(output).bias", [2], [1, 3])
        tensor("\(output).mean", [2], [0, 0])
        tensor("\(output).variance", [2], [1, 1])
        node(
            "BatchNormalization", [input, "\(output).scale", "\(output).bias", "\(output).mean", "\(output).variance"],
            [output], attributes: [Self.float("epsilon", 0)])
    }
}

extension ONNXPair {
    fileprivate func integers(_ name: String) throws -> [Int64] {
        try file.integers(of: file.initializers[try #require(file.initializerPlaces[name])])
    }
}
