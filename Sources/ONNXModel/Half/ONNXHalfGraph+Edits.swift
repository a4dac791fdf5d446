import NetGraph
import ProtobufWire

/// The edits that make a model compute in half precision, and the tensors whose numbers they ask for.
struct ONNXHalfEdits {
    private(set) var edits: [WireEdit] = []
    /// Tensors that are rounded, by the identifier of their segment: the place of each among the initializers.
    private(set) var produced: [Int] = []
    private let graph: ONNXHalfGraph
    private var file: ONNXFile { graph.file }

    init(_ graph: ONNXHalfGraph) throws(WireError) {
        self.graph = graph
        for node in file.nodes { try edit(node) }
        addCasts()
        for (place, tensor) in file.initializers.enumerated() { try edit(tensor, place: place) }
        addConstants()
        for info in file.valueInfos where info.type == .float32 { try makeHalf(info) }
        for info in file.inputs where info.type == .float32 && isRounded(info.name) { try makeHalf(info) }
        // A default that lost its Cast is called otherwise.
        for info in file.inputs {
            guard let place = file.initializerPlaces[info.name], let name = graph.renamed[place] else { continue }
            let message = try WireMessage(indexing: info.field, of: file.source)
            edits += WireEdit.replace(
                message.fields(ONNXSchema.ValueInfo.name), inside: [file.graphField, info.field],
                with: text(name, ONNXSchema.ValueInfo.name))
        }
    }

    private func isRounded(_ name: String) -> Bool {
        file.initializerPlaces[name].map { graph.rounded[$0] != nil } ?? false
    }

    private func text(_ text: String, _ field: Int) -> WireContent {
        var content = WireContent()
        content.appendString(text, field: field)
        return content
    }

    private func varint(_ value: Int, _ field: Int) -> WireContent {
        var content = WireContent()
        content.appendVarint(UInt64(value), field: field)
        return content
    }

    // MARK: Nodes

    private mutating func edit(_ node: ONNXNode) throws(WireError) {
        guard !graph.removedNodes.contains(node.index) else {
            edits.append(.remove(node.field, inside: node.enclosing))
            return
        }
        let inside = node.enclosing + [node.field]
        let message = try WireMessage(indexing: node.field, of: file.source)
        let inputs = node.inputs.map { graph.readNames[$0] ?? $0 }
        let outputs = node.outputs.map { graph.writtenNames[$0] ?? $0 }
        for (before, after, field) in [
            (node.inputs, inputs, ONNXSchema.Node.inputs), (node.outputs, outputs, ONNXSchema.Node.outputs),
        ] where before != after {
            var content = WireContent()
            for name in after { content.appendString(name, field: field) }
            edits += WireEdit.replace(message.fields(field, .lengthDelimited), inside: inside, with: content)
        }
        switch node.type {
        case "Cast":
            guard case .integer(ONNXElementType.float32.rawValue) = node[attribute: "to"] else { return }
            replaceAttribute(
                "to", of: node, message, by: ONNXMessages.attribute("to", ONNXElementType.float16.rawValue))
        case "ConstantOfShape":
            var bits: UInt16 = 0
            if case .tensor(let tensor) = node[attribute: "value"] {
                guard tensor.type == .float32 else { return }
                try graph.forEachSlice(of: tensor) { bits = HalfPrecision.bits($0.first ?? 0) }
            }
            var value = WireContent()
            value.appendString("value", field: ONNXSchema.Attribute.name)
            value.appendMessage(tensor("", [1], [bits]), field: ONNXSchema.Attribute.tensor)
            value.appendVarint(UInt64(ONNXSchema.AttributeType.tensor), field: ONNXSchema.Attribute.type)
            replaceAttribute("value", of: node, message, by: value)
        default: return
        }
    }

    private mutating func replaceAttribute(
        _ name: String, of node: ONNXNode, _ message: WireMessage, by content: WireContent
    ) {
        let inside = node.enclosing + [node.field]
        for attribute in node.attributes where attribute.name == name {
            edits.append(.remove(attribute.field, inside: inside))
        }
        var attribute = WireContent()
        attribute.appendMessage(content, field: ONNXSchema.Node.attributes)
        edits.append(.insert(attribute, at: message.range.upperBound, inside: inside))
    }

