import NetGraph

/// What deploying a model does to one layer, in the words of its framework.
public struct LayerDeployment: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// What read data became an input.
        case input
        /// A loss became the function that it applies to the scores.
        case function
        /// A loss or a metric went.
        case objective
        /// It only fed layers that went.
        case feedsNothing = "feeds-nothing"
        /// It hands its input on unchanged.
        case identity
    }

    public var layer: LayerID
    public var kind: Kind
    /// For people: "gone: only training and evaluation need it".
    public var sentence: String
    /// Of a loss that became a function.
    public var names: FunctionNames?

    public init(layer: LayerID, kind: Kind, sentence: String, names: FunctionNames? = nil) {
        self.layer = layer
        self.kind = kind
        self.sentence = sentence
        self.names = names
    }

    /// What a loss is called before and after, as a layer and as a value.
    public struct FunctionNames: Hashable, Sendable {
        public var oldLayer: String
        public var layer: String
        /// `nil` for a loss that wrote none.
        public var oldValue: String?
        public var value: String

        public init(oldLayer: String, layer: String, oldValue: String?, value: String) {
            self.oldLayer = oldLayer
            self.layer = layer
            self.oldValue = oldValue
            self.value = value
        }
    }
}

/// What was done to data before the network got it. Whoever runs the deployed network does it now.
public struct DataPreparation: Hashable, Sendable {
    /// One thing that was done, as the file says it.
    public struct Step: Hashable, Sendable {
        /// The option that asks for it, with what it lies in, separated by dots.
        public var field: String
        /// As written, several values with commas.
        public var value: String

        public init(field: String, value: String) {
            self.field = field
            self.value = value
        }
    }

    public var layer: LayerID
    /// The value that gets the data.
    public var value: String
    public var steps: [Step]

    public init(layer: LayerID, value: String, steps: [Step]) {
        self.layer = layer
        self.value = value
        self.steps = steps
    }
}

/// Something worth telling about how the parts of a model belong together.
public struct ReadingRemark: Hashable, Sendable {
    /// What kind of thing it is; each frontend has its own.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// A stable name for reports, for example `copies-differ`.
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// Nothing was ever written to samples, which have their fill value therefore.
        public static let unwrittenSamples = Self(rawValue: "unwritten-samples")
        /// Samples were transformed as a network's layer for data does it.
        public static let transformedSamples = Self(rawValue: "transformed-samples")
    }

    public enum Severity: String, Hashable, Sendable {
        case note, warning
    }

    public var kind: Kind
    public var severity: Severity
    /// The layers that it is about.
    public var layers: [String]
    /// One sentence, with file and layers.
    public var message: String

    public init(kind: Kind, severity: Severity, layers: [String], message: String) {
        self.kind = kind
        self.severity = severity
        self.layers = layers
        self.message = message
    }
}

/// A layer of the weights that the network lacks.
public struct SurplusWeights: Hashable, Sendable {
    public var name: String
    /// `nil` where nothing tells it.
    public var type: String?
    /// The shapes of its tensors, in their order.
    public var shapes: [[Int]]

    public init(name: String, type: String?, shapes: [[Int]]) {
        self.name = name
        self.type = type
        self.shapes = shapes
    }
}

/// A parameter that was shared by name, and is no longer by all of its layers.
public struct PartedParameter: Hashable, Sendable {
    /// The name by which it was shared.
    public var name: String
    /// The names of the layers, in groups that share what came of it.
    public var groups: [[String]]

    public init(name: String, groups: [[String]]) {
        self.name = name
        self.groups = groups
    }
}
