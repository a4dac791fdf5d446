import Frontend
import ONNXModel

@_exported import struct ONNXModel.ONNXOptions

extension Frontends {
    /// Where the numbers of a model go that are to lie in a file of their own.
    ///
    /// - Throws: `BNFoldError` of the kind `usage` for frameworks that know no such file.
    static func dataPlace(of request: ConvertRequest, in frontend: any Frontend) throws(BNFoldError) -> String {
        guard frontend is ONNXFrontend else {
            throw BNFoldError(
                .usage,
                "--external-data is an option for models of ONNX, and \(request.input) is one of \(frontend.name); leave it out"
            )
        }
        return ONNXFrontend.dataPlace(besideModel: request.output)
    }
}

// Requests in the terms of ONNX.

extension ModelReading {
    /// The options as ONNX has them.
    public var onnx: ONNXOptions {
        get { model.onnx }
        set { model.onnx = newValue }
    }
}
