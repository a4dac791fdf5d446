import NetGraph

extension KernelCall {
    /// The images of the first input that the second one names (Caffe's `batch_reindex_layer.cpp`).
    func batchReindex() throws(ExecutionError) {
        let input = try input(0)
        let order = try self.input(1)
        let output = try output()
        try require(input, rank: 1...Int.max)
        let inner = input.count(1..<input.shape.count)
        try require(output.count == order.count * inner, "its output has a wrong size")
        for index in 0..<order.count {
            let image = try wholeNumber(order.pointer[index], below: input.shape[0], "image")
            (output.pointer + index * inner).update(from: input.pointer + image * inner, count: inner)
        }
    }

    /// The images for which the last input is not 0 (Caffe's `filter_layer.cpp`).
    func filter() throws(ExecutionError) -> [Tensor<Element>] {
        let selector = try input(max(inputs.count - 1, 1))
        let images = selector.shape.first ?? 0
        try require(selector.count == images, "its selector has more than one number for an image")
        let chosen = (0..<images).filter { selector.pointer[$0] != 0 }
        return try inputs.dropLast().map { (input) throws(ExecutionError) in
            try require(input.shape.first == images, "its selector is for another number of images than its input")
            let inner = input.count(1..<input.shape.count)
            var elements: [Element] = []
            elements.reserveCapacity(chosen.count * inner)
            for image in chosen {
                elements += UnsafeBufferPointer(start: input.pointer + image * inner, count: inner)
            }
            guard let tensor = Tensor(shape: [chosen.count] + input.shape.dropFirst(), elements: elements) else {
                throw layer.error("its output is too large", kind: .tooLarge)
            }
            return tensor
        }
    }

    /// Rows of a table (Caffe's `embed_layer.cpp`).
    func embed(_ embed: Embed) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let width = embed.outputCount
        let (weightCount, overflows) = embed.rowCount.multipliedReportingOverflow(by: width)
        try require(
            !overflows && width > 0 && embed.rowCount > 0 && output.count == input.count * width, "its sizes do not fit"
        )
        let weight = try parameter(embed.weight, count: weightCount)
        let bias = try embed.bias.map { (bias) throws(ExecutionError) in try parameter(bias, count: width) }
        // Elements of an image lie within each channel where the vectors are the second axis.
        let places = embed.order == .channelsLast ? input.count / max(input.shape.first ?? 1, 1) : 1
        for index in 0..<input.count {
            let row = try wholeNumber(input.pointer[index], below: embed.rowCount, "row")
            let first = index / places * places * width + index % places
            for column in 0..<width {
                output.pointer[first + column * places] = weight[row * width + column] + (bias?[column] ?? 0)
            }
        }
    }

    /// An element that counts something, cut to a whole number as Caffe does.
    func wholeNumber(_ element: Element, below limit: Int, _ what: String) throws(ExecutionError) -> Int {
        guard let number = Int(exactly: element.rounded(.towardZero)), (0..<max(limit, 0)).contains(number) else {
            throw layer.error("an input asks for \(what) \(element) of \(limit)", kind: .invalidInput)
        }
        return number
    }
}
