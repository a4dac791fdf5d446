import Folding
import Frontend
import NetGraph
import ProtobufWire

/// The changes of a fold as edits of the file.
struct ONNXEdits {
    var messages = ONNXMessages()
    /// The file of the numbers; `nil` to put all of them into the model.
    var data: ONNXDataLayout?
    /// Whether large tensors of the model itself go into that file, too.
    var movesAll = false
    private let file: ONNXFile
    private let changes: ONNXChanges
    private let folded: Network
    private var edits: [WireEdit] = []
    /// Nodes that go with the graphs in them.
    private let removedOwners: Set<WireField>

    init(_ changes: ONNXChanges, folded: Network, file: ONNXFile) {
        self.changes = changes
        self.folded = folded
        self.file = file
        removedOwners = Set(
            file.nodes.filter { $0.holdsGraphs && changes.removedNodes.contains($0.index) }.map(\.field))
    }

    mutating func made() throws(WireError) -> [WireEdit] {
        for node in file.nodes where node.call == nil && stays(node.scope) { try edit(node) }
        for call in file.calls where stays(call.scope) { try edit(call) }
        for (scope, nodes) in changes.firstNodes where stays(scope) {
            for node in nodes {
                edits.append(
                    .insert(content(node), at: file.scopes[scope].start, inside: file.scopes[scope].enclosing))
            }
        }
        for (place, tensor) in file.initializers.enumerated()
        where removedOwners.isDisjoint(with: tensor.enclosing) { try edit(tensor, place: place) }
        addTensors()
        for input in file.inputs where changes.removedInputs.contains(input.name) {
            edits.append(.remove(input.field, inside: [file.graphField]))
        }
        let told = Set(file.valueInfos.map(\.name))
        for info in file.valueInfos where changes.vanished.contains(info.name) || changes.reshaped.contains(info.name) {
            guard stays(info.scope), !info.isOutput else { continue }
            let inside = info.enclosing
            if let name = changes.renamed[info.name], !told.contains(name), !changes.reshaped.contains(name) {
                let message = try WireMessage(indexing: info.field, of: file.source)
                var content = WireContent()
                content.appendString(file.spelled(name, in: info.scope), field: ONNXSchema.ValueInfo.name)
                edits += WireEdit.replace(
                    message.fields(ONNXSchema.ValueInfo.name), inside: inside + [info.field], with: content)
            } else {
                edits.append(.remove(info.field, inside: inside))
            }
        }
        return edits
    }

    // MARK: Nodes

    /// Whether a graph stays: it goes with the node that holds it.
    private func stays(_ scope: Int) -> Bool { removedOwners.isDisjoint(with: file.scopes[scope].enclosing) }

