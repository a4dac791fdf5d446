/// What a user tells of how to fold: one value from the command line, a line of a manifest or Swift code to the planner.
public struct PlanningOptions: Hashable, Sendable {
    /// Fold normalisations whose moving-average factor is 0 as the framework runs them, instead of taking it as an error.
    public var allowsUntrained = false
    /// How far an affine may go to a layer that takes it.
    public var reach = FoldReach.wholeGraph
    /// Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer.
    public var writesBiasAsScale = false

    public init() {}
}

/// What holds planning options, and offers each of them by its name.
public protocol PlanningChoosing {
    var planning: PlanningOptions { get set }
}

extension PlanningChoosing {
    /// Fold normalisations whose moving-average factor is 0 as the framework runs them.
    public var allowsUntrained: Bool {
        get { planning.allowsUntrained }
        set { planning.allowsUntrained = newValue }
    }

    /// How far an affine may go to a layer that takes it.
    public var reach: FoldReach {
        get { planning.reach }
        set { planning.reach = newValue }
    }

    /// Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer.
    public var writesBiasAsScale: Bool {
        get { planning.writesBiasAsScale }
        set { planning.writesBiasAsScale = newValue }
    }
}
