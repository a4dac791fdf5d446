extension WirePlan {
    /// Writes the output to a file descriptor, from its current position on, through one buffer of 256 KiB.
    ///
    /// `source` must be the one that the plan was made for, and not the file that is being written. `path` names the
    /// output in errors. `produced` is called for the segments of that kind, in order, with the segment's id, an offset
    /// within it and a buffer to fill whole. Slices follow one another; offsets are multiples of 256 KiB and buffers are
    /// aligned, so no number is ever split.
    ///
    /// Throws `.producer` with what `produced` throws, and `.wire` when reading or writing fails; the output is then
    /// incomplete. The descriptor is neither synchronised nor closed.
    public func write<ProducerError: Error>(
        from source: some ByteSource, to descriptor: Int32, path: String,
        produced: (_ id: Int, _ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws(ProducerError) -> Void
    ) throws(WireWriteError<ProducerError>) {
        var output = BufferedOutput(descriptor: descriptor, path: path, expected: byteCount)
        for segment in segments {
            switch segment {
            case .copy(let range):
                do { try output.copy(range, of: source) } catch { throw .wire(error) }
            case .bytes(let bytes):
                do { try output.append(bytes) } catch { throw .wire(error) }
            case .produced(let byteCount, let id):
                var offset = 0
                while offset < byteCount {
                    let slice: UnsafeMutableRawBufferPointer
                    do { slice = try output.alignedSlice(atMost: byteCount - offset) } catch { throw .wire(error) }
                    do { try produced(id, offset, slice) } catch { throw .producer(error) }
                    output.commit(slice)
                    offset += slice.count
                }
            }
        }
        do { try output.flush() } catch { throw .wire(error) }
    }

    /// Writes an output that has no produced segments.
    public func write(from source: some ByteSource, to descriptor: Int32, path: String) throws(WireError) {
        do {
            try write(from: source, to: descriptor, path: path) { (id, _, _) throws(WireError) in
                throw WireError(path: path, message: "no bytes were supplied for the value with id \(id)")
            }
        } catch {
            switch error {
            case .wire(let reason), .producer(let reason): throw reason
            }
        }
    }
}
