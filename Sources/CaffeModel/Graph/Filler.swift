import Frontend

/// What Caffe fills a blob with that the weights file does not give (`filler.hpp`, `FillerParameter` of `caffe.proto`).
enum Filler: Hashable, Sendable {
    /// Every number is this one.
    case constant(Float)
    /// The type of a filler whose numbers differ from run to run.
    case random(String)
    /// Any other: `bilinear`, and those of forks.
    case other(String)

    /// Reads `weight_filler`, `filler` and the like.
    ///
    /// - Parameters:
    ///   - name: the field of the message.
    ///   - missing: the number that the layer fills in when there is no such field. A filler without fields is a constant 0.
    init(_ fields: FieldReader, _ name: String, missing: Float = 0) throws(ModelError) {
        guard fields.has(name) else {
            self = .constant(missing)
            return
        }
        let filler = try fields.submessage(name)
        switch try filler.string("type") ?? "constant" {
        case "constant": self = .constant(try filler.float("value") ?? 0)
        case let type where Self.randomTypes.contains(type): self = .random(type)
        case let type: self = .other(type)
        }
    }

    private static let randomTypes: Set<String> = [
        "gaussian", "positive_unitball", "uniform", "xavier", "msra", "MSRA", "orthogonal",
    ]

    /// What becomes of a layer that the weights lack, as part of a sentence.
    static func consequence(of fillers: [Filler?]) -> String {
        for case .random(let type) in fillers { return "Caffe would run it with random numbers ('\(type)')" }
        for case .other(let type) in fillers { return "Caffe would run it with numbers of its filler '\(type)'" }
        if case .constant(0)? = fillers.first {
            return "Caffe would run it with weights of 0, for want of another filler"
        }
        return "Caffe would run it with numbers that nobody trained"
    }
}
