import BNFoldKit
import Foundation

@testable import KerasModel

/// Models that tests make, folded as a user folds them, and compared with the original.
enum FoldFixture {
    struct Outcome {
        var report: FoldReport
        /// The model that was written.
        var model: KerasModelNode

        /// The normalisations that are left, those of nested models after those around them.
        var normalizations: [String] { Self.normalizations(of: model) }

        private static func normalizations(of model: KerasModelNode) -> [String] {
            model.layers.flatMap { layer -> [String] in
                if case .model(let inner) = layer.content { return normalizations(of: inner) }
                return layer.className == "BatchNormalization" ? [layer.name] : []
            }
        }
    }

    /// Folds a whole model of HDF5, and runs it beside the original.
    static func fold(
        _ config: String, _ layers: [WeightFixture.Layer], edit: (inout FoldRequest) -> Void = { _ in }
    ) throws -> Outcome {
        try WeightFixture.withTemporaryFolder { folder in
            let bytes = try WeightFixture.legacy(layers, config: config)
            try Data(bytes).write(to: URL(filePath: folder + "/model.h5"))
            var request = FoldRequest(input: folder + "/model.h5", output: folder + "/out.h5")
            request.verification = VerifyOptions()
            edit(&request)
            let report = try BNFoldKit.fold(request)
            let file = try KerasFile(readingPath: folder + "/out.h5")
            let text = file.configText ?? []
            return Outcome(report: report, model: try KerasModelConfig(parsing: text, file: "out.h5").model)
        }
    }

    // MARK: Weights

    /// The weights of a nested model in the order in which the file lists them.
    ///
    /// - Parameter leaves: those of its layers, by name.
    static func nested(
        _ name: String, of config: String, _ leaves: [String: [WeightFixture.Tensor]]
    ) throws -> WeightFixture.Layer {
        let model = try KerasModelConfig(parsing: Array(config.utf8), file: "fixture").model
        let flat = model.layer(named: name)?.flatWeights(path: KerasPath([name])) ?? []
        return (name, flat.compactMap { weight in leaves[weight.path.names.last ?? ""]?[weight.index] })
    }

    static func conv(
        _ name: String, _ inputs: Int, _ outputs: Int, kernel: Int = 1, prefix: String = ""
    ) -> [WeightFixture.Tensor] {
        [
            .init(name: "\(prefix)\(name)/kernel:0", shape: [kernel, kernel, inputs, outputs], first: -3),
            .init(name: "\(prefix)\(name)/bias:0", shape: [outputs], first: 1),
        ]
    }

    static func dense(_ name: String, _ inputs: Int, _ outputs: Int) -> [WeightFixture.Tensor] {
        [
            .init(name: "\(name)/kernel:0", shape: [inputs, outputs], first: -2),
            .init(name: "\(name)/bias:0", shape: [outputs], first: 1),
        ]
    }

    static func norm(_ name: String, _ channels: Int, gamma: Int = 1) -> [WeightFixture.Tensor] {
        [
            .init(name: "\(name)/gamma:0", shape: [channels], first: gamma),
            .init(name: "\(name)/beta:0", shape: [channels], first: 2),
            .init(name: "\(name)/moving_mean:0", shape: [channels], first: 1),
            .init(name: "\(name)/moving_variance:0", shape: [channels], first: 3),
        ]
    }

    // MARK: Texts

    /// A layer of a functional model, and the calls of it: what each reads, as `name` or `name:call`.
    static func layer(_ className: String, _ name: String, _ fields: String = "", reads calls: [String]...) -> String {
        let inner = #""name": "\#(name)""# + (fields.isEmpty ? "" : ", " + fields)
        return
            #"{"class_name": "\#(className)", "name": "\#(name)", "config": {\#(inner)}, "inbound_nodes": [\#(calls.map(call).joined(separator: ", "))]}"#
    }

    private static func call(_ inputs: [String]) -> String {
        "[" + inputs.map { "[\(place($0)), {}]" }.joined(separator: ", ") + "]"
    }

    private static func place(_ text: String) -> String {
        let parts = text.split(separator: ":")
        return #""\#(parts[0])", \#(parts.count > 1 ? parts[1] : "0"), 0"#
    }

    static func input(_ name: String, _ shape: String) -> String {
        layer("InputLayer", name, #""batch_input_shape": [null, \#(shape)], "dtype": "float32""#)
    }

    /// The fields of a functional model.
    static func fields(_ layers: [String], inputs: [String], outputs: [String]) -> String {
        let lists = [inputs, outputs].map { "[" + $0.map { "[\(place($0))]" }.joined(separator: ", ") + "]" }
        return
            #""layers": [\#(layers.joined(separator: ", "))], "input_layers": \#(lists[0]), "output_layers": \#(lists[1])"#
    }

    static func functional(_ layers: [String], inputs: [String], outputs: [String]) -> String {
        #"{"class_name": "Functional", "config": {"name": "net", \#(fields(layers, inputs: inputs, outputs: outputs))}, "keras_version": "2.15.0"}"#
    }

    static func convFields(_ filters: Int, kernel: Int = 1, _ more: String = "") -> String {
        #""filters": \#(filters), "kernel_size": [\#(kernel), \#(kernel)], "padding": "valid""#
            + (more.isEmpty ? "" : ", " + more)
    }
}
