import Frontend
import NetGraph

/// Embed, LSTM, RNN, DummyData and Parameter (Caffe's `embed_layer.cpp`, `recurrent_layer.cpp`, `dummy_data_layer.cpp`, `parameter_layer.hpp`).
extension LayerTranslator {
    func embed() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("embed_param")
        let outputs = try fields.integer("num_output", atLeast: 1)
        let rows = try fields.integer("input_dim", atLeast: 1)
        let hasBias = try fields.bool("bias_term") ?? true
        return LayerCandidate(
            message: "embed_param",
            fields: ["num_output", "input_dim", "bias_term", "weight_filler", "bias_filler"],
            blobs: [ExpectedBlob(role: "weight", shape: [rows, outputs])]
                + (hasBias ? [ExpectedBlob(role: "bias", shape: [outputs])] : []),
            objection: outputs == nil || rows == nil ? "it has no 'num_output' or no 'input_dim'" : nil
        ) { blobs in
            .embed(
                Embed(
                    weight: blobs[0], bias: hasBias ? blobs[1] : nil, rowCount: rows ?? 0, outputCount: outputs ?? 0))
        }
    }

    func recurrent(_ cell: Recurrent.Cell) throws(ModelError) -> LayerCandidate {
        let fields = try parameters("recurrent_param")
        let units = try fields.integer("num_output", atLeast: 1)
        let gates = cell == .lstm ? 4 : 1
        let rows = units.map { $0 * gates }
        let hasStaticInput = layer.bottoms.count > 2
        let width = input.flatMap { $0.rank > 2 ? $0.elementCount(in: 2..<$0.rank) : nil }
        var blobs = [
            ExpectedBlob(role: "input weight", shape: [rows, width]),
            ExpectedBlob(role: "input bias", shape: [rows]),
        ]
        if hasStaticInput { blobs.append(ExpectedBlob(role: "static input weight", shape: [rows, nil])) }
        blobs.append(ExpectedBlob(role: "state weight", shape: [rows, units]))
        if cell == .plain {
            blobs += [
                ExpectedBlob(role: "output weight", shape: [units, units]),
                ExpectedBlob(role: "output bias", shape: [units]),
            ]
        }
        let exposesState = try fields.bool("expose_hidden") ?? false
        return LayerCandidate(
            message: "recurrent_param",
            fields: ["num_output", "weight_filler", "bias_filler", "debug_info", "expose_hidden"], bottoms: 2...3,
            blobs: blobs,
            objection: exposesState
                ? "it hands out its state ('expose_hidden')" : units == nil ? "it has no 'num_output'" : nil
        ) { blobs in
            .recurrent(
                Recurrent(cell: cell, outputCount: units ?? 0, parameters: blobs, hasStaticInput: hasStaticInput))
        }
    }

    /// A DummyData that does not stand for the net's data. Random fillers give other numbers in each run.
    func fill() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("dummy_data_param")
        var values: [Double] = []
        var objection: String?
        for filler in try fields.submessages("data_filler") {
            if try filler.string("type") ?? "constant" != "constant" { objection = "its filler is not constant" }
            values.append(Double(try filler.float("value") ?? 0))
        }
        if values.isEmpty { values = [0] }
        if values.count == 1 { values = [Double](repeating: values[0], count: layer.tops.count) }
        let shapes = try DataShapes.dummyShapes(of: layer).compactMap(\.self)
        if shapes.count != layer.tops.count || values.count != layer.tops.count {
            objection = "it has \(layer.tops.count) tops, but \(shapes.count) shapes and \(values.count) fillers"
        }
        return LayerCandidate(
            message: "dummy_data_param",
            fields: ["data_filler", "shape", "num", "channels", "height", "width", "refill"], bottoms: 0...0,
            tops: nil, objection: objection
        ) { _ in .fill(Fill(shapes: shapes, values: values)) }
    }

    func parameter() throws(ModelError) -> LayerCandidate {
        let shape = try parameters("parameter_param").submessage("shape").integers("dim", atLeast: 1)
        return LayerCandidate(
            message: "parameter_param", fields: ["shape"], bottoms: 0...0,
            blobs: [ExpectedBlob(role: "value", shape: shape)]
        ) { blobs in .parameter(blobs[0], shape: shape) }
    }
}
