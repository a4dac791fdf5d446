/// Labels that the user gives, a few samples at a time: class numbers, or rows with a single 1.
struct LabelArray {
    let array: any SampleArray
    /// The name that the user gave; `nil` for none.
    let name: String?

    /// - Parameter count: the samples that are to have labels.
    /// - Throws: `BNFoldError` for files that cannot be read, an array that cannot be told from others, and another number of labels than samples.
    init(_ input: SampleInput, count: Int) throws(BNFoldError) {
        let arrays = try SampleFiles.arrays(in: input)
        name = input.input
        guard let array = arrays.count == 1 ? arrays[0] : arrays.first(where: { $0.name == input.input }) else {
            let names = arrays.compactMap(\.name).map { "'\($0)'" }.joined(separator: ", ")
            throw BNFoldError(
                .usage,
                "\(input.path): holds \(arrays.count) arrays (\(names)); name the one with the labels: --labels \(input.input ?? "NAME")=\(input.path):ARRAY"
            )
        }
        self.array = array
        guard array.shape.first == count else {
            throw BNFoldError(
                .malformed,
                "\(array.place): has \(array.shape.first ?? 0) labels, but there are \(count) samples; the first axis has to count samples"
            )
        }
    }

    /// The labels of some samples, place by place.
    ///
    /// - Parameters:
    ///   - classes: how many there are.
    ///   - places: of each sample that get a class.
    ///   - ignored: a label that stands for none.
    /// - Throws: `BNFoldError` for labels that are no classes, and another number of them.
    func labels(
        of samples: Range<Int>, classes: Int, places: Int, ignored: Int?
    ) throws(BNFoldError) -> [Int] {
        let numbers = try array.read(samples: samples)
        let size = array.shape.dropFirst().reduce(1, *)
        if size == places {
            var labels: [Int] = []
            labels.reserveCapacity(numbers.count)
            for (index, number) in numbers.enumerated() {
                guard let label = Int(exactly: number), label == ignored || (0..<classes).contains(label) else {
                    throw wrong(number, sample: samples.lowerBound + index / max(size, 1), classes: classes)
                }
                labels.append(label)
            }
            return labels
        }
        guard size == classes, places == 1 else {
            throw BNFoldError(
                .malformed,
                "\(array.place): has \(size) numbers for each sample, expected \(places == 1 ? "one label, or one number for each of the \(classes) classes" : "\(places) labels")"
            )
        }
        return try stride(from: 0, to: numbers.count, by: classes).map { (start) throws(BNFoldError) in
            let row = numbers[start..<start + classes]
            guard let place = row.firstIndex(of: 1), row.allSatisfy({ $0 == 0 || $0 == 1 }), row.reduce(0, +) == 1
            else {
                throw BNFoldError(
                    .malformed,
                    "\(array.place): has a row of \(classes) numbers in sample \(samples.lowerBound + start / classes) that are not a single 1 among zeros; give class numbers"
                )
            }
            return place - start
        }
    }

    private func wrong(_ number: Double, sample: Int, classes: Int) -> BNFoldError {
        let found = Int(exactly: number).map(String.init) ?? "\(number)"
        return BNFoldError(
            .malformed,
            "\(array.place): holds the label \(found) for sample \(sample), expected class numbers from 0 to \(classes - 1); are they the labels of this output? --labels OUTPUT=FILE names the one that they belong to"
        )
    }
}
