import CaffeModel
import Folding

/// What to fold, where to, and how.
public struct FoldRequest: Sendable {
    /// Trained weights.
    public var input: String
    /// The network; `nil` to look for it beside the weights.
    public var prototxt: String?
    /// The folded weights.
    public var output: String
    /// The deploy prototxt; `nil` for the name of the output with `.prototxt`.
    public var outputPrototxt: String?
    public var caffe = CaffeOptions()
    /// Fold BatchNorms whose moving-average factor is 0, as Caffe runs them.
    public var allowsUntrained = false
    /// How far an affine may go to a layer that takes it.
    public var reach = FoldReach.wholeGraph
    /// Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer.
    public var writesBiasAsScale = false
    /// gzip level of the output's datasets, 0 for none.
    public var compression = 0
    /// Where the report goes as JSON; `nil` for nowhere.
    public var reportPath: String?
    /// Run both networks and compare them before the output is put in place; `nil` for not.
    public var verification: VerifyOptions?
    /// What becomes of output that exists.
    public var existing = ExistingOutput.refuse
    /// How long to wait for another run that is writing the same output.
    public var patience = Duration.zero
    public var cancellation = Cancellation()
    /// Called with a sentence about something that happened on the way, such as an interrupted run that was finished.
    public var notice: @Sendable (String) -> Void = { _ in }

    public init(input: String, output: String) {
        self.input = input
        self.output = output
    }
}

/// What to inspect.
public struct InspectRequest: Sendable {
    /// Trained weights; `nil` to plan from the prototxt alone.
    public var input: String?
    public var prototxt: String?
    public var caffe = CaffeOptions()
    public var allowsUntrained = false
    /// How far an affine may go to a layer that takes it.
    public var reach = FoldReach.wholeGraph
    /// Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer.
    public var writesBiasAsScale = false
    /// Where the plan goes as a drawing for Graphviz; `nil` for nowhere.
    public var drawingPath: String?
    public var overwritesDrawing = false

    public init(input: String?, prototxt: String?) {
        self.input = input
        self.prototxt = prototxt
    }
}

/// What is to become of an output that exists already.
public enum ExistingOutput: String, Hashable, Sendable {
    /// It is an error.
    case refuse
    /// It is an error unless the very same bytes would be written: left by a batch that was killed before it could report them.
    case acceptEqual
    case replace
}
