import NetGraph

extension KernelCall {
    /// exp(x) / sum of exp(x) along an axis, the largest x taken off first (Caffe's `softmax_layer.cpp`).
    func softmax(axis: Int) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let axis = try self.axis(axis, of: input)
        let length = input.shape[axis]
        let inner = input.count(axis + 1..<input.shape.count)
        workers.forEach(input.count(0..<axis)) { image, _ in
            let source = input.pointer + image * length * inner
            let target = output.pointer + image * length * inner
            for position in 0..<inner {
                var largest = source[position]
                for index in 1..<max(length, 1) { largest = max(largest, source[index * inner + position]) }
                var sum: Element = 0
                for index in 0..<length {
                    let value = Element.exponential(source[index * inner + position] - largest)
                    target[index * inner + position] = value
                    sum += value
                }
                for index in 0..<length { target[index * inner + position] /= sum }
            }
        }
    }

    /// Local response normalisation (Caffe's `lrn_layer.cpp`).
    func localResponse(_ response: LocalResponse) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: response.region == .acrossChannels ? 2...Int.max : 4...4)
        try require(response.size > 0, "its window of \(response.size) elements is empty")
        let channels = input.shape[1]
        let inner = input.count(2..<input.shape.count)
        let reach = (response.size - 1) / 2
        let exponent = Element(-response.beta)
        switch response.region {
        case .acrossChannels:
            let factor = Element(response.alpha / Double(response.size))
            let k = Element(response.k)
            workers.forEach(input.shape[0] * channels) { plane, _ in
                let channel = plane % channels
                let first = plane - channel
                let others = first + max(channel - reach, 0)...first + min(channel + reach, channels - 1)
                for position in 0..<inner {
                    var sum: Element = 0
                    for other in others {
                        let x = input.pointer[other * inner + position]
                        sum += x * x
                    }
                    let index = plane * inner + position
                    output.pointer[index] = input.pointer[index] * Element.power(k + factor * sum, exponent)
                }
            }
        case .withinChannel:
            // Caffe builds this from an average pooling, whose divisor counts the padding, and a Power whose shift is 1.
            let (height, width) = (input.shape[2], input.shape[3])
            let factor = Element(response.alpha / (Double(response.size) * Double(response.size)))
            workers.forEach(input.shape[0] * channels) { plane, _ in
                let source = input.pointer + plane * inner
                for y in 0..<height {
                    for x in 0..<width {
                        var sum: Element = 0
                        for row in max(y - reach, 0)...min(y + reach, height - 1) {
                            for column in max(x - reach, 0)...min(x + reach, width - 1) {
                                let value = source[row * width + column]
                                sum += value * value
                            }
                        }
                        let index = y * width + x
                        output.pointer[plane * inner + index] =
                            source[index] * Element.power(1 + factor * sum, exponent)
                    }
                }
            }
        }
    }

    /// Takes off the mean and divides by the deviation of each channel or image (Caffe's `mvn_layer.cpp`). Sums are double.
    func meanVariance(_ operation: MeanVariance) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 1...Int.max)
        let outer = operation.isAcrossChannels ? input.shape[0] : input.count(0..<min(2, input.shape.count))
        let inner = outer > 0 ? input.count / outer : 0
        workers.forEach(outer) { plane, _ in
            let source = input.pointer + plane * inner
            let target = output.pointer + plane * inner
            var sum = 0.0
            for index in 0..<inner { sum += Double(source[index]) }
            let mean = sum / Double(inner)
            var factor = 1.0
            if operation.normalizesVariance {
                var squares = 0.0
                for index in 0..<inner {
                    let difference = Double(source[index]) - mean
                    squares += difference * difference
                }
                factor = 1 / ((squares / Double(inner)).squareRoot() + operation.epsilon)
            }
            let center = Element(mean)
            let scale = Element(factor)
            for index in 0..<inner { target[index] = (source[index] - center) * scale }
        }
    }

    /// Divides by the norm of the channels at each pixel, or of the whole image (SSD's `normalize_layer.cpp`).
    func normalize(_ operation: Normalize) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 2...Int.max)
        let channels = input.shape[1]
        let inner = input.count(2..<input.shape.count)
        let isShared = parameterCount(operation.scale) == 1
        let scale = try parameter(operation.scale, count: isShared ? 1 : channels)
        workers.forEach(input.shape[0]) { image, _ in
            let source = input.pointer + image * channels * inner
            let target = output.pointer + image * channels * inner
            var whole = 0.0
            if operation.isAcrossSpatial {
                for index in 0..<channels * inner { whole += Double(source[index]) * Double(source[index]) }
            }
            for position in 0..<inner {
                var sum = whole
                if !operation.isAcrossSpatial {
                    for channel in 0..<channels {
                        let x = Double(source[channel * inner + position])
                        sum += x * x
                    }
                }
                let norm = Element((sum + operation.epsilon).squareRoot())
                for channel in 0..<channels {
                    let index = channel * inner + position
                    target[index] = source[index] / norm * scale[isShared ? 0 : channel]
                }
            }
        }
    }
}
