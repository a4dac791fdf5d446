import Folding
import Frontend
import NetGraph

/// A folded network with what nothing took in the form that the user wants.
struct LeftoverWriting {
    var plan: FoldPlan
    var folded: FoldedNetwork
    /// What is told beside the plan.
    private(set) var remarks: [ReadingRemark] = []

    /// - Throws: `BNFoldError` when numbers cannot be read.
    init(
        _ plan: FoldPlan, _ folded: FoldedNetwork, of model: any Model, options: PlanningOptions,
        frontend: any Frontend
    ) throws(BNFoldError) {
        self.plan = plan
        let folded = model.inStandardTypes(folded)
        self.folded = folded
        guard let (target, type) = frontend.conversion(for: options) else { return }
        let conversion = try liftingWeights { () throws(WeightError) in
            try LeftoverConversion(of: folded, weights: model.weights, to: target, type: type)
        }
        self.folded = conversion.folded
        let converted = Set(conversion.converted)
        for index in self.plan.leftovers.indices where converted.contains(plan.leftovers[index].survivor) {
            self.plan.leftovers[index].type = type
        }
        let names = Dictionary(
            folded.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        // What the plan leaves as it was is told here: its reasons say nothing of another form.
        let survivors = Set(plan.leftovers.map(\.survivor))
        let kept = conversion.converted.filter { !survivors.contains($0) }
        remarks = kept.compactMap { names[$0] }.map { layer in
            ReadingRemark(
                kind: .init(rawValue: "other-form"), severity: .note, layers: [layer.name],
                message: "layer '\(layer.name.inMessages)' (\(layer.type.inMessages)) is written as a \(type)")
        }
        remarks += conversion.exceptions.compactMap { exception in
            names[exception.layer].map { layer in
                ReadingRemark(
                    kind: .init(rawValue: "form-impossible"), severity: .warning, layers: [layer.name],
                    message:
                        "layer '\(layer.name.inMessages)' stays a \(layer.type.inMessages), and becomes no \(type): \(exception.reason)"
                )
            }
        }
    }
}
