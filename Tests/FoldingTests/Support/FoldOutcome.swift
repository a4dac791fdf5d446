import Folding
import NetGraph
import TestSupport
import Testing

/// What a fold left of the affine layers of a net, and why.
struct FoldOutcome {
    var result: FoldedSketch

    /// The types of the affine layers that are left, in the order of the net.
    var left: [String] {
        result.network.layers.filter { layer in
            switch layer.operation {
            case .batchNorm: true
            case .scale(let scale): scale.gamma != nil
            case .bias(let bias): bias.beta != nil
            case .power(let power): power.power == 1
            default: false
            }
        }.map(\.operation.kindName)
    }

    /// Why what is left did not go back.
    var reasons: [RefusalReason] { result.plan.leftovers.map(\.reason) + result.plan.refusals.map(\.reason) }

    /// Why what is left did not go forward.
    var forwardReasons: [RefusalReason] {
        result.plan.leftovers.compactMap(\.forwardReason) + result.plan.refusals.compactMap(\.forwardReason)
    }

    /// The names of the layers that took something.
    var takers: [String] {
        result.plan.folds.compactMap { fold in result.network.layers.first { $0.id == fold.target }?.name }
    }

    func reasons(_ direction: FoldDirection) -> [RefusalReason] {
        direction == .backward ? reasons : forwardReasons
    }
}

extension NetworkSketch {
    /// Folds the net with all numbers in double precision, and runs it before and after. A blob that differs is an issue, and so is a plan that leaves
    /// something to fold.
    func outcome(
        _ options: FoldPlanner.Options = FoldPlanner.Options(), sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> FoldOutcome {
        var sketch = self
        for index in sketch.network.parameters.indices { sketch.network.parameters[index].elementType = .float64 }
        if let complaint = FoldVerdict(sketch, options: options).complaint {
            Issue.record("\(complaint)", sourceLocation: sourceLocation)
        }
        return FoldOutcome(result: try sketch.folded(options))
    }
}
