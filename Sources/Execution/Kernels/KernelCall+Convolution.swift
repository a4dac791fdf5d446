import NetGraph

extension KernelCall {
    /// The sizes of a convolution for one image.
    struct ConvolutionSizes {
        var images: Int
        var groups: Int
        var inputChannels: Int
        var outputChannels: Int
        var table: WindowTable
        /// Rows of the matrix of columns; 0 where the input itself is that matrix.
        var columnRows: Int

        var inputsPerGroup: Int { inputChannels / groups }
        var outputsPerGroup: Int { outputChannels / groups }
        /// The length of the sums of a convolution.
        var depth: Int { inputsPerGroup * table.taps }
    }

    /// Sums of products under a sliding window (Caffe's `base_conv_layer.cpp`): a matrix product with the columns of the input, or without them
    /// where the window is one element. Where groups are tiny the products are formed directly.
    func convolution(_ convolution: Convolution) throws(ExecutionError) {
        for index in outputs.indices {
            let input = try input(index)
            let output = outputs[index]
            let sizes = try sizes(of: convolution, input: input, output: output, isTransposed: false)
            let weight = try parameter(convolution.weight, count: sizes.outputChannels * sizes.depth)
            let bias = try convolution.bias.map { (bias) throws(ExecutionError) in
                try parameter(bias, count: sizes.outputChannels)
            }
            guard output.count > 0 else { continue }
            if sizes.inputsPerGroup * sizes.outputsPerGroup <= Self.directProducts {
                convolveDirectly(sizes, input: input.pointer, weight: weight, bias: bias, output: output.pointer)
                continue
            }
            try requireSizesForBLAS(sizes.depth, sizes.table.outputCount, sizes.outputChannels)
            forEachGroup(sizes) { image, group, inner, scratchIndex, columnBuffers in
                let inputs =
                    input.pointer + (image * sizes.groups + group) * sizes.inputsPerGroup * sizes.table.inputCount
                let outputs =
                    output.pointer + (image * sizes.groups + group) * sizes.outputsPerGroup * sizes.table.outputCount
                let weights = weight + group * sizes.outputsPerGroup * sizes.depth
                let biases = bias.map { $0 + group * sizes.outputsPerGroup }
                for positions in sizes.chunks {
                    var columns = UnsafePointer(inputs) + positions.lowerBound
                    var columnStride = sizes.table.outputCount
                    if sizes.columnRows > 0 {
                        let buffer = columnBuffers[scratchIndex].pointer
                        fillColumns(
                            sizes.table, channels: sizes.inputsPerGroup, from: inputs, positions, into: buffer, inner)
                        columns = UnsafePointer(buffer)
                        columnStride = positions.count
                    }
                    multiply(
                        MatrixProduct(
                            rows: sizes.outputsPerGroup, columns: positions.count, depth: sizes.depth, left: weights,
                            leftStride: sizes.depth, right: columns, rightStride: columnStride,
                            result: outputs + positions.lowerBound, resultStride: sizes.table.outputCount),
                        bias: biases, inner)
                }
            }
        }
    }

    // MARK: Shared with the deconvolution

    /// - Parameter isTransposed: the window slides over the output instead of the input.
    func sizes(
        of convolution: Convolution, input: Block<Element>, output: Block<Element>, isTransposed: Bool
    ) throws(ExecutionError) -> ConvolutionSizes {
        let axis = convolution.channelAxis
        try require(
            axis >= 0 && input.shape.count == axis + 1 + convolution.kernel.count
                && output.shape.count == input.shape.count && input.shape[..<axis] == output.shape[..<axis],
            "its kernel has \(convolution.kernel.count) axes, but its input the shape \(TensorShape.describe(input.shape))"
        )
        let inputLengths = Array(input.shape[(axis + 1)...])
        let outputLengths = Array(output.shape[(axis + 1)...])
        let groups = convolution.groups
        try require(
            groups > 0 && input.shape[axis] % groups == 0 && output.shape[axis] % groups == 0,
            "its \(groups) groups do not divide its channels")
        try require(
            !(isTransposed && convolution.padsToCover), "padding that covers the input is not known for its type")
        let table =
            convolution.kernel.isEmpty
            ? WindowTable(input: [1], output: [1], kernel: [1], stride: [1], pad: [0], dilation: [1])
            : WindowTable(
                input: isTransposed ? outputLengths : inputLengths, output: isTransposed ? inputLengths : outputLengths,
                kernel: convolution.kernel, stride: convolution.stride,
                pad: convolution.padding(of: inputLengths).before,
                dilation: convolution.dilation)
        guard let table else { throw layer.error("its kernel does not fit its input") }
        let channels = (isTransposed ? output : input).shape[axis] / groups
        let isPointwise = convolution.isPointwise && !isTransposed && table.inputCount == table.outputCount
        return ConvolutionSizes(
            images: input.count(0..<axis), groups: groups, inputChannels: input.shape[axis],
            outputChannels: output.shape[axis], table: table, columnRows: isPointwise ? 0 : channels * table.taps)
    }

