import CaffeModel
import NetGraph
import Testing

/// Names of layers that HDF5 cannot hold.
@Suite("Layer names")
struct LayerNameTests {
    /// The names that layers get, in the order of the net.
    private func names(_ names: [String]) throws -> [String] {
        let layers = names.enumerated().map { Text.convolution($1, from: "data", to: "top\($0)") }
        let (network, _, conversion) = try TestNet(Text.input + layers.joined()).folded()
        let renames = conversion.renames(of: network, in: .hdf5)
        return network.network.layers.dropFirst().map { renames[$0.id] ?? $0.name }
    }

    @Test("a name with '/' gets one without")
    func slash() throws {
        let result = try names(["conv2_1/dw"])
        #expect(result.allSatisfy { !$0.contains("/") && !$0.isEmpty })
    }

    @Test("names that HDF5 holds are kept", arguments: ["conv 1", "conv:1", "conv.1", "..", "größe", "0", "-"])
    func kept(name: String) throws {
        #expect(try names([name]) == [name])
    }

    @Test("names that are none in HDF5 get others", arguments: [".", "/", "//", "a/", "/a", "a//b", "./a"])
    func strange(name: String) throws {
        let result = try names([name])[0]
        #expect(!result.isEmpty && result != "." && !result.contains("/"), "\(result)")
    }

    @Test("a '/' with a combining mark behind it ends a name in HDF5 as well")
    func combiningMark() throws {
        #expect(try names(["a/\u{338}b"]) == ["a_\u{338}b"])
    }

    @Test("an empty name gets one")
    func empty() throws {
        let result = try names([""])[0]
        #expect(!result.isEmpty && result != ".")
    }

    @Test(
        "new names collide with no other",
        arguments: [["a/b", "a_b"], ["a_b", "a/b", "a//b"], ["a/b", "a_b_2", "a_b"], ["/", "_"]])
    func collisions(layers: [String]) throws {
        let result = try names(layers)
        #expect(Set(result).count == layers.count, "\(result)")
        for (old, new) in zip(layers, result) where !old.contains("/") { #expect(old == new) }
    }

    @Test("names that differ in their slashes only stay apart")
    func similar() throws {
        #expect(Set(try names(["a/b/c", "a/b_c", "a_b/c", "a_b_c"])).count == 4)
    }

    @Test("prototxt and weights get the same names, and blobs keep theirs")
    func bothFiles() throws {
        let net = try TestNet(
            Text.input + Text.convolution("conv/1", from: "data"), blobs: TestNet.convolution("conv/1"))
        let text = try net.deployText()
        let group = try #require(net.deployWeights().keys.first?.split(separator: "/").first)
        #expect(text.contains("name: \"\(group)\""), "\(text)")
        #expect(text.contains("top: \"conv/1\""))
    }

    @Test("weights nested by such names come out flat")
    func nested() throws {
        let written = try TestNet(
            Text.input + Text.convolution("a", from: "data") + Text.convolution("a/b", from: "a"),
            blobs: TestNet.convolution("a").merging(TestNet.convolution("a/b")) { first, _ in first }
        ).deployWeights()
        #expect(written.count == 4)
        #expect(written.keys.allSatisfy { $0.split(separator: "/").count == 2 }, "\(written.keys)")
    }

    @Test("a .caffemodel holds every name")
    func binary() throws {
        let (network, _, conversion) = try TestNet(Text.input + Text.convolution("a/b", from: "data")).folded()
        #expect(conversion.renames(of: network, in: .binary).isEmpty)
    }
}
