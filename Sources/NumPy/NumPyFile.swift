import Zip

/// Files of NumPy: .npy holds one array, .npz a ZIP archive of them.
public enum NumPyFile {
    /// The arrays in a file, at least one, in the order in which they were saved.
    ///
    /// The content tells which of both it is, not the name. The array of an .npy file has no name; those of an .npz file
    /// have the names of its members without `.npy`, and members that do not end so are left out. Only headers are read
    /// here. Of .npy files the formats 1.0, 2.0 and 3.0 are known, of archives Zip64, and members that are stored or
    /// deflated.
    ///
    /// Throws when the file cannot be read, when it holds no array, when a header does not fit the bytes that follow, or
    /// when two names are equal. An .npy file that does not hold real numbers is refused here; in an .npz file such an
    /// array is refused when it is read, so that labels in text do no harm to the images beside them.
    public static func arrays(atPath path: String) throws(NumPyError) -> [NumPyArray] {
        let file: FileRegion
        let start: [UInt8]
        do throws(ZipError) {
            file = FileRegion(try OpenFile(path: path))
            start = try file.bytes(at: 0, count: min(file.byteCount, ArrayHeader.magic.count))
        } catch {
            throw NumPyError(error)
        }
        if ZipReader.recognizes(start) { return try members(of: file) }
        let origin = Origin(path: path)
        guard start == ArrayHeader.magic else {
            let found = start.map { String($0, radix: 16) }.joined(separator: " ")
            throw origin.malformed(
                "is neither an .npy nor an .npz file: it \(start.isEmpty ? "is empty" : "begins with the bytes \(found)"); "
                    + "save arrays with np.save or np.savez")
        }
        let array = try NumPyArray(name: nil, content: ArrayContent(file))
        _ = try array.elementType()
        return [array]
    }

    /// How to write archives, told where one is of a kind that is not read.
    private static let advice = ZipAdvice(
        anew: "save it with np.savez", otherMethod: "save it with np.savez or np.savez_compressed",
        uncompressed: "save it with np.savez or np.save, which do not compress")

    private static func members(of file: FileRegion) throws(NumPyError) -> [NumPyArray] {
        let archive = try reading { () throws(ZipError) in try ZipReader(file, advice: advice) }
        let ending = Array(".npy".utf8)
        var arrays: [NumPyArray] = []
        // Names that differ only in how their accents are encoded are equal to Swift, and so to the caller.
        var names: Set<String> = []
        for entry in archive.entries where entry.name.suffix(ending.count) == ending[...] {
            guard let member = String(validating: entry.name, as: UTF8.self) else {
                let text = String(decoding: entry.name, as: UTF8.self)
                throw Origin(path: file.origin.path).malformed(
                    "has a member '\(text)' whose name is not UTF-8; save it with np.savez")
            }
            let name = String(member.dropLast(ending.count))
            guard names.insert(name).inserted else {
                throw Origin(path: file.origin.path, member: member).malformed(
                    "is there twice; save the arrays again with np.savez")
            }
            let content = try reading { () throws(ZipError) in try archive.content(of: entry, named: member) }
            arrays.append(try NumPyArray(name: name, content: ArrayContent(content)))
        }
        guard !arrays.isEmpty else {
            throw Origin(path: file.origin.path).malformed(
                "is a ZIP archive without arrays: none of its \(archive.entries.count) members ends in '.npy'; "
                    + "save arrays with np.savez")
        }
        return arrays
    }

    private static func reading<Value>(_ step: () throws(ZipError) -> Value) throws(NumPyError) -> Value {
        do throws(ZipError) {
            return try step()
        } catch {
            throw NumPyError(error)
        }
    }
}
