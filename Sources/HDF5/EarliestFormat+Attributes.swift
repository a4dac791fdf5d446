extension EarliestFormat {
    /// Reads an attribute message of the versions 1 to 3 (File Format Specification, IV.A.2.m).
    ///
    /// What cannot be read is told when the attribute is asked for: a reader of numbers can do without.
    static func attribute(_ message: Message) -> StoredAttribute {
        let body = message.body
        // A name that is not there is asked for by nobody.
        guard message.flags & 2 == 0, let version: UInt8 = body.number(at: 0), 1...3 ~= version,
            let flags: UInt8 = body.number(at: 1), let nameSize: UInt16 = body.number(at: 2),
            let typeSize: UInt16 = body.number(at: 4), let spaceSize: UInt16 = body.number(at: 6)
        else { return StoredAttribute(name: [], value: .failure(Fault(.unsupported, "is of an unknown form"))) }
        // In version 1 all parts are padded to multiples of eight.
        func padded(_ size: UInt16) -> Int { version == 1 ? (Int(size) + 7) / 8 * 8 : Int(size) }
        let nameStart = version == 3 ? 9 : 8
        let typeStart = nameStart + padded(nameSize)
        let spaceStart = typeStart + padded(typeSize)
        let dataStart = spaceStart + padded(spaceSize)
        let nameField: [UInt8] = body.part(at: nameStart, count: Int(nameSize))?.array ?? []
        let name = Array(nameField.prefix { $0 != 0 })
        guard let type = body.part(at: typeStart, count: Int(typeSize)),
            let space = body.part(at: spaceStart, count: Int(spaceSize)),
            let data = body.part(at: dataStart, count: body.byteCount - dataStart)
        else {
            return StoredAttribute(
                name: name, value: .failure(Fault(.damaged, "ends too early; is the file damaged?")))
        }
        // Types and shapes that are stored elsewhere, for several objects.
        if version > 1, flags & 3 != 0 {
            return StoredAttribute(
                name: name, value: .failure(Fault(.unsupported, "has a named datatype, which is not read")))
        }
        do throws(Fault) {
            return StoredAttribute(
                name: name, value: .success(try value(type: type, space: space, data: data)))
        } catch {
            return StoredAttribute(name: name, value: .failure(error))
        }
    }

    private static func value(
        type: MetadataBlock, space: MetadataBlock, data: MetadataBlock
    ) throws(Fault) -> StoredAttribute.Value {
        let lengths: [UInt64]?
        let format: ElementFormat?
        do throws(ObjectParts.Damage) {
            lengths = try ObjectParts.lengths(space)
            format = try ObjectParts.format(type)
        } catch {
            throw Fault(.damaged, error.what + "; is the file damaged?")
        }
        guard let lengths else { throw Fault(.unsupported, "holds nothing, expected strings or numbers") }
        func bytes(_ elementByteCount: Int) throws(Fault) -> (DatasetShape, [UInt8]) {
            let shape = try DatasetShape(claimed: lengths, elementByteCount: elementByteCount)
            guard let bytes = data.part(at: 0, count: shape.byteCount) else {
                throw Fault(
                    .damaged, "claims \(shape.byteCount) bytes, but has \(data.byteCount); is the file damaged?")
            }
            return (shape, bytes.array)
        }
        if let format {
            let (shape, bytes) = try bytes(format.type.byteCount)
            return StoredAttribute.Value(shape: shape, content: .numbers(format, bytes))
        }
        guard let kind: UInt8 = type.number(at: 0), let bits: UInt16 = type.number(at: 1),
            let size: UInt32 = type.number(at: 4), 1...3 ~= kind >> 4
        else { throw Fault(.unsupported, "has an unknown type, expected strings or numbers") }
        switch kind & 0xF {
        case 3:
            guard size > 0, let padding = HDF5StringForm.Padding(rawValue: UInt8(bits & 0xF)) else {
                throw Fault(.damaged, "has strings of an unknown form; is the file damaged?")
            }
            let (shape, bytes) = try bytes(Int(size))
            let form = HDF5StringForm.fixed(byteCount: Int(size), padding: padding, isUTF8: bits >> 4 & 0xF == 1)
            return StoredAttribute.Value(
                shape: shape, content: .strings(form.strings(in: bytes, count: shape.elementCount), form))
        // 1 in the lowest bits: strings, not rows of other elements.
        case 9 where bits & 0xF == 1 && size == 16:
            let (shape, bytes) = try bytes(16)
            return StoredAttribute.Value(
                shape: shape, content: .references(bytes, isUTF8: bits >> 8 & 0xF == 1))
        default: throw Fault(.unsupported, "has an unknown type, expected strings or numbers")
        }
    }
}
