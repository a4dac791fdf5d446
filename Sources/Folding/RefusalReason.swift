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
        case .searchEnded: "search-ended"
        case .assumed(let reason): reason.name
        case .opaqueProducer: "opaque-producer"
        case .severalOutputs: "several-outputs"
        case .severalCalls: "several-calls"
        case .channelAxis: "channel-axis"
        case .channelCount: "channel-count"
        case .channelsDisagree: "channels-disagree"
        case .weightShape: "weight-shape"
        case .overflow: "overflow"
        case .channelsUnknown: "channels-unknown"
        }
    }

    /// A sentence that a user can act on.
    public var sentence: String {
        switch self {
        case .batchStatistics:
            "it normalises by the statistics of each batch (use_global_stats: false), which is not affine; --assume-global-stats treats it as true"
        case .noStatistics:
            "it normalises by the statistics of each batch and stores none; compute them with the tools of the fork that trained it (bn_mode: INFERENCE)"
        case .batchNormStays:
            "it belongs to the BatchNorm that it reads, which stays"
        case .unknownFields(let fields):
            "its field \(fields.map { "'\($0)'" }.joined(separator: ", ")) is not known and may change what it computes"
        case .secondInput:
            "its factor is a second bottom, computed at run time, not a parameter"
        case .notPerChannel(let axes):
            "its parameters run along \(axes), not along the channel (axis 1)"
        case .axisUnknown(let axis):
            "its axis \(axis) counts from the end of a blob whose shape is not known; --input-shape may tell it"
        case .otherReaders(let producer, let readers, let more):
            "the output of '\(producer.inMessages)' is also read by \(Self.list(readers, more: more)), which \(readers.count + more == 1 ? "needs" : "need") it unscaled"
        case .networkOutput(let producer):
            "the output of '\(producer.inMessages)' is also an output of the network, which must stay as it is"
        case .writesOutput(let blob):
            "'\(blob.inMessages)' is an output of the network, which must stay as it is"
        case .readsInput(let producer):
            "it reads the network's input '\(producer.inMessages)': there is no layer before it"
        case .notLinear(let producer, let type):
            "it reads the output of '\(producer.inMessages)' (\(type)), which has no weights to fold into"
        case .stopped(let layer, let type):
            "nothing passes '\(layer.inMessages)' (\(type))"
        case .shiftStopped(let layer, let type):
            "no shift passes '\(layer.inMessages)' (\(type))"
        case .negativeFactor(let layer, let type, let count, let all):
            "'\(layer.inMessages)' (\(type)) lets no negative factor pass, and \(count) of the \(all) factors \(count == 1 ? "is" : "are") negative"
        case .zeroPadding(let layer):
            "the shift would reach the zero padding of '\(layer.inMessages)'"
        case .constantPadding(let layer, let constant):
            "'\(layer.inMessages)' fills up with \(Float(constant)), which would have to be scaled as well"
        case .emptyWindow(let layer):
            "a window of '\(layer.inMessages)' lies wholly outside its input"
        case .shapeUnknown(let layer, let type):
            "whether it passes '\(layer.inMessages)' (\(type)) depends on a shape that is not known; --input-shape may tell it"
        case .mask(let layer):
            "'\(layer.inMessages)' works with the places of the largest elements, which must stay as they are"
        case .unequalAffines(let layer, let type):
            "all that '\(layer.inMessages)' (\(type)) joins or hands on would have to be scaled alike"
        case .channelsMixed(let layer, let type):
            "'\(layer.inMessages)' (\(type)) puts elements of different channels into one"
        case .tooManyChannels(let layer, let type):
            "'\(layer.inMessages)' (\(type)) has more channels than the planner follows an affine through"
        case .searchEnded:
            "the planner came to the end of its work on this net before it had followed the whole way"
        case .assumed(.negativeFactor(let layer, let type, _, _)):
            "'\(layer.inMessages)' (\(type)) lets no negative factor pass; the weights would tell the signs"
        case .assumed(let reason):
            "\(reason.sentence), unless it is 0, which the weights would tell"
        case .opaqueProducer(let producer, let type, let cause):
            "it reads the output of '\(producer.inMessages)' (\(type)), which is left alone: \(cause)"
        case .severalOutputs(let producer):
            "'\(producer.inMessages)' applies its weights to several bottoms, and only one of its tops is normalised"
        case .severalCalls(let producer):
            "'\(producer.inMessages)' is called several times with the same weights, and not all of its calls would take the same"
        case .channelAxis(let producer, let axis):
            "the channels of '\(producer.inMessages)' run along axis \(axis), those of this layer along axis 1"
        case .channelCount(let producer, let channels, let affineChannels):
            "'\(producer.inMessages)' has \(channels) output channels, this layer \(affineChannels)"
        case .channelsDisagree:
            "the layers of its chain have different numbers of channels"
        case .weightShape(let producer):
            "the weight of '\(producer.inMessages)' does not divide into its output channels"
        case .overflow(let producer):
            "a folded weight of '\(producer.inMessages)' would exceed the range of its number format"
        case .channelsUnknown:
            "the number of its channels is not known"
        }
    }

    /// Whether other numbers of the same net could do away with the reason.
    var dependsOnNumbers: Bool {
        switch self {
        case .shiftStopped, .negativeFactor, .zeroPadding: true
        default: false
        }
    }

    private static func list(_ names: [String], more unnamed: Int) -> String {
        let quoted = names.prefix(3).map { "'\($0.inMessages)'" }
        let more = names.count - quoted.count + unnamed
        return quoted.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
