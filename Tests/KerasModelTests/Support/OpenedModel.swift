import Folding
import Foundation
import Frontend
import NetGraph

@testable import KerasModel

/// A model from files, and what the planner makes of it.
struct OpenedModel {
    let pair: KerasPair
    let plan: FoldPlan
    let folded: FoldedNetwork
    private let store: FoldedWeights<AnyWeightStore>

    init(_ files: ModelFiles, options: ModelOptions = ModelOptions()) throws {
        var session = KerasSession()
        guard let pair = try session.open(files, options: options) as? KerasPair, let weights = pair.weights else {
            throw ModelError(.internalFault, "no model of Keras with weights")
        }
        self.pair = pair
        var planning = FoldPlanner.Options()
        planning.leftoverForm = try KerasFrontend().leftoverForm(for: PlanningOptions())
        plan = try FoldPlanner(pair.network, options: planning).plan(weights: AnyWeightStore(weights)).plan
        folded = plan.applied(to: pair.network)
        store = FoldedWeights(base: AnyWeightStore(weights), folded: folded)
    }

    /// A whole HDF5 file of Keras 2 with these layers.
    init(config: String, _ layers: [WeightFixture.Layer]) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("bnfold-\(UUID().uuidString).h5").path
        try Data(WeightFixture.legacy(layers, config: config)).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try self.init(ModelFiles(weights: path))
    }

    /// The numbers of a layer of the folded network.
    func numbers(of name: String) throws -> [[Double]] {
        guard let layer = folded.network.layers.first(where: { $0.name == name }) else { return [] }
        return try layer.operation.parameters.map { try store.vector($0, of: folded.network) }
    }

    /// The names of the layers that take something, and why the others stay.
    var taken: [String] {
        plan.folds.compactMap { fold in pair.network.layers.first { $0.id == fold.target }?.name }
    }
    var reasons: [RefusalReason] { plan.leftovers.map(\.reason) + plan.refusals.map(\.reason) }
}
