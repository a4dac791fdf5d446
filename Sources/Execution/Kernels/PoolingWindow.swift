import NetGraph

/// The windows along one axis of a pooling.
struct PoolingWindow {
    var length: Int
    /// The number of windows.
    var count: Int
    var kernel: Int
    var stride: Int
    /// The distance between the elements of a window.
    var dilation = 1
    var padBefore = 0
    var padAfter = 0
    /// Whether padding counts in what an average divides by.
    var countsPadding = true

    /// For each window the elements in it, and their number by which an average divides. Whatever the dilation.
    var taps: [(real: [Int], extent: Int)] {
        (0..<count).map { window in
            let start = window * stride - padBefore
            let inside = max(min(kernel, (length + padAfter - start - 1) / max(dilation, 1) + 1), 0)
            let real = (0..<inside).lazy.map { start + $0 * dilation }.filter { (0..<length).contains($0) }
            return (Array(real), countsPadding ? inside : real.count)
        }
    }

    /// For each window the elements in it, and the length by which an average divides. Only without dilation.
    var bounds: [(real: Range<Int>, extent: Int)] {
        (0..<count).map { window in
            let start = window * stride - padBefore
            let end = min(start + kernel, length + padAfter)
            let first = min(max(start, 0), length)
            let real = first..<max(min(end, length), first)
            return (real, countsPadding ? end - start : real.count)
        }
    }

    /// For each tap of the window the outputs for which it lies in the input; `nil` where there are few windows, or long ones.
    var outputsUnderTaps: [Range<Int>]? {
        guard count >= 4, kernel <= 16, stride > 0 else { return nil }
        return (0..<kernel).map { tap in
            let offset = tap - padBefore
            let first = min(offset >= 0 ? 0 : (stride - 1 - offset) / stride, count)
            let end = offset >= length ? 0 : (length - 1 - offset) / stride + 1
            return first..<max(first, min(end, count))
        }
    }
}

extension KernelCall {
    /// Pools planes of any number of axes, element by element of each window: the slow way, for more than three axes, for
    /// windows with gaps, and for norms.
    func poolAlongEachAxis(
        _ method: Pooling.Method, _ windows: [PoolingWindow], planes: Int, from input: UnsafeMutablePointer<Element>,
        into output: UnsafeMutablePointer<Element>, mask: UnsafeMutablePointer<Element>?
    ) {
        let taps = windows.map(\.taps)
        let lengths = windows.map(\.length)
        let inputCount = lengths.reduce(1, *)
        let outputCount = windows.reduce(1) { $0 * $1.count }
        workers.forEach(planes) { plane, _ in
            let source = input + plane * inputCount
            for position in 0..<outputCount {
                var rest = position
                var window: [[Int]] = []
                var area = 1
                for axis in windows.indices.reversed() {
                    let tap = taps[axis][rest % windows[axis].count]
                    rest /= windows[axis].count
                    window.insert(tap.real, at: 0)
                    area *= tap.extent
                }
                let place = plane * outputCount + position
                var best = Element(-Float.greatestFiniteMagnitude)
                var bestIndex = -1
                var sum: Element = 0
                var squares: Element = 0
                var powers = 0.0
                var order: Int?
                if case .norm(let p) = method { order = p }
                Self.forEachIndex(in: window, of: lengths) { index in
                    let element = source[index]
                    if element > best {
                        best = element
                        bestIndex = index
                    }
                    sum += element
                    squares += element * element
                    if let order { powers += Double.power(abs(Double(element)), Double(order)) }
                }
                switch method {
                case .norm(let p): output[place] = Element(Double.power(powers, 1 / Double(p)))
                case .max:
                    output[place] = best
                    mask?[place] = Element(bestIndex)
                case .average: output[place] = sum / Element(area)
                case .stochastic: output[place] = sum > 0 ? squares / sum : 0
                }
            }
        }
    }

    /// The places of the elements of a window in a plane, in the order of memory.
    private static func forEachIndex(in window: [[Int]], of lengths: [Int], _ body: (Int) -> Void) {
        let count = window.reduce(1) { $0 * $1.count }
        for number in 0..<count {
            var rest = number
            var index = 0
            var step = 1
            for axis in window.indices.reversed() {
                index += window[axis][rest % window[axis].count] * step
                rest /= window[axis].count
                step *= lengths[axis]
            }
            body(index)
        }
    }
}
