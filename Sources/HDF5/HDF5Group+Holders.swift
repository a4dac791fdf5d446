extension HDF5Group {
    /// The groups below one that hold datasets.
    public struct Holders: Sendable {
        /// Their paths as seen from the group, in the order in which `HDF5File.descendants` comes upon their datasets.
        public var paths: [String] = []
        /// Why not all of them are there: the first group that cannot be listed.
        public var failure: HDF5Error?
    }

    /// Looks through this group and all groups below it, each once.
    ///
    /// - Throws: unless every name in them is UTF-8 and fit for a path.
    public func holders() throws(HDF5Error) -> Holders {
        let index = try file.readableIndex()
        var holders = Holders()
        guard let number else { return holders }
        var isEntered = [Bool](repeating: false, count: index.objects.count)
        // The groups from this one down to the one that is being looked through.
        var way: [Step] = []
        isEntered[number] = true
        if let start = try step(into: number, at: "", in: index, &holders) { way.append(start) }
        while let last = way.indices.last {
            guard let link = way[last].next() else {
                way.removeLast()
                continue
            }
            guard case .object(let child) = link.target else { continue }
            switch index.objects[child] {
            case .group where !isEntered[child]:
                isEntered[child] = true
                let path = way[last].path + (last == 0 ? "" : "/") + String(decoding: link.name, as: UTF8.self)
                if let step = try step(into: child, at: path, in: index, &holders) { way.append(step) }
            case .dataset where last > 0 && !way[last].isHolder && depth + last < ObjectPath.maximumDepth:
                way[last].isHolder = true
                holders.paths.append(way[last].path)
            default: continue
            }
        }
        return holders
    }

    /// A group on the way through this one.
    private struct Step {
        /// As seen from this group; empty for itself.
        var path: String
        var links: [FileIndex.Link]
        var position = 0
        /// Whether a dataset was found in it.
        var isHolder = false

        mutating func next() -> FileIndex.Link? {
            guard position < links.count else { return nil }
            defer { position += 1 }
            return links[position]
        }
    }

    /// - Returns: `nil` for a group that cannot be listed, which is noted.
    private func step(
        into number: Int, at way: String, in index: FileIndex, _ holders: inout Holders
    ) throws(HDF5Error) -> Step? {
        guard case .group(let listing) = index.objects[number] else { return nil }
        func place() -> Place { Place(file: file.path, object: way.isEmpty ? path : prefix + way) }
        let links: [FileIndex.Link]
        do throws(Fault) { links = try listing.get() } catch {
            holders.failure = holders.failure ?? place().error(error)
            return nil
        }
        do throws(Fault) {
            for link in links { try FileIndex.check(link.name) }
        } catch {
            throw place().error(error)
        }
        return Step(path: way, links: links)
    }
}
