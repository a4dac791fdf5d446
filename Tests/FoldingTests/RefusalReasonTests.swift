import Folding
import NetGraph
import Testing

/// A reason, the smallest net whose layer `affine` gives it, and what its sentence must name.
private struct RefusalCase: Sendable, CustomTestStringConvertible {
    var name: String
    var says: String
    var direction = FoldDirection.backward
    var reach = FoldReach.wholeGraph
    var readsWeights = true
    var build: @Sendable (inout NetworkSketch) throws -> Void

    init(
        _ name: String, says: String, _ direction: FoldDirection = .backward, reach: FoldReach = .wholeGraph,
        readsWeights: Bool = true, build: @escaping @Sendable (inout NetworkSketch) throws -> Void
    ) {
        (self.name, self.says, self.direction, self.reach) = (name, says, direction, reach)
        (self.readsWeights, self.build) = (readsWeights, build)
    }

    /// `data - linear - op - affine`
    init(_ name: String, behind operation: Operation, _ scale: [Double]?, _ shift: [Double]? = nil) {
        self.init(name, says: "'op'") { sketch in
            let data = sketch.input("data", [1, 2, 2, 2])
            let passed = try sketch.append("op", operation, sketch.convolution(of: data, outputs: 2))
            sketch.finish(sketch.affine(of: passed, scale, shift))
        }
    }

    var testDescription: String { says.hasPrefix("'") ? "\(name) at \(says)" : name }
}

/// Stands for anything that is no affine layer.
private let absolute = Operation.activation(.absolute)

@Suite("Every reason, its name, and what its sentence names")
struct RefusalReasonTests {
    @Test(
        "The reason has its name, and its sentence says what blocks",
        arguments: ownReasons + reasonsBefore + reasonsOnTheWay + reasonsBehind)
    fileprivate func reason(refusal: RefusalCase) throws {
        var sketch = NetworkSketch()
        try refusal.build(&sketch)
        var options = FoldPlanner.Options()
        options.reach = refusal.reach
        let planner = FoldPlanner(sketch.network, options: options)
        let plan = refusal.readsWeights ? try planner.plan(weights: sketch.weights).plan : planner.plan()
        let reason = try #require(refusal.direction == .backward ? backward(plan, sketch) : forward(plan, sketch))
        #expect(reason.name == refusal.name)
        #expect(reason.sentence.contains(refusal.says))
    }

    private func backward(_ plan: FoldPlan, _ sketch: NetworkSketch) -> RefusalReason? {
        sketch.reason("affine", in: plan)
    }

    private func forward(_ plan: FoldPlan, _ sketch: NetworkSketch) -> RefusalReason? {
        let id = sketch.layer("affine")
        return plan.refusals.first { $0.layer == id }?.forwardReason
            ?? plan.leftovers.first { leftover in leftover.chain.contains { $0 == id } }?.forwardReason
    }

    // MARK: The layer itself

    private static let ownReasons = [
        RefusalCase("batch-statistics", says: "statistics of each batch") { sketch in
            let batchNorm = BatchNorm(
                mean: sketch.parameter("mean", [0]), variance: sketch.parameter("variance", [1]),
                usesGlobalStatistics: false)
            sketch.finish(sketch.add("affine", .batchNorm(batchNorm), [sketch.input("data", [1, 1])]))
        },
        RefusalCase("batch-norm-stays", says: "the normalization") { sketch in
            let batchNorm = BatchNorm(
                mean: sketch.parameter("mean", [0]), variance: sketch.parameter("variance", [1]),
                usesGlobalStatistics: false)
            let normalized = sketch.add("bn", .batchNorm(batchNorm), [sketch.input("data", [1, 1])])
            sketch.finish(sketch.scale("affine", of: normalized, [2]))
        },
        RefusalCase("no-statistics", says: "stores none") { sketch in
            let batchNorm = BatchNorm(mean: nil, spread: .applied, stored: [], hasStatistics: false)
            sketch.finish(sketch.add("affine", .batchNorm(batchNorm), [sketch.input("data", [1, 1])]))
        },
        RefusalCase("unknown-fields", says: "'renorm', 'clip'") { sketch in
            let batchNorm = BatchNorm(
                mean: sketch.parameter("mean", [0]), variance: sketch.parameter("variance", [1]),
                unknownFields: ["renorm", "clip"])
            sketch.finish(sketch.add("affine", .batchNorm(batchNorm), [sketch.input("data", [1, 1])]))
        },
        RefusalCase("second-input", says: "second input") { sketch in
            let (data, gate) = (sketch.input("data", [1, 1]), sketch.input("gate", [1, 1]))
            sketch.finish(sketch.add("affine", .scale(Scale(gamma: nil, beta: nil)), [data, gate]))
        },
        RefusalCase("not-per-channel", says: "axis 2") { sketch in
            sketch.finish(sketch.scale("affine", of: sketch.input("data", [1, 1, 2]), [1, 2], axes: .axes(2..<3)))
        },
        RefusalCase("axis-unknown", says: "-1") { sketch in
            sketch.finish(sketch.scale("affine", of: sketch.input(), [1, 2], axes: .unresolved(axis: -1)))
        },
        RefusalCase("channels-disagree", says: "different numbers of channels") { sketch in
            sketch.finish(sketch.scale("affine", of: sketch.input("data", [1, 3]), [1, 2]))
        },
        RefusalCase("channels-unknown", says: "number of its channels", readsWeights: false) { sketch in
            let mean = sketch.network.addParameter(Parameter(name: "mean", shape: nil))
            let variance = sketch.network.addParameter(Parameter(name: "variance", shape: nil))
            let data = sketch.input()
            sketch.finish(
                sketch.add("affine", .batchNorm(BatchNorm(mean: mean, variance: variance)), [data]))
        },
        RefusalCase("overflow", says: "'affine'") { sketch in
            let data = sketch.input("data", [1, 1])
            let first = sketch.scale("first", of: data, [1e300], nil, .float64)
            sketch.finish(sketch.scale("affine", of: first, [1e300], nil, .float64))
        },
    ]

