/// A note that is attached to a group or a dataset: strings or numbers under a name.
public struct HDF5Attribute: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        /// The bytes of each string, without what pads them. They need not be UTF-8, whatever the form says.
        case strings([[UInt8]], HDF5StringForm)
        /// The elements in row-major order, little-endian.
        case numbers(HDF5ElementType, [UInt8])
    }

    public var name: String
    /// The lengths of the axes; empty for a single value.
    public var shape: [Int]
    public var content: Content

    public init(name: String, shape: [Int], content: Content) {
        self.name = name
        self.shape = shape
        self.content = content
    }

    /// One string of variable length.
    public init(name: String, text: [UInt8], isUTF8: Bool) {
        self.init(name: name, shape: [], content: .strings([text], .variable(isUTF8: isUTF8)))
    }

    /// The strings as text; `nil` for numbers, and where one is not UTF-8.
    public var texts: [String]? {
        guard case .strings(let strings, _) = content else { return nil }
        let texts = strings.compactMap { String(validating: $0, as: UTF8.self) }
        return texts.count == strings.count ? texts : nil
    }
}

/// How strings are stored.
public enum HDF5StringForm: Hashable, Sendable {
    /// What fills up a string that is shorter than its place.
    public enum Padding: UInt8, Hashable, Sendable, CaseIterable {
        /// The string ends with a zero byte, after which anything may stand.
        case zeroTerminated = 0
        case zeros = 1
        case spaces = 2
    }

    case variable(isUTF8: Bool)
    case fixed(byteCount: Int, padding: Padding, isUTF8: Bool)

    /// The strings of a row of places of fixed length.
    func strings(in bytes: [UInt8], count: Int) -> [[UInt8]] {
        guard case .fixed(let byteCount, let padding, _) = self else { return [] }
        return (0..<count).map { index in
            let place = bytes[index * byteCount..<(index + 1) * byteCount]
            switch padding {
            case .zeroTerminated: return Array(place.prefix { $0 != 0 })
            case .zeros:
                return Array(place.prefix((place.lastIndex { $0 != 0 } ?? place.startIndex - 1) - place.startIndex + 1))
            case .spaces:
                return Array(
                    place.prefix((place.lastIndex { $0 != 0x20 } ?? place.startIndex - 1) - place.startIndex + 1))
            }
        }
    }
}
