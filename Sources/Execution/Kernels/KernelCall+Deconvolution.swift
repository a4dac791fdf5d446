import NetGraph

extension KernelCall {
    /// The transpose of a convolution (Caffe's `deconv_layer.cpp`): a product gives columns, which are added into the output where a convolution
    /// would have read them.
    func deconvolution(_ convolution: Convolution) throws(ExecutionError) {
        for index in outputs.indices {
            let input = try input(index)
            let output = outputs[index]
            // The window slides over the output: the table's inputs are the outputs here, and its outputs the inputs.
            let sizes = try sizes(of: convolution, input: input, output: output, isTransposed: true)
            let table = sizes.table
            let depth = sizes.outputsPerGroup * table.taps
            let weight = try parameter(convolution.weight, count: sizes.inputChannels * depth)
            let bias = try convolution.bias.map { (bias) throws(ExecutionError) in
                try parameter(bias, count: sizes.outputChannels)
            }
            guard output.count > 0 else { continue }
            try requireSizesForBLAS(depth, table.outputCount, sizes.inputChannels)
            forEachGroup(sizes) { image, group, inner, scratchIndex, columnBuffers in
                let inputs = input.pointer + (image * sizes.groups + group) * sizes.inputsPerGroup * table.outputCount
                let outputs = output.pointer + (image * sizes.groups + group) * sizes.outputsPerGroup * table.inputCount
                let columns = columnBuffers[scratchIndex].pointer
                for channel in 0..<sizes.outputsPerGroup {
                    (outputs + channel * table.inputCount).update(
                        repeating: bias?[group * sizes.outputsPerGroup + channel] ?? 0, count: table.inputCount)
                }
                for positions in sizes.chunks {
                    multiply(
                        MatrixProduct(
                            rows: depth, columns: positions.count, depth: sizes.inputsPerGroup,
                            left: weight + group * sizes.inputsPerGroup * depth, leftStride: depth,
                            isLeftTransposed: true, right: UnsafePointer(inputs) + positions.lowerBound,
                            rightStride: table.outputCount, result: columns, resultStride: positions.count),
                        bias: nil, inner)
                    inner.forEach(sizes.outputsPerGroup) { channel, _ in
                        addColumns(
                            table, positions, columns + channel * table.taps * positions.count,
                            to: outputs + channel * table.inputCount)
                    }
                }
            }
        }
    }

    private func addColumns(
        _ table: WindowTable, _ positions: Range<Int>, _ columns: UnsafeMutablePointer<Element>,
        to plane: UnsafeMutablePointer<Element>
    ) {
        for tap in 0..<table.taps {
            let row = columns + tap * positions.count
            table.forEachRun(tap: tap, positions: positions) { _, inside, first, stride in
                if inside.isEmpty { return }
                let source = row + (inside.lowerBound - positions.lowerBound)
                let target = plane + first
                for index in 0..<inside.count { target[index * stride] += source[index] }
            }
        }
    }
}
