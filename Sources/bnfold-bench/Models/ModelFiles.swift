import BNFoldKit
import HDF5

/// A train net on the disk, as a solver of Caffe leaves it.
struct ModelFiles {
    let net: TrainNet
    /// Weights as HDF5; the prototxt lies beside them, where bnfold finds it.
    let weights: String
    let prototxt: String
    /// The size of the weights file.
    let byteCount: Int

    /// Writes prototxt and weights, and waits until both are on the disk: what the system still had to write would disturb a measurement.
    ///
    /// The numbers pass through one buffer. The same net gives the same bytes.
    init(making net: TrainNet, in workspace: Workspace) throws(BenchmarkError) {
        // The weights and what a fold, a copy and the script make of them: all are there at once when results are compared.
        try workspace.requireSpace(4 * net.byteCount)
        self.net = net
        weights = workspace.path("\(net.name).caffemodel.h5")
        prototxt = workspace.path("\(net.name).prototxt")
        try TextFile.write(net.prototxt, to: prototxt)
        do throws(HDF5Error) {
            try Self.write(net, to: weights)
        } catch {
            throw BenchmarkError("the model cannot be made: \(error)")
        }
        byteCount = try TextFile.size(of: weights)
    }

    /// Writes the same weights as a `.caffemodel`.
    func convertedToCaffemodel(in workspace: Workspace) throws(BenchmarkError) -> String {
        // The conversion, a fold and a copy.
        try workspace.requireSpace(3 * byteCount)
        var request = ConvertRequest(input: weights, output: workspace.path("\(net.name).caffemodel"))
        request.prototxt = prototxt
        do throws(BNFoldError) {
            _ = try convert(request)
        } catch {
            throw BenchmarkError("the .caffemodel cannot be made: \(error)")
        }
        return request.output
    }

    /// Floats that are drawn at a time: 1 MiB.
    private static let sliceLength = 1 << 18

    private static func write(_ net: TrainNet, to path: String) throws(HDF5Error) {
        let file = try HDF5File(creatingPath: path)
        try file.createGroup("/data")
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: sliceLength)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        var random = PseudoRandom(seed: UInt64(net.parameterCount))
        var known: Set<String> = []
        // As Caffe does it: a group for every layer, also for one without weights.
        for layer in net.layers where known.insert(layer.name).inserted {
            try file.createGroup("/data/\(layer.name)")
            for (index, blob) in layer.blobs.enumerated() {
                let dataset = try file.createDataset("/data/\(layer.name)/\(index)", shape: blob.shape)
                for start in stride(from: 0, to: blob.count, by: sliceLength) {
                    let slice = UnsafeMutableBufferPointer(rebasing: buffer[..<min(sliceLength, blob.count - start)])
                    random.fill(slice, with: blob.values)
                    try dataset.write(UnsafeBufferPointer(slice), at: start)
                }
            }
        }
        try file.synchronize()
        try file.close()
    }
}
