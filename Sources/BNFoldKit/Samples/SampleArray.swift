import Frontend
import HDF5

/// Numbers of which the first axis counts samples, read a few samples at a time.
protocol SampleArray: Sendable {
    /// What the file calls it; `nil` for the only array of a file that gives no names.
    var name: String? { get }
    /// File and array, for messages.
    var place: String { get }
    var shape: [Int] { get }
    /// The number that every element is because nothing was ever written; `nil` where something was.
    var fillValue: Double? { get }
    /// Whether these are labels that came with samples, and no samples themselves.
    var isLabels: Bool { get }
    /// What becomes of the numbers on the way, for the report; `nil` for nothing.
    var note: String? { get }
    /// Row-major.
    func read(samples: Range<Int>) throws(BNFoldError) -> [Double]
}

extension SampleArray {
    var isLabels: Bool { false }
    var note: String? { nil }

    /// Some of the samples, which have to be numbers that the run can hold: from others no network computes what could be compared.
    ///
    /// - Parameter largest: the largest number of the format of the run.
    func finiteElements(
        of samples: Range<Int>, upTo largest: Double
    ) throws(BNFoldError) -> [Double] {
        let elements = try read(samples: samples)
        guard let index = elements.firstIndex(where: { !(abs($0) <= largest) }) else { return elements }
        let lengths = shape.dropFirst()
        var (sample, place) = (samples.lowerBound, [Int]())
        var rest = index
        for length in lengths.reversed() where length > 0 {
            place.insert(rest % length, at: 0)
            rest /= length
        }
        sample += rest
        let number = elements[index].isNaN ? "NaN" : "\(elements[index])"
        let limit = largest < Double.greatestFiniteMagnitude ? " of magnitude \(largest) at most" : " that are finite"
        throw BNFoldError(
            .malformed,
            "\(self.place): holds \(number) in sample \(sample) at (\(place.map(String.init).joined(separator: ","))), expected numbers\(limit); leave such samples out"
        )
    }

    /// Set where nothing was ever written to the array.
    var remark: FoldReport.Remark? {
        guard let fillValue else {
            return note.map {
                FoldReport.Remark(
                    severity: ReadingRemark.Severity.note.rawValue,
                    kind: ReadingRemark.Kind.transformedSamples.rawValue, layers: [], message: $0)
            }
        }
        return FoldReport.Remark(
            severity: ReadingRemark.Severity.warning.rawValue, kind: ReadingRemark.Kind.unwrittenSamples.rawValue,
            layers: [],
            message:
                "\(place): nothing was ever written to it; every number of the samples is its fill value \(fillValue); was the file written to its end?"
        )
    }
}

extension [String: any SampleArray] {
    /// How many samples there are.
    var sampleCount: Int { values.compactMap(\.shape.first).min() ?? 0 }

    /// How many samples are used: all, or the first of them.
    func sampleCount(upTo asked: Int?, option: String = "--samples") throws(BNFoldError) -> Int {
        guard let asked else { return sampleCount }
        guard asked <= sampleCount else {
            throw BNFoldError(.usage, "\(option) asks for \(asked) samples, but the files hold \(sampleCount)")
        }
        return asked
    }
}

/// A dataset of an HDF5 file.
struct HDF5Samples: SampleArray {
    let dataset: HDF5Dataset
    /// Keeps the file open.
    let file: HDF5File

    var name: String? { dataset.path.split(separator: "/").last.map(String.init) }
    var place: String { "\(file.path): '\(dataset.path)'" }
    var shape: [Int] { dataset.shape }
    var fillValue: Double? { dataset.fillValue }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        let size = shape.dropFirst().reduce(1, *)
        return try liftingHDF5 { () throws(HDF5Error) in
            try dataset.values(samples.lowerBound * size..<samples.upperBound * size, as: Double.self)
        }
    }
}
