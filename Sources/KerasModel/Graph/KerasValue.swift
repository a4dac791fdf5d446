import JSON
import NetGraph

/// A value of the network with the order of axes that the layers of the model see.
struct KerasValue: Hashable {
    var id: ValueID
    var order: ElementOrder
    /// In the network: (images, channels, spatial axes ...); `nil` where nothing is known.
    var networkShape: TensorShape?

    /// In the order of the file.
    var shape: TensorShape? { networkShape.map(order.shape) }
    var rank: Int? { networkShape?.rank }
    var channels: Int? { networkShape?.length(ofAxis: 1) }

    /// The axis of the network that is an axis of the file, negative ones counting from the end; `nil` where there is none, or where it depends on a
    /// rank that is not known.
    func networkAxis(_ axis: Int) -> Int? {
        guard let rank else {
            // The last axis is the channel's, whatever the rank.
            return axis == -1 && order == .channelsLast ? 1 : axis == 1 && order == .channelsFirst ? 1 : nil
        }
        let axis = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(axis) else { return nil }
        guard order == .channelsLast, rank > 2, axis > 0 else { return axis }
        return axis == rank - 1 ? 1 : axis + 1
    }
}

/// What is handed to a layer, with values in the place of names.
indirect enum KerasInput {
    case value(KerasValue)
    case list([KerasInput])
    case constant(JSONNode)

    var values: [KerasValue] {
        switch self {
        case .value(let value): [value]
        case .list(let parts): parts.flatMap(\.values)
        case .constant: []
        }
    }
}
