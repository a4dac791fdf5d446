import Dispatch
import HDF5
import NetGraph
import Synchronization

/// Writes slices of datasets on a thread of its own while the next ones are read and computed.
///
/// What is written does not depend on how the threads take turns: each slice has its place, and those of one dataset stay in order.
struct SliceWriter: ~Copyable {
    /// 1 MiB: large enough that calls cost nothing, small enough for the cache of the second level.
    private static let sliceSize = 1 << 20
    /// One slice being computed, one being written, one waiting.
    private static let sliceCount = 3
    /// Datasets up to this many bytes are written at once: to hand them over would take longer.
    private static let smallSize = 1 << 16

    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: sliceCount * sliceSize, alignment: 64)
    private let small = UnsafeMutableRawBufferPointer.allocate(byteCount: smallSize, alignment: 64)
    private let thread = DispatchQueue(label: "bnfold.slices")
    private let freeSlices = DispatchSemaphore(value: 0)
    private let failure = Failure()
    private var position = 0
    /// Slices that were waited for and not handed over.
    private var heldSlices = Self.sliceCount

    /// What went wrong first on the other thread.
    private final class Failure: Sendable {
        let first = Mutex<HDF5Error?>(nil)

        func check() throws(HDF5Error) {
            if let error = first.withLock({ $0 }) { throw error }
        }
    }

    deinit {
        thread.sync {}
        memory.deallocate()
        small.deallocate()
    }

    /// Memory for the next slice; waits until there is some.
    ///
    /// - Parameters:
    ///   - count: the elements that are left of the dataset.
    ///   - total: the elements of the whole dataset.
    mutating func next<Element: WeightElement>(
        atMost count: Int, of total: Int, as type: Element.Type
    ) -> UnsafeMutableBufferPointer<Element> {
        let bytes: UnsafeMutableRawBufferPointer
        if total <= Self.smallSize / MemoryLayout<Element>.stride {
            bytes = small
        } else {
            if heldSlices == 0 {
                freeSlices.wait()
                heldSlices = 1
            }
            let start = position * Self.sliceSize
            bytes = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + Self.sliceSize])
        }
        return UnsafeMutableBufferPointer(rebasing: bytes.bindMemory(to: Element.self).prefix(count))
    }

    /// Writes a slice that `next` gave memory for, or hands it over to be written.
    ///
    /// - Throws: also an error of an earlier slice.
    mutating func write<Element: WeightElement & HDF5Number>(
        _ slice: UnsafeMutableBufferPointer<Element>, to dataset: HDF5Dataset, at start: Int
    ) throws(HDF5Error) {
        if dataset.elementCount <= Self.smallSize / MemoryLayout<Element>.stride {
            return try dataset.write(UnsafeBufferPointer(slice), at: start)
        }
        try failure.check()
        heldSlices -= 1
        position = (position + 1) % Self.sliceCount
        // Nobody else touches it until the semaphore is signalled.
        nonisolated(unsafe) let slice = UnsafeBufferPointer(slice)
        thread.async { [failure, freeSlices] in
            do throws(HDF5Error) {
                try failure.check()
                try dataset.write(slice, at: start)
            } catch {
                failure.first.withLock { $0 = $0 ?? error }
            }
            freeSlices.signal()
        }
    }

    /// Waits until everything is written.
    func finish() throws(HDF5Error) {
        thread.sync {}
        try failure.check()
    }
}
