/// An attribute as it was found: what its header holds, or why that cannot be read. Strings that lie elsewhere in the file are read when they are
/// asked for.
struct StoredAttribute: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case strings([[UInt8]], HDF5StringForm)
        case numbers(ElementFormat, [UInt8])
        /// For each string its length, and where it is in the global heap: sixteen bytes.
        case references([UInt8], isUTF8: Bool)
    }

    struct Value: Equatable, Sendable {
        var shape: DatasetShape
        var content: Content
    }

    /// As the file has it; need not be UTF-8.
    var name: [UInt8]
    var value: Result<Value, Fault>
}

extension StoredAttribute {
    /// The attribute for callers.
    ///
    /// - Parameter base: where addresses in the file begin to count.
    func attribute(in file: HDF5File, base: UInt64, at place: Place) throws(HDF5Error) -> HDF5Attribute {
        let text = String(decoding: name, as: UTF8.self)
        let value: Value
        do throws(Fault) {
            value = try self.value.get()
        } catch {
            throw place.error(Fault(error, ofAttribute: text))
        }
        let content: HDF5Attribute.Content
        switch value.content {
        case .strings(let strings, let form): content = .strings(strings, form)
        case .numbers(let format, let bytes): content = .numbers(format.type, format.littleEndian(bytes))
        case .references(let bytes, let isUTF8):
            var heap = HeapStrings(
                MetadataWindow(file.descriptor, fileSize: file.sizeWhenOpened ?? 0, base: base, place: place))
            do throws(HDF5Error) {
                content = .strings(try heap.strings(MetadataBlock(bytes[...])), .variable(isUTF8: isUTF8))
            } catch {
                throw error.kind == .ioFailed ? error : place.error(Fault(Fault(error), ofAttribute: text))
            }
        }
        return HDF5Attribute(name: text, shape: value.shape.lengths, content: content)
    }
}

extension Fault {
    /// What is wrong with an attribute of an object, told of the object.
    init(_ fault: Fault, ofAttribute name: String) {
        self = fault
        message = "has an attribute \(Place.quoted(name)) that " + fault.message
    }
}

extension ElementFormat {
    /// Elements with the low byte first.
    func littleEndian(_ bytes: [UInt8]) -> [UInt8] {
        guard isBigEndian else { return bytes }
        var swapped = bytes
        for start in stride(from: 0, to: bytes.count, by: type.byteCount) {
            swapped[start..<start + type.byteCount].reverse()
        }
        return swapped
    }
}
