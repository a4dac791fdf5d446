import Frontend
import NetGraph
import SampleFormats

/// How images become the samples of an input: which channels, and in what order.
struct ImageReading: Hashable {
    var color = Image.Color.asStored
    /// Whether the channels come as blue, green, red.
    var isBlueFirst = false
    var areChannelsLast = false

    init() {}

    /// For an input of a network: gray for one channel, colour for three; as the images have them where the network does not tell.
    init(for input: NetworkInput?, isBlueFirst: Bool) {
        self.isBlueFirst = isBlueFirst
        areChannelsLast = input?.order == .channelsLast
        let dimensions = input?.shape?.dimensions ?? []
        guard dimensions.count == 4, let channels = dimensions[1] else { return }
        color = channels == 1 ? .gray : channels == 3 ? .color : .asStored
    }

    /// The shape of a sample, and its numbers.
    func sample(_ image: Image) -> (shape: [Int], values: [Float]) {
        (
            shape(channels: image.channels, height: image.height, width: image.width),
            image.values(blueFirst: isBlueFirst, channelsLast: areChannelsLast)
        )
    }

    /// The same of numbers that are stored channels first.
    func sample(_ datum: Datum) -> (shape: [Int], values: [Float]) {
        let shape = shape(channels: datum.channels, height: datum.height, width: datum.width)
        guard areChannelsLast, datum.channels > 1 else { return (shape, datum.values) }
        let area = datum.height * datum.width
        let values = (0..<datum.values.count).map { index in
            datum.values[index % datum.channels * area + index / datum.channels]
        }
        return (shape, values)
    }

    private func shape(channels: Int, height: Int, width: Int) -> [Int] {
        areChannelsLast ? [height, width, channels] : [channels, height, width]
    }
}

/// Runs a step that reads databases or images; its error becomes one of this library.
func liftingSamples<Result>(_ step: () throws(SampleFormatError) -> Result) throws(BNFoldError) -> Result {
    do throws(SampleFormatError) {
        return try step()
    } catch {
        let kind: BNFoldError.Kind =
            switch error.kind {
            case .unreadable: .unreadable
            case .ioFailed: .inputOutput
            case .malformed: .malformed
            case .missingLibrary: .unavailable
            }
        throw BNFoldError(kind, "\(error)")
    }
}