    private mutating func addCasts() {
        func cast(_ input: String, _ output: String, _ type: ONNXElementType) -> WireContent {
            ONNXMessages.node(
                "Cast", name: "\(output)_cast", inputs: [input], output: output,
                integers: [("to", type.rawValue)])
        }
        for input in graph.castInputs {
            guard let name = graph.readNames[input] else { continue }
            edits.append(
                .insert(cast(input, name, .float16), at: file.scopes[0].start, inside: file.scopes[0].enclosing))
        }
        let end = file.nodes.map(\.field.range.upperBound).max() ?? file.scopes[0].start
        for output in graph.castOutputs {
            guard let name = graph.writtenNames[output] else { continue }
            edits.append(.insert(cast(name, output, .float32), at: end, inside: file.scopes[0].enclosing))
        }
    }

    // MARK: Tensors

    private mutating func edit(_ tensor: ONNXTensor, place: Int) throws(WireError) {
        typealias Schema = ONNXSchema.Tensor
        let inside = tensor.enclosing + [tensor.field]
        if let name = graph.renamed[place] {
            edits += WireEdit.replace(
                tensor.message.fields(Schema.name), inside: inside, with: text(name, Schema.name))
        }
        guard graph.rounded[place] != nil else { return }
        edits += WireEdit.replace(
            tensor.message.fields(Schema.type), inside: inside,
            with: varint(ONNXElementType.float16.rawValue, Schema.type))
        for field in [Schema.raw, Schema.floats] {
            edits += WireEdit.remove(tensor.message.fields(field), inside: inside)
        }
        var numbers = WireContent()
        numbers.appendProduced(
            byteCount: tensor.elementCount * ElementType.float16.byteCount, id: produced.count, field: Schema.raw)
        produced.append(place)
        edits.append(.insert(numbers, at: tensor.message.range.upperBound, inside: inside))
    }

    /// A tensor in half precision, of bit patterns.
    private func tensor(_ name: String, _ dimensions: [Int], _ bits: [UInt16]) -> WireContent {
        var tensor = WireContent()
        for length in dimensions { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(UInt64(ONNXElementType.float16.rawValue), field: ONNXSchema.Tensor.type)
        if !name.isEmpty { tensor.appendString(name, field: ONNXSchema.Tensor.name) }
        tensor.appendBytes(
            bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] },
            field: ONNXSchema.Tensor.raw)
        return tensor
    }

    /// Constant nodes as initializers.
    private mutating func addConstants() {
        let end = file.graph.range.upperBound
        for (index, constant) in graph.constants.sorted(by: { $0.key < $1.key }) {
            guard let output = file.nodes[index].outputs.first else { continue }
            let name = graph.writtenNames[output] ?? output
            let bits = constant.numbers.map { graph.bits(of: $0, in: output) }
            var content = WireContent()
            content.appendMessage(tensor(name, constant.dimensions, bits), field: ONNXSchema.Graph.initializers)
            edits.append(.insert(content, at: end, inside: [file.graphField]))
            guard file.irVersion < 4 else { continue }
            // Before IR version 4 every initializer had to be an input as well.
            edits.append(
                .insert(
                    ONNXMessages.input(name, dimensions: constant.dimensions, type: .float16), at: end,
                    inside: [file.graphField]))
        }
    }

    private mutating func makeHalf(_ info: ONNXValueInfo) throws(WireError) {
        // Constants that stay Float tell of themselves.
        guard !isFloat(info.name) else { return }
        let message = try WireMessage(indexing: info.field, of: file.source)
        guard let type = message.lastField(ONNXSchema.ValueInfo.type, .lengthDelimited),
            let tensor = try WireMessage(indexing: type, of: file.source).lastField(
                ONNXSchema.ValueType.tensor, .lengthDelimited)
        else { return }
        let described = try WireMessage(indexing: tensor, of: file.source)
        edits += WireEdit.replace(
            described.fields(ONNXSchema.TensorType.elementType), inside: info.enclosing + [info.field, type, tensor],
            with: varint(ONNXElementType.float16.rawValue, ONNXSchema.TensorType.elementType))
    }

    /// Whether a value stays Float: an input or output of the model, or scales.
    private func isFloat(_ name: String) -> Bool {
        if let place = file.initializerPlaces[name] {
            return graph.rounded[place] == nil && graph.renamed[place] == nil
        }
        return graph.castInputs.contains(name) || graph.castOutputs.contains(name)
            || file.nodes.contains { node in
                node.outputs.first == name && node.type == "Constant" && graph.constants[node.index] == nil
            }
    }
}

extension ONNXHalfGraph {
    /// A number in half precision; a limit beyond the range is the largest number.
    func bits(of number: Double, in name: String) -> UInt16 {
        let bits = HalfPrecision.bits(number)
        return limits.contains(name) && bits & 0x7FFF == 0x7C00 && number.isFinite ? bits - 1 : bits
    }
}
