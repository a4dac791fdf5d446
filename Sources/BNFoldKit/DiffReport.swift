import Frontend

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How the weights of two files differ.
public struct DiffReport: Codable, Hashable, Sendable {
    /// Largest difference that still counts as the same, relative to the largest magnitude of the tensor in the first file.
    public var tolerance: Double
    /// Whether nothing differs by more than the tolerance, and both files have the same layers, tensors and shapes.
    public var isSame: Bool
    public var onlyInFirst: [String]
    public var onlyInSecond: [String]
    public var tensors: [Tensor]
    /// What is worth telling about the files, a sentence each; `nil` where nothing is.
    public var remarks: [String]?
    /// The words of the framework, for the text; no part of the JSON form.
    private var words = Vocabulary.plain

    public struct Tensor: Codable, Hashable, Sendable {
        public var layer: String
        public var index: Int
        /// What the framework calls it in its layer; `nil` where it has only a number there.
        public var name: String?
        public var isSame: Bool
        public var firstShape: [Int]?
        public var secondShape: [Int]?
        public var elements: Int?
        /// Elements that are not equal.
        public var differing: Int?
        /// `null` where only one of two numbers is finite.
        public var largestAbsolute: Double?
        public var largestRelative: Double?
        public var worstElement: Int?
        /// The largest distance in units in the last place.
        public var largestUnits: UInt64?
        /// Elements by distance in units: 0, 1, 2, 3 to 4, 5 to 8, and so on, doubling.
        public var histogram: [Int]?
    }

    private enum CodingKeys: String, CodingKey {
        case tolerance, isSame, onlyInFirst, onlyInSecond, remarks
        case tensors = "blobs"
    }

    /// Compares two files of weights, each in any container.
    ///
    /// - Parameter networks: of the two, where they lie apart and not beside their weights.
    public init(
        _ first: String, _ second: String, networks: (first: String?, second: String?) = (nil, nil),
        tolerance: Double
    ) throws(BNFoldError) {
        let frontend = try Frontends.frontend(of: first)
        words = frontend.vocabulary
        let difference = try lifting { () throws(ModelError) in
            try frontend.difference(
                ModelFiles(weights: first, network: networks.first),
                ModelFiles(weights: second, network: networks.second))
        }
        self.tolerance = tolerance
        onlyInFirst = difference.onlyInFirst
        onlyInSecond = difference.onlyInSecond
        tensors = difference.tensors.map { tensor in
            let numbers = tensor.numbers
            let isSame = numbers.map { $0.differingCount == 0 || $0.largestRelative <= tolerance } ?? false
            return Tensor(
                layer: tensor.layer, index: tensor.index, name: tensor.name, isSame: isSame,
                firstShape: tensor.firstShape, secondShape: tensor.secondShape,
                elements: numbers?.elementCount, differing: numbers?.differingCount,
                largestAbsolute: numbers.flatMap { $0.largestAbsolute.isFinite ? $0.largestAbsolute : nil },
                largestRelative: numbers.flatMap { $0.largestRelative.isFinite ? $0.largestRelative : nil },
                worstElement: numbers.flatMap { $0.differingCount > 0 ? $0.worstElement : nil },
                largestUnits: numbers?.largestUnits, histogram: numbers?.histogram)
        }
        remarks = difference.unwrittenRemarks.isEmpty ? nil : difference.unwrittenRemarks.map { "warning: \($0)" }
        isSame = onlyInFirst.isEmpty && onlyInSecond.isEmpty && tensors.allSatisfy(\.isSame)
    }

    /// The report as JSON, with sorted keys and a final newline.
    public func json() throws(BNFoldError) -> [UInt8] { try JSONText.encode(self) }

    /// The differences as aligned lines; what is the same is only counted.
    public func text() -> String {
        var rows: [[String]] = []
        for name in onlyInFirst { rows.append([name, "only in the first file"]) }
        for name in onlyInSecond { rows.append([name, "only in the second file"]) }
        for tensor in tensors where tensor.differing != 0 {
            rows.append(["\(tensor.layer)/\(tensor.name ?? String(tensor.index))", tensor.sentence])
        }
        let equal = tensors.count { $0.differing == 0 }
        var lines = TextTable.lines(rows)
        lines.append(
            "\(equal) of \(tensors.count) \(words.tensors) are equal; \(isSame ? "same" : "different") at a tolerance of \(tolerance)"
        )
        return lines.map { $0 + "\n" }.joined()
    }
}

extension DiffReport.Tensor {
    fileprivate var sentence: String {
        guard let firstShape else { return "only in the second file" }
        guard let secondShape else { return "only in the first file" }
        guard let elements, let differing, let largestUnits else {
            return "shapes \(Self.text(firstShape)) and \(Self.text(secondShape))"
        }
        let relative = largestRelative.map { "\(Float($0))" } ?? "infinite"
        let absolute = largestAbsolute.map { "\(Float($0))" } ?? "infinite"
        return
            "\(differing) of \(elements) differ, by up to \(absolute) absolute, \(relative) relative, \(largestUnits == .max ? "no count of" : String(largestUnits)) units in the last place, worst at \(worstElement ?? 0)"
    }

    private static func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "x") }
}
