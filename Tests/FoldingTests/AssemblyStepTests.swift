import NetGraph
import Testing

@testable import Folding

@Suite("Each step from a placement to a plan")
struct AssemblyStepTests {
    private func settlement(_ sketch: NetworkSketch) throws -> Settlement {
        Settlement(try sketch.searchedPlacement(), settings: PlanningSettings(), hasNumbers: true)
    }

    @Test("A linear layer that takes an affine is told with the layers that the affine passed")
    func takers() throws {
        var sketch = NetworkSketch()
        let conv = sketch.pointwise(of: sketch.input("data", [1, 1, 4, 4]), [1, 2], bias: [3, 4])
        let passed = sketch.add("dropout", .identity(type: "Dropout"), [conv])
        sketch.finish(sketch.scale(of: passed, [5, 6], [7, 8]))
        let placement = try sketch.searchedPlacement()
        let taker = try #require(placement.takers.first)
        #expect(placement.takers.count == 1)
        #expect(taker.position == 1)
        #expect(taker.before == nil)
        let fold = taker.fold(in: placement, bias: [3, 4], hasNumbers: true)
        #expect(fold.takes.map(\.direction) == [.backward])
        #expect(sketch.names(fold.takes[0].chain) == ["scale"])
        #expect(sketch.names(fold.takes[0].through) == ["dropout"])
        #expect(fold.bias == [3 * 5 + 7, 4 * 6 + 8])
    }

    @Test("A value that holds other numbers than before is a new one, and the last value keeps its identity")
    func newValues() throws {
        var sketch = NetworkSketch()
        let conv = sketch.pointwise(of: sketch.input("data", [1, 1, 4, 4]), [1, 2])
        let passed = sketch.add("dropout", .identity(type: "Dropout"), [conv])
        let scale = sketch.scale(of: passed, [5, 6])
        sketch.finish(scale)
        let settlement = try settlement(sketch)
        #expect(settlement.newValues.map(\.before) == [conv])
        #expect(settlement.bases[conv] == ValueID(sketch.network.values.count))
        #expect(settlement.bases[passed] == scale)
        #expect(settlement.stays.isEmpty)
    }

    @Test("A lone Scale is kept, Powers are kept without a word, and BatchNorm with Scale becomes one layer")
    func forms() throws {
        func form(_ build: (inout NetworkSketch, ValueID) -> ValueID) throws -> StayingAffine.Form? {
            var sketch = NetworkSketch()
            let data = sketch.input("data", [1, 2, 4, 4])
            sketch.finish(build(&sketch, data))
            return try settlement(sketch).stays.first?.form
        }
        let lone = try form { $0.scale(of: $1, [5, 6]) }
        let power = try form { $0.add("power", .power(Power(power: 1, scale: 2, shift: 3)), [$1]) }
        let chain = try form { sketch, data in
            sketch.scale(of: sketch.batchNorm(of: data, mean: [1, 2], variance: [3, 4]), [5, 6])
        }
        guard case .kept(let loneLayers) = lone, case .kept(let powers) = power, case .leftover(let outline) = chain
        else {
            Issue.record("\(String(describing: [lone, power, chain]))")
            return
        }
        #expect(loneLayers.cause == .lone)
        #expect(powers.cause == .powers)
        #expect(outline.chain == [0, 1])
        #expect(outline.channelCount == 2)
    }

    @Test("A leftover takes the place of the last Scale on its way, and each of two more gets a new name")
    func places() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 4, 4])
        let bn = sketch.batchNorm(of: data, mean: [1], variance: [2])
        let scale = sketch.scale(of: bn, [3])
        let output = sketch.tanh("scale_part2", of: scale)
        sketch.finish(output)
        let graph = try sketch.planningGraph()
        var finder = LeftoverPlaceFinder(graph)
        let outline = LeftoverOutline(
            input: data, output: scale, affine: nil, channelCount: 1, chain: [0, 1], firstNode: 1)
        let edges = graph.edgesOfRoot[data.index]
        let places = (0..<3).map { _ in finder.place(of: outline, before: edges, behind: data) }
        #expect(places.map(\.name) == ["scale", "bn", "scale_part3"])
        #expect(places.map(\.layer) == [sketch.layer("scale"), sketch.layer("bn"), LayerID(-1)])
        guard case .before(let reader) = places[2].site else {
            Issue.record("\(places[2])")
            return
        }
        #expect(reader == sketch.layer("scale_part2"))
    }

    @Test("Layers whose place nobody takes go, and a new layer stands before its reader")
    func rewiring() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 4, 4])
        let scale = sketch.scale(of: sketch.batchNorm(of: data, mean: [1], variance: [2]), [3])
        sketch.finish(sketch.tanh(of: scale))
        let graph = try sketch.planningGraph()
        let reader = try #require(sketch.layer("tanh"))
        let place = LeftoverPlace(site: .before(reader), layer: LayerID(-1), name: "new", output: scale)
        let rewiring = Rewiring(Settlement(values: [data]), places: [place], graph: graph)
        #expect(sketch.names(rewiring.removed) == ["bn", "scale"])
        #expect(rewiring.insertedBefore == [reader: [LayerID(-1)]])
        #expect(rewiring.inputs == [reader: [data]])
        #expect(rewiring.outputs.isEmpty)
    }

    @Test("A plan may have four million channels more than twice those that are stored, and none above")
    func channelLimit() throws {
        var sketch = NetworkSketch()
        _ = sketch.parameter("gamma", [1, 2, 3])
        let limit = ChannelLimit(sketch.network)
        #expect(limit.channelCount == 1 << 22 + 6)
        func stay(_ channelCount: Int) -> StayingAffine {
            let outline = LeftoverOutline(
                input: ValueID(0), output: ValueID(0), affine: nil, channelCount: channelCount, chain: [],
                firstNode: nil)
            let key = Placement.Group.Key(function: nil, rank: 0)
            return StayingAffine(
                root: ValueID(0), group: Placement.Group(key: key, edges: []), form: .leftover(outline))
        }
        try limit.check([], [stay(1 << 22), stay(6)])
        #expect(throws: WeightError.self) { try limit.check([], [stay(1 << 22), stay(7)]) }
        #expect(throws: WeightError.self) { try limit.check([], [stay(.max), stay(.max)]) }
    }

    @Test("Layers that go are dropped when no fold and no leftover comes from them")
    func dropped() {
        var plan = FoldPlan()
        plan.rewiring.removed = [LayerID(1), LayerID(2), LayerID(3)]
        plan.folds = [
            Fold(
                target: LayerID(0), takes: [Fold.Take(chain: [LayerID(2)], direction: .backward, through: [])],
                channelCount: 1, changesBias: false)
        ]
        plan.dropUntoldLayers()
        #expect(plan.dropped == [LayerID(1), LayerID(3)])
    }

    @Test("Without numbers a Scale has a shift when it or the BatchNorm that it belongs to has one")
    func assumed() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1])
        _ = sketch.scale(of: sketch.batchNorm(of: data, mean: [1], variance: [2]), [3])
        let (bn, scale) = (sketch.network.layers[1].operation, sketch.network.layers[2].operation)
        let alone = try #require(scale.assumedAffine(behind: nil))
        #expect(alone.hasNoShift)
        #expect(alone.scale[0].isNaN)
        let both = try #require(scale.assumedAffine(behind: bn))
        #expect(!both.hasNoShift)
    }
}
