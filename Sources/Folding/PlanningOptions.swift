/// What a user tells of how to fold: one value from the command line, a line of a manifest or Swift code to the planner.
public struct PlanningOptions: Hashable, Sendable {
    /// Fold normalisations whose moving-average factor is 0 as the framework runs them, instead of taking it as an error.
    public var allowsUntrained = false
    /// How far an affine may go to a layer that takes it.
    public var reach = FoldReach.wholeGraph
    /// What becomes of affines that nothing takes; `nil` for the framework's own form.
    public var leftover: LeftoverChoice?
    /// Take channels out of the network that hold one number whatever the input is.
    public var removesConstantChannels = false
    /// Make the ranges of channels equal across layers, for weights of 8 bits.
    public var equalizes = false
    /// What is stored in half precision; `nil` for nothing that was not before.
    public var half: HalfPrecisionOptions?

    /// Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer.
    public var writesBiasAsScale: Bool {
        get { leftover == .scale }
        set { if newValue != writesBiasAsScale { leftover = newValue ? .scale : nil } }
    }

    public init() {}
}

/// The layer that an affine becomes which nothing takes.
public enum LeftoverChoice: String, Hashable, Sendable, CaseIterable {
    /// A Scale; with factors of 1 where there are only shifts.
    case scale
    /// A Scale, or a Bias where there are only shifts.
    case biasScale = "bias-scale"
    /// A convolution with one weight for each channel.
    case depthwise
    /// A normalisation by stored statistics.
    case batchNorm = "batchnorm"
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

    /// What becomes of affines that nothing takes; `nil` for the framework's own form.
    public var leftover: LeftoverChoice? {
        get { planning.leftover }
        set { planning.leftover = newValue }
    }

    /// Take channels out of the network that hold one number whatever the input is.
    public var removesConstantChannels: Bool {
        get { planning.removesConstantChannels }
        set { planning.removesConstantChannels = newValue }
    }

    /// What is stored in half precision.
    public var half: HalfPrecisionOptions? {
        get { planning.half }
        set { planning.half = newValue }
    }

    /// Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer.
    public var writesBiasAsScale: Bool {
        get { planning.writesBiasAsScale }
        set { planning.writesBiasAsScale = newValue }
    }

    /// Make the ranges of channels equal across layers, for weights of 8 bits.
    public var equalizes: Bool {
        get { planning.equalizes }
        set { planning.equalizes = newValue }
    }
}
