import NetGraph

extension PassageSite {
    /// Pooling, in both directions.
    ///
    ///     max over a window of (s x + t)  =  s max(x) + t        for s >= 0
    ///     mean over a window of (s x + t) =  s mean(x) + t       where the divisor counts real pixels only
    ///     norm of a window of s x         =  s norm(x)           for s >= 0
    ///
    /// Caffe divides a mean by the window clipped to the input and its padding, so with padding a shift does not pass, unless the padding does
    /// not count; what hangs over beyond the padding is not counted. A window without a real pixel gives the lowest Float, or NaN, whatever the input: nothing passes then.
    /// The places of the maxima (a second output) are numbers of their own, and a stochastic pooling squares its input.
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection, through pooling: Pooling) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        if outputs.count > 1 { return blocked(affines, farCount: farCount, .mask(layer: layer.name)) }
        if let reason = emptyWindowReason(pooling) { return blocked(affines, farCount: farCount, reason) }
        switch pooling.method {
        case .max:
            return single(affines, direction, factors: .notNegative, allowsShift: true)
        case .average:
            let countsZeros = pooling.isPadded && pooling.countsPadding
            return single(
                affines, direction, factors: .any, allowsShift: !countsZeros,
                shiftReason: .zeroPadding(layer: layer.name))
        case .norm:
            return single(affines, direction, factors: .notNegative, allowsShift: false)
        case .stochastic:
            return blocked(affines, farCount: farCount, .stopped(layer: layer.name, type: layer.type))
        }
    }

    /// Why a window may lie wholly beyond the input; `nil` when each has a real pixel.
    ///
    /// The last window starts less than a stride beyond the last one that fits in whole, so only a stride above the kernel can carry it out.
    /// With padding anywhere Caffe drops a window that starts behind the input on any axis. Padding that is chosen to cover the input begins less
    /// than a window before it, and its last window less than a stride before its end. Where the elements of a window lie apart, all of them may lie in
    /// the padding on both sides of an input that is shorter than the gap.
    private func emptyWindowReason(_ pooling: Pooling) -> RefusalReason? {
        guard let kernel = pooling.kernel else { return nil }
        let unknown = RefusalReason.shapeUnknown(layer: layer.name, type: layer.type)
        guard pooling.stride.count == kernel.count, pooling.padBefore.count == kernel.count,
            pooling.dilation.count == kernel.count
        else { return unknown }
        if pooling.isPadded {
            for axis in kernel.indices where pooling.dilation[axis] > 1 && kernel[axis] > 1 {
                guard let length = inputs.first??.length(ofAxis: axis + 2) else { return unknown }
                guard pooling.dilation[axis] <= length else { return .emptyWindow(layer: layer.name) }
            }
        }
        if pooling.padsToCover { return nil }
        let extents = pooling.extents
        guard zip(extents, pooling.padBefore).allSatisfy({ $1 >= 0 && $1 < $0 }),
            zip(extents, pooling.padAfter).allSatisfy({ $1 >= 0 && $1 <= $0 })
        else {
            return .emptyWindow(layer: layer.name)
        }
        guard pooling.roundsUp, !pooling.isPadded, !pooling.startsInsideInput else { return nil }
        for axis in kernel.indices where pooling.stride[axis] > extents[axis] {
            guard let length = inputs.first??.length(ofAxis: axis + 2),
                let windows = outputs.first??.length(ofAxis: axis + 2)
            else { return unknown }
            let (start, overflows) = (windows - 1).multipliedReportingOverflow(by: pooling.stride[axis])
            guard !overflows, start < length else { return .emptyWindow(layer: layer.name) }
        }
        return nil
    }
}
