import Foundation
import HDF5
import NumPy
import Testing

/// A case of the folder `fixtures/cases`: small nets with weights that went wrong once.
struct SharedCase {
    let folder: URL

    init(_ name: String) { folder = Fixture.root.appendingPathComponent("cases").appendingPathComponent(name) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Folds weights with a prototxt into `out.h5`, with `--verify`.
    func fold(
        _ weights: String, with prototxt: String, _ options: [String] = [], in temporary: TemporaryFolder
    ) async throws -> Program.Outcome {
        try await Program.run(
            [path(weights), "out.h5", "--prototxt", path(prototxt), "--verify", "--report", "out.json", "--force"]
                + options, in: temporary)
    }

    /// The arrays of an .npz file, by name.
    func arrays(_ name: String) throws -> [String: [Double]] {
        var result: [String: [Double]] = [:]
        for array in try NumPyFile.arrays(atPath: path(name)) {
            result[array.name ?? ""] = try array.read(samples: 0..<array.sampleCount)
        }
        return result
    }
}

extension WeightFile.Blob {
    /// Whether every number is the one of an independent computation in double precision, rounded to Float once or in another order: two units
    /// in the last place of the largest number.
    func isRounded(from truth: [Double]?) -> Bool {
        guard let truth, truth.count == values.count else { return false }
        let largest = truth.map(abs).max() ?? 0
        return zip(values, truth).allSatisfy { abs($0 - $1) <= largest * 0x1p-23 }
    }
}
