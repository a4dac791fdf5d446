import Files
import Folding
import Frontend
import NetGraph
import ProtobufWire

/// A model of ONNX on its way into one file, or into two: the model, and the numbers of its large tensors. Everything else stays byte by byte.
struct ONNXConversion: WeightConversion {
    private let path: String
    private let file: ONNXFile
    private let graph: ONNXNetwork

    /// The largest message that protobuf knows.
    private static let largestMessage = Int(Int32.max)

    init(path: String) throws(ModelError) {
        self.path = path
        file = try onWire { () throws(WireError) in try ONNXFile(path: path, data: nil) }
        var builder = ONNXGraphBuilder(file, options: ModelOptions(), keepsOverridableInputs: true)
        graph = try builder.build()
    }

    /// The two ways to write a model.
    enum Target {
        static let whole = OutputFormat(name: "onnx")
        static let apart = OutputFormat(name: "onnx-apart")
    }

    var layerCount: Int { file.nodes.count }
    var unwrittenRemark: String? { nil }

    func renames(in format: OutputFormat) -> [(from: String, to: String)] { [] }

    func networkFile(in format: OutputFormat) throws(ModelError) -> [UInt8]? { nil }

    func hasSideFile(in format: OutputFormat) -> Bool { format == Target.apart }

    func write(to path: String, settings: WriteSettings) throws(ModelError) {
        guard settings.compression == 0 else {
            throw ModelError(.usage, "--compress is an option for nets of Caffe; ONNX knows no compressed tensors")
        }
        if settings.format == Target.whole { try checkSize() }
        var writer = ONNXWriter()
        writer.checkpoint = settings.checkpoint
        writer.side = settings.side
        writer.movesAll = settings.side != nil
        let unchanged = ONNXPreparedFold(
            folded: FoldedNetwork(unchanged: graph.network), constants: graph.constants)
        try writer.write(
            unchanged, of: graph, file: file, weights: ONNXWeightStore(file: file, constants: graph.constants), to: path
        )
    }

    /// A model in one file must not be larger than a message can be.
    private func checkSize() throws(ModelError) {
        var byteCount = file.source.byteCount
        for place in file.initializers {
            guard case .external(let external) = place.numbers else { continue }
            byteCount += try onWire { () throws(WireError) in try file.byteCount(of: place, at: external) }
        }
        guard byteCount <= Self.largestMessage else {
            throw ModelError(
                .usage,
                "\(path): would take \(byteCount) bytes in one file, but protobuf ends at \(Self.largestMessage); keep the numbers in a file of their own: --external-data"
            )
        }
    }

    func check(_ path: String, data: String?, format: OutputFormat) throws(ModelError) {
        let written: ONNXFile
        do throws(ModelError) {
            written = try onWire { () throws(WireError) in try ONNXFile(path: path, data: data) }
        } catch {
            guard error.kind == .malformed || error.kind == .usage else { throw error }
            throw ModelError(.internalFault, "the written model does not load: \(error)")
        }
        guard written.nodes.count == file.nodes.count, written.initializers.count == file.initializers.count else {
            throw ModelError(.internalFault, "the written model has other nodes or tensors than the one that was read")
        }
        for (before, after) in zip(file.initializers, written.initializers) {
            let (numbers, copies) = (try ends(of: before, in: file), try ends(of: after, in: written))
            guard before.name == after.name, before.dimensions == after.dimensions, before.type == after.type,
                numbers == copies
            else {
                throw ModelError(
                    .internalFault, "the written tensor '\(after.name.inMessages)' is not the one that was read")
            }
        }
    }

    /// How many bytes a tensor's numbers take, and those at both ends; empty where they do not lie as they are.
    private func ends(of tensor: ONNXTensor, in file: ONNXFile) throws(ModelError) -> [UInt8] {
        try onWire { () throws(WireError) in
            let source: any ByteSource
            let range: Range<Int>
            switch tensor.numbers {
            case .external(let place): (source, range) = try file.bytes(of: tensor, at: place)
            case .raw(let raw): (source, range) = (try tensor.field.source(in: file.source), raw.payload)
            default: return []
            }
            let half = min(range.count, 64)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * half, alignment: 1)
            defer { buffer.deallocate() }
            try source.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<half]))
            try source.read(at: range.upperBound - half, into: UnsafeMutableRawBufferPointer(rebasing: buffer[half...]))
            return Array(buffer) + withUnsafeBytes(of: range.count) { Array($0) }
        }
    }
}
