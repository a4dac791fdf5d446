import Synchronization

/// The arrays of several files as one, one after the other. The file that was read last stays open, the others do not.
final class JoinedSamples: SampleArray {
    private let source: String
    private let parts: [(place: String, count: Int)]
    private let open: @Sendable (Int) throws -> any SampleArray
    private let last: Mutex<(part: Int, array: any SampleArray)?>
    let name: String?
    let shape: [Int]
    let fillValue: Double?

    var place: String { parts.count == 1 ? parts[0].place : "\(source): '\(name ?? "")' of \(parts.count) files" }

    /// - Parameters:
    ///   - source: the list of the files.
    ///   - count: how many files there are, one or more.
    ///   - open: the array of a file.
    init(
        source: String, count: Int, open: @escaping @Sendable (Int) throws(BNFoldError) -> any SampleArray
    ) throws(BNFoldError) {
        var parts: [(place: String, count: Int)] = []
        var first: (any SampleArray)?
        var fillValues: [Double?] = []
        for index in 0..<count {
            let array = try open(index)
            let model = first ?? array
            first = model
            guard array.shape.count == model.shape.count, array.shape.dropFirst() == model.shape.dropFirst(),
                let samples = array.shape.first
            else {
                throw BNFoldError(
                    .malformed,
                    "\(array.place): has shape \(SampleFiles.text(array.shape)), but \(model.place) has \(SampleFiles.text(model.shape)); the files of a list must have samples of one shape"
                )
            }
            parts.append((array.place, samples))
            fillValues.append(array.fillValue)
        }
        self.source = source
        self.parts = parts
        self.open = open
        name = first?.name
        shape = [parts.reduce(0) { $0 + $1.count }] + (first?.shape.dropFirst() ?? [])
        fillValue = fillValues.contains { $0 == nil } ? nil : fillValues.first ?? nil
        last = Mutex(nil)
    }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        var elements: [Double] = []
        var start = 0
        for (index, part) in parts.enumerated() {
            let range = samples.clamped(to: start..<start + part.count)
            if !range.isEmpty {
                elements += try array(index).read(samples: range.lowerBound - start..<range.upperBound - start)
            }
            start += part.count
            if start >= samples.upperBound { break }
        }
        return elements
    }

    private func array(_ index: Int) throws(BNFoldError) -> any SampleArray {
        if let known = last.withLock({ $0?.part == index ? $0?.array : nil }) { return known }
        let array: any SampleArray
        do {
            array = try open(index)
        } catch let error as BNFoldError {
            throw error
        } catch {
            throw BNFoldError(.internalFault, "\(error)")
        }
        guard array.shape == [parts[index].count] + shape.dropFirst() else {
            throw BNFoldError(.inputOutput, "\(array.place): was changed while it was read")
        }
        last.withLock { $0 = (index, array) }
        return array
    }
}
