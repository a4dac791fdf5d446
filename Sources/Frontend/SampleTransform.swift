/// What a network's own layer for data does with each sample before the network gets it, when the network is tested.
///
/// In this order, as Caffe does (`DataTransformer`): the part in the middle is cut out, the mean is subtracted, the rest is multiplied.
public struct SampleTransform: Hashable, Sendable {
    /// Which channels images are decoded to.
    public enum Color: Hashable, Sendable {
        case asStored
        case color
        case gray
    }

    /// A mean for each number of a sample before it is cut, channels first.
    public struct MeanImage: Hashable, Sendable {
        public var path: String
        /// Channels, height, width.
        public var shape: [Int]
        public var values: [Float]

        public init(path: String, shape: [Int], values: [Float]) {
            self.path = path
            self.shape = shape
            self.values = values
        }
    }

    /// File, line and layer, for messages.
    public var place: String
    public var color = Color.asStored
    /// Height and width of the part in the middle; `nil` for all.
    public var cropSize: Int?
    /// None, one for all channels, or one for each.
    public var means: [Float] = []
    public var meanImage: MeanImage?
    public var scale: Float = 1

    public init(place: String) { self.place = place }

    /// Whether it leaves samples as they are.
    public var isIdentity: Bool { cropSize == nil && means.isEmpty && meanImage == nil && scale == 1 }
}

/// What a layer for data reads, and what it does with it.
public struct LayerSamples: Hashable, Sendable {
    /// The value that holds the samples; `nil` where the arrays that it reads are named after the values.
    public var input: String?
    /// A database, or a list of files.
    public var path: String
    /// What the files of the list are seen from, put before their names as it is; `nil` for the working directory and the list's folder.
    public var folder: String?
    public var transform: SampleTransform

    public init(input: String?, path: String, folder: String? = nil, transform: SampleTransform) {
        self.input = input
        self.path = path
        self.folder = folder
        self.transform = transform
    }
}
