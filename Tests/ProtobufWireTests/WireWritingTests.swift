import Foundation
import Synchronization
import Testing

@testable import ProtobufWire

/// Streaming of a plan to a file descriptor.
struct WireWritingTests {
    private struct ProducerFailure: Error, Equatable {}

    /// A source with one length-delimited field, and a plan that puts a produced field after it.
    private func plan(
        payloadByteCount: Int, producedByteCount: Int
    ) throws -> (source: MemoryByteSource, plan: WirePlan, expected: [UInt8]) {
        // Blocks of a size that does not divide the buffer's, so that no mistake in an offset goes unseen.
        var generator = SeededGenerator(seed: 5)
        let block = (0..<4099).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        var payload: [UInt8] = []
        while payload.count < payloadByteCount { payload += block.prefix(payloadByteCount - payload.count) }
        let source = MemoryByteSource(WireEncoding.lengthDelimitedHeader(1, byteCount: payload.count) + payload)
        var content = WireContent()
        content.appendProduced(byteCount: producedByteCount, id: 1, field: 2)
        let plan = try WirePlan(applying: [.insert(content, at: source.byteCount)], to: source)
        let expected =
            source.bytes + WireEncoding.lengthDelimitedHeader(2, byteCount: producedByteCount)
            + (0..<producedByteCount).map { producedByte(id: 1, offset: $0) }
        return (source, plan, expected)
    }

    @Test("segments larger than the buffer are written whole")
    func largeSegments() throws {
        let (source, plan, expected) = try plan(payloadByteCount: (5 << 19) + 3, producedByteCount: (1 << 20) + 5)
        #expect(try written(plan, from: source) == expected)
    }

    @Test("known bytes larger than the buffer are written whole")
    func largeBytes() throws {
        let bytes = (0..<(1 << 20) + 9).map { UInt8(truncatingIfNeeded: $0 / 3) }
        var content = WireContent()
        content.append(.bytes(bytes))
        let source = MemoryByteSource([0x08, 0x01])
        let plan = try WirePlan(applying: [.insert(content, at: 2)], to: source)
        #expect(try written(plan, from: source) == [0x08, 0x01] + bytes)
    }

    @Test("produced slices follow one another, are aligned, and never larger than the buffer")
    func slices() throws {
        let source = MemoryByteSource([0x08, 0x01])
        var content = WireContent()
        let buffer = BufferedOutput.bufferByteCount
        content.appendProduced(byteCount: 2 * buffer + 4, id: 1, field: 2)
        let plan = try WirePlan(applying: [.insert(content, at: 2)], to: source)
        let file = try TemporaryFile()
        let descriptor = open(file.path, O_WRONLY)
        defer { close(descriptor) }
        var slices: [Range<Int>] = []
        try plan.write(from: source, to: descriptor, path: file.path) { id, offset, buffer in
            #expect(id == 1)
            #expect(Int(bitPattern: buffer.baseAddress).isMultiple(of: 64))
            slices.append(offset..<offset + buffer.count)
        }
        #expect(slices == [0..<buffer, buffer..<2 * buffer, 2 * buffer..<2 * buffer + 4])
    }

    @Test("a pipe that takes little at a time gets everything")
    func shortWrites() throws {
        let (source, plan, expected) = try plan(payloadByteCount: (1 << 20) + 3, producedByteCount: 3)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        let received = Mutex<[UInt8]>([])
        let finished = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            var chunk = [UInt8](repeating: 0, count: 10_007)
            while true {
                let count = read(readEnd, &chunk, chunk.count)
                guard count > 0 else { break }
                received.withLock { $0 += chunk[..<count] }
            }
            finished.signal()
        }
        try plan.write(from: source, to: writeEnd, path: "pipe") { id, offset, buffer in
            for index in buffer.indices { buffer[index] = producedByte(id: id, offset: offset + index) }
        }
        close(writeEnd)
        finished.wait()
        close(readEnd)
        #expect(received.withLock { $0 } == expected)
    }

    @Test("a descriptor that cannot be written gives the system's reason")
    func badDescriptor() throws {
        let source = MemoryByteSource([0x08, 0x01])
        let plan = try WirePlan(applying: [], to: source)
        let error = #expect(throws: WireError.self) { try plan.write(from: source, to: -1, path: "out.caffemodel") }
        #expect(error.map { "\($0)" } == "out.caffemodel: byte 0: cannot write: bad file descriptor")
    }

    #if os(Linux)
        @Test("a full disk is told with the place in the output")
        func fullDisk() throws {
            let (source, plan, _) = try plan(payloadByteCount: 3, producedByteCount: 3)
            let descriptor = open("/dev/full", O_WRONLY)
            defer { close(descriptor) }
            let error = #expect(throws: WireError.self) {
                try plan.write(from: source, to: descriptor, path: "out.caffemodel")
            }
            #expect(error.map { "\($0)" } == "out.caffemodel: byte 0: cannot write: no space left on device")
        }
    #endif

    @Test("what the producer throws comes through as it is")
    func producerError() throws {
        let (source, plan, _) = try plan(payloadByteCount: 3, producedByteCount: 3)
        let descriptor = open("/dev/null", O_WRONLY)
        defer { close(descriptor) }
        do {
            try plan.write(from: source, to: descriptor, path: "out") { (_, _, _) throws(ProducerFailure) in
                throw ProducerFailure()
            }
            Issue.record("the producer's error was lost")
        } catch {
            guard case .producer(let failure) = error else { throw error }
            #expect(failure == ProducerFailure())
        }
    }

    @Test("a plan with produced segments is not written without a producer")
    func missingProducer() throws {
        let (source, plan, _) = try plan(payloadByteCount: 3, producedByteCount: 3)
        let descriptor = open("/dev/null", O_WRONLY)
        defer { close(descriptor) }
        let error = #expect(throws: WireError.self) { try plan.write(from: source, to: descriptor, path: "out") }
        #expect(error?.message == "no bytes were supplied for the value with id 1")
    }

    @Test("a source that ends early stops the writing")
    func shrunkenSource() throws {
        let file = try TemporaryFile([0x08, 0x01])
        let source = try FileByteSource(path: file.path)
        let plan = try WirePlan(applying: [], to: source)
        truncate(file.path, 1)
        let descriptor = open("/dev/null", O_WRONLY)
        defer { close(descriptor) }
        let error = #expect(throws: WireError.self) { try plan.write(from: source, to: descriptor, path: "out") }
        #expect(error?.path == file.path)
    }
}
