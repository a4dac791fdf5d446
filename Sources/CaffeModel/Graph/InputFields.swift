import Frontend

/// The shapes that an `Input` layer declares.
enum InputFields {
    /// One shape for each top; a single shape holds for all of them.
    static func shapes(of layer: LayerDefinition) throws(ModelError) -> [[Int]?] {
        let shapes = try layer.reader.submessage("input_param").submessages("shape").map {
            shape throws(ModelError) in
            try shape.integers("dim", atLeast: 1)
        }
        guard shapes.count <= 1 || shapes.count == layer.tops.count else {
            throw layer.error("has \(shapes.count) shapes for \(layer.tops.count) tops")
        }
        return layer.tops.indices.map { shapes.isEmpty ? nil : shapes[shapes.count == 1 ? 0 : $0] }
    }
}
