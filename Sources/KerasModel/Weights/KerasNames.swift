import Frontend
import HDF5

/// A list of names in attributes of a group: `layer_names` or `weight_names`. What does not fit into one attribute is split into `layer_names0`,
/// `layer_names1`, and so on.
struct KerasNames {
    var names: [String]
    /// How they are stored; `nil` for an empty list of numbers, which stands for no names.
    var form: HDF5StringForm?

    /// `nil` when there is no such attribute.
    ///
    /// - Throws: when the attribute is not a list of strings, or one of them is not UTF-8.
    init?(_ name: String, of group: String, in file: HDF5File) throws(HDF5Error) {
        var attributes: [HDF5Attribute] = []
        if let attribute = try file.attribute(name, of: group) {
            attributes = [attribute]
        } else {
            while let attribute = try file.attribute("\(name)\(attributes.count)", of: group) {
                attributes.append(attribute)
            }
        }
        if attributes.isEmpty { return nil }
        names = []
        for attribute in attributes {
            switch attribute.content {
            case .numbers(_, let bytes) where bytes.isEmpty: continue
            case .strings(_, let form):
                self.form = self.form ?? form
                guard let texts = attribute.texts else {
                    throw HDF5Error(attribute: attribute.name, of: group, in: file, "expected names in UTF-8")
                }
                names += texts
            default: throw HDF5Error(attribute: attribute.name, of: group, in: file, "expected a list of names")
            }
        }
    }

    /// The attributes that hold a list of names.
    ///
    /// - Parameter form: of the list that it takes the place of. Strings of fixed length get the length of the longest one.
    static func attributes(_ name: String, _ names: [String], form: HDF5StringForm?) -> [HDF5Attribute] {
        guard !names.isEmpty else { return [HDF5Attribute(name: name, shape: [0], content: .numbers(.float64, []))] }
        let strings = names.map { Array($0.utf8) }
        let isUTF8 = names.contains { $0.utf8.contains { $0 >= 0x80 } }
        let newForm: HDF5StringForm
        let size: Int
        switch form ?? .variable(isUTF8: isUTF8) {
        case .variable(let wasUTF8):
            newForm = .variable(isUTF8: wasUTF8 || isUTF8)
            size = 16
        case .fixed(_, let padding, let wasUTF8):
            // One byte more where a zero byte has to follow the longest.
            size = (strings.map(\.count).max() ?? 0) + (padding == .zeroTerminated ? 1 : 0)
            newForm = .fixed(byteCount: max(size, 1), padding: padding, isUTF8: wasUTF8)
        }
        // As Keras splits: into as many lists of nearly one length as it takes.
        let most = max(HDF5Layout.largestAttribute / max(size, 1), 1)
        guard names.count > most else {
            return [HDF5Attribute(name: name, shape: [names.count], content: .strings(strings, newForm))]
        }
        let pieces = (names.count + most - 1) / most
        let (length, longer) = names.count.quotientAndRemainder(dividingBy: pieces)
        return (0..<pieces).map { piece in
            // The first ones are longer by one.
            let start = piece * length + min(piece, longer)
            let range = start..<(start + length + (piece < longer ? 1 : 0))
            return HDF5Attribute(
                name: "\(name)\(piece)", shape: [range.count], content: .strings(Array(strings[range]), newForm))
        }
    }

    /// Whether an attribute is a part of a list.
    static func isPart(_ attribute: String, of name: String) -> Bool {
        guard attribute.hasPrefix(name) else { return false }
        return attribute.dropFirst(name.count).allSatisfy { $0.isASCII && $0.isNumber }
    }
}
