import Folding
import NetGraph

extension Vocabulary {
    /// Why an affine layer stays, as a sentence that a user can act on.
    public func sentence(_ reason: RefusalReason) -> String {
        switch reason {
        case .batchStatistics:
            "it normalises by the statistics of each batch (\(batchStatisticsSetting)), which is not affine\(batchStatisticsRemedy)"
        case .noStatistics:
            "it normalises by the statistics of each batch and stores none\(missingStatisticsRemedy)"
        case .batchNormStays:
            "it belongs to the \(normalization) that it reads, which stays"
        case .unknownFields(let fields):
            "its field \(fields.map { "'\($0)'" }.joined(separator: ", ")) is not known and may change what it computes"
        case .notModelled(let cause): "it is left alone: \(cause)"
        case .secondInput:
            "its factor is a second \(input), computed at run time, not a parameter"
        case .notPerChannel(let axes):
            "its parameters run along \(axes), not along the channel (axis 1)"
        case .axisUnknown(let axis):
            "its axis \(axis) counts from the end of a \(value) whose shape is not known; --input-shape may tell it"
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
        case .onlyMerged:
            "with --merge-only no layer takes it"
        case .searchEnded:
            "the planner came to the end of its work on this net before it had followed the whole way"
        case .assumed(.negativeFactor(let layer, let type, _, _)):
            "'\(layer.inMessages)' (\(type)) lets no negative factor pass; the weights would tell the signs"
        case .assumed(let reason):
            "\(sentence(reason)), unless it is 0, which the weights would tell"
        case .opaqueProducer(let producer, let type, let cause):
            "it reads the output of '\(producer.inMessages)' (\(type)), which is left alone: \(cause)"
        case .severalOutputs(let producer):
            "'\(producer.inMessages)' applies its weights to several \(inputs), and only one of its \(outputs) is normalised"
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
        case .quantizedWeight(let producer, let takesEqual):
            "the weight of '\(producer.inMessages)' is stored as whole numbers and scales, which take only positive factors"
                + (takesEqual ? ", and the same for all channels" : "")
        case .overflow(let producer):
            "a folded weight of '\(producer.inMessages)' would exceed the range of its number format"
        case .channelsUnknown:
            "the number of its channels is not known"
        }
    }

    private static func list(_ names: [String], more unnamed: Int) -> String {
        let quoted = names.prefix(3).map { "'\($0.inMessages)'" }
        let more = names.count - quoted.count + unnamed
        return quoted.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
