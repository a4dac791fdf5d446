import NetGraph

extension KernelCall {
    /// A convolution of groups with few channels, plane by plane: each tap adds a shifted, scaled copy of the input.
    func convolveDirectly(
        _ sizes: ConvolutionSizes, input: UnsafeMutablePointer<Element>, weight: UnsafePointer<Element>,
        bias: UnsafePointer<Element>?, output: UnsafeMutablePointer<Element>
    ) {
        let table = sizes.table
        workers.forEach(sizes.images * sizes.outputChannels) { piece, _ in
            let image = piece / sizes.outputChannels
            let channel = piece % sizes.outputChannels
            let group = channel / sizes.outputsPerGroup
            let plane = output + piece * table.outputCount
            plane.update(repeating: bias?[channel] ?? 0, count: table.outputCount)
            for index in 0..<sizes.inputsPerGroup {
                let source =
                    input + (image * sizes.inputChannels + group * sizes.inputsPerGroup + index) * table.inputCount
                let factors = weight + (channel * sizes.inputsPerGroup + index) * table.taps
                for tap in 0..<table.taps {
                    let factor = factors[tap]
                    table.forEachRun(tap: tap, positions: 0..<table.outputCount) { _, inside, first, stride in
                        let target = plane + inside.lowerBound
                        if inside.isEmpty { return }
                        let start = source + first
                        if stride == 1 {
                            for index in 0..<inside.count { target[index] += factor * start[index] }
                        } else {
                            for index in 0..<inside.count { target[index] += factor * start[index * stride] }
                        }
                    }
                }
            }
        }
    }
}
