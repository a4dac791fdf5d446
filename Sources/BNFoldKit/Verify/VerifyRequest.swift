import Folding
import Frontend
import Verification

/// What to compare, on which samples, and how strictly.
public struct VerifyRequest: Sendable {
    /// The number format of the run that values are compared in.
    public enum Precision: String, Hashable, Sendable, CaseIterable {
        case single
        case double

        /// The tolerance where the user gives none: some ten times what right folds of deep networks show.
        ///
        /// In double precision only the rounding of the folded weights remains, 2^-24 a layer: up to 1.2e-6 in networks of 50 convolutions. Two runs
        /// in single precision differ by the noise of their arithmetic as well: up to 4e-6. A fold that is wrong shows 1e-3 and more.
        public var defaultTolerance: Double {
            switch self {
            case .single: 5e-5
            case .double: 1e-5
            }
        }
    }

    /// The weights of the original network.
    public var original: String
    /// The folded weights.
    public var folded: String
    /// The original network, where it has a file of its own; `nil` to look for it beside its weights.
    public var network: String?
    /// The folded network; `nil` to look for it beside its weights.
    public var foldedNetwork: String?
    public var model = ModelOptions()
    public var options = VerifyOptions()
    /// Where the report goes as JSON; `nil` for nowhere.
    public var reportPath: String?
    /// Replace a report or a plot that exists.
    public var overwrites = false
    public var cancellation = Cancellation()

    public init(original: String, folded: String) {
        self.original = original
        self.folded = folded
    }
}

/// How two networks are compared.
public struct VerifyOptions: Sendable {
    /// Samples by input; none for noise.
    public var inputs: [SampleInput] = []
    /// A network whose layer for data tells what to do with the samples, and names them where `inputs` does not; `nil` for none.
    public var dataLayerNetwork: String?
    /// How many samples to run; `nil` for all that were given, or four of noise.
    public var samples: Int?
    /// The labels of samples by output, or by the name that Accuracy layers of the training network know them by.
    public var labels: [SampleInput] = []
    /// The least share of samples about which the folded network has to be right; `nil` for any.
    public var requiredAccuracy: Double?
    /// The least share of samples to which both networks have to give the same class; `nil` for any.
    public var requiredAgreement: Double?
    /// The seed of noise.
    public var seed: UInt64 = 1
    public var precision = VerifyRequest.Precision.double
    /// The largest difference of a value that is agreement, relative to its largest magnitude; `nil` for the precision's own.
    public var tolerance: Double?
    /// The weights that the folded network runs with, instead of its own; differences are told then, and not judged.
    public var simulation: QuantizationScheme?
    /// The most memory that both networks, samples and values may take, in bytes; `nil` for three quarters of what this machine, or the group of
    /// processes that this one belongs to, has.
    public var memoryLimit: Int?
    /// Where the plot of errors goes as SVG; `nil` for nowhere.
    public var plotPath: String?
    /// Called now and then.
    public var progress: @Sendable (RunProgress) -> Void = { _ in }

    /// The tolerance where the user gives none and weights are stored in half precision: each is rounded by 2^-11, 4.9e-4 of itself, and what is computed
    /// from many of them by some 3e-4. A fold that is wrong shows far more; each is judged by its own bound, too.
    public static let toleranceOfHalfPrecision = 1e-3

    /// The same where the original's weights are not: then all of them were rounded, and what layer after layer is off by adds up. Real networks of 10 to 60
    /// layers are off by 2e-4 to 3e-3, and by 5e-2 where they choose pixels by their values. It is each layer's bound that finds what is wrong.
    public static let toleranceOfRoundedWeights = 5e-2

    public init() {}
}

/// Samples that the user gives: a file, the input that they are for, and what to take from the file.
public struct SampleInput: Hashable, Sendable {
    /// `nil` for the input that the array in the file is named after, or the only one.
    public var input: String?
    public var path: String
    /// The dataset of an HDF5 file, the array of a .npz; `nil` for the only one, or the one named like the input.
    public var array: String?
    /// What a layer for data does with the samples; `nil` for nothing.
    public var transform: SampleTransform?
    /// Where `path` is a list: what its names are put behind; `nil` to look for them from the working directory and the list's folder.
    public var folder: String?

    public init(input: String?, path: String, array: String?) {
        self.input = input
        self.path = path
        self.array = array
    }
}
