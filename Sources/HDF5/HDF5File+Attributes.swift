extension HDF5File {
    /// The names of all attributes of a group or a dataset. Names that are not UTF-8 are left out.
    ///
    /// - Throws: `.missingObject` when there is no group or dataset at the path, and what reading them throws.
    public func attributeNames(of path: String) throws(HDF5Error) -> [String] {
        try storedAttributes(of: path).compactMap { attribute in
            attribute.name.isEmpty ? nil : String(validating: attribute.name, as: UTF8.self)
        }
    }

    /// An attribute of a group or a dataset; `nil` when it has none of that name.
    ///
    /// A string may be as long as the file.
    ///
    /// - Throws: `.missingObject` when there is no group or dataset at the path; `.unsupported` when the attribute holds neither strings nor
    ///   numbers; `.damaged` when its bytes are not all there; `.ioFailed`.
    public func attribute(_ name: String, of path: String) throws(HDF5Error) -> HDF5Attribute? {
        guard let stored = try storedAttributes(of: path).first(where: { $0.name.elementsEqual(name.utf8) }) else {
            return nil
        }
        return try stored.attribute(
            in: self, base: try readableIndex().base, at: Place(file: self.path, object: path))
    }

    private func storedAttributes(of path: String) throws(HDF5Error) -> [StoredAttribute] {
        let index = try readableIndex()
        let number = try number(at: path, in: index)
        do throws(Fault) {
            return try index.attributes[number]?.get() ?? []
        } catch {
            throw Place(file: self.path, object: path).error(error)
        }
    }
}
