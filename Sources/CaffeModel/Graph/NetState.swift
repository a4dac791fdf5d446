import Frontend

/// The state that Caffe filters a net's layers by. The phase is TEST, that of a deployed network, but where a net is looked at as it is trained.
public struct NetState: Hashable, Sendable {
    enum Phase: String, Sendable {
        case train = "TRAIN"
        case test = "TEST"
    }

    public var level: Int
    public var stages: [String]
    var phase = Phase.test

    public init(level: Int = 0, stages: [String] = []) {
        self.level = level
        self.stages = stages
    }

    /// Whether a layer takes part in the net: without rules, with one `include` that is met, or with no `exclude` that is met.
    func includes(_ layer: FieldReader) throws(ModelError) -> Bool {
        let includes = try layer.submessages("include")
        let excludes = try layer.submessages("exclude")
        guard includes.isEmpty || excludes.isEmpty else {
            throw layer.error(
                atField: "exclude", "a layer has both include and exclude rules; Caffe allows one kind only")
        }
        if includes.isEmpty {
            for rule in excludes where try meets(rule) { return false }
            return true
        }
        for rule in includes where try meets(rule) { return true }
        return false
    }

    /// One rule: every condition that it states must hold.
    private func meets(_ rule: FieldReader) throws(ModelError) -> Bool {
        if let phase = try rule.enumeration("phase", ["TRAIN", "TEST"]), phase != self.phase.rawValue {
            return false
        }
        if let minimum = try rule.integer("min_level"), level < minimum { return false }
        if let maximum = try rule.integer("max_level"), level > maximum { return false }
        guard try rule.strings("stage").allSatisfy(stages.contains) else { return false }
        return try !rule.strings("not_stage").contains(where: stages.contains)
    }
}
