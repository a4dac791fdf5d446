import CHDF5

/// Follows a path link by link, so that no link leads out of the file unnoticed.
///
/// The library itself would follow an external link anywhere on the way, also one behind a soft link, and open whatever
/// file it names. The library's lock must be held while a resolver is used.
struct LinkResolver {
    /// Where a path leads.
    enum Resolution: ~Copyable {
        case found(OpenObject)
        /// A name on the way does not exist, or something on the way is no group.
        case missing
        /// A link on the way is not followed; the reason reads as the end of a sentence about the path.
        case refused(reason: String)
    }

    /// More soft links than any real path has; links that lead to each other in a circle have no end.
    private static let maximumSoftLinks = 32
    /// The longest value of a soft or external link that is looked at, in bytes.
    private static let maximumLinkValue = 1 << 16

    let file: hid_t
    let place: Place
    private var softLinks = 0

    init(file: hid_t, place: Place) {
        self.file = file
        self.place = place
    }

    /// Follows names from the root group.
    mutating func resolve(_ names: [String]) throws(HDF5Error) -> Resolution {
        softLinks = 0
        return try follow(names, from: try OpenObject(rootOf: file, at: place))
    }

    /// Follows one link of a group.
    mutating func resolve(_ name: String, in group: borrowing OpenObject) throws(HDF5Error) -> Resolution {
        softLinks = 0
        return try step(name, in: group)
    }

    private mutating func follow(
        _ names: [String], from start: consuming OpenObject
    ) throws(HDF5Error) -> Resolution {
        var current = start
        for name in names {
            guard current.kind == .group else { return .missing }
            switch try step(name, in: current) {
            case .found(let next): current = next
            case .missing: return .missing
            case .refused(let reason): return .refused(reason: reason)
            }
        }
        return .found(current)
    }

    private mutating func step(_ name: String, in group: borrowing OpenObject) throws(HDF5Error) -> Resolution {
        let exists = try place.require(
            H5Lexists(group.id, name, chdf5_default_properties()), "cannot be looked up; the file may be damaged")
        guard exists > 0 else { return .missing }
        let (linkClass, valueSize) = try linkInfo(name, in: group)
        switch linkClass {
        case H5L_TYPE_HARD.rawValue:
            let object = H5Oopen(group.id, name, chdf5_default_properties())
            guard object >= 0 else { throw place.openingError() }
            return .found(OpenObject(takingOver: object))
        case H5L_TYPE_SOFT.rawValue:
            return try followSoftLink(to: try linkValue(name, in: group, size: valueSize), from: group)
        case H5L_TYPE_EXTERNAL.rawValue:
            return .refused(
                reason: "leads through an external link\(try externalTarget(name, in: group, size: valueSize)), "
                    + "which is not followed; copy the data into this file")
        default:
            return .refused(reason: "leads through a user-defined link, which is not followed")
        }
    }

    private mutating func followSoftLink(
        to target: [UInt8], from group: borrowing OpenObject
    ) throws(HDF5Error) -> Resolution {
        softLinks += 1
        guard softLinks <= Self.maximumSoftLinks else {
            return .refused(
                reason: "leads through more than \(Self.maximumSoftLinks) soft links; do they form a circle?")
        }
        guard let text = String(validating: target.prefix { $0 != 0 }, as: UTF8.self) else {
            return .refused(reason: "leads through a soft link whose target is not UTF-8")
        }
        let path = ObjectPath(text)
        guard path.components.count <= ObjectPath.maximumDepth else {
            return .refused(reason: "leads through a soft link to more than \(ObjectPath.maximumDepth) groups deep")
        }
        let start = path.isAbsolute ? try OpenObject(rootOf: file, at: place) : try group.shared(at: place)
        switch try follow(path.components, from: start) {
        case .found(let object): return .found(object)
        case .missing:
            return .refused(reason: "leads through a soft link to \(Place.quoted(text)), which does not exist")
        case .refused(let reason): return .refused(reason: reason)
        }
    }

    private func linkInfo(
        _ name: String, in group: borrowing OpenObject
    ) throws(HDF5Error) -> (class: CInt, valueSize: Int) {
        var linkClass: CInt = 0
        var size = 0
        try place.require(
            chdf5_link_info(group.id, name, &linkClass, &size),
            "leads through an unreadable link; the file may be damaged")
        return (linkClass, size)
    }

    private func linkValue(_ name: String, in group: borrowing OpenObject, size: Int) throws(HDF5Error) -> [UInt8] {
        guard (0...Self.maximumLinkValue).contains(size) else {
            throw place.error(.damaged, "leads through a link whose target is \(size) bytes long")
        }
        var value = [UInt8](repeating: 0, count: size + 1)
        try place.require(
            H5Lget_val(group.id, name, &value, size, chdf5_default_properties()),
            "leads through an unreadable link; the file may be damaged")
        return value
    }

    /// ` to 'object' in 'file'`, as far as the link can be read.
    private func externalTarget(
        _ name: String, in group: borrowing OpenObject, size: Int
    ) throws(HDF5Error) -> String {
        let value = try linkValue(name, in: group, size: size)
        // A flag byte, then the file's name and the object's path, both with a zero byte behind (H5Lunpack_elink_val).
        let parts = value.dropFirst().split(separator: 0, maxSplits: 2).map { String(decoding: $0, as: UTF8.self) }
        return parts.count >= 2 ? " to \(Place.quoted(parts[1])) in \(Place.quoted(parts[0]))" : ""
    }
}
