import Foundation

/// The models of `fixtures/keras`, which `make.py` there made: `small.*` by Keras 3, `keras2.*` by Keras 2, with the same layers.
enum KerasFixture {
    static let folder = Fixture.root.appendingPathComponent("keras")

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// One model in each container, with the ending of what is written.
    static let containers = [
        "small.keras", "small.h5", "small.weights.h5", "keras2.h5", "keras2_weights.h5",
    ]

    /// The samples of a model and what Keras made of them: `in:0` and `out:0`.
    static func samples(of model: String) -> String {
        path((model.hasPrefix("keras2") ? "keras2" : model.split(separator: ".")[0]) + ".npz")
    }
}

extension TemporaryFolder {
    /// A folder with copies of some of the models.
    static func withKerasModels(_ names: String...) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in names { try folder.copy(KerasFixture.folder.appendingPathComponent(name), to: name) }
        return folder
    }

    /// Writes numbers as numpy.save does.
    func writeArray(_ numbers: [Double], shape: [Int], to name: String) throws {
        let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(lengths)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
        for number in numbers { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 } }
        try write(Data(bytes), to: name)
    }
}
