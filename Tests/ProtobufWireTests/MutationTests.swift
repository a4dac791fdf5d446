import Testing

@testable import ProtobufWire

/// Thousands of damaged variants of a small message that has every wire type: each is indexed, or refused.
struct MutationTests {
    /// Layers (field 100) with a name, blobs (field 7) with packed and unpacked numbers, a shape, a group, a double.
    private static func sample() throws -> [UInt8] {
        var shape = WireContent()
        shape.appendPackedVarints([64, 3, 300], field: 1)
        var blob = WireContent()
        blob.append(.bytes(WireEncoding.lengthDelimitedHeader(5, byteCount: 8) + packed([1, 2] as [Float])))
        blob.appendScalar(Float(3), field: 5)
        blob.appendScalar(Float(4), field: 5)
        blob.appendMessage(shape, field: 7)
        blob.appendScalar(Double(0.5), field: 8)
        var layer = WireContent()
        layer.appendString("conv1", field: 1)
        layer.appendMessage(blob, field: 7)
        layer.append(.bytes(WireEncoding.tag(9, .startGroup)))
        layer.appendVarint(.max, field: 2)
        layer.append(.bytes(WireEncoding.tag(9, .endGroup)))
        layer.appendMessage(blob, field: 7)
        var net = WireContent()
        net.appendString("net", field: 1)
        net.appendMessage(layer, field: 100)
        net.appendMessage(layer, field: 100)
        return try bytes(of: net)
    }

    /// Walks all of a file as a frontend would, and rewrites it with an edit in every layer.
    private func exercise(_ bytes: [UInt8]) throws {
        let source = MemoryByteSource(bytes)
        let net = try WireMessage(indexing: source)
        try checkCoverage(net)
        let plan = try WirePlan(applying: [], to: source)
        #expect(plan.byteCount == bytes.count)
        var edits: [WireEdit] = []
        for layerField in net.fields(100, .lengthDelimited) {
            let layer = try WireMessage(indexing: layerField, of: source)
            try checkCoverage(layer)
            _ = try layer.string(1, in: source)
            for group in layer.fields(9, .startGroup) { try checkCoverage(WireMessage(indexing: group, of: source)) }
            for blobField in layer.fields(7, .lengthDelimited) {
                let blob = try WireMessage(indexing: blobField, of: source)
                try checkCoverage(blob)
                if let shape = blob.lastField(7, .lengthDelimited) {
                    _ = try WireMessage(indexing: shape, of: source).varints(1, atMost: 32, in: source)
                }
                _ = try blob.double(8, in: source)
                let floats = try blob.scalars(5, as: Float.self, in: source)
                #expect(try floats.values(of: source).count == floats.elementCount)
                edits += WireEdit.remove(blob.fields(5), inside: [layerField, blobField])
            }
        }
        let rewritten = try written(WirePlan(applying: edits, to: source), from: source)
        #expect(try WireMessage(indexing: MemoryByteSource(rewritten)).fields.count == net.fields.count)
    }

    /// Every byte of a message belongs to exactly one field.
    private func checkCoverage(_ message: WireMessage) throws {
        var end = message.range.lowerBound
        for field in message.fields {
            #expect(field.range.lowerBound == end)
            #expect(field.range.lowerBound < field.payload.lowerBound)
            #expect(field.payload.upperBound <= field.range.upperBound)
            end = field.range.upperBound
        }
        #expect(end == message.range.upperBound)
    }

    /// Runs one variant; a `WireError` is an answer, anything else is a failure.
    private func survives(_ bytes: [UInt8]) throws -> Bool {
        do {
            try exercise(bytes)
            return true
        } catch is WireError {
            return false
        }
    }

    @Test("the undamaged message is read to the end")
    func undamaged() throws {
        #expect(try survives(Self.sample()))
    }

    @Test("every cut, at the end, at the beginning and in the middle, is indexed or refused")
    func cuts() throws {
        let sample = try Self.sample()
        var refused = 0
        for cut in sample.indices {
            for variant in [
                Array(sample[..<cut]), Array(sample[cut...]), Array(sample[..<cut] + sample[cut...].dropFirst()),
            ] where try !survives(variant) { refused += 1 }
        }
        #expect(refused > sample.count)
    }

    @Test("every flip of one bit is indexed or refused")
    func bitFlips() throws {
        let sample = try Self.sample()
        for index in sample.indices {
            for bit in 0..<8 {
                var variant = sample
                variant[index] ^= 1 << bit
                _ = try survives(variant)
            }
        }
    }

    @Test("random overwriting, inserting and deleting is indexed or refused")
    func randomDamage() throws {
        let sample = try Self.sample()
        var generator = SeededGenerator(seed: 20)
        for _ in 0..<3000 {
            var variant = sample
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: variant.indices, using: &generator)
                let byte =
                    [0x00, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: variant[index] = byte
                case 1: variant.insert(byte, at: index)
                default: variant.remove(at: index)
                }
            }
            _ = try survives(variant)
        }
    }
}
