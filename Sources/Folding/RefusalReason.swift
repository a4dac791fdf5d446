import NetGraph

/// Why an affine layer could not be folded away. The network is fine all the same.
public enum RefusalReason: Hashable, Sendable {
    /// A BatchNorm that normalises by the statistics of the batch it sees.
    case batchStatistics
    /// A normalisation that stores no statistics: it can only use those of the batch.
    case noStatistics
    /// A Scale that reads a BatchNorm which stays as it is: nothing is gained by moving one without the other.
    case batchNormStays
    /// A field of the layer that is not understood and may change what it computes.
    case unknownFields([String])
    /// The layer is left alone with all that it does.
    case notModelled(cause: String)
    /// A Scale or Bias whose factor or term is a second input, as in squeeze-and-excitation.
    case secondInput
    /// The factors run along something else than the channel axis.
    case notPerChannel(axes: String)
    /// The axis is counted from the end of an input whose rank is not known.
    case axisUnknown(axis: Int)
    /// The value that the affine reads is read by others too, who need it as it is.
    ///
    /// Not all of the readers may be named; `more` is the number of the others.
    case otherReaders(producer: String, readers: [String], more: Int = 0)
    /// The value that the affine reads is handed to the caller of the network.
    case networkOutput(producer: String)
    /// What the affine writes is handed to the caller of the network.
    case writesOutput(blob: String)
    /// The affine reads an input of the network.
    case readsInput(producer: String)
    /// The layer before cannot take an affine, and only layers directly before are asked.
    case notLinear(producer: String, type: String)
    /// Nothing passes the layer, in either direction.
    case stopped(layer: String, type: String)
    /// The layer lets no shift pass, or none but 0.
    case shiftStopped(layer: String, type: String)
    /// The layer lets only factors pass that are not negative.
    case negativeFactor(layer: String, type: String, count: Int, of: Int)
    /// A shift would have to reach the zero padding of a layer as well.
    case zeroPadding(layer: String)
    /// The layer fills up with a number that would have to be scaled as well. `constant` is not 0.
    case constantPadding(layer: String, constant: Double)
    /// A window of the pooling has no real pixel.
    case emptyWindow(layer: String)
    /// Whether something passes depends on a shape that is not known.
    case shapeUnknown(layer: String, type: String)
    /// The layer tells, or is told, where the largest elements lie.
    case mask(layer: String)
    /// What comes from the other inputs, or goes to the other outputs, would have to be scaled alike.
    case unequalAffines(layer: String, type: String)
    /// The layer puts elements of different channels into one.
    case channelsMixed(layer: String, type: String)
    /// The layer joins or makes more channels than affines are followed through.
    case tooManyChannels(layer: String, type: String)
    /// Layers were only to be merged with one another.
    case onlyMerged
    /// The planner came to the end of its work before it found out.
    case searchEnded
    /// A reason that lies in numbers; without weights the worst is assumed.
    indirect case assumed(RefusalReason)
    /// The layer before is of a linear type, but does something that is not understood.
    case opaqueProducer(producer: String, type: String, cause: String)
    /// The layer before applies its weights to several inputs at once.
    case severalOutputs(producer: String)
    /// The layer is called several times and has one set of weights, and its calls would not all take the same.
    case severalCalls(producer: String)
    /// The channels of the layer before run along another axis than those of the affine.
    case channelAxis(producer: String, axis: Int)
    /// The layer before has another number of channels.
    case channelCount(producer: String, channels: Int, affineChannels: Int)
    /// The layers of the chain have different numbers of channels.
    case channelsDisagree
    /// The weight of the layer before does not divide into its channels.
    case weightShape(producer: String)
    /// The weight is stored as whole numbers and scales, which take only positive factors; where `takesEqual`, only one for all channels.
    case quantizedWeight(producer: String, takesEqual: Bool)
    /// A folded weight or bias would exceed the range of its number format.
    case overflow(producer: String)
    /// The number of channels is not known, so no layer can be written for it.
    case channelsUnknown

    /// A stable name for reports.
    public var name: String {
        switch self {
        case .batchStatistics: "batch-statistics"
        case .noStatistics: "no-statistics"
        case .batchNormStays: "batch-norm-stays"
        case .unknownFields: "unknown-fields"
        case .notModelled: "not-modelled"
        case .secondInput: "second-input"
        case .notPerChannel: "not-per-channel"
        case .axisUnknown: "axis-unknown"
        case .otherReaders: "other-readers"
        case .networkOutput: "network-output"
        case .writesOutput: "writes-output"
        case .readsInput: "reads-input"
        case .notLinear: "not-linear"
        case .stopped: "stopped"
        case .shiftStopped: "shift-stopped"
        case .negativeFactor: "negative-factor"
        case .zeroPadding: "zero-padding"
        case .constantPadding: "constant-padding"
        case .emptyWindow: "empty-window"
        case .shapeUnknown: "shape-unknown"
        case .mask: "mask"
        case .unequalAffines: "unequal-affines"
        case .channelsMixed: "channels-mixed"
        case .tooManyChannels: "too-many-channels"
        case .onlyMerged: "only-merged"
        case .searchEnded: "search-ended"
        case .assumed(let reason): reason.name
        case .opaqueProducer: "opaque-producer"
        case .severalOutputs: "several-outputs"
        case .severalCalls: "several-calls"
        case .channelAxis: "channel-axis"
        case .channelCount: "channel-count"
        case .channelsDisagree: "channels-disagree"
        case .weightShape: "weight-shape"
        case .quantizedWeight: "quantized-weight"
        case .overflow: "overflow"
        case .channelsUnknown: "channels-unknown"
        }
    }

    /// Whether other numbers of the same net could do away with the reason.
    var dependsOnNumbers: Bool {
        switch self {
        case .shiftStopped, .negativeFactor, .zeroPadding: true
        default: false
        }
    }
}
