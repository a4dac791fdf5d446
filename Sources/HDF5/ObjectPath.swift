/// The names on the way from the root group, or from a link's own group, to an object.
struct ObjectPath: Equatable, CustomStringConvertible {
    /// How many groups deep a path may lead. Real files stay below ten; a cyclic file has no end.
    static let maximumDepth = 64

    let isAbsolute: Bool
    /// Without empty names and '.', which libhdf5 passes over ('..' is an ordinary name to it).
    let components: [String]

    init(_ text: String) {
        isAbsolute = text.utf8.first == UInt8(ascii: "/")
        // Split by bytes: a combining character behind a slash forms one Character with it.
        components = text.utf8.split(separator: UInt8(ascii: "/")).compactMap { component in
            component.elementsEqual([UInt8(ascii: ".")]) ? nil : String(Substring(component))
        }
    }

    /// A path that a caller gave; throws `.invalidRequest` unless it is absolute and fit for the library.
    init(absolute text: String, at place: Place) throws(HDF5Error) {
        self.init(text)
        guard isAbsolute else {
            throw place.error(.invalidRequest, "is not an absolute path, expected one that begins with '/'")
        }
        guard !text.utf8.contains(0) else {
            throw place.error(.invalidRequest, "contains a zero byte, which no name in an HDF5 file can")
        }
        guard components.count <= Self.maximumDepth else {
            throw place.error(.unsupported, "is more than \(Self.maximumDepth) groups deep")
        }
    }

    var description: String { (isAbsolute ? "/" : "") + components.joined(separator: "/") }

    /// The path of something in the group at `group`.
    static func joining(_ group: String, _ name: String) -> String { prefix(ofGroup: group) + name }

    /// What paths of all that is in a group begin with, up to the slash before the name.
    static func prefix(ofGroup group: String) -> String {
        let path = ObjectPath(group)
        return path.components.isEmpty ? "/" : "\(path)/"
    }

    /// Whether a path of this text has one name, the text itself.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && !text.utf8.contains(UInt8(ascii: "/"))
    }
}
