import Frontend
import HDF5
import NetGraph

/// A new file of weights in the making: what it holds, and where the numbers of each dataset come from.
struct WeightOutline {
    enum Source {
        /// As they are stored in the file that was read.
        case kept(HDF5Dataset)
        case computed(ParameterID, ElementType, elementCount: Int)
    }

    /// The file that was read.
    let file: HDF5File
    var outline = HDF5Outline()
    /// By absolute path.
    private(set) var sources: [String: Source] = [:]

    init(from file: HDF5File) { self.file = file }

    /// Changes the group at a path, which is made with those above it where there is none.
    mutating func edit(
        _ path: String, _ edit: (inout HDF5Outline.Group) throws(ModelError) -> Void
    ) throws(ModelError) {
        try Self.edit(Self.components(path)[...], in: &outline.root, path: path, file: file.path, edit)
    }

    private static func edit(
        _ names: ArraySlice<String>, in group: inout HDF5Outline.Group, path: String, file: String,
        _ body: (inout HDF5Outline.Group) throws(ModelError) -> Void
    ) throws(ModelError) {
        guard let name = names.first else { return try body(&group) }
        var result: Result<Void, ModelError>?
        let found: Void? = group.withGroup(name) { inner in
            do throws(ModelError) {
                result = .success(try edit(names.dropFirst(), in: &inner, path: path, file: file, body))
            } catch {
                result = .failure(error)
            }
        }
        guard found != nil, let result else {
            throw ModelError(.malformed, "\(file): '\(path)' would be a group in a dataset")
        }
        try result.get()
    }

    /// Adds a dataset whose numbers come from somewhere.
    mutating func add(_ source: Source, shape: [Int], at path: String) throws(ModelError) {
        let dataset: HDF5Outline.Dataset =
            switch source {
            case .kept(let kept): .init(shape: shape, elementType: kept.elementType, isBigEndian: kept.isBigEndian)
            case .computed(_, .float16, _): .init(shape: shape, elementType: .float16)
            case .computed(_, .float32, _): .init(shape: shape, elementType: .float32)
            case .computed(_, .float64, _): .init(shape: shape, elementType: .float64)
            }
        let names = Self.components(path)
        guard let name = names.last else { throw ModelError(.internalFault, "a weight has no name") }
        try edit(names.dropLast().joined(separator: "/")) { group in group.add(dataset, as: name) }
        sources["/" + names.joined(separator: "/")] = source
    }

    /// Copies a group or a dataset of the old file with everything in it.
    mutating func copy(_ path: String) throws(ModelError) {
        switch try reading({ () throws(HDF5Error) in try file.objectKind(at: path) }) {
        case .dataset:
            let dataset = try reading { () throws(HDF5Error) in try file.dataset(at: path) }
            try add(.kept(dataset), shape: dataset.shape, at: path)
        case .group:
            let attributes = try attributes(of: path)
            try edit(path) { $0.attributes = attributes }
            for child in try reading({ () throws(HDF5Error) in try file.children(ofGroup: path) }) {
                try copy(child.path)
            }
        case .other(let reason): throw ModelError(.malformed, "\(file.path): '\(path)' \(reason)")
        case nil: break
        }
    }

    /// The groups and datasets in a group of the old file; none where there is no such group.
    func children(of path: String) throws(ModelError) -> [HDF5Child] {
        try reading { () throws(HDF5Error) in
            try file.objectKind(at: path) == .group ? try file.children(ofGroup: path) : []
        }
    }

    /// All attributes of a group of the old file; none where there is no such group.
    func attributes(of path: String) throws(ModelError) -> [HDF5Attribute] {
        try reading { () throws(HDF5Error) in
            guard try file.objectKind(at: path) == .group else { return [] }
            var attributes: [HDF5Attribute] = []
            for name in try file.attributeNames(of: path) {
                if let attribute = try file.attribute(name, of: path) { attributes.append(attribute) }
            }
            return attributes
        }
    }

    private func reading<Value>(_ step: () throws(HDF5Error) -> Value) throws(ModelError) -> Value {
        do throws(HDF5Error) {
            return try step()
        } catch {
            throw ModelError(error)
        }
    }

    private static func components(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }
}
