import ArgumentParser
import BNFoldKit

/// What only models of ONNX have: the same for every command.
struct ONNXArguments: ParsableArguments {
    @Flag(
        help:
            "Leave initializers alone that are inputs too, so that callers may still give other numbers. They are taken as constants otherwise."
    )
    var keepOverridableInputs = false

    /// Adds what is told here to the options for the library.
    func apply(to options: inout ModelOptions) { options.onnx.keepsOverridableInputs = keepOverridableInputs }
}

/// What only conversions of ONNX have.
struct ONNXConversionArguments: ParsableArguments {
    @Flag(help: "Put the numbers of large tensors into a file of their own, OUTPUT.data, instead of into the model.")
    var externalData = false
}
