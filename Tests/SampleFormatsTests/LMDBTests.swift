import Foundation
import SampleFormats
import Testing

/// Where the fixtures lie.
func fixture(_ name: String) -> String { Bundle.module.bundlePath + "/Fixtures/" + name }

@Suite("Databases of LMDB")
struct LMDBTests {
    @Test("give all keys and values in order, from several leaves and from pages of their own")
    func order() throws {
        let database = try LMDBDatabase(path: fixture("tree.mdb"))
        #expect(database.count == 150)
        var cursor = LMDBCursor(database)
        for index in 0..<150 {
            let (key, value) = try cursor.next()
            #expect(String(decoding: key, as: UTF8.self) == String(format: "%03d", index))
            let expected = index == 77 ? String(repeating: "7", count: 5000) : String(format: "%030d", index)
            #expect(String(decoding: value, as: UTF8.self) == expected)
        }
        #expect(throws: SampleFormatError.self) { try cursor.next() }
    }

    @Test("are read from any position, forward and back", arguments: [149, 3, 78, 0])
    func position(target: Int) throws {
        var cursor = LMDBCursor(try LMDBDatabase(path: fixture("tree.mdb")))
        try cursor.move(to: 100)
        try cursor.move(to: target)
        #expect(String(decoding: try cursor.next().key, as: UTF8.self) == String(format: "%03d", target))
    }

    /// All values of a database with some bytes changed; nothing where it is refused.
    private func read(_ bytes: [UInt8]) throws -> Int {
        let path = NSTemporaryDirectory() + "/bnfold-lmdb-\(UUID().uuidString).mdb"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let database = try LMDBDatabase(path: path)
        var cursor = LMDBCursor(database)
        for _ in 0..<database.count { _ = try cursor.next() }
        return database.count
    }

    @Test("that were not copied whole are errors, wherever they end", arguments: [0, 10, 100, 4096, 8192, 8200, 20480])
    func truncated(count: Int) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("tree.mdb"))))
        #expect(throws: SampleFormatError.self) { try read(Array(bytes.prefix(count))) }
    }

    @Test("with a damaged byte are read or refused, and never crash", arguments: 0..<40)
    func damaged(round: Int) throws {
        let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("tree.mdb"))))
        var state = UInt64(round + 1)
        for _ in 0..<25 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var bytes = original
            // Headers of pages, where damage tells most, and any place.
            let place = Int(state >> 33) % bytes.count
            bytes[round.isMultiple(of: 2) ? place / 4096 * 4096 + place % 160 : place] = UInt8(
                truncatingIfNeeded: state >> 25)
            do throws(SampleFormatError) {
                _ = try catching { try read(bytes) }
            } catch {
                #expect(error.kind == .malformed, "\(error)")
            }
        }
    }

    private func catching<Result>(_ step: () throws -> Result) throws(SampleFormatError) -> Result? {
        do {
            return try step()
        } catch let error as SampleFormatError {
            throw error
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test("of another version of the format are refused by its number")
    func version() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("tree.mdb"))))
        bytes[20] = 2
        let error = #expect(throws: SampleFormatError.self) { try read(bytes) }
        #expect(error?.description.contains("version 2") == true)
    }
}
