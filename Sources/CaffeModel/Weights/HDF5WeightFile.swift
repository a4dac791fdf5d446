import Files
import Frontend
import HDF5
import NetGraph

/// Trained weights in Caffe's HDF5 layout: `/data/<layer>/<index>`, row-major.
///
/// A layer name with '/' nests groups (`/data/conv1/bn/0`), so the subgroups of a layer's group belong to other layers.
final class HDF5WeightFile: WeightFile {
    let path: String
    let mayHaveLegacyShapes = false
    private let file: HDF5File
    private let tellsHalfPrecision: Bool
    /// The group `/data`.
    private let layers: HDF5Group
    /// The groups below that one that hold blobs: one for each layer.
    private let holders: HDF5Group.Holders
    private var datasets: [HDF5Dataset] = []
    /// What was found for each layer so far: every look-up in HDF5 opens groups and datasets anew.
    private var known: [String: [Int: StoredBlob]?] = [:]

    /// Opens a weights file.
    ///
    /// - Parameter tellsHalfPrecision: whether blobs in half precision are told as such; otherwise as Float, which Caffe makes of them.
    /// - Throws: when the file is no HDF5 file, or one without `/data`: a solver's state is told from weights.
    init(path: String, tellsHalfPrecision: Bool = false) throws(ModelError) {
        self.path = path
        self.tellsHalfPrecision = tellsHalfPrecision
        do throws(HDF5Error) {
            file = try HDF5File(readingPath: path)
        } catch {
            throw ModelError(error)
        }
        let kind: HDF5ObjectKind?
        do throws(HDF5Error) {
            kind = try file.objectKind(at: "/data")
        } catch {
            throw ModelError(error)
        }
        guard kind == .group else { throw Self.errorForMissingData(in: file) }
        do throws(HDF5Error) {
            layers = try file.group(at: "/data")
            // A layer whose name cannot be told would be lost without a word.
            holders = try layers.holders()
        } catch {
            throw ModelError(error)
        }
    }

    func type(ofLayer name: String) -> String? { nil }

    func describe(layer name: String) -> String { "group '/data/\(name)'" }

    func blobs(ofLayer name: String) throws(ModelError) -> [Int: StoredBlob]? {
        if let blobs = known[name] { return blobs }
        let blobs = try findBlobs(ofLayer: name)
        known[name] = .some(blobs)
        return blobs
    }

    private func findBlobs(ofLayer name: String) throws(ModelError) -> [Int: StoredBlob]? {
        // An empty component would name the group around it.
        let isNested = name.utf8.contains(UInt8(ascii: "/"))
        let names = isNested ? name.split(separator: "/", omittingEmptySubsequences: false) : [name[...]]
        guard names.allSatisfy({ !$0.isEmpty && $0 != "." }) else { return nil }
        var blobs: [Int: StoredBlob] = [:]
        var strange: String?
        do throws(HDF5Error) {
            guard let entries = try layers.entries(ofGroup: name) else { return nil }
            blobs.reserveCapacity(entries.count)
            for entry in entries {
                if case .group = entry.content { continue }
                guard let index = Int(entry.name), 0..<Self.maximumBlobs ~= index, String(index) == entry.name else {
                    strange = entry.path
                    continue
                }
                if case .dataset(let dataset) = entry.content {
                    blobs[index] = register(dataset)
                } else {
                    // Says why it is none.
                    blobs[index] = register(try file.dataset(at: entry.path))
                }
            }
        } catch {
            throw ModelError(error)
        }
        if let strange {
            throw ModelError(
                .malformed, "\(path): '\(strange)' is no blob: the blobs of a layer are named 0, 1, 2 ...")
        }
        return blobs
    }

    func layerNames() throws(ModelError) -> [String] {
        if let failure = holders.failure { throw ModelError(failure) }
        return holders.paths
    }

    func read<Element: WeightElement>(
        _ blob: StoredBlob, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(ModelError) {
        let dataset = datasets[blob.handle]
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
            throw ModelError(error)
        }
    }

    private func register(_ dataset: HDF5Dataset) -> StoredBlob {
        datasets.append(dataset)
        return StoredBlob(
            place: "'\(dataset.path)'", shape: dataset.shape, elementType: elementType(of: dataset.elementType),
            handle: datasets.count - 1, fillValue: dataset.fillValue)
    }

    /// More blobs than this no layer has.
    private static let maximumBlobs = 1 << 16

    /// float64, and integers that a Float cannot hold, are kept in double precision.
    private func elementType(of type: HDF5ElementType) -> ElementType {
        switch type {
        case .float16: tellsHalfPrecision ? .float16 : .float32
        case .float32: .float32
        case .float64: .float64
        case .integer(let bits, _): bits > 16 ? .float64 : .float32
        }
    }

    private static func errorForMissingData(in file: HDF5File) -> ModelError {
        let path = file.path
        let isState = ["/learned_net", "/history"].contains { (try? file.objectKind(at: $0)) ?? nil != nil }
        guard isState else {
            return ModelError(
                .malformed,
                "\(path): has no group '/data', so it holds no weights of Caffe; expected groups '/data/<layer>'")
        }
        let weights = (try? file.string(at: "/learned_net")).map { "'\($0)'" } ?? "the .caffemodel.h5 beside it"
        return ModelError(
            .malformed,
            "\(path): is the state of a solver, which holds no weights; give the weights that it belongs to: \(weights)"
        )
    }
}
