import BNFoldKit
import Foundation
import Testing

/// The fold of a fixture, to be spoiled by hand and held against its original.
struct FoldedPair {
    let fixture: Fixture
    let folder: TemporaryFolder
    /// The trained weights, as they are. Not for a .caffemodel.
    var original: WeightFile { get throws { try WeightFile(reading: fixture.weights) } }
    /// What `verify` will read: `out.h5` and `out.prototxt`.
    var folded: WeightFile
    var prototxt: String
    /// What `--input-shape` tells `verify`.
    var inputShapes: [String]

    /// What `verify` said.
    struct Verdict {
        var code: Int32?
        var text: String
        var report: VerifyReport

        /// The folds that are wrong by themselves: changed layers, then removed ones.
        var foldsBeyond: [String] {
            report.folds.filter(\.isBeyond).map { ($0.changed + $0.removed).joined(separator: " ") }
        }
        var blobsBeyond: [String] { report.blobs.filter(\.isBeyond).map(\.name) }

        func fold(changing layer: String) -> VerifyReport.Fold? { report.folds.first { $0.changed.contains(layer) } }
    }

    /// Folds the net with the program, into the layers directly before alone: what most tools do, and do wrongly.
    ///
    /// - Parameter weights: in place of the fixture's own.
    init(_ fixture: Fixture, weights: String? = nil, _ options: [String] = []) async throws {
        var fixture = fixture
        if let weights { fixture.weightsName = weights }
        self.fixture = fixture
        inputShapes = fixture.inputShapes
        folder = try TemporaryFolder()
        let outcome = try await Program.run(fixture.arguments + ["--quiet", "--only-adjacent"] + options, in: folder)
        try #require(outcome.code == 0, "\(outcome.errors)")
        folded = try WeightFile(reading: folder.path("out.h5"))
        prototxt = try folder.text("out.prototxt")
    }

    /// Writes the pair as it is now and runs the program, whatever comes of it.
    func run(_ options: [String] = []) async throws -> Program.Outcome {
        try? folder.remove("out.h5")
        try folded.write(to: folder.path("out.h5"))
        try folder.write(prototxt, to: "out.prototxt")
        let arguments = ["verify", fixture.weights, "out.h5", "--prototxt", fixture.prototxt]
        return try await Program.run(
            arguments + inputShapes.flatMap { ["--input-shape", $0] } + options, in: folder)
    }

    /// Writes the pair as it is now and verifies it.
    func verify(_ options: [String] = []) async throws -> Verdict {
        let outcome = try await run(["--report", "report.json", "--force"] + options)
        try #require(outcome.code == 0 || outcome.code == 2, "\(outcome)")
        let report = try JSONDecoder().decode(VerifyReport.self, from: folder.data("report.json"))
        #expect(report.isWithin == (outcome.code == 0))
        return Verdict(code: outcome.code, text: outcome.output, report: report)
    }

    // MARK: Spoiling

    /// Replaces a text that occurs exactly once.
    mutating func replace(
        _ old: String, with new: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try #require(prototxt.ranges(of: old).count == 1, "\(old)", sourceLocation: sourceLocation)
        prototxt = prototxt.replacing(old, with: new)
    }

    /// Changes the text of one layer.
    mutating func edit(_ layer: String, _ change: (inout String) -> Void) throws {
        let block = try #require(
            try prototxt.matches(of: Regex("(?ms)^layer \\{.*?^\\}\\n")).map(\.range).first { range in
                prototxt[range].contains(try Regex("name: [\"']\(layer)[\"']"))
            })
        var text = String(prototxt[block])
        change(&text)
        prototxt.replaceSubrange(block, with: text)
    }

    /// Removes one layer from the text, and its weights.
    mutating func remove(_ layer: String) throws {
        try edit(layer) { $0 = "" }
        folded.groups.remove("/data/" + layer)
        folded.blobs = folded.blobs.filter { !$0.key.hasPrefix("/data/\(layer)/") }
    }
}

/// y = scale x + shift, for each channel: what a BatchNorm and a Scale compute.
struct Affine {
    var scale: [Double]
    var shift: [Double]

    /// Caffe's formula, with room for the mistakes that converters make in it.
    ///
    /// - Parameters:
    ///   - factor: in place of the stored moving-average factor.
    ///   - deviation: from the variance and epsilon.
    init(
        _ weights: WeightFile, batchNorm: String, scale: String? = nil, epsilon: Double = Double(Float(1e-5)),
        factor: Double? = nil, deviation: (Double, Double) -> Double = { ($0 + $1).squareRoot() }
    ) throws {
        let stored = try weights.values(batchNorm, 2)[0]
        let divisor = factor ?? stored
        let share = divisor == 0 ? 0 : 1 / divisor
        let means = try weights.values(batchNorm, 0).map { $0 * share }
        let deviations = try weights.values(batchNorm, 1).map { deviation($0 * share, epsilon) }
        let gammas = try scale.map { try weights.values($0, 0) } ?? means.map { _ in 1 }
        let betas = try scale.map { try weights.values($0, 1) } ?? means.map { _ in 0 }
        let factors = zip(gammas, deviations).map { $0 / $1 }
        self.scale = factors
        shift = means.indices.map { betas[$0] - means[$0] * factors[$0] }
    }
}

extension WeightFile {
    func values(_ layer: String, _ index: Int) throws -> [Double] {
        try #require(blobs["/data/\(layer)/\(index)"], "\(layer)/\(index)").values
    }

    func shape(_ layer: String, _ index: Int) throws -> [Int] {
        try #require(blobs["/data/\(layer)/\(index)"], "\(layer)/\(index)").shape
    }

    /// Replaces the numbers of a blob.
    mutating func set(_ layer: String, _ index: Int, _ values: [Double]) throws {
        let shape = try shape(layer, index)
        try #require(shape.reduce(1, *) == values.count)
        add(layer, index, shape, values)
    }

    /// Multiplies each number of a blob by the factor for its place.
    mutating func multiply(_ layer: String, _ index: Int, by factor: (Int) -> Double) throws {
        try set(layer, index, values(layer, index).enumerated().map { $1 * factor($0) })
    }
}
