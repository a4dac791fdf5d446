/// Where the elements under the taps of a sliding window lie, worked out once for all channels and images.
///
/// For a window over any number of axes. All axes but the last are looked up in a table; along the last one elements are copied in runs.
struct WindowTable {
    /// The taps of all axes but the last, times those of the last.
    let taps: Int
    let lastTaps: Int
    /// Output positions of all axes but the last.
    let rows: Int
    let outputWidth: Int
    let inputWidth: Int
    let inputCount: Int
    let outputCount: Int
    /// Whether an output row is as long as an input row and takes its elements one by one: then whole blocks of rows are copied.
    let copiesBlocks: Bool

    private let lastStride: Int
    /// For each tap of the last axis the input position of output 0, and the outputs whose input is inside.
    private let lastRuns: [(offset: Int, inside: Range<Int>)]
    /// Where the input row begins for each tap (of all axes but the last) and output row; -1 where the row is padding.
    private let rowStarts: [Int]

    /// Lengths in the order of the axes; every array has one entry for each axis, at least one axis, strides and dilations of at least 1.
    init?(input: [Int], output: [Int], kernel: [Int], stride: [Int], pad: [Int], dilation: [Int]) {
        let axes = kernel.count
        guard axes > 0, [input, output, stride, pad, dilation].allSatisfy({ $0.count == axes }) else { return nil }
        // The compiled numbers stay far from overflow: no length of a network in memory comes near 2^40.
        let sizes = input + output + kernel + stride + pad + dilation
        guard sizes.allSatisfy({ (0...Self.largestLength).contains($0) }),
            (kernel + stride + dilation).allSatisfy({ $0 > 0 }),
            let tableSize = Self.product(kernel.dropLast() + output.dropLast()), tableSize <= Self.largestTable,
            let taps = Self.product(kernel[...]), let inputCount = Self.product(input[...]),
            let outputCount = Self.product(output[...])
        else { return nil }
        let last = axes - 1
        self.taps = taps
        self.inputCount = inputCount
        self.outputCount = outputCount
        lastTaps = kernel[last]
        inputWidth = input[last]
        outputWidth = output[last]
        lastStride = stride[last]
        rows = output[..<last].reduce(1, *)

        lastRuns = (0..<kernel[last]).map { tap in
            let offset = tap * dilation[last] - pad[last]
            let first = offset >= 0 ? 0 : (-offset + stride[last] - 1) / stride[last]
            let end = input[last] - 1 < offset ? 0 : (input[last] - 1 - offset) / stride[last] + 1
            let bounded = min(end, output[last])
            return (offset, min(first, bounded)..<bounded)
        }

        var starts: [Int] = []
        starts.reserveCapacity(tableSize)
        for tap in 0..<(taps / kernel[last]) {
            for row in 0..<rows {
                var tapRest = tap
                var rowRest = row
                var start = 0
                var rowLength = input[last]
                for axis in (0..<last).reversed() {
                    let position =
                        rowRest % output[axis] * stride[axis] + tapRest % kernel[axis] * dilation[axis] - pad[axis]
                    rowRest /= output[axis]
                    tapRest /= kernel[axis]
                    if start >= 0, input.indices.contains(axis), (0..<input[axis]).contains(position) {
                        start += position * rowLength
                    } else {
                        start = -1
                    }
                    rowLength *= input[axis]
                }
                starts.append(start)
            }
        }
        rowStarts = starts
        copiesBlocks = stride[last] == 1 && input[last] == output[last]
    }

    /// Calls `body` for each run of outputs under one tap, within a range of output positions.
    ///
    /// - Parameter body: receives the range of outputs of one row, the range of them whose input is inside, and the input position of the first
    ///   one inside. Further inputs follow at the last axis's stride.
    @inline(__always)
    func forEachRun(
        tap: Int, positions: Range<Int>,
        _ body: (_ outputs: Range<Int>, _ inside: Range<Int>, _ input: Int, _ stride: Int) -> Void
    ) {
        guard !positions.isEmpty else { return }
        let run = lastRuns[tap % lastTaps]
        let firstStart = tap / lastTaps * rows
        for row in positions.lowerBound / outputWidth...(positions.upperBound - 1) / outputWidth {
            let rowBegin = row * outputWidth
            let lower = max(positions.lowerBound - rowBegin, 0)
            let upper = min(positions.upperBound - rowBegin, outputWidth)
            let start = rowStarts[firstStart + row]
            let insideLower = min(max(run.inside.lowerBound, lower), upper)
            let insideUpper = start < 0 ? insideLower : max(min(run.inside.upperBound, upper), insideLower)
            body(
                rowBegin + lower..<rowBegin + upper, rowBegin + insideLower..<rowBegin + insideUpper,
                start + insideLower * lastStride + run.offset, lastStride)
        }
    }

    /// Calls `body` for each block of output rows that follow each other as the input rows under them do, or that are all padding, within a range
    /// of output positions. Only where `copiesBlocks`.
    ///
    /// - Parameter body: receives the outputs, and what has to be added to a position for that of its input; `nil` where they are padding. At the
    ///   ends of its rows it may lead to another row or out of the input: `inside` tells.
    @inline(__always)
    func forEachBlock(tap: Int, positions: Range<Int>, _ body: (_ outputs: Range<Int>, _ shift: Int?) -> Void) {
        guard !positions.isEmpty else { return }
        let offset = lastRuns[tap % lastTaps].offset
        let firstStart = tap / lastTaps * rows
        let end = (positions.upperBound - 1) / outputWidth + 1
        var row = positions.lowerBound / outputWidth
        while row < end {
            let start = rowStarts[firstStart + row]
            let step = start < 0 ? 0 : inputWidth
            var next = row + 1
            while next < end, rowStarts[firstStart + next] == start + (next - row) * step { next += 1 }
            let outputs = max(row * outputWidth, positions.lowerBound)..<min(next * outputWidth, positions.upperBound)
            body(outputs, start < 0 ? nil : start - row * outputWidth + offset)
            row = next
        }
    }

    /// The outputs of a row whose input under a tap is inside of the input's row.
    func inside(tap: Int) -> Range<Int> { lastRuns[tap % lastTaps].inside }

    private static func product(_ lengths: ArraySlice<Int>) -> Int? {
        var product = 1
        for length in lengths {
            let (next, overflows) = product.multipliedReportingOverflow(by: length)
            guard !overflows, next <= 1 << 48 else { return nil }
            product = next
        }
        return product
    }

    private static let largestLength = 1 << 31
    /// 512 MiB of table; a real one has some thousand entries.
    private static let largestTable = 1 << 26
}
