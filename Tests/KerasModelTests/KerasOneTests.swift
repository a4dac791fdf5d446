import Frontend
import Testing

@testable import KerasModel

@Suite("Models of Keras 1 are refused by name")
struct KerasOneTests {
    private func refusal(_ config: String, version: String?) -> String? {
        do {
            let config = try KerasModelConfig(parsing: Array(config.utf8), file: "old.json", version: version)
            _ = try KerasPair(
                config: config, place: "old.json", container: nil,
                files: ModelFiles(weights: nil, network: "old.json"), options: ModelOptions())
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("The version is told, and that nothing else could load the result")
    func version() throws {
        let text = #"{"class_name": "Sequential", "keras_version": "1.2.2", "config": []}"#
        let message = try #require(refusal(text, version: nil))
        #expect(message.contains("Keras 1.2.2"))
        #expect(message.contains("nothing but Keras 1 could load the result"))
        #expect(!message.contains("has mode"))
    }

    @Test("Fields that only Keras 1 has tell it without a version")
    func guessed() throws {
        let text =
            #"{"class_name": "Sequential", "config": [{"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 4}}]}"#
        #expect(try #require(refusal(text, version: nil)).contains("a model of Keras 1,"))
    }

    @Test("Normalisations by the statistics of a sample or a batch are named", arguments: [1, 2])
    func modes(_ mode: Int) throws {
        let text =
            #"{"class_name": "Sequential", "config": [{"class_name": "BatchNormalization", "config": {"name": "bn", "mode": \#(mode)}}]}"#
        let message = try #require(refusal(text, version: "1.1.0"))
        #expect(message.contains("'bn' has mode \(mode)"))
        #expect(message.contains(mode == 1 ? "each sample" : "each batch"))
    }
}
