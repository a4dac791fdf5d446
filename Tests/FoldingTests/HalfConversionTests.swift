import Folding
import NetGraph
import Testing

@Suite("Numbers in half precision")
struct HalfConversionTests {
    /// A convolution whose channels are multiplied by 2 and 4, and a Scale that nothing takes.
    private func sketch(weight: [Double] = [1, 2]) -> NetworkSketch {
        var sketch = NetworkSketch()
        let convolution = sketch.pointwise("conv", of: sketch.input("data", [1, 1, 4, 4]), weight)
        let last = sketch.tanh(of: sketch.scale("first", of: convolution, weight.indices.map { [2.0, 4][$0 % 2] }))
        sketch.finish(sketch.tanh("end", of: sketch.scale("second", of: last, weight.map { _ in 3 })))
        return sketch
    }

    private func converted(
        _ sketch: NetworkSketch, keptLayers: [String] = [], largestLoss: Double? = nil
    ) throws -> HalfConversion {
        let folded = try sketch.folded().folded
        let kept = Set(folded.network.layers.filter { keptLayers.contains($0.name) }.map(\.id))
        return try HalfConversion(
            of: folded, weights: sketch.weights, keptLayers: kept, largestLoss: largestLoss
        ) { _, _ in true }
    }

    @Test("every tensor is rounded, folded or not, and the formats before are told")
    func all() throws {
        let conversion = try converted(sketch())
        #expect(conversion.tensors.map(\.kept) == [nil, nil])
        let network = conversion.folded.network
        #expect(network.layers.flatMap(\.operation.parameters).allSatisfy { network[$0].elementType == .float16 })
        #expect(conversion.folded.halved?.values.sorted { $0.byteCount < $1.byteCount } == [.float32, .float32])
        #expect(conversion.tensors.map(\.bytesBefore) == [8, 8] && conversion.tensors.map(\.bytesAfter) == [4, 4])
    }

    @Test("a tensor that would hold an infinite number stays, and what is nearest to the largest number is rounded")
    func overflow() throws {
        // 2 * 32759.5 rounds to 65504.
        #expect(try converted(sketch(weight: [32759.5, 2])).tensors[0].kept == nil)
        let conversion = try converted(sketch(weight: [32760, 2]))
        #expect(conversion.tensors.map(\.kept) == [.overflow, nil])
        #expect(conversion.tensors[0].loss?.overflowing == 1 && conversion.tensors[0].loss?.largest == 65520)
        let weight = try #require(conversion.folded.network.layers[1].operation.parameters.first)
        #expect(conversion.folded.network[weight].elementType == .float32)
    }

    @Test("layers that are named stay, and so do tensors that lose too much")
    func kept() throws {
        #expect(try converted(sketch(), keptLayers: ["conv"]).tensors.map(\.kept) == [.asked, nil])
        // Half of the numbers are far below the smallest one.
        let small = sketch(weight: [1e-9, 3])
        #expect(try converted(small, largestLoss: 0.5).tensors.map(\.kept) == [nil, nil])
        #expect(try converted(small, largestLoss: 0.4).tensors.map(\.kept) == [.loss, nil])
    }

    @Test("a tensor that two layers share stays where one of them is to stay")
    func shared() throws {
        var sketch = NetworkSketch()
        let operation = sketch.pointwiseOperation("shared", [1, 2])
        let data = sketch.input("data", [1, 1, 4, 4])
        let one = sketch.add("one", .convolution(operation), [data])
        sketch.finish(one, sketch.add("other", .convolution(operation), [data]))
        #expect(try converted(sketch, keptLayers: ["other"]).tensors.map(\.kept) == [.asked])
    }

    @Test("losses are counted by kind")
    func losses() throws {
        // With the factors: 2, nearly nothing, 2^-24, which is the smallest number, and 3 * 2^-25, in the middle between it and the next.
        let loss = try #require(try converted(sketch(weight: [1, 1e-9, 0x1p-25, 0x3p-27])).tensors[0].loss)
        #expect(loss.count == 4 && loss.overflowing == 0 && loss.vanishing == 1 && loss.subnormal == 2)
        #expect(loss.losing == 2)
    }

    @Test("numbers are rounded from what they are in double precision, not from what Float holds of them")
    func once() throws {
        // Below the middle of two neighbours by 2^-46 of it, which Float does not tell from the middle.
        var sketch = NetworkSketch()
        let convolution = sketch.pointwise("conv", of: sketch.input("data", [1, 1, 4, 4]), [1 + 3 * 0x1p-11])
        let scale = sketch.scale("first", of: convolution, [1 + 0x1p-23])
        sketch.finish(sketch.scale("second", of: scale, [1 - 0x1p-23]))
        let conversion = try converted(sketch)
        let weight = try #require(conversion.folded.network.layers[1].operation.parameters.first)
        let store = FoldedWeights(base: sketch.weights, folded: conversion.folded)
        let number = try store.vector(weight, of: conversion.folded.network)[0]
        #expect(HalfPrecision.bits(number) == 0x3C01)
        #expect(HalfPrecision.bits(Double(Float(number))) == 0x3C02)
    }
}
