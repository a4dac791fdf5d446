// Operations of detectors: SSD (https://github.com/weiliu89/caffe/tree/ssd) and Fast R-CNN.

/// The boxes that SSD starts from: for each pixel of the first input, in units of the second input's image.
public struct PriorBox: Hashable, Sendable {
    /// Whole pixels, as SSD's own code cuts them.
    public var minimumSizes: [Int]
    /// As many as minimum sizes, or none.
    public var maximumSizes: [Int]
    /// 1 first, then the others, each followed by its inverse where the layer flips.
    public var aspectRatios: [Double]
    public var clips: Bool
    /// One for all coordinates, or four.
    public var variances: [Double]
    /// `nil`: the size of the second input.
    public var imageHeight: Int?
    public var imageWidth: Int?
    /// Pixels of the image from one box to the next; `nil`: image size by feature size.
    public var stepHeight: Double?
    public var stepWidth: Double?
    public var offset: Double

    public init(
        minimumSizes: [Int], maximumSizes: [Int] = [], aspectRatios: [Double] = [1], clips: Bool = false,
        variances: [Double] = [Double(Float(0.1))], imageHeight: Int? = nil, imageWidth: Int? = nil,
        stepHeight: Double? = nil, stepWidth: Double? = nil, offset: Double = 0.5
    ) {
        self.minimumSizes = minimumSizes
        self.maximumSizes = maximumSizes
        self.aspectRatios = aspectRatios
        self.clips = clips
        self.variances = variances
        self.imageHeight = imageHeight
        self.imageWidth = imageWidth
        self.stepHeight = stepHeight
        self.stepWidth = stepWidth
        self.offset = offset
    }

    /// The number of boxes at each pixel.
    public var boxCount: Int { aspectRatios.count * minimumSizes.count + maximumSizes.count }
}

/// Decodes SSD's boxes and drops those that overlap better ones: rows of image, label, score and four corners.
public struct DetectionOutput: Hashable, Sendable {
    /// What the predicted numbers of a box are relative to its prior.
    public enum Code: Hashable, Sendable { case corner, centerSize, cornerSize }

    public var classCount: Int
    /// One box for all classes instead of one for each.
    public var sharesLocation: Bool
    /// The class that is never reported; -1 for none.
    public var backgroundLabel: Int
    public var code: Code
    public var isVarianceEncodedInTarget: Bool
    /// Boxes kept of each image; `nil`: all.
    public var keptCount: Int?
    /// Boxes with a lower score, or an equal one, are left out.
    public var confidenceThreshold: Double
    public var overlapThreshold: Double
    /// Shrinks the overlap threshold after each box kept, while it is above 0.5.
    public var adaptation: Double
    /// Candidates for each class; `nil`: all.
    public var candidateCount: Int?

    public init(
        classCount: Int, sharesLocation: Bool = true, backgroundLabel: Int = 0, code: Code = .corner,
        isVarianceEncodedInTarget: Bool = false, keptCount: Int? = nil,
        confidenceThreshold: Double = -Double(Float.greatestFiniteMagnitude),
        overlapThreshold: Double = Double(Float(0.3)), adaptation: Double = 1, candidateCount: Int? = nil
    ) {
        self.classCount = classCount
        self.sharesLocation = sharesLocation
        self.backgroundLabel = backgroundLabel
        self.code = code
        self.isVarianceEncodedInTarget = isVarianceEncodedInTarget
        self.keptCount = keptCount
        self.confidenceThreshold = confidenceThreshold
        self.overlapThreshold = overlapThreshold
        self.adaptation = adaptation
        self.candidateCount = candidateCount
    }
}

/// Max pooling of regions: the second input holds a row (image, left, top, right, bottom) for each.
public struct RegionPooling: Hashable, Sendable {
    public var height: Int
    public var width: Int
    /// Pixels of the first input for each pixel of the regions.
    public var spatialScale: Double

    public init(height: Int, width: Int, spatialScale: Double = 1) {
        self.height = height
        self.width = width
        self.spatialScale = spatialScale
    }
}
