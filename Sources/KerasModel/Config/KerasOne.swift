import Frontend
import JSON

/// Models of Keras 1, which are told from others and not folded.
enum KerasOne {
    /// Why a model of Keras 1 is refused: its version, and its normalisations that no version could fold.
    ///
    /// - Parameter place: file and place in it.
    static func refusal(of root: JSONNode?, version: String?, place: String) -> ModelError {
        let version = root?["keras_version"]?.string ?? version
        let name = version.map { "Keras \($0)" } ?? "Keras 1"
        let modes = root.map { Self.modes(in: $0) } ?? []
        let told = modes.map { layer, mode in
            "BatchNormalization '\(layer)' has mode \(mode), by which it takes the statistics of each \(mode == 1 ? "sample" : "batch") even at inference"
        }
        return ModelError(
            .malformed,
            "\(place): is a model of \(name), which is not folded: nothing but Keras 1 could load the result"
                + (told.isEmpty
                    ? "" : "; \(told.joined(separator: ", and ")), so it could not be folded in any version")
                + "; write its layers anew in Keras 2 or 3, give them these weights, and fold that")
    }

    /// BatchNormalizations that do not take stored statistics: mode 1 and 2.
    private static func modes(in root: JSONNode) -> [(layer: String, mode: Int)] {
        var found: [(String, Int)] = []
        var waiting = [root]
        while let node = waiting.popLast() {
            if node["class_name"]?.string == "BatchNormalization", let mode = node["config"]?["mode"]?.wholeNumber,
                mode != 0
            {
                found.append((node["config"]?["name"]?.string ?? "?", mode))
            }
            waiting += (node.elements ?? []).reversed()
            waiting += (node.members ?? []).map(\.value).reversed()
        }
        return found
    }
}
