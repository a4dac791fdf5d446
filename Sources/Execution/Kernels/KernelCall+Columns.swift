import NetGraph

extension KernelCall {
    /// The columns themselves, as a layer.
    func im2col(_ columns: Im2col) throws(ExecutionError) {
        let window = Convolution(
            weight: ParameterID(0), bias: nil, outputChannels: 1, kernel: columns.kernel, stride: columns.stride,
            padBefore: columns.pad, padAfter: columns.pad, dilation: columns.dilation, channelAxis: columns.channelAxis)
        for index in outputs.indices {
            let input = try input(index)
            let output = outputs[index]
            var single = output
            single.shape[columns.channelAxis] = 1
            let sizes = try sizes(of: window, input: input, output: single, isTransposed: false)
            let depth = sizes.inputChannels * sizes.table.taps
            try require(output.count == sizes.images * depth * sizes.table.outputCount, "its output has a wrong size")
            for image in 0..<sizes.images {
                fillColumns(
                    sizes.table, channels: sizes.inputChannels,
                    from: input.pointer + image * sizes.inputChannels * sizes.table.inputCount,
                    0..<sizes.table.outputCount, into: output.pointer + image * depth * sizes.table.outputCount, workers
                )
            }
        }
    }

    /// The columns of a range of positions, one row for each channel and tap.
    func fillColumns(
        _ table: WindowTable, channels: Int, from input: UnsafeMutablePointer<Element>, _ positions: Range<Int>,
        into columns: UnsafeMutablePointer<Element>, _ workers: Workers
    ) {
        workers.forEachRange(of: channels * table.taps, length: max(1, (1 << 14) / max(positions.count, 1))) { rows in
            for row in rows {
                let plane = input + row / table.taps * table.inputCount
                // Where position 0 would lie.
                let column = columns + (row * positions.count - positions.lowerBound)
                if table.copiesBlocks {
                    Self.fillBlocks(table, tap: row % table.taps, positions, from: plane, into: column)
                } else {
                    Self.fillRuns(table, tap: row % table.taps, positions, from: plane, into: column)
                }
            }
        }
    }

    /// Copies many rows at once, and then makes padding of what came from other rows.
    private static func fillBlocks(
        _ table: WindowTable, tap: Int, _ positions: Range<Int>, from plane: UnsafeMutablePointer<Element>,
        into column: UnsafeMutablePointer<Element>
    ) {
        let width = table.outputWidth
        let inside = table.inside(tap: tap)
        table.forEachBlock(tap: tap, positions: positions) { outputs, shift in
            guard let shift, !inside.isEmpty else {
                (column + outputs.lowerBound).update(repeating: 0, count: outputs.count)
                return
            }
            let lower = min(max(outputs.lowerBound, -shift), outputs.upperBound)
            let upper = max(min(outputs.upperBound, table.inputCount - shift), lower)
            (column + outputs.lowerBound).update(repeating: 0, count: lower - outputs.lowerBound)
            (column + lower).update(from: plane + (lower + shift), count: upper - lower)
            (column + upper).update(repeating: 0, count: outputs.upperBound - upper)
            if inside.count == width { return }
            for row in outputs.lowerBound / width...(outputs.upperBound - 1) / width {
                let begin = row * width
                for index in (begin..<begin + inside.lowerBound).clamped(to: outputs) { column[index] = 0 }
                for index in (begin + inside.upperBound..<begin + width).clamped(to: outputs) { column[index] = 0 }
            }
        }
    }

    private static func fillRuns(
        _ table: WindowTable, tap: Int, _ positions: Range<Int>, from plane: UnsafeMutablePointer<Element>,
        into column: UnsafeMutablePointer<Element>
    ) {
        table.forEachRun(tap: tap, positions: positions) { outputs, inside, first, stride in
            (column + outputs.lowerBound).update(repeating: 0, count: inside.lowerBound - outputs.lowerBound)
            (column + inside.upperBound).update(repeating: 0, count: outputs.upperBound - inside.upperBound)
            if inside.isEmpty { return }
            let target = column + inside.lowerBound
            let source = plane + first
            if stride == 1 {
                target.update(from: source, count: inside.count)
            } else {
                for index in 0..<inside.count { target[index] = source[index * stride] }
            }
        }
    }
}
