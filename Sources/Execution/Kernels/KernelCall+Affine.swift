import NetGraph

extension KernelCall {
    /// gamma (x - mean / n) / sqrt(variance / n + epsilon) + beta for each entry of an axis, mostly the channel's (Caffe's `batch_norm_layer.cpp`).
    ///
    /// The factors of a channel are worked out in double precision and rounded once.
    func batchNorm(_ batchNorm: BatchNorm) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 2...Int.max)
        let axis = try axis(batchNorm.axis, of: input)
        let outer = input.count(0..<axis)
        let channels = input.shape[axis]
        let inner = input.count(axis + 1..<input.shape.count)
        func vector(_ id: ParameterID?, _ missing: Double) throws(ExecutionError) -> [Double] {
            guard let id else { return [Double](repeating: missing, count: channels) }
            if parameterCount(id) == 1, channels > 1 {
                return [Double](repeating: Double(try parameter(id, count: 1)[0]), count: channels)
            }
            let numbers = try parameter(id, count: channels)
            return (0..<channels).map { Double(numbers[$0]) }
        }
        var mean: [Double]
        var deviation: [Double]
        if batchNorm.usesGlobalStatistics {
            let factor =
                try batchNorm.factor.map { (id) throws(ExecutionError) in Double(try parameter(id, count: 1)[0]) } ?? 1
            mean = try vector(batchNorm.mean, 0).map { factor == 0 ? 0 : $0 / factor }
            switch batchNorm.spread {
            case .variance(let id):
                deviation = try vector(id, 0).map { batchNorm.deviation(ofVariance: factor == 0 ? 0 : $0 / factor) }
            case .inverseDeviation(let id): deviation = try vector(id, 1).map { 1 / $0 }
            case .applied: deviation = [Double](repeating: 1, count: channels)
            }
        } else {
            let moments = ChannelMoments(
                input.pointer, outer: outer, channels: channels, inner: inner, workers: workers)
            mean = moments.mean
            deviation = moments.variance.map(batchNorm.deviation)
        }
        let gamma = try vector(batchNorm.gamma, 1)
        let beta = try vector(batchNorm.beta, 0)
        // A mean that cancels most of x must not lose its last bits, so x - mean comes first, as in Caffe.
        let centers = mean.map { Element($0) }
        let scales = zip(gamma, deviation).map { Element($0 / $1) }
        let offsets = beta.map { Element($0) }
        forEachPlane(outer: outer * channels, inner: inner) { plane, range in
            let channel = plane % channels
            let center = centers[channel]
            let scale = scales[channel]
            let offset = offsets[channel]
            Self.map(range, of: input.pointer, into: output.pointer) { x in (x - center) * scale + offset }
        }
    }

    /// gamma x + beta along some axes; with two inputs the second one is gamma (Caffe's `scale_layer.cpp`).
    func scale(_ scale: Scale) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let sizes = try affineSizes(scale.axes, of: input, parameter: scale.gamma ?? scale.beta)
        let gamma =
            if let id = scale.gamma { try parameter(id, count: sizes.middle) } else {
                UnsafePointer(try self.input(1).pointer)
            }
        let beta = try scale.beta.map { (id) throws(ExecutionError) in try parameter(id, count: sizes.middle) }
        forEachPlane(outer: sizes.outer * sizes.middle, inner: sizes.inner) { plane, range in
            let factor = gamma[plane % sizes.middle]
            let term = beta?[plane % sizes.middle] ?? 0
            Self.map(range, of: input.pointer, into: output.pointer) { x in x * factor + term }
        }
    }

    /// x + beta along some axes; with two inputs the second one is beta (Caffe's `bias_layer.cpp`).
    func bias(_ bias: Bias) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let sizes = try affineSizes(bias.axes, of: input, parameter: bias.beta)
        let beta =
            if let id = bias.beta { try parameter(id, count: sizes.middle) } else {
                UnsafePointer(try self.input(1).pointer)
            }
        forEachPlane(outer: sizes.outer * sizes.middle, inner: sizes.inner) { plane, range in
            let term = beta[plane % sizes.middle]
            Self.map(range, of: input.pointer, into: output.pointer) { x in x + term }
        }
    }

    /// The input cut into the axes before, along and behind those of a factor: of the second input where there is one, else of a parameter.
    private func affineSizes(
        _ axes: AffineAxes, of input: Block<Element>, parameter: ParameterID?
    ) throws(ExecutionError) -> (outer: Int, middle: Int, inner: Int) {
        let second = inputs.count > 1 ? inputs[1].shape : nil
        let first: Int
        switch axes {
        case .axes(let range) where range.isEmpty && second == nil: return (1, 1, input.count)
        case .axes(let range): first = range.lowerBound
        case .unresolved(let axis): first = try self.axis(axis, of: input)
        }
        let shape = second ?? parameter.flatMap { parameters[$0]?.shape } ?? []
        let end = first + shape.count
        try require(
            end <= input.shape.count && Array(input.shape[first..<end]) == shape,
            "a factor of shape \(TensorShape.describe(shape)) does not fit axis \(first) of its input of shape \(TensorShape.describe(input.shape))"
        )
        return (input.count(0..<first), input.count(first..<end), input.count(end..<input.shape.count))
    }
}
