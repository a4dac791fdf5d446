import Foundation
import Testing

/// Names with commands for terminals in them.
@Suite("Escaped names")
struct EscapeTests {
    /// Escape, bell, line feed, delete, a C1 control, and one that turns the direction of writing.
    private static let prototxt = #"""
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 6 dim: 6 } } }
        layer { name: "c\033[31m\007\n\"x" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 3 kernel_size: 3 } }
        layer { name: "b\033]0;pwn\007" type: "BatchNorm" bottom: "c" top: "b" }
        layer { name: "odd\033[2J" type: "Zz\033[2J" bottom: "b" top: "z" }
        layer { name: "b2\033[1m\177\302\233\342\200\256" type: "BatchNorm" bottom: "z" top: "b2\033[1m" }

        """#

    /// Whether nothing in a text is obeyed by a terminal but the ends of its lines.
    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || ![.control, .format].contains(scalar.properties.generalCategory)
        }
    }

    @Test("in texts, JSON and drawings", arguments: [["--verbose"], ["--json"], ["--dot", "-"]])
    func inspect(options: [String]) async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.prototxt, to: "net.prototxt")
        let outcome = try await Program.run(["inspect", "--prototxt", "net.prototxt"] + options, in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(Self.isPlain(outcome.output) && Self.isPlain(outcome.errors))
        #expect(outcome.output.contains(options == ["--json"] ? "\\u001b" : "u{1b}"), "\(outcome.output)")
    }

    @Test("JSON gives back the name that was read")
    func json() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.prototxt, to: "net.prototxt")
        let outcome = try await Program.run(["inspect", "--prototxt", "net.prototxt", "--json"], in: folder)
        let names = strings(in: try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)))
        #expect(names.contains { Array($0.unicodeScalars) == Array("b2\u{1B}[1m\u{7F}\u{9B}\u{202E}".unicodeScalars) })
    }

    @Test("in errors about layers, and about files and options of such names")
    func errors() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            #"layer { name: "x\033[31m" type: "ReLU" bottom: "none\033[1m\342\200\256" top: "x" }"#, to: "net.prototxt")
        for arguments in [
            ["--prototxt", "net.prototxt"], ["--prototxt", "no\u{1B}[31m\u{202E}.prototxt"], ["no\u{1B}[31m.h5"],
            ["--prototxt", "net.prototxt", "--level", "\u{1B}[31m"],
            ["--prototxt", "net.prototxt", "--odd\u{1B}[31m"],
        ] {
            let outcome = try await Program.run(["inspect"] + arguments, in: folder)
            #expect(outcome.code != 0)
            #expect(Self.isPlain(outcome.errors), "\(outcome.errors.debugDescription)")
            #expect(outcome.errors.contains("\\u{1b}"), "\(outcome.errors)")
        }
    }
}

/// All strings in a value of JSON.
private func strings(in value: Any) -> [String] {
    switch value {
    case let text as String: [text]
    case let list as [Any]: list.flatMap(strings)
    case let members as [String: Any]: members.values.flatMap(strings)
    default: []
    }
}
