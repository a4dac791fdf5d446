/// What a file is to hold, all of it known before the first byte is written, but for the numbers.
public struct HDF5Outline: Sendable {
    public struct Group: Sendable {
        /// In the order in which they were added; the file lists them by the bytes of their names.
        public var members: [Member] = []
        public var attributes: [HDF5Attribute]

        public init(attributes: [HDF5Attribute] = []) { self.attributes = attributes }

        /// The group with a name, which is made where there is none; `nil` when the name is that of a dataset.
        ///
        /// - Parameter edit: changes it.
        @discardableResult
        public mutating func withGroup<Result>(_ name: String, _ edit: (inout Group) throws -> Result) rethrows
            -> Result?
        {
            if let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
                guard case .group(var group) = members[index].content else { return nil }
                // The group is changed in place, not its copy.
                members[index].content = .group(Group())
                defer { members[index].content = .group(group) }
                return try edit(&group)
            }
            var group = Group()
            let result = try edit(&group)
            members.append(Member(name: name, content: .group(group)))
            return result
        }

        public mutating func add(_ dataset: Dataset, as name: String) {
            members.append(Member(name: name, content: .dataset(dataset)))
        }
    }

    public struct Dataset: Sendable {
        /// The lengths of the axes, the slowest first; empty for a single number.
        public var shape: [Int]
        public var elementType: HDF5ElementType
        public var isBigEndian: Bool

        public init(shape: [Int], elementType: HDF5ElementType, isBigEndian: Bool = false) {
            self.shape = shape
            self.elementType = elementType
            self.isBigEndian = isBigEndian && elementType.byteCount > 1
        }
    }

    public struct Member: Sendable {
        public enum Content: Sendable {
            case group(Group)
            case dataset(Dataset)
        }

        /// Any text but '/' and zero bytes.
        public var name: String
        public var content: Content
    }

    public var root: Group

    public init(root: Group = Group()) { self.root = root }
}
