import NetGraph

/// Memory for elements, 64-byte aligned for vector instructions. It is not initialised.
///
/// Sendable although it is mutable memory: parameters are written before an interpreter is handed out and only read afterwards, all else stays
/// within one forward pass, whose threads write separate elements.
final class ElementBuffer<Element: WeightElement>: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Element>
    let capacity: Int
    /// The number of values that lie in this memory.
    var users = 0
    /// Set where memory is only counted: then there is none behind the pointer.
    private let meter: MemoryMeter?
    let byteCount: Int

    /// - Parameter meter: counts the memory instead of taking it.
    init(capacity: Int, on meter: MemoryMeter? = nil) {
        self.capacity = max(capacity, 1)
        self.meter = meter
        let (bytes, overflows) = self.capacity.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        byteCount = overflows ? .max : bytes
        if let meter {
            meter.take(byteCount)
            pointer = UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
        } else {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
            pointer = raw.bindMemory(to: Element.self, capacity: self.capacity)
        }
    }

    deinit {
        if let meter {
            meter.giveBack(byteCount)
        } else {
            UnsafeMutableRawPointer(pointer).deallocate()
        }
    }
}

/// Memory of values that nobody reads any more, for the values to come.
struct BufferPool<Element: WeightElement> {
    private var free: [ElementBuffer<Element>] = []
    /// Bytes of all buffers that were handed out by this pool and still exist.
    private(set) var allocatedBytes = 0
    private(set) var peakBytes = 0
    private let meter: MemoryMeter?

    init(on meter: MemoryMeter? = nil) { self.meter = meter }

    /// The smallest free buffer that is large enough. When all are too small, a new one takes the place of the largest: so there are never more
    /// buffers than values that live at the same time.
    mutating func take(_ count: Int) -> ElementBuffer<Element> {
        if let fit = free.indices.filter({ free[$0].capacity >= count }).min(by: {
            free[$0].capacity < free[$1].capacity
        }) {
            return free.remove(at: fit)
        }
        if let largest = free.indices.max(by: { free[$0].capacity < free[$1].capacity }) {
            allocatedBytes -= free.remove(at: largest).byteCount
        }
        let buffer = ElementBuffer<Element>(capacity: count, on: meter)
        allocatedBytes = allocatedBytes.addingReportingOverflow(buffer.byteCount).partialValue
        peakBytes = max(peakBytes, allocatedBytes)
        return buffer
    }

    mutating func give(_ buffer: ElementBuffer<Element>) { free.append(buffer) }
}

/// Memory that a kernel needs while it runs, one piece for each worker; it is kept for the next kernel.
final class Scratch<Element: WeightElement> {
    private var buffers: [ElementBuffer<Element>?] = []
    private let meter: MemoryMeter?

    init(on meter: MemoryMeter? = nil) { self.meter = meter }

    /// One buffer of at least `count` elements for each of `workers` workers.
    @discardableResult
    func buffers(_ count: Int, workers: Int) -> [ElementBuffer<Element>] {
        while buffers.count < workers { buffers.append(nil) }
        return (0..<workers).map { worker in
            if let buffer = buffers[worker], buffer.capacity >= count { return buffer }
            buffers[worker] = nil
            let buffer = ElementBuffer<Element>(capacity: count, on: meter)
            buffers[worker] = buffer
            return buffer
        }
    }
}

/// A value inside a kernel: a shape and the place of its elements.
struct Block<Element: WeightElement> {
    var shape: [Int]
    var pointer: UnsafeMutablePointer<Element>
    var count: Int

    /// The product of the lengths in a range of axes.
    func count(_ axes: Range<Int>) -> Int { shape[axes].reduce(1, *) }
}
