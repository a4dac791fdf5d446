import NetGraph

/// The largest magnitude of a weight for each pair of an output and an input: all of a kernel, or of the elements of one channel, in one number.
struct WeightRanges {
    let layout: WeightLayout
    /// (groups, outputs of a group, inputs of a group), row-major.
    private(set) var magnitudes: [Float]

    /// Reads a weight once, in slices.
    init(of parameter: ParameterID, layout: WeightLayout, in weights: some WeightStore) throws(WeightError) {
        self.layout = layout
        var magnitudes = [Float](repeating: 0, count: layout.groups * layout.outputs * layout.inputs)
        let walk = WeightWalk(layout)
        try weights.forEachSlice(of: parameter, elementCount: walk.elementCount) {
            (slice: UnsafeMutableBufferPointer<Float>, start) throws(WeightError) in
            magnitudes.withUnsafeMutableBufferPointer { magnitudes in
                walk.forEachRun(from: start, count: slice.count) { position, count, cell, stride in
                    var cell = cell
                    for index in position..<position + count {
                        magnitudes[cell] = max(magnitudes[cell], abs(slice[index]))
                        cell += stride
                    }
                }
            }
        }
        self.magnitudes = magnitudes
    }

    /// The largest magnitude of each output and of each input, when inputs are multiplied and outputs divided by factors.
    ///
    /// - Parameters: one factor for each channel.
    func ranges(inputFactors: [Double], outputDivisors: [Double]) -> (outputs: [Double], inputs: [Double]) {
        var outputs = [Double](repeating: 0, count: layout.groups * layout.outputs)
        var inputs = [Double](repeating: 0, count: layout.groups * layout.inputs)
        var cell = 0
        for output in outputs.indices {
            let first = output / layout.outputs * layout.inputs
            var largest = 0.0
            for input in first..<first + layout.inputs {
                let magnitude = Double(magnitudes[cell]) * inputFactors[input]
                cell += 1
                largest = max(largest, magnitude)
                inputs[input] = max(inputs[input], magnitude / outputDivisors[output])
            }
            outputs[output] = largest / outputDivisors[output]
        }
        return (outputs, inputs)
    }
}

/// Goes through the elements of a weight in the order in which they are stored, in runs along the innermost axis.
///
/// A cell is an output and an input of it: (group, output, input), row-major.
struct WeightWalk {
    let elementCount: Int
    private let inputsOfGroup: Int
    private let outputsOfGroup: Int
    /// The axes that have more than one entry, the innermost one last: their length, and how far the next entry's cell lies behind.
    private let axes: [(length: Int, stride: Int)]

    init(_ layout: WeightLayout) {
        inputsOfGroup = layout.inputs
        outputsOfGroup = layout.outputs
        elementCount = layout.groups * layout.outputs * layout.inputs * layout.kernel
        axes = layout.roles.map { role in
            let stride =
                switch role {
                case .groups: layout.outputs * layout.inputs
                case .outputs: layout.inputs
                case .inputs: 1
                case .kernel: 0
                }
            return (layout.length(of: role), stride)
        }.filter { $0.0 > 1 }
    }

    /// - Parameters:
    ///   - start: the first element.
    ///   - body: receives where a run begins, counted from `start`, its length, the cell of its first element, and how far the next one's lies behind.
    func forEachRun(
        from start: Int, count: Int, _ body: (_ position: Int, _ count: Int, _ cell: Int, _ stride: Int) -> Void
    ) {
        guard let inner = axes.last else {
            if count > 0 { body(0, count, 0, 0) }
            return
        }
        var position = 0
        while position < count {
            var rest = start + position
            let place = rest % inner.length
            rest /= inner.length
            var cell = place * inner.stride
            for axis in axes.dropLast().reversed() {
                cell += rest % axis.length * axis.stride
                rest /= axis.length
            }
            let run = min(inner.length - place, count - position)
            body(position, run, cell, inner.stride)
            position += run
        }
    }

    /// The number of cells.
    var cellCount: Int { axes.reduce(1) { $0 * ($1.stride == 0 ? 1 : $1.length) } }

    /// The output and the input of a cell.
    func channels(ofCell cell: Int) -> (output: Int, input: Int) {
        let output = cell / inputsOfGroup
        return (output, output / outputsOfGroup * inputsOfGroup + cell % inputsOfGroup)
    }
}