    private mutating func edit(_ node: ONNXNode) throws(WireError) {
        let enclosing = node.enclosing
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
            if case .external(let place) = tensor.numbers { edits += try takeIn(tensor, place) }
        }
        let set = changes.setAttributes[node.index] ?? [:]
        guard inputs != nil || outputs != nil || changes.removedAttributes[node.index] != nil || !set.isEmpty else {
            return
        }
        let message = try WireMessage(indexing: node.field, of: file.source)
        for (number, names) in [(ONNXSchema.Node.inputs, inputs), (ONNXSchema.Node.outputs, outputs)] {
            guard let names else { continue }
            var content = WireContent()
            for name in names { content.appendString(file.spelled(name, in: node.scope), field: number) }
            edits += WireEdit.replace(message.fields(number, .lengthDelimited), inside: inside, with: content)
        }
        for attribute in node.attributes
        where changes.removedAttributes[node.index]?.contains(attribute.name) ?? false || set[attribute.name] != nil {
            edits.append(.remove(attribute.field, inside: inside))
        }
        for (name, value) in set.sorted(by: { $0.key < $1.key }) {
            var content = WireContent()
            content.appendMessage(ONNXMessages.attribute(name, value), field: ONNXSchema.Node.attributes)
            edits.append(.insert(content, at: message.range.upperBound, inside: inside))
        }
    }

    private func content(_ node: ONNXChanges.NewNode) -> WireContent {
        var integers: [(name: String, value: Int)] = node.integers.map { ($0.key, $0.value) }
        var lists: [(name: String, values: [Int])] = node.lists.map { ($0.key, $0.value) }
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
            node.type, name: file.spelled(node.name, in: node.scope),
            inputs: node.inputs.map { file.spelled($0, in: node.scope) },
            output: file.spelled(node.output, in: node.scope), integers: integers, lists: lists)
    }

    // MARK: Functions

    /// Puts the nodes of a function in place of a call when the fold changes any of them.
    private mutating func edit(_ call: ONNXCall) throws(WireError) {
        let isChanged = call.nodes.contains { index in
            changes.removedNodes.contains(index) || changes.replacements[index] != nil
                || changes.inputs[index] != nil || changes.outputs[index] != nil
                || changes.removedAttributes[index] != nil || changes.setAttributes[index] != nil
        }
        var contents = WireContent()
        var behind = WireContent()
        for index in call.nodes {
            if let replacement = changes.replacements[index] {
                contents.append(content(replacement))
            } else if !changes.removedNodes.contains(index) {
                contents.append(try content(file.nodes[index]))
            }
            let added = changes.insertions[index] ?? []
            for node in added { contents.append(content(node)) }
            if index == call.nodes.upperBound - 1 { for node in added { behind.append(content(node)) } }
        }
        let isInserted = call.nodes.dropLast().contains { changes.insertions[$0] != nil }
        if isChanged || isInserted {
            edits.append(.replace(call.field, inside: call.enclosing, with: contents))
        } else if behind.byteCount > 0 {
            edits.append(.insert(behind, at: call.field.range.upperBound, inside: call.enclosing))
        }
    }

    /// A node of a function as a node of a graph.
    private func content(_ node: ONNXNode) throws(WireError) -> WireContent {
        typealias Schema = ONNXSchema.Node
        let message = try WireMessage(indexing: node.field, of: file.source)
        var content = WireContent()
        func append(_ names: [String], _ field: Int) {
            for name in names { content.appendString(file.spelled(name, in: node.scope), field: field) }
        }
        append(changes.inputs[node.index] ?? node.inputs, Schema.inputs)
        append(changes.outputs[node.index] ?? node.outputs, Schema.outputs)
        if !node.name.isEmpty { append([node.name], Schema.name) }
        for field in message.fields
        where ![Schema.inputs, Schema.outputs, Schema.name, Schema.attributes].contains(field.number) {
            content.append(.copy(field.range))
        }
        let set = changes.setAttributes[node.index] ?? [:]
        for attribute in node.attributes
        where !(changes.removedAttributes[node.index]?.contains(attribute.name) ?? false) && set[attribute.name] == nil
        {
            var copy = WireContent()
            copy.appendString(attribute.name, field: ONNXSchema.Attribute.name)
            for field in try WireMessage(indexing: attribute.field, of: file.source).fields
            where field.number != ONNXSchema.Attribute.name {
                copy.append(.copy(field.range))
            }
            content.appendMessage(copy, field: Schema.attributes)
        }
        for (name, value) in set.sorted(by: { $0.key < $1.key }) {
            content.appendMessage(ONNXMessages.attribute(name, value), field: Schema.attributes)
        }
        var result = WireContent()
        result.appendMessage(content, field: ONNXSchema.Graph.nodes)
        return result
    }

    // MARK: Tensors

    private mutating func edit(_ tensor: ONNXTensor, place: Int) throws(WireError) {
        guard !changes.removedInitializers.contains(place) else {
            edits.append(.remove(tensor.field, inside: tensor.enclosing))
            return
        }
        if case .external(let external) = tensor.numbers, data != nil {
            return try move(tensor, from: external, parameter: changes.rewritten[place])
        }
        if movesAll, case .raw(let raw) = tensor.numbers, changes.rewritten[place] == nil,
            raw.payload.count >= ONNXDataLayout.smallestNewTensor
        {
            return moveOut(tensor, raw)
        }
        guard let parameter = changes.rewritten[place], let type = tensor.type.parameterType else {
            if case .external(let place) = tensor.numbers { edits += try takeIn(tensor, place) }
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

    /// Tells where the numbers of a tensor lie in the new file.
    private mutating func move(
        _ tensor: ONNXTensor, from place: ONNXExternalPlace, parameter: ParameterID?
    ) throws(WireError) {
        let inside = tensor.enclosing + [tensor.field]
        let fields = tensor.message.fields(ONNXSchema.Tensor.externalData, .lengthDelimited)
        guard let data, !data.keepsPlaces else {
            guard let name = data?.name, name != place.location else { return }
            for field in fields {
                let entry = try WireMessage(indexing: field, of: file.source)
                guard try entry.string(ONNXSchema.Entry.key, in: file.source) == "location" else { continue }
                var content = WireContent()
                content.appendString(name, field: ONNXSchema.Entry.value)
                edits += WireEdit.replace(
                    entry.fields(ONNXSchema.Entry.value), inside: inside + [field], with: content)
            }
            return
        }
        let type = tensor.type.parameterType
        let count = try file.byteCount(of: tensor, at: place)
        var content = ONNXMessages.Produced.external(tensor, place)
        if let parameter, let type { content = .parameter(parameter, type) }
        let entries = self.data?.add(content, byteCount: count) ?? WireContent()
        edits += WireEdit.replace(fields, inside: inside, with: entries)
    }

    /// Puts the numbers of a tensor into the file of the numbers.
    private mutating func moveOut(_ tensor: ONNXTensor, _ raw: WireField) {
        var entries = data?.add(.raw(tensor, raw), byteCount: raw.payload.count) ?? WireContent()
        entries.appendVarint(1, field: ONNXSchema.Tensor.location)
        edits += WireEdit.replace(
            tensor.message.fields(ONNXSchema.Tensor.raw), inside: tensor.enclosing + [tensor.field], with: entries)
    }

    /// Puts the numbers of a file of its own into the tensor.
    private mutating func takeIn(_ tensor: ONNXTensor, _ place: ONNXExternalPlace) throws(WireError) -> [WireEdit] {
        typealias Schema = ONNXSchema.Tensor
        let inside = tensor.enclosing + [tensor.field]
        let count = try file.byteCount(of: tensor, at: place)
        let numbers = messages.numbers(.external(tensor, place), byteCount: count, field: Schema.raw)
        return WireEdit.remove(tensor.message.fields(Schema.externalData), inside: inside)
            + WireEdit.remove(tensor.message.fields(Schema.location), inside: inside)
            + [.insert(numbers, at: tensor.message.range.upperBound, inside: inside)]
    }

    private mutating func addTensors() {
        let end = file.graph.range.upperBound
        let place = file.initializers.last { $0.enclosing.count == 1 }?.field.range.upperBound ?? end
        for tensor in changes.tensors {
            let type = folded[tensor.parameter].elementType
            let content = messages.initializer(
                tensor.name, dimensions: tensor.dimensions, parameter: tensor.parameter, type: type, data: &data)
            edits.append(.insert(content, at: place, inside: [file.graphField]))
            guard file.irVersion < 4 else { continue }
            // Before IR version 4 every initializer had to be an input as well.
            let input = ONNXMessages.input(tensor.name, dimensions: tensor.dimensions, type: type)
            let inputsEnd = file.inputs.last?.field.range.upperBound ?? end
            edits.append(.insert(input, at: inputsEnd, inside: [file.graphField]))
        }
    }
}
