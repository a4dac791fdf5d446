import Dispatch
import HDF5
import NetGraph
import Synchronization

/// Writes slices of datasets: at once, or on a thread of its own while the next ones are computed.
///
/// What is written does not depend on how the threads take turns: each slice has its place, and those of one dataset stay in order.
struct SliceWriter: ~Copyable {
    /// 256 KiB: large enough that calls cost nothing, small enough that all slices stay in the nearest caches.
    private static let sliceSize = 1 << 18
    /// One slice being computed, one being written, one waiting; and one that is written at once.
    private static let sliceCount = 3
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: (sliceCount + 1) * sliceSize, alignment: 64)
    private let thread = DispatchQueue(label: "bnfold.slices")
    /// Begins with none, so that it may end with any number.
    private let freeSlices = DispatchSemaphore(value: 0)
    private let failure = Failure()
    private var position = 0
    /// Slices that need not be waited for.
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
    }

    /// Whether a dataset is worth the thread: one that is computed and of several slices. Copying alone it makes no faster, as the slices
    /// leave the caches of the thread that read them.
    static func overlaps<Element: WeightElement>(isComputed: Bool, count: Int, of type: Element.Type) -> Bool {
        isComputed && count > 2 * sliceSize / MemoryLayout<Element>.stride
    }

    /// Memory for the next slice; waits until there is some.
    ///
    /// - Parameters:
    ///   - count: the elements that are left of the dataset.
    ///   - overlapping: the same for all slices of a dataset, in `write` as well.
    mutating func next<Element: WeightElement>(
        atMost count: Int, as type: Element.Type, overlapping: Bool
    ) -> UnsafeMutableBufferPointer<Element> {
        if overlapping, heldSlices == 0 {
            freeSlices.wait()
            heldSlices = 1
        }
        let start = (overlapping ? position : Self.sliceCount) * Self.sliceSize
        let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + Self.sliceSize])
        let elements = bytes.bindMemory(to: Element.self)
        return UnsafeMutableBufferPointer(rebasing: elements[..<min(count, elements.count)])
    }

    /// Writes the slice that `next` gave last, or hands it over to be written.
    ///
    /// - Throws: also an error of an earlier slice.
    mutating func write<Element: WeightElement & HDF5Number>(
        _ slice: UnsafeMutableBufferPointer<Element>, to dataset: HDF5Dataset, at start: Int, overlapping: Bool
    ) throws(HDF5Error) {
        guard overlapping else { return try dataset.write(UnsafeBufferPointer(slice), at: start) }
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
