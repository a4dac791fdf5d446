import NetGraph
import Testing

@Suite("Shapes of the operations that Caffe has not")
struct MoreOperationsShapeTests {
    private func sum(_ order: ElementOrder = .channelsFirst, _ missing: Arithmetic.MissingAxes = .first) -> Operation {
        .arithmetic(Arithmetic(.sum, order: order, missingAxes: missing))
    }

    @Test("Values are aligned from the last axis, or behind their images, in the order of the framework")
    func arithmetic() throws {
        #expect(try sum().shape(of: [2, 4, 5, 6], [5, 1]) == [2, 4, 5, 6])
        #expect(try sum().shape(of: [2, 1, 5], [3, 1]) == [2, 3, 5])
        #expect(try sum().shape(of: [], [3]) == [3])
        // Channels 4: (2, 5, 6, 4) and (4).
        #expect(try sum(.channelsLast).shape(of: [2, 4, 5, 6], [4]) == [2, 4, 5, 6])
        #expect(throws: ShapeError.self) { try sum(.channelsLast).shape(of: [2, 4, 5, 6], [6]) }
        // (2, 5, 6, 4) and (2, 1, 1, 4).
        #expect(try sum(.channelsLast, .behindImages).shape(of: [2, 4, 5, 6], [2, 4]) == [2, 4, 5, 6])
        #expect(throws: ShapeError.self) { try sum(.channelsLast).shape(of: [2, 4, 5, 6], [2, 4]) }
    }

    @Test("An unknown length becomes another's, unless that is 1")
    func unknownLengths() throws {
        #expect(try sum().shape(of: [nil, 4, nil], [1, 1, 7]) == [nil, 4, 7])
        #expect(try sum().shape(of: [nil, 4, nil], [nil, 4, 1]) == [nil, 4, nil])
        #expect(try sum().shape(of: [2, 4], nil) == nil)
    }

    @Test("A reduction keeps its axes with length 1, or drops them and keeps the order of the framework")
    func reductions() throws {
        func reduce(_ axes: [Int]?, _ keeps: Bool, _ order: ElementOrder = .channelsFirst) throws -> [Int?]? {
            try Operation.axisReduction(AxisReduction(.mean, axes: axes, keepsAxes: keeps, order: order))
                .shape(of: [nil, 3, 4, 5])
        }
        #expect(try reduce([2, -1], true) == [nil, 3, 1, 1])
        #expect(try reduce([2, -1], false) == [nil, 3])
        #expect(try reduce(nil, false) == [])
        #expect(try reduce([1, 2], false, .channelsLast) == [nil, 3])
        // (images, 4, 5, 3) without the last: (images, 4, 5), whose last axis is the channel.
        #expect(try reduce([-1], false, .channelsLast) == [nil, 5, 4])
        #expect(throws: ShapeError.self) { try reduce([4], true) }
        #expect(throws: ShapeError.self) { try reduce([.min], true) }
    }

    @Test("A resize rounds lengths down")
    func resize() throws {
        func resize(_ size: Resize.Size, _ input: [Int?] = [1, 3, 5, nil]) throws -> [Int?]? {
            try Operation.resize(Resize(.linear, size: size)).shape(of: input)
        }
        #expect(try resize(.factors([1.5, 2])) == [1, 3, 7, nil])
        #expect(try resize(.lengths([9, 2])) == [1, 3, 9, 2])
        for size in [
            Resize.Size.factors([1]), .factors([.infinity, 1]), .factors([-1, 1]), .factors([0.1, 1]),
            .factors([1e200, 1]), .lengths([0, 1]), .lengths([-3, 1]),
        ] {
            #expect(throws: ShapeError.self) { try resize(size) }
        }
    }

    @Test("A contraction has the lengths of its labels, of 1 and more the more")
    func contraction() throws {
        let batched = try #require(Contraction.matrixProduct(ranks: 4, 3))
        #expect(try Operation.contraction(batched).shape(of: [nil, 2, 5, 6], [1, 6, 7]) == [nil, 2, 5, 7])
        #expect(throws: ShapeError.self) { try Operation.contraction(batched).shape(of: [3, 2, 5, 6], [1, 5, 7]) }
        #expect(throws: ShapeError.self) { try Operation.contraction(batched).shape(of: [2, 5, 6], [1, 6, 7]) }
        #expect(throws: ShapeError.self) {
            try Operation.contraction(Contraction(first: [0, 0], second: [0], output: [0])).shape(of: [2, 2], [2])
        }
        #expect(Contraction.matrixProduct(ranks: 0, 2) == nil)
        #expect(Contraction.imageProducts(ranks: 2, 2, axes: (0, 1)) == nil)
        #expect(Contraction.imageProducts(ranks: 2, 0, axes: (1, .min)) == nil)
    }

    @Test("A selection has as many places as are taken, and places that are not there are errors")
    func selections() throws {
        func gather(_ axis: Int, _ indices: [Int], _ input: [Int?] = [nil, 4]) throws -> [Int?]? {
            try Operation.gathering(Gathering(axis: axis, indices: indices)).shape(of: input)
        }
        #expect(try gather(-1, [3, -4, 0]) == [nil, 3])
        #expect(try gather(0, [7]) == [1, 4])
        for indices in [[4], [-5], [.min], [.max], []] {
            #expect(throws: ShapeError.self) { try gather(1, indices) }
        }
        func slice(_ range: StridedSlice.Range) throws -> [Int?]? {
            try Operation.stridedSlice(StridedSlice([range])).shape(of: [nil, 6])
        }
        #expect(try slice(.init(axis: 1, start: .min, end: .max, step: 4)) == [nil, 2])
        #expect(try slice(.init(axis: 1, start: .max, end: .min, step: -5)) == [nil, 2])
        #expect(try slice(.init(axis: 0, start: 2)) == [nil, 6])
        for step in [0, Int.min] {
            #expect(throws: ShapeError.self) { try slice(.init(axis: 1, step: step)) }
        }
        #expect(throws: ShapeError.self) {
            try Operation.stridedSlice(StridedSlice([.init(axis: 1), .init(axis: -1)])).shape(of: [2, 6])
        }
    }

    @Test("Blocks of pixels take channels, and give them back")
    func blocks() throws {
        func blocks(_ direction: PixelBlocks.Direction, _ length: Int, _ input: [Int?]) throws -> [Int?]? {
            try Operation.pixelBlocks(PixelBlocks(direction, length: length, channelOrder: .placesFirst))
                .shape(of: input)
        }
        #expect(try blocks(.channelsToPixels, 2, [1, 12, 2, nil]) == [1, 3, 4, nil])
        #expect(try blocks(.pixelsToChannels, 2, [1, 3, 4, 6]) == [1, 12, 2, 3])
        #expect(throws: ShapeError.self) { try blocks(.channelsToPixels, 2, [1, 6, 2, 2]) }
        #expect(throws: ShapeError.self) { try blocks(.pixelsToChannels, 3, [1, 1, 4, 6]) }
        #expect(throws: ShapeError.self) { try blocks(.channelsToPixels, .max, [1, 6, 2, 2]) }
        #expect(throws: ShapeError.self) { try blocks(.channelsToPixels, 0, [1, 6, 2, 2]) }
    }

    @Test("Halves need an even length")
    func halves() throws {
        #expect(try Operation.gatedHalves(axis: -1).shape(of: [2, 6]) == [2, 3])
        #expect(throws: ShapeError.self) { try Operation.gatedHalves(axis: 1).shape(of: [2, 5]) }
    }
}
