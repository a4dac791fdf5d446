import CaffeModel
import Execution
import Folding
import Foundation
import HDF5
import NetGraph
import Testing

/// A trained net, where at hand with the blobs that real Caffe computed for it.
///
/// `reference.h5` holds the inputs under `/inputs` and every blob under `/blobs` as it was at the end of a pass, so that layers in place have
/// overwritten theirs; a '/' of a blob's name is stored as `%2F`.
struct ReferenceNet: Sendable, CustomTestStringConvertible {
    var name: String
    var prototxt: String
    var weights: String
    var reference: String?

    var testDescription: String { name }

    /// The largest difference between a run and real Caffe, over all blobs.
    struct Deviation {
        var blobCount = 0
        var worst = 0.0
        var worstBlob = ""
        /// Blobs of the reference that no value of the network has the name of, or that could not be computed.
        var missing: [String] = []

        /// Differences are taken relative to the largest magnitude of the blob: a blob's small elements are sums of large ones.
        mutating func add(_ found: [Double], expected: [Double], blob: String) {
            blobCount += 1
            let scale = max(expected.reduce(0) { max($0, abs($1)) }, Double(Float.leastNormalMagnitude))
            var difference = found.count == expected.count ? 0 : Double.infinity
            for (found, expected) in zip(found, expected) where found != expected {
                let distance = abs(found - expected) / scale
                difference = distance.isNaN ? .infinity : max(difference, distance)
            }
            if difference > worst || worstBlob.isEmpty {
                worst = max(worst, difference)
                worstBlob = blob
            }
        }
    }

    /// Opens the net and its weights as they are, before any folding.
    func open() throws -> CaffeConversion {
        var options = CaffeOptions()
        if reference != nil {
            for (name, tensor) in try inputs(as: Float.self) { options.inputShapes[name] = tensor.shape }
        }
        return try CaffeConversion(prototxt: prototxt, weights: weights, options: options)
    }

    func inputs<Element: ExecutionElement & HDF5Number>(as type: Element.Type) throws -> [String: Tensor<Element>] {
        try tensors(in: "/inputs")
    }

    func blobs() throws -> [String: Tensor<Double>] { try tensors(in: "/blobs") }

    private func tensors<Element: ExecutionElement & HDF5Number>(in group: String) throws -> [String: Tensor<Element>] {
        guard let reference else { return [:] }
        let file = try HDF5File(readingPath: reference)
        defer { try? file.close() }
        var tensors: [String: Tensor<Element>] = [:]
        for child in try file.children(ofGroup: group) {
            let dataset = try file.dataset(at: child.path)
            let name = child.name.replacingOccurrences(of: "%2F", with: "/")
            tensors[name] = Tensor(shape: dataset.shape, elements: try dataset.values())
        }
        return tensors
    }

    /// Runs the net and compares every blob with the reference.
    func deviation<Element: ExecutionElement & HDF5Number>(as type: Element.Type) throws -> Deviation {
        let conversion = try open()
        guard let weights = conversion.weights else { throw CocoaError(.fileReadUnknown) }
        let network = conversion.original.network
        let interpreter = try Interpreter<Element>(network, weights: weights)
        let last = Self.lastValues(of: network)
        var found: [ValueID: [Double]] = [:]
        _ = try interpreter.run(try inputs(as: type)) { value, tensor in
            if last.values.contains(value) { found[value] = tensor.elements.map { Double($0) } }
        }
        var deviation = Deviation()
        // Copies of a blob that Caffe made for its readers are no blobs of the net.
        for (name, tensor) in try blobs().sorted(by: { $0.key < $1.key }) where !name.contains("_split_") {
            guard let value = last[name], let elements = found[value] else {
                deviation.missing.append(name)
                continue
            }
            deviation.add(elements, expected: tensor.elements, blob: name)
        }
        return deviation
    }

    /// The value that a blob's memory holds at the end: layers in place overwrite it, and Reshape and Flatten hand on the memory of their
    /// bottom, so that a layer in place behind one of them overwrites that as well.
    private static func lastValues(of network: Network) -> [String: ValueID] {
        var memories: [String: Int] = [:]
        var contents: [ValueID] = []
        for layer in network.layers {
            for output in layer.outputs {
                let name = network[output].name
                var bottom: String?
                switch layer.operation {
                case .reshape, .flatten: bottom = network[layer.inputs[0]].name
                default: bottom = nil
                }
                if let memory = memories[name] {
                    contents[memory] = output
                } else if let memory = bottom.flatMap({ memories[$0] }) {
                    memories[name] = memory
                } else {
                    memories[name] = contents.count
                    contents.append(output)
                }
            }
        }
        return memories.mapValues { contents[$0] }
    }

    // MARK: Where they are

    /// The `fixtures` folder of the package.
    static let fixtures = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("fixtures")

    /// The nets of the fixtures that real Caffe trained.
    static let inFixtures = nets(in: fixtures.path).filter { $0.name.hasPrefix("digits-") }

    /// More nets, real ones among them, in the folder that the environment variable BNFOLD_SHARED names.
    static let shared: [ReferenceNet] =
        ProcessInfo.processInfo.environment["BNFOLD_SHARED"].map { nets(in: $0 + "/zoo") + nets(in: $0 + "/models") }
        ?? []

    /// Each folder with a net and weights. `reference-x.h5` goes with `weights-x.caffemodel.h5`.
    private static func nets(in folder: String) -> [ReferenceNet] {
        let manager = FileManager.default
        return ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted().flatMap { name -> [ReferenceNet] in
            let files = (try? manager.contentsOfDirectory(atPath: "\(folder)/\(name)"))?.sorted() ?? []
            let texts = files.filter { $0.hasSuffix(".prototxt") }
            let prototxt =
                texts.first { $0 == "test_net.prototxt" } ?? texts.first { $0.contains("deploy") } ?? texts.first
            let references: [String?] = files.filter { $0.hasPrefix("reference") && $0.hasSuffix(".h5") }
            return (references.isEmpty ? [nil] : references).compactMap { reference in
                let variant = reference?.dropFirst("reference".count).dropLast(".h5".count) ?? ""
                let weights =
                    files.first { $0.hasPrefix("weights\(variant).caffemodel") }
                    ?? files.first { variant.isEmpty && $0.contains(".caffemodel") }
                guard let prototxt, let weights else { return nil }
                return ReferenceNet(
                    name: name + variant, prototxt: "\(folder)/\(name)/\(prototxt)",
                    weights: "\(folder)/\(name)/\(weights)", reference: reference.map { "\(folder)/\(name)/\($0)" })
            }
        }
    }
}
