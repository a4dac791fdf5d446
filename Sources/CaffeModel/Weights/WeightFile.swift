import Frontend
import NetGraph

/// One parameter tensor in a weights file, without its numbers.
struct StoredBlob: Hashable, Sendable {
    /// Where it lies, for messages: `'/data/conv1/0'`.
    var place: String
    /// Row-major.
    var shape: [Int]
    /// The format of its numbers in memory and in what is written: float64 stays, anything narrower becomes float32.
    var elementType: ElementType
    /// What the file knows it by.
    var handle: Int
    /// The number that every element is, for a blob that no file holds.
    var constant: Float?
    /// The number that every element is because nothing was ever written; `nil` for a blob that was written.
    var fillValue: Double?
}

extension StoredBlob {
    /// What to say of blobs of a file that were never written; `nil` for none.
    static func unwritten(_ blobs: [StoredBlob], in path: String) -> String? {
        let list = blobs.compactMap { blob in blob.fillValue.map { "\(blob.place.inMessages) (\($0))" } }
        guard !list.isEmpty else { return nil }
        let more = list.count > 8 ? " and \(list.count - 8) more" : ""
        return
            "\(path): nothing was ever written to \(list.prefix(8).joined(separator: ", "))\(more); every number there is the fill value in brackets, as Caffe would read it; was the file written to its end?"
    }
}

/// A file of trained weights: blobs by layer name and index, in whatever container.
protocol WeightFile: AnyObject {
    var path: String { get }

    /// The blobs of a layer by their index; `nil` when the file does not know the layer.
    func blobs(ofLayer name: String) throws(ModelError) -> [Int: StoredBlob]?

    /// The names of all layers that have blobs, in the order of the file.
    func layerNames() throws(ModelError) -> [String]

    /// Reads consecutive elements of a blob.
    func read<Element: WeightElement>(
        _ blob: StoredBlob, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(ModelError)

    /// The type of a layer, in the names of today's format; `nil` where the container does not tell it.
    func type(ofLayer name: String) throws(ModelError) -> String?

    /// How a missing layer is called in messages: `group '/data/conv1'`.
    func describe(layer name: String) -> String

    /// Whether blobs may carry Caffe's legacy shape (num, channels, height, width), filled with ones from the left.
    var mayHaveLegacyShapes: Bool { get }
}

/// The numbers of a network's parameters in the weights file that the network was built with.
public struct CaffeWeightStore: WeightStore {
    let file: any WeightFile
    let blobs: [ParameterID: StoredBlob]

    public func location(of parameter: ParameterID) -> String? {
        blobs[parameter].map { "\(file.path): \($0.place)" }
    }

    public func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let blob = blobs[parameter] else {
            throw WeightError(kind: .malformed, message: "\(file.path): a parameter of the network has no blob")
        }
        if let constant = blob.constant {
            for index in buffer.indices { buffer[index] = Element(constant) }
            return
        }
        do {
            try file.read(blob, from: start, into: buffer)
        } catch {
            throw WeightError(error)
        }
    }
}
