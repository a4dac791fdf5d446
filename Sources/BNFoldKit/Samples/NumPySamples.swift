import NumPy

/// An array of a .npy or .npz file.
struct NumPySamples: SampleArray {
    let array: NumPyArray

    var name: String? { array.name }
    var place: String { array.name.map { "\(array.path): '\($0)'" } ?? array.path }
    var shape: [Int] { array.shape }
    var fillValue: Double? { nil }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        try liftingNumPy { () throws(NumPyError) in try array.read(samples: samples) }
    }
}

extension SampleFiles {
    /// The arrays of a file that is no HDF5.
    static func numPyArrays(in sample: SampleInput) throws(BNFoldError) -> [any SampleArray] {
        let arrays = try liftingNumPy { () throws(NumPyError) in try NumPyFile.arrays(atPath: sample.path) }
        guard let name = sample.array else { return arrays.map(NumPySamples.init) }
        guard let array = arrays.first(where: { $0.name == name }) else {
            let names = arrays.compactMap(\.name).map { "'\($0)'" }
            throw BNFoldError(
                .malformed,
                "\(sample.path): holds no array '\(name)', but \(names.isEmpty ? "one without a name" : names.joined(separator: ", "))"
            )
        }
        return [NumPySamples(array: array)]
    }
}

/// Runs a step that reads NumPy's files; its error becomes one of this library.
private func liftingNumPy<Result>(_ step: () throws(NumPyError) -> Result) throws(BNFoldError) -> Result {
    do throws(NumPyError) {
        return try step()
    } catch {
        let kind: BNFoldError.Kind =
            switch error.kind {
            case .unreadable: .unreadable
            case .ioFailed: .inputOutput
            case .malformed: .malformed
            }
        throw BNFoldError(kind, "\(error)")
    }
}