    // MARK: The layer before

    private static let reasonsBefore = [
        RefusalCase("reads-input", says: "'data'") { sketch in
            sketch.finish(sketch.affine(of: sketch.input("data", [1, 1]), [2]))
        },
        RefusalCase("reads-input", says: "'records'") { sketch in
            let data = sketch.add("records", .dataSource(type: "Data"), [], valueShape: TensorShape([1, 1]))
            sketch.finish(sketch.affine(of: data, [2]))
        },
        RefusalCase("other-readers", says: "'absolute'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 1, 1]), outputs: 1)
            sketch.finish(sketch.affine(of: conv, [2]), try sketch.append("absolute", absolute, conv))
        },
        RefusalCase("other-readers", says: "'linear'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 1, 1]), outputs: 1)
            let (first, second) = (sketch.affine(of: conv, [2]), sketch.affine("second", of: conv, [3]))
            sketch.finish(first, second)
        },
        RefusalCase("network-output", says: "'linear'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 1, 1]), outputs: 1)
            sketch.finish(conv, sketch.affine(of: conv, [2]))
        },
        RefusalCase("not-linear", says: "'absolute' (Absolute)", reach: .adjacent) { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 1, 1]), outputs: 1)
            sketch.finish(sketch.affine(of: try sketch.append("absolute", absolute, conv), [2]))
        },
        RefusalCase("opaque-producer", says: "'custom' (Convolution)") { sketch in
            let opaque = Opaque(type: "Convolution", cause: "its field 'relu' is not known")
            let data = sketch.input("data", [1, 1, 1, 1])
            sketch.finish(sketch.scale("affine", of: sketch.add("custom", .opaque(opaque), [data]), [2]))
        },
        RefusalCase("several-outputs", says: "'linear'") { sketch in
            let inputs = [sketch.input("a", [1, 1, 1, 1]), sketch.input("b", [1, 1, 1, 1])]
            let operation = sketch.convolutionOperation("linear", inputs: 1, outputs: 1)
            let outputs = try sketch.append("linear", .convolution(operation), inputs, outputCount: 2)
            sketch.finish(sketch.affine(of: outputs[0], [2]), outputs[1])
        },
        RefusalCase("channel-axis", says: "'linear'") { sketch in
            let data = sketch.input("data", [1, 2, 2])
            sketch.finish(sketch.affine(of: try sketch.innerProduct(of: data, axis: 2), [2, 3]))
        },
        RefusalCase("channel-count", says: "'linear'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 1, 1]), outputs: 2)
            sketch.finish(sketch.affine(of: conv, [1, 2, 3]))
        },
        RefusalCase("weight-shape", says: "'linear'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 1, 1]), outputs: 2)
            sketch.network.parameters[0].shape = [3, 1, 1, 1]
            sketch.finish(sketch.affine(of: conv, [2, 3]))
        },
        RefusalCase("overflow", says: "'linear'") { sketch in
            let conv = sketch.pointwise("linear", of: sketch.input("data", [1, 1, 1, 1]), [1], bias: [1e30])
            sketch.finish(sketch.affine(of: conv, [1e10]))
        },
    ]

    // MARK: A layer on the way

    private static let reasonsOnTheWay = [
        RefusalCase("stopped", behind: .softmax(axis: 1), [2, 3]),
        RefusalCase("shift-stopped", behind: absolute, nil, [1, 2]),
        RefusalCase("negative-factor", behind: absolute, [2, -3]),
        RefusalCase("zero-padding", behind: pooling(.average, kernel: [2, 2], pad: [1, 1]), nil, [1, 2]),
        RefusalCase("empty-window", behind: pooling(.max, kernel: [1, 1], stride: [2, 2]), [2, 3]),
        RefusalCase("channels-mixed", behind: .permute(order: [0, 2, 1, 3]), [2, 3]),
        RefusalCase("shape-unknown", says: "'op'") { sketch in
            let conv = sketch.pointwise(of: sketch.input(), [1])
            let pooled = sketch.add("op", pooling(.max, kernel: [1, 1], stride: [2, 2]), [conv])
            sketch.finish(sketch.scale("affine", of: pooled, [2]))
        },
        RefusalCase("mask", says: "'op'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 2, 2]), outputs: 1)
            let pooled = try sketch.append("op", pooling(.max, kernel: [2, 2]), [conv], outputCount: 2)
            sketch.finish(sketch.affine(of: pooled[0], [2]), pooled[1])
        },
        RefusalCase("unequal-affines", says: "'op'") { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 2, 2]), outputs: 1)
            let parts = try sketch.append("op", .slice(axis: 2, points: []), [conv], outputCount: 2)
            sketch.finish(sketch.affine(of: parts[0], [2]), parts[1])
        },
        RefusalCase("negative-factor", says: "weights would tell", readsWeights: false) { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 2, 2]), outputs: 1)
            sketch.finish(sketch.affine(of: try sketch.append("op", absolute, conv), [2]))
        },
        RefusalCase("shift-stopped", says: "weights would tell", readsWeights: false) { sketch in
            let conv = try sketch.convolution(of: sketch.input("data", [1, 1, 2, 2]), outputs: 1)
            sketch.finish(sketch.affine(of: try sketch.append("op", absolute, conv), nil, [2]))
        },
    ]

    private static func pooling(
        _ method: Pooling.Method, kernel: [Int], stride: [Int] = [1, 1], pad: [Int] = [0, 0]
    ) -> Operation {
        .pooling(Pooling(method: method, kernel: kernel, stride: stride, pad: pad))
    }

    // MARK: The layers behind

    private static let reasonsBehind = [
        RefusalCase("writes-output", says: "'affine'", .forward) { sketch in
            sketch.finish(sketch.affine(of: sketch.input("data", [1, 1]), [2]))
        },
        RefusalCase("stopped", says: "'tanh' (Tanh)", .forward) { sketch in
            let affine = sketch.affine(of: sketch.input("data", [1, 1]), [2])
            sketch.finish(try sketch.append("tanh", .activation(.tanh), affine))
        },
        RefusalCase("zero-padding", says: "'linear'", .forward) { sketch in
            let affine = sketch.affine(of: sketch.input("data", [1, 1, 1, 1]), nil, [2])
            sketch.finish(try sketch.convolution(of: affine, pad: [1, 1]))
        },
        RefusalCase("zero-padding", says: "weights would tell", .forward, readsWeights: false) { sketch in
            let affine = sketch.affine(of: sketch.input("data", [1, 1, 1, 1]), nil, [2])
            sketch.finish(try sketch.convolution(of: affine, pad: [1, 1]))
        },
        RefusalCase("shift-stopped", says: "'linear' (Deconvolution)", .forward) { sketch in
            let affine = sketch.affine(of: sketch.input("data", [1, 1, 1, 1]), nil, [2])
            sketch.finish(try sketch.deconvolution(of: affine))
        },
        RefusalCase("unequal-affines", says: "'sum' (Eltwise)", .forward) { sketch in
            let data = sketch.input("data", [1, 1, 1, 1])
            let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [1, 1]))
            sketch.finish(try sketch.append("sum", sum, data, sketch.affine(of: data, [2])))
        },
        RefusalCase("weight-shape", says: "'linear'", .forward) { sketch in
            let affine = sketch.affine(of: sketch.input("data", [1, 3, 1, 1]), [2, 3, 4])
            let linear = try sketch.convolution(of: affine)
            let weight = sketch.network.parameters.indices.first {
                sketch.network.parameters[$0].name == "linear weight"
            }
            if let weight { sketch.network.parameters[weight].shape = [4, 2, 1, 1] }
            sketch.finish(linear)
        },
    ]
}
