import Frontend
import ProtobufWire
import Testing

@testable import ONNXModel

/// Graphs inside nodes, and functions.
@Suite struct InnerGraphTests {
    /// A convolution of the outer `x` with a normalisation, as a branch; the weight is its own unless it is named.
    private func branch(weight: String? = nil, normalizes: Bool = true, prefix: String = "") -> ModelBytes {
        var model = ModelBytes()
        if weight == nil { model.tensor("\(prefix)w", [2, 1, 1, 1], [3, 5]) }
        model.node("Conv", ["x", weight ?? "\(prefix)w"], ["\(prefix)c"])
        if normalizes { model.batchNormalization("\(prefix)c", "\(prefix)y") }
        model.outputs = ["\(prefix)\(normalizes ? "y" : "c")"]
        return model
    }

    private func choice(_ first: ModelBytes, _ second: ModelBytes) -> ModelBytes {
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2]), ("which", [])]
        model.node(
            "If", ["which"], ["out"],
            attributes: [ModelBytes.graph("then_branch", first), ModelBytes.graph("else_branch", second)])
        model.outputs = ["out"]
        return model
    }

    @Test func bothBranchesOfAnIfAreFoldedThoughTheyUseTheSameNames() throws {
        let (written, _) = try choice(branch(), branch()).folded(in: Folder())
        #expect(written.types == ["Conv", "Conv", "If"])
        for place in written.file.initializers.indices where written.file.initializers[place].enclosing.count > 1 {
            #expect(try written.numbers(written.file.initializers[place].name) == [6, -5])
        }
        #expect(written.file.valueInfos.filter(\.isOutput).map(\.name) == written.file.nodes[..<2].flatMap(\.outputs))
    }

    @Test func aWeightOfTheOuterGraphIsCopiedForTheBranchThatChangesIt() throws {
        var model = choice(branch(weight: "w", prefix: "a"), branch(weight: "w", normalizes: false, prefix: "b"))
        model.tensor("w", [2, 1, 1, 1], [3, 5])
        let (written, _) = try model.folded(in: Folder())
        #expect(written.types == ["Conv", "Conv", "If"])
        #expect(try written.numbers("w") == [3, 5])
        #expect(written.file.nodes[1].inputs[1] == "w")
        #expect(try written.numbers(written.file.nodes[0].inputs[1]) == [6, -5])
    }

    @Test func aValueThatABranchReadsStaysAsItIs() throws {
        var inner = ModelBytes()
        inner.batchNormalization("v", "y")
        inner.outputs = ["y"]
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2]), ("which", [])]
        model.tensor("w", [2, 1, 1, 1], [3, 5])
        model.node("Conv", ["x", "w"], ["v"])
        model.node("If", ["which"], ["out"], attributes: [ModelBytes.graph("then_branch", inner)])
        model.outputs = ["out"]
        let (written, _) = try model.folded(in: Folder())
        #expect(try written.numbers("w") == [3, 5])
        #expect(written.types.contains("BatchNormalization"))
    }

    @Test func whatIsLeftInABranchStandsInThatBranch() throws {
        var inner = ModelBytes()
        inner.node("Sigmoid", ["x"], ["s"])
        inner.batchNormalization("s", "t")
        inner.batchNormalization("t", "u")
        inner.node("Sigmoid", ["u"], ["y"])
        inner.outputs = ["y"]
        var model = choice(inner, branch(prefix: "b"))
        model.inputs[0].shape = [1, 2, 2, 2]
        let (written, _) = try model.folded(in: Folder())
        #expect(written.file.nodes.filter { $0.type == "BatchNormalization" }.map(\.scope) == [1, 2])
    }

    @Test func aNameThatHidesOneOfTheOuterGraphKeepsTheGraphClosed() throws {
        var model = choice(branch(), branch())
        model.tensor("w", [2, 1, 1, 1], [1])
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }

    // MARK: Functions

    private func calling(_ times: Int, named name: String = "ConvNorm") -> ModelBytes {
        var body = ModelBytes()
        body.inputs = ["a", "w", "s", "b", "m", "v"].map { ($0, []) }
        body.outputs = ["r"]
        body.node("Conv", ["a", "w"], ["t"])
        body.node("BatchNormalization", ["t", "s", "b", "m", "v"], ["r"], attributes: [ModelBytes.float("epsilon", 0)])
        var model = ModelBytes()
        model.inputs = [("x", [1, 2, 2, 2])]
        model.functions = [body.function(name)]
        var value = "x"
        for call in 0..<times {
            model.tensor("w\(call)", [2, 2, 1, 1], [1, 2])
            for (role, numbers) in [("s", [2, -1]), ("b", [1, 3]), ("m", [0, 0]), ("v", [1, 1])] as [(String, [Float])]
            {
                model.tensor("\(role)\(call)", [2], numbers)
            }
            model.node(
                name, [value] + ["w", "s", "b", "m", "v"].map { "\($0)\(call)" }, ["out\(call)"], domain: "mine")
            value = "out\(call)"
        }
        model.outputs = [value]
        return model
    }

    @Test func eachCallOfAFunctionIsFoldedByItself() throws {
        let (written, _) = try calling(2).folded(in: Folder())
        #expect(written.types == ["Conv", "Conv"])
        #expect(written.file.calls.isEmpty)
        #expect(try written.numbers("w0") == [2, 4, -1, -2])
    }

    @Test func aCallThatNothingChangesStaysACall() throws {
        var model = calling(1)
        model.nodes.removeAll()
        model.node("ConvNorm", ["x", "w0", "x", "b0", "m0", "v0"], ["out0"], domain: "mine")
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }

    @Test func aFunctionThatIsCalledAsAnOperatorIsNone() throws {
        var body = ModelBytes()
        body.inputs = ["t", "s", "b", "m", "v"].map { ($0, []) }
        body.outputs = ["r"]
        body.node("Exp", ["t"], ["r"])
        var model = ModelBytes()
        model.inputs = [("x", [1, 1, 2, 2])]
        model.functions = [body.function("BatchNormalization")]
        model.tensor("w", [2, 1, 1, 1], [1])
        for role in ["s", "b", "m", "v"] { model.tensor(role, [2], [1]) }
        model.node("Conv", ["x", "w"], ["c"])
        model.node("BatchNormalization", ["c", "s", "b", "m", "v"], ["y"], domain: "mine")
        model.outputs = ["y"]
        let (written, bytes) = try model.folded(in: Folder())
        #expect(written.types == ["Conv", "Exp"])
        #expect(bytes == model.bytes)
    }

    @Test func functionsThatStandForMoreNodesThanThereIsRoomForAreLeftAlone() throws {
        var model = ModelBytes()
        model.inputs = [("x", [1, 2])]
        for level in 0..<30 {
            var body = ModelBytes()
            body.inputs = [("a", [])]
            body.outputs = ["r"]
            if level == 0 {
                body.node("Relu", ["a"], ["r"])
            } else {
                body.node("F\(level - 1)", ["a"], ["t"], domain: "mine")
                body.node("F\(level - 1)", ["t"], ["r"], domain: "mine")
            }
            model.functions.append(body.function("F\(level)"))
        }
        model.node("F29", ["x"], ["y"], domain: "mine")
        model.outputs = ["y"]
        let (written, bytes) = try model.folded(in: Folder())
        #expect(written.types == ["F29"])
        #expect(bytes == model.bytes)
    }

    @Test func aFunctionThatCallsItselfIsLeftAlone() throws {
        var body = ModelBytes()
        body.inputs = [("a", [])]
        body.outputs = ["r"]
        body.node("Round", ["a"], ["r"], domain: "mine")
        var model = ModelBytes()
        model.inputs = [("x", [1, 2])]
        model.functions = [body.function("Round")]
        model.node("Round", ["x"], ["y"], domain: "mine")
        model.outputs = ["y"]
        #expect(try model.folded(in: Folder()).bytes == model.bytes)
    }
}
