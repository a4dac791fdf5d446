import Foundation
import Prototxt
import Testing

@testable import CaffeModel

/// Upgrading a net as a whole: what all steps have in common.
struct LegacyUpgradeTests {
    @Test("a net of today's format comes back as it is")
    func modernNet() throws {
        let text = "layer { name: \"a\" type: \"Data\" data_param { scale: 2 } param { lr_mult: 1 } }  # end\n"
        #expect(try upgraded(text) == text)
    }

    @Test("an upgraded net needs no upgrade")
    func stability() throws {
        let once = try upgraded(
            """
            input: "data"
            layers { layer { name: "p" type: "padding" pad: 2 } bottom: "data" top: "p" }
            layers { layer { name: "c" type: "conv" kernelsize: 5 blobs_lr: 1 } bottom: "p" top: "c" }
            """)
        #expect(try upgraded(once) == once)
    }

    @Test("line ends stay those of the file")
    func lineEnds() throws {
        let text = try upgraded(
            "input: \"x\"\r\nlayers {\r\n  layer {\r\n    type: \"conv\"\r\n    kernelsize: 5\r\n  }\r\n}\r\n")
        #expect(!text.replacingOccurrences(of: "\r\n", with: "").contains { $0.isNewline })
    }

    @Test("layer beside layers is an error that tells both places")
    func mixture() {
        let text = "layer { type: \"ReLU\" }\nlayers { type: RELU }\n"
        let complaint = complaint(upgrading: text)
        #expect(
            complaint?.hasPrefix("net.prototxt:2:1: found 'layers', but the net begins with 'layer' in line 1") == true)
    }

    @Test("layers that is today's format but for its name is fine beside layer")
    func oldInNameOnly() throws {
        let text = "layer { type: \"ReLU\" }\nlayers { type: \"Softmax\" param { lr_mult: 1 } }\n"
        #expect(try upgraded(text) == text.replacingOccurrences(of: "layers", with: "layer"))
    }

    @Test("layers as a list is an error with its place")
    func list() {
        let text = "layers [ { type: RELU } ]"
        #expect(complaint(upgrading: text)?.hasPrefix("net.prototxt:1:8: expected '{' after 'layers'") == true)
    }

    @Test(
        "every old net of the corpus becomes one of today",
        .enabled(if: ProcessInfo.processInfo.environment["BNFOLD_SHARED"] != nil))
    func corpus() throws {
        let folder = ProcessInfo.processInfo.environment["BNFOLD_SHARED"] ?? ""
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            guard [".prototxt", ".pt"].contains(where: name.hasSuffix),
                let data = FileManager.default.contents(atPath: "\(folder)/\(name)"),
                let document = try? PrototxtDocument(parsing: Array(data), path: name)
            else { continue }
            let upgraded = try LegacyUpgrade.upgraded(document)
            let names = Set(upgraded.root.fields.map(\.name))
            #expect(names.isDisjoint(with: ["layers", "input", "input_dim", "input_shape"]), "\(name)")
            #expect(try LegacyUpgrade.upgraded(upgraded).bytes == upgraded.bytes, "\(name)")
        }
    }
}

/// The text of a net after the upgrade.
func upgraded(_ text: String) throws -> String {
    let document = try PrototxtDocument(parsing: Array(text.utf8), path: "net.prototxt")
    return String(decoding: try LegacyUpgrade.upgraded(document).bytes, as: UTF8.self)
}

/// What the upgrade of a net complains about; nil when it succeeds.
func complaint(upgrading text: String) -> String? {
    do {
        _ = try upgraded(text)
        return nil
    } catch {
        return "\(error)"
    }
}
