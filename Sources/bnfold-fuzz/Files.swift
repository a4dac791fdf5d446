import BNFoldKit
import NumPy

/// Every array of a file that opens is read, up to a size.
func fuzzNumPy(_ bytes: [UInt8]) {
    guard let arrays = try? NumPyFile.arrays(atPath: Scratch.file("samples.npz", bytes)) else { return }
    for array in arrays.prefix(8) {
        let sampleSize = array.sampleShape.reduce(into: 1) { $0 = $0.multipliedReportingOverflow(by: $1).partialValue }
        guard sampleSize < 1 << 16 else { continue }
        _ = try? array.read(samples: 0..<min(array.sampleCount, 16))
    }
}

func fuzzManifest(_ bytes: [UInt8]) {
    _ = try? BatchManifest(
        path: Scratch.file("jobs.jsonl", bytes), outputFolder: Scratch.folder, defaults: JobDefaults())
}

func fuzzResults(_ bytes: [UInt8]) {
    _ = try? ResultsReader(Scratch.file("results.jsonl", bytes))
}

/// Folds and verifies a pair: the first two bytes are the length of the prototxt, the weights follow it.
func fuzzFold(_ bytes: [UInt8]) {
    guard bytes.count > 2 else { return }
    let length = min(Int(bytes[0]) | Int(bytes[1]) << 8, bytes.count - 2)
    // What libhdf5 does with damaged files is looked at by the target for HDF5 alone.
    guard !bytes[(2 + length)...].starts(with: [0x89, 0x48, 0x44, 0x46]) else { return }
    let prototxt = Scratch.file("net.prototxt", bytes[2..<(2 + length)])
    let weights = Scratch.file("net.caffemodel", bytes[(2 + length)...])
    var request = FoldRequest(input: weights, output: "\(Scratch.folder)/out.caffemodel")
    request.prototxt = prototxt
    request.existing = .replace
    request.verification = VerifyOptions()
    do throws(BNFoldError) {
        _ = try fold(request)
    } catch {
        require(error.kind != .internalFault, "a fault of bnfold: \(error.message)")
        require(error.kind != .beyond, "the folded network differs: \(error.message)")
    }
}
