import Frontend
import NetGraph

/// The copies of parameters that layers share by name: a `.caffemodel` holds one for each layer, and they may differ.
struct SharedCopies {
    struct Copy {
        var layer: String
        var blob: StoredBlob
    }

    /// Copies that differ, and the one that counts.
    struct Decision {
        var winner: Copy
        /// All layers that share the parameter and hold a copy of it, in the order of the net.
        var layers: [String]
    }

    private var copies: [ParameterID: [Copy]] = [:]

    mutating func add(_ blob: StoredBlob, of layer: String, for parameter: ParameterID) {
        copies[parameter, default: []].append(Copy(layer: layer, blob: blob))
    }

    /// The parameters whose copies differ.
    ///
    /// Caffe reads all copies into the same memory, in the order of the file, so the last one counts (`Net::CopyTrainedLayersFrom`;
    /// in HDF5 layers come in the order of their names).
    func decisions(in file: any WeightFile) throws(ModelError) -> [(ParameterID, Decision)] {
        let several = copies.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
        guard !several.isEmpty else { return [] }
        let order = Dictionary(
            try file.layerNames().enumerated().map { ($1, $0) }, uniquingKeysWith: { _, last in last })
        var decisions: [(ParameterID, Decision)] = []
        for (parameter, copies) in several {
            guard let winner = copies.max(by: { order[$0.layer] ?? 0 < order[$1.layer] ?? 0 }) else { continue }
            for copy in copies where copy.layer != winner.layer {
                if try Self.areEqual(copy.blob, winner.blob, in: file) { continue }
                decisions.append((parameter, Decision(winner: winner, layers: copies.map(\.layer))))
                break
            }
        }
        return decisions
    }

    /// Whether two blobs hold the same numbers, bit for bit.
    private static func areEqual(
        _ first: StoredBlob, _ second: StoredBlob, in file: any WeightFile
    ) throws(ModelError) -> Bool {
        let count = first.shape.reduce(1, *)
        guard count == second.shape.reduce(1, *) else { return false }
        return first.elementType == .float64 || second.elementType == .float64
            ? try areEqual(first, second, count: count, in: file, as: Double.self, bits: \.bitPattern)
            : try areEqual(first, second, count: count, in: file, as: Float.self, bits: \.bitPattern)
    }

    private static func areEqual<Element: WeightElement, Bits: Equatable>(
        _ first: StoredBlob, _ second: StoredBlob, count: Int, in file: any WeightFile, as type: Element.Type,
        bits: (Element) -> Bits
    ) throws(ModelError) -> Bool {
        let length = min(max(count, 1), 1 << 15)
        let buffers = UnsafeMutableBufferPointer<Element>.allocate(capacity: 2 * length)
        buffers.initialize(repeating: 0)
        defer { buffers.deallocate() }
        for start in stride(from: 0, to: count, by: length) {
            let size = min(length, count - start)
            let mine = UnsafeMutableBufferPointer(rebasing: buffers[..<size])
            let theirs = UnsafeMutableBufferPointer(rebasing: buffers[length..<length + size])
            try file.read(first, from: start, into: mine)
            try file.read(second, from: start, into: theirs)
            guard zip(mine, theirs).allSatisfy({ bits($0) == bits($1) }) else { return false }
        }
        return true
    }
}
