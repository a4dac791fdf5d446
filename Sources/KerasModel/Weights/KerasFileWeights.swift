import Frontend
import HDF5
import NetGraph

/// The weights of a file, found for the layers of a configuration.
public final class KerasFileWeights: KerasWeightSource {
    public let file: KerasFile
    /// The configuration that they were found for.
    public let config: KerasModelConfig
    public let tensors: [KerasPath: [KerasTensor]]
    /// The layers as the file lists them, for whoever writes a file of the same form.
    let form: Form
    /// By the index of a tensor.
    let datasets: [HDF5Dataset]
    /// The leaves of the configuration.
    let leavesByPath: [KerasPath: KerasLayer]

    enum Form: Sendable {
        case legacy(LegacyWeights)
        case tree(WeightTree)
    }

    /// Finds the weights of all layers, and holds them against the configuration.
    ///
    /// - Throws: `ModelError` for weights that are missing, that no layer has, or whose numbers and shapes are not those of their layers; for
    ///   numbers of a kind that is not read, such as bfloat16.
    public init(of file: KerasFile, for config: KerasModelConfig) throws(ModelError) {
        self.file = file
        self.config = config
        leavesByPath = Dictionary(
            config.leaves.map { ($0.path, $0.layer) }, uniquingKeysWith: { first, _ in first })
        var datasets = WeightDatasets(file: file.hdf5)
        switch file.kind {
        case .wholeHDF5, .legacyWeights:
            let legacy = try LegacyWeights(of: config, in: file.hdf5, datasets: &datasets)
            form = .legacy(legacy)
            tensors = legacy.tensors
        case .archive, .payload:
            let tree = try WeightTree(of: config, in: file.hdf5, datasets: &datasets)
            form = .tree(tree)
            tensors = tree.tensors
        }
        self.datasets = datasets.all
    }

    public func read<Element: WeightElement>(
        _ tensor: KerasTensor, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let dataset = datasets[tensor.index]
        let elements = start..<start + buffer.count
        do throws(HDF5Error) {
            // The element's own type again, as one that HDF5 knows; a cast would look for it anew each time.
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            switch Element.elementType {
            case .float32: try dataset.read(elements: elements, into: bytes.bindMemory(to: Float.self))
            case .float64: try dataset.read(elements: elements, into: bytes.bindMemory(to: Double.self))
            // No number in memory is of that type.
            case .float16: break
            }
        } catch {
            throw WeightError(ModelError(error))
        }
    }

    public func location(of tensor: KerasTensor) -> String {
        "\(file.hdf5.path): '\(datasets[tensor.index].path)'"
    }
}

/// The datasets of a file that are weights.
struct WeightDatasets {
    let file: HDF5File
    private(set) var all: [HDF5Dataset] = []

    init(file: HDF5File) { self.file = file }

    /// Opens a dataset.
    ///
    /// - Parameters:
    ///   - name: what the file calls it.
    ///   - layer: whose it is, for messages.
    mutating func open(_ path: String, named name: String, of layer: String) throws(ModelError) -> KerasTensor {
        let dataset: HDF5Dataset
        do throws(HDF5Error) {
            dataset = try file.dataset(at: path)
        } catch {
            if error.kind == .missingObject {
                throw ModelError(
                    .malformed,
                    "\(file.path): the layer '\(layer)' should have the weight '\(name)', but '\(path)' \(error.message); was the file written to its end?"
                )
            }
            guard error.kind == .unsupported, error.message.hasPrefix("holds ") else { throw ModelError(error) }
            throw ModelError(
                .malformed,
                "\(error); weights are read as float16, float32, float64 and integers: those of bfloat16 have to be saved as float32"
            )
        }
        all.append(dataset)
        let type: ElementType? =
            switch dataset.elementType {
            case .float16: .float16
            case .float32: .float32
            case .float64: .float64
            case .integer: nil
            }
        return KerasTensor(name: name, shape: dataset.shape, elementType: type, index: all.count - 1)
    }
}

/// Holds tensors against what is known of a layer.
struct WeightCheck {
    /// Of the weights, for messages.
    let file: String

    /// - Parameters:
    ///   - layer: as messages name it.
    ///   - expected: in the order of the tensors.
    func require(
        _ tensors: [KerasTensor], are expected: [KerasWeight], of layer: String, className: String
    ) throws(ModelError) {
        guard tensors.count == expected.count else {
            let found = tensors.isEmpty ? "none" : tensors.map { "'\($0.name)'" }.joined(separator: ", ")
            throw ModelError(
                .malformed,
                "\(file): the layer '\(layer)' (\(className)) needs \(expected.count) weights (\(expected.map(\.role.rawValue).joined(separator: ", "))), but the file has \(tensors.count): \(found); do the JSON and the weights belong together?"
            )
        }
        for (tensor, weight) in zip(tensors, expected) {
            guard let shape = weight.shape else { continue }
            let fits =
                shape.count == tensor.shape.count && zip(shape, tensor.shape).allSatisfy { $0 == nil || $0 == $1 }
            guard fits else {
                throw ModelError(
                    .malformed,
                    "\(file): the layer '\(layer)' (\(className)) needs a \(weight.role.rawValue) of the shape \(Self.text(shape)), but '\(tensor.name)' has \(Self.text(tensor.shape)); do the JSON and the weights belong together?"
                )
            }
        }
    }

    static func text(_ shape: [Int?]) -> String {
        "(" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + ")"
    }
}
