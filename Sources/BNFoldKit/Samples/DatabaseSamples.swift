import SampleFormats
import Synchronization

/// The samples of a database, or their labels, in the order of the keys. One sample is in memory at a time, besides those that are asked for.
final class DatabaseSamples: SampleArray {
    private let database: LMDBDatabase
    private let reading: ImageReading
    let isLabels: Bool
    private let cursor: Mutex<LMDBCursor>
    private let firstKey: String
    let shape: [Int]

    var name: String? { isLabels ? "label" : "data" }
    var place: String { "\(database.path): '\(isLabels ? "label" : "data")'" }
    var fillValue: Double? { nil }

    /// Looks at the first sample, whose shape all have to have.
    private init(_ database: LMDBDatabase, reading: ImageReading, isLabels: Bool) throws(BNFoldError) {
        self.database = database
        self.reading = reading
        self.isLabels = isLabels
        var first = LMDBCursor(database)
        let (key, datum) = try Self.datum(&first, of: database, reading)
        firstKey = key
        shape = [database.count] + (isLabels ? [] : reading.sample(datum).shape)
        cursor = Mutex(LMDBCursor(database))
    }

    /// 'data' and 'label'.
    static func arrays(atPath path: String, reading: ImageReading) throws(BNFoldError) -> [any SampleArray] {
        let database = try liftingSamples { () throws(SampleFormatError) in try LMDBDatabase(path: path) }
        return [
            try DatabaseSamples(database, reading: reading, isLabels: false),
            try DatabaseSamples(database, reading: reading, isLabels: true),
        ]
    }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        try cursor.withLock { (cursor) throws(BNFoldError) in
            var elements: [Double] = []
            elements.reserveCapacity(samples.count * shape.dropFirst().reduce(1, *))
            do throws(BNFoldError) {
                try liftingSamples { () throws(SampleFormatError) in try cursor.move(to: samples.lowerBound) }
                for _ in samples {
                    let (key, datum) = try Self.datum(&cursor, of: database, reading)
                    guard !isLabels else {
                        elements.append(Double(datum.label))
                        continue
                    }
                    let sample = reading.sample(datum)
                    guard sample.shape == Array(shape.dropFirst()) else {
                        throw BNFoldError(
                            .malformed,
                            "\(database.path): key '\(key)': has shape \(SampleFiles.text(sample.shape)), but key '\(firstKey)' has \(SampleFiles.text(Array(shape.dropFirst()))); all samples must have one size: resize them when the database is made"
                        )
                    }
                    elements += sample.values.lazy.map(Double.init)
                }
            } catch {
                // Whoever reads again begins anew.
                cursor = LMDBCursor(database)
                throw error
            }
            return elements
        }
    }

    private static func datum(
        _ cursor: inout LMDBCursor, of database: LMDBDatabase, _ reading: ImageReading
    ) throws(BNFoldError) -> (key: String, datum: Datum) {
        try liftingSamples { () throws(SampleFormatError) in
            let (key, value) = try cursor.next()
            let name = LMDBDatabase.text(key)
            return (name, try Datum(value, as: reading.color, place: "\(database.path): key '\(name)'"))
        }
    }
}
