import Frontend
import Prototxt

/// Inputs that the net declares by itself, which are layers today.
///
///     Before:  input: "data" input_dim: 1 input_dim: 3 input_dim: 224 input_dim: 224
///     After:   layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 ... } } }
///
/// Caffe's own upgrade (`UpgradeNetInput`) makes one layer of all inputs; here each has its own, in its own place, and a
/// comment above it still tells about it. An input that stands behind a layer moves before the first one, as its readers
/// come behind it.
struct LegacyInputs {
    private let document: PrototxtDocument
    /// The names of the inputs.
    private let inputs: [String]
    /// Whether each input becomes a layer.
    private let isLayer: [Bool]
    /// The dimensions of each input; none when the net does not tell.
    private let shapes: [[NewField]]

    static func edits(in document: PrototxtDocument) throws(ModelError) -> [SourceEdit] {
        guard document.root.fields.contains(where: isOld) else { return [] }
        return try LegacyInputs(document).edits()
    }

    /// Each becomes a layer of its own, which is many times as long.
    private static let mostInputs = 4096

    private static let dimensionFields: Set<String> = ["input_dim", "input_shape"]

    private static func isOld(_ field: FieldNode) -> Bool {
        field.name == "input" || dimensionFields.contains(field.name)
    }

    // MARK: Reading

    private init(_ document: PrototxtDocument) throws(ModelError) {
        self.document = document
        var inputs: [String] = []
        for field in document.root.fields where field.name == "input" {
            for value in field.values {
                guard let name = value.scalar?.stringValue else {
                    let found = document.quoted(value)
                    throw Self.error(document, at: value, "expected a name in quotes after 'input:', found \(found)")
                }
                inputs.append(name)
            }
        }
        guard inputs.count <= Self.mostInputs else {
            throw ModelError(
                .malformed,
                "\(document.path): has \(inputs.count) 'input:', but at most \(Self.mostInputs) are read; write one layer of type Input with all of them as its tops"
            )
        }
        // Caffe drops inputs without any shape. Only those that some layer writes can go: the others have to come from somewhere.
        if !document.root.fields.contains(where: { Self.dimensionFields.contains($0.name) }) {
            let written = Self.writtenBlobs(in: document)
            isLayer = inputs.map { !written.contains($0) }
        } else {
            isLayer = inputs.map { _ in true }
        }
        self.inputs = inputs
        // Beside `input_shape`, Caffe does not look at `input_dim`.
        if document.root.fields.contains(where: { $0.name == "input_shape" }) {
            shapes = try Self.declaredShapes(in: document, inputCount: inputs.count)
        } else {
            shapes = try Self.groupedDimensions(in: document, inputCount: inputs.count)
        }
    }

    /// The shapes of `input_shape { dim: ... }`, one for each input.
    private static func declaredShapes(
        in document: PrototxtDocument, inputCount: Int
    ) throws(ModelError) -> [[NewField]] {
        let values = document.root.values(named: "input_shape")
        guard let last = values.last else { return [] }
        guard values.count == inputCount else {
            throw error(
                document, at: values.count > inputCount ? values[inputCount] : last,
                "found \(values.count) 'input_shape' for \(inputCount) 'input'; expected as many of one as of the other"
            )
        }
        var shapes: [[NewField]] = []
        for value in values {
            guard let message = value.message else {
                throw error(document, at: value, "expected '{' after 'input_shape'")
            }
            shapes.append(try dimensions(message.values(named: "dim"), in: document))
        }
        return shapes
    }

    /// The values of `input_dim`, four for each input: Caffe's blobs all had four axes then.
    private static func groupedDimensions(
        in document: PrototxtDocument, inputCount: Int
    ) throws(ModelError) -> [[NewField]] {
        let values = document.root.values(named: "input_dim")
        guard let last = values.last else { return [] }
        let expected = 4 * inputCount
        guard values.count == expected else {
            throw error(
                document, at: values.count > expected ? values[expected] : last,
                "found \(values.count) 'input_dim' for \(inputCount) 'input'; expected 4 for each; write 'input_shape { dim: ... }' for inputs with other numbers of axes"
            )
        }
        let all = try dimensions(values, in: document)
        return stride(from: 0, to: expected, by: 4).map { Array(all[$0..<$0 + 4]) }
    }

    private static func dimensions(
        _ values: [ValueNode], in document: PrototxtDocument
    ) throws(ModelError) -> [NewField] {
        try values.map { value throws(ModelError) in
            guard let scalar = value.scalar, scalar.integerValue != nil else {
                let found = document.quoted(value)
                throw error(document, at: value, "expected a whole number as the size of an axis, found \(found)")
            }
            return NewField(name: "dim", value: .literal(scalar.text))
        }
    }

    /// The blobs that layers write without reading them.
    private static func writtenBlobs(in document: PrototxtDocument) -> Set<String> {
        var written: Set<String> = []
        for field in document.root.fields where field.name == "layer" {
            guard let message = field.value.message else { continue }
            let bottoms = Set(message.values(named: "bottom").compactMap { $0.scalar?.stringValue })
            written.formUnion(
                message.values(named: "top").compactMap { $0.scalar?.stringValue }.filter { !bottoms.contains($0) })
        }
        return written
    }

    private static func error(_ document: PrototxtDocument, at value: ValueNode, _ text: String) -> ModelError {
        ModelError(document.error(at: value.range.lowerBound, text))
    }

    // MARK: Editing

    private func edits() -> [SourceEdit] {
        let old = document.root.fields.filter(Self.isOld)
        let names = layerNames()
        let places = places()
        let insertions = inputs.indices.filter { isLayer[$0] }.map { index in
            document.insertion(of: [layer(names[index], index)], into: document.root, after: places[index])
        }
        return old.map { document.removalKeepingComments(of: $0) } + insertions
    }

    private func layer(_ name: String, _ index: Int) -> NewField {
        var fields = [
            NewField(name: "name", value: .string(name)), NewField(name: "type", value: .string("Input")),
            NewField(name: "top", value: .string(inputs[index])),
        ]
        if shapes.indices.contains(index) {
            let shape = NewField(name: "shape", value: .inlineMessage(shapes[index]))
            fields.append(NewField(name: "input_param", value: .inlineMessage([shape])))
        }
        return NewField(name: "layer", value: .message(fields))
    }

    /// Each layer is called like its input, or else, where a layer is called so already, `input`, `input_2` and so on.
    private func layerNames() -> [String] {
        var taken = Set(
            document.root.fields.filter { $0.name == "layer" }.compactMap {
                $0.value.message?.value(named: "name")?.scalar?.stringValue
            })
        var number = 1
        return zip(inputs, isLayer).map { input, isLayer in
            guard isLayer else { return input }
            var name = input
            while !taken.insert(name).inserted {
                name = number == 1 ? "input" : "input_\(number)"
                number += 1
            }
            return name
        }
    }

    /// The field behind which the layer of each input goes; nil for the beginning of the text.
    ///
    /// That is the last of the dimensions that follow the input: comments on them then stand above the layer.
    private func places() -> [FieldNode?] {
        let fields = document.root.fields
        let firstLayer = fields.firstIndex { $0.name == "layer" } ?? fields.endIndex
        var places: [FieldNode?] = []
        for (index, field) in fields.enumerated() where field.name == "input" {
            var place = index
            if index > firstLayer {
                place = firstLayer - 1
            } else {
                while place + 1 < fields.endIndex, Self.dimensionFields.contains(fields[place + 1].name) { place += 1 }
            }
            places += Array(repeating: place < 0 ? nil : fields[place], count: field.values.count)
        }
        return places
    }
}
