import BNFoldKit
import HDF5

/// Every number of a file of the plain form, by its paths; then the file as weights of a small net.
///
/// libhdf5 looks at none of them: what it does with damaged files ends in a process of its own, and is not ours.
func fuzzHDF5(_ bytes: [UInt8]) {
    HDF5Isolation.refuseOthers()
    let path = Scratch.file("weights.h5", bytes)
    guard let file = try? HDF5File(readingPath: path) else { return }
    for child in (try? file.descendants(ofGroup: "/")) ?? [] {
        guard let dataset = try? file.dataset(at: child.path) else {
            _ = try? file.string(at: child.path)
            continue
        }
        let count = dataset.shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard 1...(1 << 20) ~= count else { continue }
        let all = try? dataset.values(as: Double.self)
        let end = try? dataset.values(count / 2..<count, as: Double.self)
        require(
            all == nil || end == nil || zip(all?.suffix(count - count / 2) ?? [], end ?? []).allSatisfy(isSame),
            "a part of '\(child.path)' differs from the whole")
    }
    try? file.close()
    foldWeights(path)
}

/// A net that has the layers of the weights in the corpus.
private let net = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
    layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
    layer { name: "x" type: "Mystery" bottom: "conv" top: "x" }
    """

private func foldWeights(_ path: String) {
    var request = FoldRequest(input: path, output: "\(Scratch.folder)/out.caffemodel")
    request.prototxt = Scratch.file("net.prototxt", Array(net.utf8))
    request.existing = .replace
    do throws(BNFoldError) {
        _ = try fold(request)
    } catch {
        require(error.kind != .internalFault, "a fault of bnfold: \(error.message)")
    }
}

private func isSame(_ first: Double, _ second: Double) -> Bool { first == second || first.isNaN && second.isNaN }
