import Frontend
import NetGraph

/// The samples of a calibration, batch by batch; nothing is kept.
struct CalibrationSamples {
    private let arrays: [String: any SampleArray]
    /// The order of axes of each input's samples.
    private let orders: [String: ElementOrder]
    let count: Int
    let batchSize: Int
    /// Whether every batch is full: the last one goes on with the first samples, as data layers that go round do.
    private let goesRound: Bool

    var batchCount: Int { (count + batchSize - 1) / batchSize }
    var remarks: [FoldReport.Remark] { arrays.values.compactMap(\.remark) }

    /// - Parameters:
    ///   - inputs: of the network.
    ///   - takesBlueFirst: whether the framework's networks take the channels of images as blue, green, red.
    ///   - batchSize: no more than there are samples is used.
    init(
        _ options: MeasuringOptions, inputs: [NetworkInput], takesBlueFirst: Bool, batchSize: Int, goesRound: Bool
    ) throws(BNFoldError) {
        guard !options.inputs.isEmpty else {
            throw BNFoldError(
                .usage,
                "statistics are measured on samples; give them: \(options.inputOption) NAME=FILE (HDF5, .npy, .npz, a list of files, images, LMDB)"
            )
        }
        arrays = try SampleFiles(inputs: inputs, takesBlueFirst: takesBlueFirst).arrays(for: options.inputs)
        orders = Dictionary(inputs.map { ($0.name, $0.order) }, uniquingKeysWith: { first, _ in first })
        count = try arrays.sampleCount(
            upTo: options.samples, option: options.inputOption == "--calibrate" ? "--calibrate-samples" : "--samples")
        self.batchSize = max(min(batchSize, count), 1)
        self.goesRound = goesRound
    }

    /// The numbers of one batch, by the names of the inputs.
    func batch(_ index: Int) throws(BNFoldError) -> [String: Tensor<Double>] {
        let start = index * batchSize
        let range = start..<min(start + batchSize, count)
        let rest = goesRound ? batchSize - range.count : 0
        var tensors: [String: Tensor<Double>] = [:]
        for (name, array) in arrays {
            var elements = try array.finiteElements(of: range, upTo: .greatestFiniteMagnitude)
            if rest > 0 { elements += try array.finiteElements(of: 0..<rest, upTo: .greatestFiniteMagnitude) }
            let given = Tensor(shape: [range.count + rest] + array.shape.dropFirst(), elements: elements)
            tensors[name] = given?.fromOrder(orders[name] ?? .channelsFirst)
        }
        return tensors
    }
}
