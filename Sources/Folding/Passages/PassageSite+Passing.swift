import NetGraph

extension PassageSite {
    /// Pushes affines through the layer: those on its outputs backward, those on its inputs forward.
    ///
    /// - Parameter affines: one for each output or input; `nil` for the identity, and for one that is not to move.
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection) -> Passage {
        var stopped: Passage {
            blocked(affines, farCount: direction == .backward ? inputs.count : outputs.count, stopReason)
        }
        guard !inputs.isEmpty, !outputs.isEmpty, !isClosed else { return stopped }
        switch layer.operation {
        case .convolution, .deconvolution, .innerProduct:
            return direction == .backward ? takeBackward(affines) : takeForward(affines)
        case .embed where linear != nil && direction == .backward:
            return takeBackward(affines)
        case .opaque(let opaque) where opaque.averagesChannels:
            guard direction == .backward || affines.dropFirst().allSatisfy({ $0 == nil }) else { return stopped }
            return single(affines, direction, factors: .any, allowsShift: true)
        case .pooling(let pooling):
            return pass(affines, direction, through: pooling)
        case .activation(let activation):
            return pass(affines, direction, through: activation)
        case .identity, .batchReindex:
            guard direction == .backward || affines.dropFirst().allSatisfy({ $0 == nil }) else { return stopped }
            return single(affines, direction, factors: .any, allowsShift: true)
        case .split:
            return direction == .backward ? common(affines, direction) : copied(affines)
        case .concat(let axis):
            return direction == .backward ? cut(affines, axis: axis) : joined(affines, axis: axis, direction)
        case .slice(let axis, _):
            return direction == .backward ? joined(affines, axis: axis, direction) : cut(affines, axis: axis)
        case .eltwise(let eltwise):
            return direction == .backward ? backward(affines, eltwise) : forward(affines, eltwise)
        case .arithmetic(let arithmetic):
            return pass(affines, direction, through: arithmetic)
        case .scale(let scale) where scale.gamma == nil:
            return pass(affines, direction, throughProductWith: scale)
        case .flatten, .reshape, .permute, .shuffleChannel, .pixelShuffle, .tile, .gathering, .stridedSlice,
            .pixelBlocks:
            return regroup(affines, direction)
        case .axisReduction(let reduction):
            return pass(affines, direction, through: reduction)
        case .resize:
            // Each output is a sum whose weights are 1 together.
            return single(affines, direction, factors: .any, allowsShift: true)
        case .padding(let padding):
            return pass(affines, direction, through: padding)
        case .crop(let axis, _):
            return crop(affines, direction, axis: axis)
        case .upsample(let upsample):
            return pass(affines, direction, through: upsample)
        case .interpolation(let interpolation):
            guard interpolation.cropBefore >= 0, interpolation.cropAfter >= 0 else { return stopped }
            return single(affines, direction, factors: .any, allowsShift: true)
        case .input, .dataSource, .objective, .batchNorm, .scale, .bias, .power, .stochastic, .softmax, .localResponse,
            .meanVariance, .normalize, .sink, .argMax, .reduction, .spatialPyramid, .im2col, .reorg, .axpy, .filter,
            .embed, .recurrent, .fill, .parameter, .priorBox, .detectionOutput, .regionPooling, .opaque, .logSoftmax,
            .gatedHalves, .standardization, .normDivision, .contraction:
            return stopped
        }
    }

    /// Why nothing passes at all.
    private var stopReason: RefusalReason {
        switch layer.operation {
        case .input, .dataSource:
            return .readsInput(producer: layer.name)
        case .opaque(let opaque):
            if let cause = opaque.cause {
                return .opaqueProducer(producer: layer.name, type: opaque.type, cause: cause)
            }
        default: break
        }
        return .stopped(layer: layer.name, type: layer.type)
    }

    /// The input's affine on every output.
    private func copied(_ affines: [ChannelAffine?]) -> Passage {
        var passage = single(affines, .forward, factors: .any, allowsShift: true)
        passage.moved = [ChannelAffine?](repeating: passage.moved[0], count: outputs.count)
        return passage
    }
}

extension Operation {
    /// Whether an input gives nothing but its shape, so that its numbers do not matter: they are multiplied by 0, for example.
    func readsOnlyShape(ofInput index: Int) -> Bool {
        switch self {
        case .crop, .interpolation: index == 1
        case .priorBox, .sink: true
        case .eltwise(let eltwise):
            eltwise.combination == .sum && eltwise.coefficients.indices.contains(index)
                && eltwise.coefficients[index] == 0
        default: false
        }
    }
}
