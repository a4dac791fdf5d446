import Foundation
import Prototxt
import Testing

private let corpusFolder = ProcessInfo.processInfo.environment["BNFOLD_SHARED"]

/// Nets from the wild, which are too many to be part of the project: `BNFOLD_SHARED` names their folder.
@Suite(.enabled(if: corpusFolder != nil)) struct CorpusTests {
    private func documents() throws -> [PrototxtDocument] {
        let root = URL(fileURLWithPath: try #require(corpusFolder))
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { $0.lastPathComponent.contains(".prototxt") }.compactMap {
            file in
            (try? Data(contentsOf: file)).flatMap { try? PrototxtDocument(parsing: Array($0), path: file.path) }
        }
    }

    @Test("every net prints as it was, and is still a net without its normalisation")
    func parseAndEdit() throws {
        let documents = try documents()
        #expect(documents.count > 400)
        for document in documents {
            #expect(try document.applying([]) == document.bytes)
            let (gone, kept) = document.root.fields.reduce(into: ([FieldNode](), [FieldNode]())) { parts, field in
                let type = field.value.message?.value(named: "type")?.scalar?.stringValue
                if type == "BatchNorm" || type == "Scale" { parts.0.append(field) } else { parts.1.append(field) }
            }
            let text = try document.applying(gone.flatMap { document.removal(ofBlock: $0, withLeadingComments: true) })
            let edited = try PrototxtDocument(parsing: text, path: document.path)
            #expect(edited.root.fields.map { edited.text(in: $0.range) } == kept.map { document.text(in: $0.range) })
        }
    }
}
