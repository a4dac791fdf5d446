import Foundation
import ProtobufWire
import Testing

/// Real models, where a folder of them is at hand: `BNFOLD_SHARED` names it.
struct SharedModelTests {
    private static let folder = ProcessInfo.processInfo.environment["BNFOLD_SHARED"]

    private static func models() -> [String] {
        guard let folder, let names = FileManager.default.enumerator(atPath: folder) else { return [] }
        return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".caffemodel") }.map { "\(folder)/\($0)" }
    }

    @Test("a model without edits is written as it was", .enabled(if: folder != nil), arguments: models())
    func identity(_ path: String) throws {
        let source = try FileByteSource(path: path)
        #expect(try written(WirePlan(applying: [], to: source), from: source) == source.bytes(in: 0..<source.byteCount))
    }

    @Test(
        "every blob replaced by a copy of itself gives the same model", .enabled(if: folder != nil), arguments: models()
    )
    func selfReplacement(_ path: String) throws {
        let source = try FileByteSource(path: path)
        let net = try WireMessage(indexing: source)
        var edits: [WireEdit] = []
        // Layers are field 100 or, in older files, field 2; their blobs fields 7 and 6; numbers are field 5.
        for (layerNumber, blobNumber) in [(100, 7), (2, 6)] {
            for layer in net.fields(layerNumber, .lengthDelimited) {
                for blob in try WireMessage(indexing: layer, of: source).fields(blobNumber, .lengthDelimited) {
                    let numbers = try WireMessage(indexing: blob, of: source).fields(5)
                    var copy = WireContent()
                    for range in numbers.byteRanges { copy.append(.copy(range)) }
                    edits += WireEdit.replace(numbers, inside: [layer, blob], with: copy)
                }
            }
        }
        #expect(!edits.isEmpty)
        let plan = try WirePlan(applying: edits, to: source)
        #expect(plan.segments == [.copy(0..<source.byteCount)])
    }
}
