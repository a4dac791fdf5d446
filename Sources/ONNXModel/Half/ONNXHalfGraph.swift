import Folding
import Frontend
import NetGraph
import ProtobufWire

/// A model of Float as one that computes in half precision; its inputs and outputs stay Float.
///
///     Before:  x (FLOAT) - Conv(w: FLOAT16 - Cast) - Relu - y (FLOAT)
///     After:   x (FLOAT) - Cast - Conv(w: FLOAT16) - Relu - Cast - y (FLOAT)
///
/// Each number is rounded once. What the operators of the model do not compute in half precision, and numbers that it cannot hold, are refused by name.
struct ONNXHalfGraph {
    let file: ONNXFile
    /// What messages call it.
    private let path: String
    /// Initializers that become FLOAT16, by place, with the name that they get.
    private(set) var rounded: [Int: String] = [:]
    /// Initializers in half precision that get the name of the Cast behind them, by place.
    private(set) var renamed: [Int: String] = [:]
    /// Constant nodes that become initializers, by node: the numbers, and their shape.
    private(set) var constants: [Int: (dimensions: [Int], numbers: [Double])] = [:]
    private(set) var removedNodes: Set<Int> = []
    /// New names of what nodes read and write.
    private(set) var readNames: [String: String] = [:]
    private(set) var writtenNames: [String: String] = [:]
    /// Inputs and outputs of the model that have a Cast.
    private(set) var castInputs: [String] = []
    private(set) var castOutputs: [String] = []
    /// Initializers whose numbers beyond the range are limits.
    private(set) var limits: Set<String> = []
    /// What is worth telling.
    private(set) var remarks: [ReadingRemark] = []
    private var names: UniqueNames

    /// - Parameters:
    ///   - file: a model whose weights are in half precision already.
    ///   - path: what messages call it.
    /// - Throws: `ModelError` of the kind `usage` for what has no equal form in half precision.
    init(_ file: ONNXFile, named path: String) throws(ModelError) {
        self.file = file
        self.path = path
        names = UniqueNames(file.allNames)
        try checkForm()
        let readers = try readers()
        try takeOverHalves(readers)
        try decideTensors(readers)
        try decideConstants(readers)
        decideEnds()
    }

    private struct Reader { var node: ONNXNode, input: Int }

    func refusal(_ reason: String) -> ModelError {
        ModelError(
            .usage,
            "\(path): \(reason), so --half graph does not make a network of it that computes in half precision; --half alone stores its weights so"
        )
    }

    private func place(_ node: ONNXNode) -> String {
        "node '\((node.name.isEmpty ? node.outputs.first ?? "" : node.name).inMessages)' (\(node.type.inMessages))"
    }

    // MARK: What is refused

    private func checkForm() throws(ModelError) {
        guard file.opset >= 7 else { throw refusal("is of opset \(file.opset), and 7 is the first that is known here") }
        guard file.calls.isEmpty, file.functions.isEmpty else { throw refusal("has functions of its own") }
        guard file.sparseNames.isEmpty else { throw refusal("has sparse tensors") }
        for tensor in file.initializers {
            if case .external = tensor.numbers { throw refusal("has numbers in a file of their own") }
        }
        let types =
            file.initializers.map { ($0.name, $0.type) } + file.inputs.map { ($0.name, $0.type) }
            + file.outputs.map { ($0.name, $0.type) }
        for (name, type) in types where [.float64, .bfloat16].contains(type) {
            throw refusal("'\(name.inMessages)' is of \(type)")
        }
        for node in file.nodes {
            guard !node.holdsGraphs else { throw refusal("\(place(node)) holds a graph") }
            guard node.domain.isEmpty, ONNXHalfOperators.known.contains(node.type) else {
                throw refusal("\(place(node)) is no operator that is known to compute in half precision")
            }
            guard node.type == "Cast", case .integer(let code) = node[attribute: "to"] else { continue }
            let type = ONNXElementType(rawValue: code)
            guard [.float32, .float16, .boolean].contains(type) else {
                throw refusal("\(place(node)) makes \(type) of its input, and lengths in half precision end at 2048")
            }
        }
        let written = Set(file.nodes.flatMap(\.outputs))
        for output in file.outputs where output.type == .float32 && !written.contains(output.name) {
            throw refusal("its output '\(output.name.inMessages)' is an input or a tensor")
        }
    }

    // MARK: Tensors

    private func readers() throws(ModelError) -> [String: [Reader]] {
        var readers: [String: [Reader]] = [:]
        for node in file.nodes {
            for (input, name) in node.inputs.enumerated() where !name.isEmpty {
                readers[name, default: []].append(Reader(node: node, input: input))
            }
        }
        // What tells how large something becomes must be as exact as before.
        let constants = Set(file.initializers.map(\.name)).union(
            file.nodes.filter { $0.type == "Constant" }.flatMap(\.outputs))
        for node in file.nodes {
            for input in ONNXHalfOperators.floatInputs(of: node.type, opset: file.opset) {
                guard let name = node.input(input) else { continue }
                guard constants.contains(name) else {
                    throw refusal("\(place(node)) reads scales that are computed")
                }
                let isAlone = (readers[name] ?? []).allSatisfy { isFloatInput($0) }
                guard isAlone else { throw refusal("'\(name.inMessages)' is read as scales and as other numbers") }
            }
        }
        return readers
    }

