import Files
import JSON

/// The records of a results file.
package struct ResultsReader {
    /// In the order of the file; a job may occur several times.
    let records: [JobRecord]
    /// The length of all lines that have an end.
    let wholeByteCount: Int
    /// Whether the file ends with part of a line, as a run that was killed leaves it.
    let hasTornLine: Bool

    /// - Throws: `BNFoldError` with line and column for a whole line that is no record.
    package init(_ path: String) throws(BNFoldError) {
        let bytes = try liftingFiles { () throws(FileError) in
            try FileBytes.read(path, limit: BatchManifest.maximumByteCount)
        }
        wholeByteCount = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        hasTornLine = wholeByteCount < bytes.count
        var records: [JobRecord] = []
        for (index, line) in bytes[..<wholeByteCount].split(separator: UInt8(ascii: "\n")).enumerated() {
            do throws(JSONError) {
                records.append(try JobRecord(try JSONFields(try JSONParser.parse(Array(line)))))
            } catch {
                throw BNFoldError(
                    .malformed,
                    "\(path):\(index + 1):\(error.offset + 1): this is no record of a batch: \(error.message)")
            }
        }
        self.records = records
    }

    /// The last record of each job.
    var latest: [String: JobRecord] {
        Dictionary(records.map { ($0.job.name, $0) }, uniquingKeysWith: { _, last in last })
    }
}
