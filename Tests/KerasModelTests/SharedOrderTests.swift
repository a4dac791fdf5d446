import Foundation
import Frontend
import HDF5
import Testing

@testable import KerasModel

/// The recomputed order of layers against the one that Keras wrote into its files.
@Suite("The order of layers is that of the file")
struct SharedOrderTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/keras").path

    /// Every whole HDF5 file of the shared folder.
    private static var sharedFiles: [String] {
        guard let folder = KerasReference.sharedFolder else { return [] }
        let names = (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String]) ?? []
        return names.sorted().map { "\(folder)/\($0)" }.filter { path in
            let kind = try? KerasContainers.kind(of: path)
            return kind == .wholeHDF5
        }
    }

    @Test("of files of both generations", arguments: ["small.h5", "keras2.h5"])
    func own(name: String) throws { try check("\(Self.fixtures)/\(name)") }

    @Test("of every sample and real file", .enabled(if: KerasReference.sharedFolder != nil), arguments: sharedFiles)
    func shared(path: String) throws { try check(path) }

    private func check(_ path: String) throws {
        let file = try KerasFile(readingPath: path)
        let config = try KerasModelConfig(
            parsing: try #require(file.configText), file: path, version: file.version)
        let list = try #require(try KerasNames("layer_names", of: "/model_weights", in: file.hdf5))
        let layers = config.model.orderedLayers.filter { !$0.isOperator }
        let order = layers.map(\.name)
        // Some versions list no operators, and some all of them without weights.
        let listed = list.names.filter { $0 != "top_level_model_weights" && order.contains($0) }
        #expect(listed == order.filter { listed.contains($0) })
        // HDF5 files of Keras 3 may tell an operator like a layer, and list it as none.
        let withWeights = layers.filter { $0.weights?.isEmpty == false }.map(\.name)
        #expect(Set(withWeights).subtracting(listed).isEmpty)
    }
}