    private func isFloatInput(_ reader: Reader) -> Bool {
        ONNXHalfOperators.floatInputs(of: reader.node.type, opset: file.opset).contains(reader.input)
    }

    /// Tensors in half precision with a Cast to Float lose it.
    private mutating func takeOverHalves(_ readers: [String: [Reader]]) throws(ModelError) {
        let outputs = Set(file.outputs.map(\.name))
        for node in file.nodes where node.type == "Cast" {
            guard let name = node.input(0), let place = file.initializerPlaces[name],
                file.initializers[place].type == .float16, case .integer(1) = node[attribute: "to"],
                readers[name]?.count == 1, !outputs.contains(name), let output = node.outputs.first,
                !outputs.contains(output), !(readers[output] ?? []).contains(where: isFloatInput)
            else { continue }
            removedNodes.insert(node.index)
            renamed[place] = output
        }
    }

    private mutating func decideTensors(_ readers: [String: [Reader]]) throws(ModelError) {
        for (index, tensor) in file.initializers.enumerated() where tensor.type == .float32 {
            let users = readers[tensor.name] ?? []
            if !users.isEmpty, users.allSatisfy(isFloatInput) { continue }
            let isLimit =
                !users.isEmpty && users.allSatisfy { ONNXHalfOperators.isLimit($0.input, of: $0.node.type) }
            if isLimit { limits.insert(tensor.name) }
            var loss = HalfLoss()
            try onWire { () throws(WireError) in
                try forEachSlice(of: tensor) { loss.add($0) }
            }
            try check(loss, of: tensor.name, isLimit: isLimit)
            rounded[index] = tensor.name
        }
    }

    /// - Throws: for numbers that half precision cannot hold, and for a single number of which nothing is left.
    private mutating func check(_ loss: HalfLoss, of name: String, isLimit: Bool) throws(ModelError) {
        guard loss.overflowing == 0 || isLimit else {
            throw refusal(
                "\(loss.overflowing) of \(loss.count) numbers of '\(name.inMessages)' are beyond 65504, the largest \(Float(loss.largest))"
            )
        }
        guard loss.vanishing > 0 else { return }
        guard loss.count > 1 || isLimit else {
            throw refusal("'\(name.inMessages)' is \(Float(loss.largest)), which half precision makes 0 of")
        }
        remarks.append(
            ReadingRemark(
                kind: .init(rawValue: "half-precision"), severity: .warning, layers: [],
                message:
                    "\(loss.vanishing) of \(loss.count) numbers of tensor '\(name.inMessages)' become 0 in half precision"
            ))
    }

    private mutating func decideConstants(_ readers: [String: [Reader]]) throws(ModelError) {
        for node in file.nodes where node.type == "Constant" {
            guard let name = node.outputs.first, !(readers[name] ?? []).contains(where: isFloatInput) else { continue }
            var found: (dimensions: [Int], numbers: [Double])?
            for attribute in node.attributes {
                switch attribute.value {
                case .float(let number) where attribute.name == "value_float": found = ([], [Double(number)])
                case .floats(let numbers) where attribute.name == "value_floats":
                    found = ([numbers.count], numbers.map(Double.init))
                case .tensor(let tensor) where tensor.type == .float64 || tensor.type == .bfloat16:
                    throw refusal("\(place(node)) is of \(tensor.type)")
                case .tensor(let tensor) where tensor.type == .float32:
                    var numbers: [Double] = []
                    try onWire { () throws(WireError) in
                        try forEachSlice(of: tensor) { numbers += $0 }
                    }
                    found = (tensor.dimensions, numbers)
                default: continue
                }
            }
            guard let found else { continue }
            var loss = HalfLoss()
            var numbers = found.numbers
            numbers.withUnsafeMutableBufferPointer { loss.add($0) }
            let users = readers[name] ?? []
            let isLimit =
                !users.isEmpty && users.allSatisfy { ONNXHalfOperators.isLimit($0.input, of: $0.node.type) }
            if isLimit { limits.insert(name) }
            try check(loss, of: name, isLimit: isLimit)
            constants[node.index] = found
            removedNodes.insert(node.index)
        }
    }

    // MARK: Ends

    private mutating func decideEnds() {
        for input in file.inputs where input.type == .float32 && file.initializerPlaces[input.name] == nil {
            castInputs.append(input.name)
            readNames[input.name] = names.insert("\(input.name)_half")
        }
        for output in file.outputs where output.type == .float32 {
            castOutputs.append(output.name)
            let name = names.insert("\(output.name)_half")
            readNames[output.name] = name
            writtenNames[output.name] = name
        }
    }

    /// Reads a tensor from its beginning to its end.
    func forEachSlice(
        of tensor: ONNXTensor, _ body: (UnsafeMutableBufferPointer<Double>) -> Void
    ) throws(WireError) {
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: min(max(tensor.elementCount, 1), 1 << 15))
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        var start = 0
        while start < tensor.elementCount {
            let slice = UnsafeMutableBufferPointer(
                rebasing: buffer[..<min(buffer.count, tensor.elementCount - start)])
            try file.read(tensor, from: start, into: slice)
            body(slice)
            start += slice.count
        }
    }
}
