import Foundation
import Testing

/// Texts that are compared with what a person has read and approved of.
enum Snapshot {
    /// Compares a text with `Snapshots/<name>`.
    ///
    /// With BNFOLD_RECORD_SNAPSHOTS in the environment, and where there is no file yet, it is recorded anew; that is a failure, so that
    /// nobody takes a recording run for a passing one.
    static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Snapshots").appendingPathComponent(name)
        let isRecording = ProcessInfo.processInfo.environment["BNFOLD_RECORD_SNAPSHOTS"] != nil
        guard !isRecording, let known = try? Data(contentsOf: url) else {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
            Issue.record("recorded \(name) anew; read it, then run again", sourceLocation: sourceLocation)
            return
        }
        guard Data(text.utf8) != known else { return }
        let old = String(decoding: known, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
        let changes = new.difference(from: old).map { change in
            switch change {
            case .remove(_, let line, _): "- " + line
            case .insert(_, let line, _): "+ " + line
            }
        }
        Issue.record(
            "\(name) differs:\n\(changes.joined(separator: "\n"))\nset BNFOLD_RECORD_SNAPSHOTS=1 to record it anew",
            sourceLocation: sourceLocation)
    }
}
