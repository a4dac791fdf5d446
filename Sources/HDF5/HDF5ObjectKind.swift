/// What a path inside a file leads to.
public enum HDF5ObjectKind: Equatable, Sendable {
    case group
    case dataset
    /// Something that is neither, or that is not followed, such as a link into another file.
    ///
    /// The reason reads as the end of a sentence about the object: 'is a soft link to '/x', which does not exist'.
    case other(reason: String)
}

extension HDF5ObjectKind {
    /// 'a group'; what errors say was expected.
    var noun: String {
        switch self {
        case .group: "a group"
        case .dataset: "a dataset"
        case .other: "an object of another kind"
        }
    }

    /// 'is a group'; what errors say was found.
    var predicate: String {
        switch self {
        case .group, .dataset: "is \(noun)"
        case .other(let reason): reason
        }
    }
}
