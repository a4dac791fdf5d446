import Foundation

/// Folders with many tiny snapshots of one network, each with numbers of its own.
enum Snapshots {
    /// Writes `net.prototxt` and `snapshots/0.h5` and so on, some of them in folders.
    static func folder(_ count: Int) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var net = TinyNet()
        try folder.write(net.prototxt, to: "net.prototxt")
        try folder.makeFolder("snapshots/late")
        for index in 0..<count {
            net.weights.add("conv", 1, [2], [Double(index), -0.5])
            try net.weights.write(to: folder.path(name(index)))
        }
        return folder
    }

    /// Every third one lies in a folder.
    static func name(_ index: Int) -> String {
        index % 3 == 0 ? "snapshots/late/\(index).caffemodel.h5" : "snapshots/\(index).caffemodel.h5"
    }

    static let arguments = ["batch", "snapshots", "--prototxt", "net.prototxt", "--output-dir", "out"]
}

extension TemporaryFolder {
    /// Every file below a folder by its path, hidden ones included; but not those whose names begin with `results`.
    func tree(_ name: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        let walk = FileManager.default.enumerator(atPath: path(name))
        while let entry = walk?.nextObject() as? String {
            guard walk?.fileAttributes?[.type] as? FileAttributeType == .typeRegular,
                !entry.hasPrefix("results")
            else { continue }
            files[entry] = try data("\(name)/\(entry)")
        }
        return files
    }

    /// The lines of a text.
    func lines(_ name: String) throws -> [String] {
        try text(name).split(separator: "\n").map(String.init)
    }
}
