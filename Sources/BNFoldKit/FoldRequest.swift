import Folding
import Frontend

/// What to fold, where to, and how.
public struct FoldRequest: Sendable, PlanningChoosing {
    /// Trained weights.
    public var input: String
    /// The network, where it has a file of its own; `nil` to look for it beside the weights.
    public var network: String?
    /// The folded weights.
    public var output: String
    /// Where the network goes, where it has a file of its own; `nil` for a name that follows from that of the output.
    public var outputNetwork: String?
    /// How the model is read.
    public var model = ModelOptions()
    /// What is folded, and how.
    public var planning = PlanningOptions()
    /// gzip level of the output's datasets, 0 for none.
    public var compression = 0
    /// Where the report goes as JSON; `nil` for nowhere.
    public var reportPath: String?
    /// Samples to measure the statistics of normalisations on before they are folded; `nil` to fold what is stored.
    public var calibration: MeasuringOptions?
    /// Where the ranges of channels before and after equalization go as SVG; `nil` for nowhere.
    public var equalizationPlotPath: String?
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
public struct InspectRequest: Sendable, PlanningChoosing {
    /// Trained weights; `nil` to plan from the network alone.
    public var input: String?
    public var network: String?
    /// How the model is read.
    public var model = ModelOptions()
    /// What is folded, and how.
    public var planning = PlanningOptions()
    /// Where the plan goes as a drawing for Graphviz; `nil` for nowhere.
    public var drawingPath: String?
    /// Replace a drawing or a plot that exists.
    public var overwritesDrawing = false
    /// Samples to hold the stored statistics against; `nil` for none.
    public var observing: MeasuringOptions?
    /// Where stored against observed statistics go as SVG; `nil` for nowhere.
    public var plotPath: String?
    /// Where the ranges of channels before and after equalization go as SVG; `nil` for nowhere.
    public var equalizationPlotPath: String?
    public var cancellation = Cancellation()

    public init(input: String?, network: String?) {
        self.input = input
        self.network = network
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
