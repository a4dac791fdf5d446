import CaffeModel
import Frontend
import KerasModel
import ONNXModel

@_exported import enum CaffeModel.BatchNormDialect
@_exported import struct CaffeModel.CaffeOptions
@_exported import struct CaffeModel.NetState
@_exported import enum CaffeModel.TargetDialect

/// The families of model files that bnfold knows. To add one is to add a line.
enum Frontends {
    static let all: [any Frontend] = [
        KerasFrontend(), ONNXFrontend(), CaffeFrontend(),
    ]

    /// The one for files that none of them knows, which then says what is wrong with them.
    static var fallback: any Frontend { all[all.count - 1] }

    /// The family that a file belongs to.
    ///
    /// - Throws: for an error of the disk.
    static func frontend(of path: String?) throws(BNFoldError) -> any Frontend {
        guard let path else { return fallback }
        for frontend in all.dropLast()
        where try lifting({ () throws(ModelError) in try frontend.recognizes(path) }) {
            return frontend
        }
        return fallback
    }

    /// What the names of their files end in.
    static let endings = FileEndings(
        weights: all.flatMap(\.endings.weights), perhapsWeights: all.flatMap(\.endings.perhapsWeights),
        trainingState: all.flatMap(\.endings.trainingState))

    /// The endings of weights for messages.
    static var endingsOfWeights: String { all.map(\.endings.summary).joined(separator: ", ") }
}

/// The names in manifests and results of what a job tells of the file of its network.
enum BatchKeys {
    static let network = "prototxt"
    static let outputNetwork = "outputPrototxt"
}

/// Reads models of whatever family, and keeps what those of one have in common.
struct ModelReader {
    private var sessions: [String: any ModelSession] = [:]

    mutating func open(
        _ files: ModelFiles, of frontend: any Frontend, options: ModelOptions
    ) throws(BNFoldError) -> any Model {
        var session = sessions[frontend.name] ?? frontend.session()
        defer { sessions[frontend.name] = session }
        do throws(ModelError) {
            return try session.open(files, options: options)
        } catch {
            throw BNFoldError(error)
        }
    }
}

/// The name of the framework that a file belongs to, by its content; that of the last one of the list for a file that none knows.
///
/// - Throws: for an error of the disk.
public func framework(of path: String) throws(BNFoldError) -> String { try Frontends.frontend(of: path).name }

/// Whether a file is one of any framework: a damaged one is not. It may take reading all that the file holds but its numbers.
///
/// - Throws: for an error of the disk.
public func belongsToFramework(_ path: String) throws(BNFoldError) -> Bool {
    let frontend = try Frontends.frontend(of: path)
    return try lifting { () throws(ModelError) in try frontend.recognizes(path) }
}
