/// What a plan costs, in the order of importance.
struct PlanCost: Hashable, Comparable {
    /// Affine layers where the framework has no place for them. A network has none to begin with, so neither has a plan.
    var misplaced = 0
    /// Affine layers that are left.
    var layers = 0
    /// Numbers that those read for one image: each element, and with it the factor and the term of its channel.
    var work = 0
    /// Linear layers that change, and affine layers that are not where they were.
    var edits = 0

    static func < (left: PlanCost, right: PlanCost) -> Bool {
        (left.misplaced, left.layers, left.work, left.edits)
            < (right.misplaced, right.layers, right.work, right.edits)
    }

    static func + (left: PlanCost, right: PlanCost) -> PlanCost {
        PlanCost(
            misplaced: left.misplaced + right.misplaced, layers: left.layers + right.layers,
            work: left.work + right.work, edits: left.edits + right.edits)
    }

    static func - (left: PlanCost, right: PlanCost) -> PlanCost {
        PlanCost(
            misplaced: left.misplaced - right.misplaced, layers: left.layers - right.layers,
            work: left.work - right.work, edits: left.edits - right.edits)
    }
}