    /// Runs images and groups side by side where there are enough of them, else the work inside of each.
    ///
    /// - Parameter body: receives image, group, the workers for the work inside, and the buffer that is its own.
    func forEachGroup(
        _ sizes: ConvolutionSizes,
        _ body: (_ image: Int, _ group: Int, _ inner: Workers, _ buffer: Int, _ buffers: [ElementBuffer<Element>]) ->
            Void
    ) {
        let pieces = sizes.images * sizes.groups
        let isOuter = pieces >= Self.enoughPieces
        let buffers = scratch.buffers(
            sizes.columnRows * min(sizes.chunkLength, sizes.table.outputCount), workers: isOuter ? workers.count : 1)
        if isOuter {
            workers.forEach(pieces) { piece, worker in
                body(piece / sizes.groups, piece % sizes.groups, Workers(count: 1), worker, buffers)
            }
        } else {
            for piece in 0..<pieces { body(piece / sizes.groups, piece % sizes.groups, workers, 0, buffers) }
        }
    }

    /// A matrix product in tiles, so that threads find work; on top of a bias for each row.
    ///
    /// The tiles follow from the sizes alone: the last bits of a sum may depend on them.
    func multiply(_ product: MatrixProduct<Element>, bias: UnsafePointer<Element>?, _ workers: Workers) {
        let (height, width) = Self.tile(rows: product.rows, columns: product.columns)
        let across = (product.columns + width - 1) / width
        let down = (product.rows + height - 1) / height
        workers.forEach(across * down) { piece, _ in
            let row = piece / across * height
            let column = piece % across * width
            var part = product
            part.rows = min(height, product.rows - row)
            part.columns = min(width, product.columns - column)
            part.left += product.isLeftTransposed ? row : row * product.leftStride
            part.right += product.isRightTransposed ? column * product.rightStride : column
            part.result += row * product.resultStride + column
            if let bias {
                // To add to what is there costs nothing: a BLAS would fill it with zeros else.
                for index in 0..<part.rows {
                    (part.result + index * part.resultStride).update(repeating: bias[row + index], count: part.columns)
                }
                part.accumulates = true
            }
            Element.multiply(part)
        }
    }

    /// Divides the sides until there are enough tiles, but not below what a product needs to be fast.
    ///
    /// A BLAS brings the elements of both matrices into an order of its own first, those of the right one with more effort: once for each tile, so it
    /// is worth less the smaller the tile is. Measured, a tile is best about twice as high as wide.
    private static func tile(rows: Int, columns: Int) -> (height: Int, width: Int) {
        var down = max((rows + 511) / 512, 1)
        var across = max((columns + 1023) / 1024, 1)
        func size() -> (height: Int, width: Int) {
            (max((rows + down - 1) / down, 1), max((columns + across - 1) / across, 1))
        }
        // The more there are already, the larger a tile must be to be divided.
        while down * across < 8, size().height * size().width > down * across << 14 {
            if 2 * size().width >= size().height { across *= 2 } else { down *= 2 }
        }
        return size()
    }

    /// Images times groups from which on each is run by one thread as a whole.
    static var enoughPieces: Int { 8 }
    /// Products of channels in a group up to which matrices are not worth their columns: depthwise convolutions above all.
    private static var directProducts: Int { 4 }
}

extension KernelCall.ConvolutionSizes {
    /// Positions whose columns are made at a time: as many as stay in a cache.
    var chunkLength: Int { columnRows == 0 ? table.outputCount : max(256, (1 << 20) / columnRows) }

    /// All positions in ranges of `chunkLength`.
    var chunks: [Range<Int>] {
        Swift.stride(from: 0, to: table.outputCount, by: max(chunkLength, 1)).map {
            $0..<min($0 + chunkLength, table.outputCount)
        }
    }
}

extension Convolution {
    /// Whether the columns of the input are the input itself.
    fileprivate var isPointwise: Bool {
        kernel.allSatisfy { $0 == 1 } && stride.allSatisfy { $0 == 1 } && !isPadded
    }
}
