import HDF5

/// Numbers of which the first axis counts samples, read a few samples at a time.
protocol SampleArray: Sendable {
    /// What the file calls it; `nil` for the only array of a file that gives no names.
    var name: String? { get }
    /// File and array, for messages.
    var place: String { get }
    var shape: [Int] { get }
    /// Row-major.
    func read(samples: Range<Int>) throws(BNFoldError) -> [Double]
}

/// A dataset of an HDF5 file.
struct HDF5Samples: SampleArray {
    let dataset: HDF5Dataset
    /// Keeps the file open.
    let file: HDF5File

    var name: String? { dataset.path.split(separator: "/").last.map(String.init) }
    var place: String { "\(file.path): '\(dataset.path)'" }
    var shape: [Int] { dataset.shape }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        let size = shape.dropFirst().reduce(1, *)
        return try liftingHDF5 { () throws(HDF5Error) in
            try dataset.values(samples.lowerBound * size..<samples.upperBound * size, as: Double.self)
        }
    }
}
