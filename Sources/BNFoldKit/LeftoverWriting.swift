import Folding
import Frontend
import NetGraph

/// A folded network with what nothing took in the form that the user wants.
struct LeftoverWriting {
    var plan: FoldPlan
    var folded: FoldedNetwork
    /// What is told beside the plan.
    private(set) var remarks: [ReadingRemark] = []
    /// What became of constant channels, where that was asked for.
    private(set) var constantChannels: ConstantChannelReport?

    /// - Throws: `BNFoldError` when numbers cannot be read.
    init(
        _ plan: FoldPlan, _ folded: FoldedNetwork, of model: any Model, options: PlanningOptions,
        frontend: any Frontend, keepsTraining: Bool
    ) throws(BNFoldError) {
        self.plan = plan
        let folded = model.inStandardTypes(folded)
        self.folded = folded
        try convert(of: model, options: options, frontend: frontend)
        if options.removesConstantChannels { try removeConstantChannels(of: model, keepsTraining: keepsTraining) }
    }

    private mutating func removeConstantChannels(of model: any Model, keepsTraining: Bool) throws(BNFoldError) {
        guard !keepsTraining else {
            throw BNFoldError(
                .usage,
                "--remove-constant-channels and --keep-training exclude each other: layers of training read channels that would go; leave one out"
            )
        }
        guard let weights = model.weights else {
            throw BNFoldError(.usage, "--remove-constant-channels looks at the weights, so it needs them, too")
        }
        let folded = self.folded
        let removal = try liftingWeights { () throws(WeightError) in
            try ChannelRemoval(of: folded, weights: weights, mayChange: model.mayLoseChannels)
        }
        self.folded = removal.folded
        constantChannels = ConstantChannelReport(removal)
    }

    private mutating func convert(
        of model: any Model, options: PlanningOptions, frontend: any Frontend
    ) throws(BNFoldError) {
        let (plan, folded) = (plan, folded)
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
