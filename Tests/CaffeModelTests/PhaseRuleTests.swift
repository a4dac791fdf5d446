import CaffeModel
import Testing

/// Which layers take part: Caffe's `Net::FilterNet` and `StateMeetsRule`, in the phase TEST.
@Suite("include and exclude")
struct PhaseRuleTests {
    /// Whether a layer with these rules takes part.
    private func takesPart(_ rules: String, level: Int = 0, stages: [String] = []) throws -> Bool {
        let net = try TestNet(Text.input + Text.inPlace("ReLU", "relu", on: "data", extra: " " + rules))
        net.options.state = NetState(level: level, stages: stages)
        return try net.network().layers.contains { $0.name == "relu" }
    }

    @Test(
        "a phase",
        arguments: [
            ("include { phase: TEST }", true), ("include { phase: TRAIN }", false), ("exclude { phase: TEST }", false),
            ("exclude { phase: TRAIN }", true), ("include { phase: 1 }", true), ("include { phase: 0 }", false),
        ])
    func phase(rules: String, isThere: Bool) throws {
        #expect(try takesPart(rules) == isThere)
    }

    @Test(
        "levels, ends included",
        arguments: [
            ("include { min_level: 1 }", 0, false), ("include { min_level: 1 }", 1, true),
            ("include { max_level: 1 }", 1, true), ("include { max_level: 1 }", 2, false),
            ("include { min_level: -2 max_level: -1 }", -1, true),
            ("include { min_level: -2 max_level: -1 }", 0, false),
            ("exclude { min_level: 1 }", 1, false), ("exclude { min_level: 1 }", 0, true),
        ])
    func level(rules: String, level: Int, isThere: Bool) throws {
        #expect(try takesPart(rules, level: level) == isThere)
    }

    @Test(
        "stages: all of `stage`, none of `not_stage`",
        arguments: [
            ("include { stage: 'a' }", [], false), ("include { stage: 'a' }", ["a"], true),
            ("include { stage: 'a' stage: 'b' }", ["a"], false),
            ("include { stage: 'a' stage: 'b' }", ["b", "a"], true),
            ("include { stage: ['a', 'b'] }", ["a", "b"], true),
            ("include { not_stage: 'a' }", [], true), ("include { not_stage: 'a' }", ["a"], false),
            ("include { not_stage: 'a' not_stage: 'b' }", ["b"], false),
            ("include { stage: 'a' not_stage: 'b' }", ["a", "b"], false), ("exclude { stage: 'a' }", ["a"], false),
            ("exclude { stage: 'a' }", [], true),
        ])
    func stage(rules: String, stages: [String], isThere: Bool) throws {
        #expect(try takesPart(rules, stages: stages) == isThere)
    }

    @Test(
        "one rule is an AND, several are an OR",
        arguments: [
            ("include { phase: TEST min_level: 1 }", false),
            ("include { phase: TRAIN } include { phase: TEST }", true),
            ("include { phase: TRAIN } include { stage: 'a' }", false),
            ("exclude { phase: TRAIN } exclude { phase: TEST }", false),
            ("exclude { phase: TRAIN } exclude { min_level: 1 }", true),
        ])
    func combinations(rules: String, isThere: Bool) throws {
        #expect(try takesPart(rules) == isThere)
    }

    @Test(
        "an empty include keeps a layer, an empty exclude drops it",
        arguments: [("include {}", true), ("exclude {}", false)])
    func empty(rules: String, isThere: Bool) throws {
        #expect(try takesPart(rules) == isThere)
    }

    @Test("a layer's own phase is no rule")
    func ownPhase() throws {
        #expect(try takesPart("phase: TRAIN"))
    }

    @Test("both kinds on one layer are an error that names the place")
    func both() throws {
        let message = failure { try takesPart("include { phase: TEST } exclude { phase: TRAIN }") }
        #expect(message.contains("net.prototxt:2:") && message.contains("include") && message.contains("exclude"))
    }

    @Test("a net without a layer in TEST is an error")
    func nothingLeft() throws {
        let net = try TestNet(Text.inPlace("ReLU", "relu", on: "data", extra: " include { phase: TRAIN }"))
        #expect(failure { try net.network() }.contains("TEST"))
    }

    @Test("an unknown phase is an error", arguments: ["include { phase: DEPLOY }", "include { phase: 7 }"])
    func unknownPhase(rules: String) throws {
        #expect(failure { try takesPart(rules) }.contains("net.prototxt:2:"))
    }
}
