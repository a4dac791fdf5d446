import Frontend
import ONNXModel

@_exported import struct ONNXModel.ONNXOptions

// Requests in the terms of ONNX.

extension ModelReading {
    /// The options as ONNX has them.
    public var onnx: ONNXOptions {
        get { model.onnx }
        set { model.onnx = newValue }
    }
}
