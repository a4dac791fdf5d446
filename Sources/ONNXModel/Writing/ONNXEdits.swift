import Folding
import Frontend
import NetGraph
import ProtobufWire

/// The changes of a fold as edits of the file.
struct ONNXEdits {
    var messages = ONNXMessages()
    private let file: ONNXFile
    private let changes: ONNXChanges
    private let folded: Network
    private var edits: [WireEdit] = []

    init(_ changes: ONNXChanges, folded: Network, file: ONNXFile) {
        self.changes = changes
        self.folded = folded
        self.file = file
    }

    mutating func made() throws(WireError) -> [WireEdit] {
        for node in file.nodes { try edit(node) }
        let first = file.nodes.first?.field.range.lowerBound ?? file.graph.range.lowerBound
        for node in changes.insertions[-1] ?? [] {
            edits.append(.insert(content(node), at: first, inside: [file.graphField]))
        }
        for (place, tensor) in file.initializers.enumerated() { try edit(tensor, place: place) }
        addTensors()
        for input in file.inputs where changes.removedInputs.contains(input.name) {
            edits.append(.remove(input.field, inside: [file.graphField]))
        }
        let told = Set(file.valueInfos.map(\.name))
        for info in file.valueInfos where changes.vanished.contains(info.name) {
            if let name = changes.renamed[info.name], !told.contains(name) {
                let message = try WireMessage(indexing: info.field, of: file.source)
                var content = WireContent()
                content.appendString(name, field: ONNXSchema.ValueInfo.name)
                edits += WireEdit.replace(
                    message.fields(ONNXSchema.ValueInfo.name), inside: [file.graphField, info.field], with: content)
            } else {
                edits.append(.remove(info.field, inside: [file.graphField]))
            }
        }
        return edits
    }

    // MARK: Nodes

    private mutating func edit(_ node: ONNXNode) throws(WireError) {
        let enclosing = [file.graphField]
        for added in changes.insertions[node.index] ?? [] {
            edits.append(.insert(content(added), at: node.field.range.upperBound, inside: enclosing))
        }
        if let replacement = changes.replacements[node.index] {
            edits.append(.replace(node.field, inside: enclosing, with: content(replacement)))
            return
        }
        guard !changes.removedNodes.contains(node.index) else {
            edits.append(.remove(node.field, inside: enclosing))
            return
        }
        let (inputs, outputs) = (changes.inputs[node.index], changes.outputs[node.index])
        let inside = enclosing + [node.field]
        for case .tensor(let tensor) in node.attributes.map(\.value) {
            if case .external(let place) = tensor.numbers { edits += takeIn(tensor, place) }
        }
        guard inputs != nil || outputs != nil || changes.removedAttributes[node.index] != nil else { return }
        let message = try WireMessage(indexing: node.field, of: file.source)
        for (number, names) in [(ONNXSchema.Node.inputs, inputs), (ONNXSchema.Node.outputs, outputs)] {
            guard let names else { continue }
            var content = WireContent()
            for name in names { content.appendString(name, field: number) }
            edits += WireEdit.replace(message.fields(number, .lengthDelimited), inside: inside, with: content)
        }
        for attribute in node.attributes where changes.removedAttributes[node.index]?.contains(attribute.name) ?? false
        {
            edits.append(.remove(attribute.field, inside: inside))
        }
    }

    private func content(_ node: ONNXChanges.NewNode) -> WireContent {
        var integers: [(name: String, value: Int)] = []
        var lists: [(name: String, values: [Int])] = []
        if file.opset < 7 {
            if node.isAffine {
                integers.append(("broadcast", 1))
                if !node.isScalar { integers.append(("axis", 1)) }
            }
            if node.type == "BatchNormalization" { integers.append(("is_test", 1)) }
            // Version 1 asks which inputs are used up.
            if file.opset < 6 { lists.append(("consumed_inputs", node.inputs.map { _ in 0 })) }
        }
        return ONNXMessages.node(
            node.type, name: node.name, inputs: node.inputs, output: node.output, integers: integers, lists: lists)
    }

    // MARK: Tensors

    private mutating func edit(_ tensor: ONNXTensor, place: Int) throws(WireError) {
        guard !changes.removedInitializers.contains(place) else {
            edits.append(.remove(tensor.field, inside: tensor.enclosing))
            return
        }
        guard let parameter = changes.rewritten[place], let type = tensor.type.parameterType else {
            if case .external(let place) = tensor.numbers { edits += takeIn(tensor, place) }
            return
        }
        let inside = tensor.enclosing + [tensor.field]
        let count = tensor.elementCount * type.byteCount
        let what = ONNXMessages.Produced.parameter(parameter, type)
        typealias Schema = ONNXSchema.Tensor
        func replace(_ number: Int, by field: Int) {
            let numbers = messages.numbers(what, byteCount: count, field: field)
            edits += WireEdit.replace(tensor.message.fields(number), inside: inside, with: numbers)
        }
        switch tensor.numbers {
        case .raw: replace(Schema.raw, by: Schema.raw)
        case .floats: replace(Schema.floats, by: Schema.floats)
        case .doubles: replace(Schema.doubles, by: Schema.doubles)
        case .varints(let number): replace(number, by: Schema.raw)
        case .external, .unread, .none:
            edits += WireEdit.remove(tensor.message.fields(Schema.externalData), inside: inside)
            edits += WireEdit.remove(tensor.message.fields(Schema.location), inside: inside)
            let numbers = messages.numbers(what, byteCount: count, field: Schema.raw)
            edits.append(.insert(numbers, at: tensor.message.range.upperBound, inside: inside))
        }
    }

    /// Puts the numbers of a file of its own into the tensor.
    private mutating func takeIn(_ tensor: ONNXTensor, _ place: ONNXExternalPlace) -> [WireEdit] {
        typealias Schema = ONNXSchema.Tensor
        let inside = tensor.enclosing + [tensor.field]
        let count = tensor.elementCount * (tensor.type.byteCount ?? 0)
        let numbers = messages.numbers(.external(tensor, place), byteCount: count, field: Schema.raw)
        return WireEdit.remove(tensor.message.fields(Schema.externalData), inside: inside)
            + WireEdit.remove(tensor.message.fields(Schema.location), inside: inside)
            + [.insert(numbers, at: tensor.message.range.upperBound, inside: inside)]
    }

    private mutating func addTensors() {
        let end = file.graph.range.upperBound
        let place = file.initializers.last?.field.range.upperBound ?? end
        for tensor in changes.tensors {
            let type = folded[tensor.parameter].elementType
            let content = messages.initializer(
                tensor.name, dimensions: tensor.dimensions, parameter: tensor.parameter, type: type)
            edits.append(.insert(content, at: place, inside: [file.graphField]))
            guard file.irVersion < 4 else { continue }
            // Before IR version 4 every initializer had to be an input as well.
            let input = ONNXMessages.input(tensor.name, dimensions: tensor.dimensions, type: type)
            let inputsEnd = file.inputs.last?.field.range.upperBound ?? end
            edits.append(.insert(input, at: inputsEnd, inside: [file.graphField]))
        }
    }
}
