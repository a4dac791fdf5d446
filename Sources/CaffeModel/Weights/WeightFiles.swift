import Files
import Frontend
import HDF5
import NetGraph

/// The containers that weights come in.
public enum WeightContainer: Hashable, Sendable {
    case hdf5
    /// `.caffemodel`
    case binary

    /// The container that a file name asks for, on writing; `nil` for a name that asks for none.
    public init?(forWriting path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".caffemodel") {
            self = .binary
        } else if name.hasSuffix(".h5") || name.hasSuffix(".hdf5") {
            self = .hdf5
        } else {
            return nil
        }
    }

    /// The container that weights came in.
    static func container(of file: any WeightFile) -> WeightContainer { file is BinaryWeightFile ? .binary : .hdf5 }

    /// What the names of weights that are written end in, for messages.
    public static let knownEndings = ".h5 or .hdf5 (such as .caffemodel.h5) for HDF5, or .caffemodel"
}

/// Opens weights files; the content tells the container.
public enum WeightFiles {
    /// - Parameter tellsHalfPrecision: whether numbers that HDF5 holds in half precision are told as such, and not as Float.
    /// - Throws: `ModelError` that says what the file looks like when it is neither HDF5 nor a `.caffemodel`.
    static func open(_ path: String, tellsHalfPrecision: Bool = false) throws(ModelError) -> any WeightFile {
        try readingFile { () throws(FileError) in try FileBytes.requireReadable(path) }
        let isHDF5: Bool
        do throws(HDF5Error) {
            isHDF5 = try HDF5File.looksLikeHDF5(atPath: path)
        } catch {
            throw ModelError(error)
        }
        if isHDF5 { return try HDF5WeightFile(path: path, tellsHalfPrecision: tellsHalfPrecision) }
        let head = try readingFile { () throws(FileError) in try FileBytes.head(of: path, count: 64) }
        if !head.isEmpty, !looksLikeText(head) {
            do throws(ModelError) {
                return try BinaryWeightFile(path: path)
            } catch {
                // What begins like a NetParameter or a solver's state is a damaged one; anything else is something else.
                let begins: [UInt8] = [0x0A, 0x12, 0x1A, 0x08]
                if error.kind != .malformed || begins.contains(head[0]) || head.starts(with: [0xA2, 0x06]) {
                    throw error
                }
            }
        }
        do throws(HDF5Error) {
            _ = try HDF5File(readingPath: path)
        } catch {
            let reason = ModelError(error)
            throw ModelError(
                reason.kind,
                lines: reason.lines.map {
                    $0.replacing("is not an HDF5 file", with: "is neither an HDF5 file nor a .caffemodel")
                })
        }
        throw ModelError(.malformed, "\(path): is neither an HDF5 file nor a .caffemodel")
    }

    /// Whether a file is well-formed HDF5 of some other use, such as training data or the state of a solver.
    ///
    /// No is the answer also for a file that cannot be read: only reading it as weights tells why.
    public static func isOtherHDF5(_ path: String) -> Bool {
        do throws(HDF5Error) {
            guard try HDF5File.looksLikeHDF5(atPath: path) else { return false }
            let file = try HDF5File(readingPath: path)
            let kind = try file.objectKind(at: "/data")
            try file.close()
            return kind != .group
        } catch {
            return false
        }
    }

    /// Text may begin with a line feed, which is the tag of a NetParameter's name.
    private static func looksLikeText(_ head: [UInt8]) -> Bool {
        head.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
