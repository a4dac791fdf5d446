import Foundation
import Frontend
import Testing
import Zip

@testable import KerasModel

/// JSON and archives that were made to do harm: each an error that says what and where.
@Suite("Hostile JSON and archives of Keras")
struct HostileConfigTests {
    private func message(parsing json: String) -> String {
        do {
            _ = try KerasModelConfig(parsing: Array(json.utf8), file: "model.json")
            return "no error"
        } catch {
            return error.kind == .malformed ? error.message : "of another kind: \(error)"
        }
    }

    @Test("nested a thousand deep is an error with its place, in lists and in objects")
    func deep() {
        let lists = "{\"class_name\": \"Sequential\", \"config\": " + String(repeating: "[", count: 1000)
        #expect(message(parsing: lists).hasPrefix("model.json:1:"))
        let objects = String(repeating: "{\"config\": ", count: 1000)
        #expect(message(parsing: objects).hasPrefix("model.json:1:"))
    }

    @Test("models that are nested a thousand deep are an error too")
    func deepModels() {
        var json = "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": ["
        json = String(repeating: json, count: 1000) + String(repeating: "]}}", count: 1000)
        #expect(message(parsing: json).hasPrefix("model.json:1:"))
    }

    @Test(
        "text that ends too early, or is no model, is an error with line or with what was expected",
        arguments: [
            ("{\"class_name\": \"Sequential\",\n \"config\": {", "model.json:2:"),
            ("[]", "is JSON, but no model of Keras"),
            ("{}", "is JSON, but no model of Keras"), ("", "model.json:1:1"),
            ("{\"class_name\": 3, \"config\": {\"layers\": 4}}", "model.json"),
        ])
    func broken(json: String, expected: String) {
        #expect(message(parsing: json).contains(expected), "\(message(parsing: json))")
    }

    @Test("a file of weights alone says how to write the JSON")
    func noArchitecture() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bnfold-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("w.h5").path
        try Data(WeightFixture.legacy([("d", [.init(name: "d/kernel:0", shape: [2, 2])])])).write(
            to: URL(filePath: path))
        let error = #expect(throws: ModelError.self) { try KerasFrontend().network(named: nil, weights: path) }
        #expect(error?.message.contains("open(\"model.json\", \"w\").write(model.to_json())") == true)
    }
}
