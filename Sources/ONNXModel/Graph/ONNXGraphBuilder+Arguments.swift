import NetGraph
import ProtobufWire

// What nodes say: inputs, constants, attributes.

extension ONNXGraphBuilder {
    func value(_ node: ONNXNode, _ position: Int) -> ValueID? { node.input(position).flatMap { values[$0] } }

    func constant(_ node: ONNXNode, _ position: Int) -> ONNXConstant? { node.input(position).flatMap { constants[$0] } }

    /// The shape of an input, a constant or not; `nil` where not even the number of axes is known.
    func shape(_ node: ONNXNode, _ position: Int) -> TensorShape? {
        if let value = value(node, position) { return network[value].shape }
        return constant(node, position).map { TensorShape($0.dimensions) }
    }

    func type(_ node: ONNXNode, _ position: Int) -> ONNXElementType {
        if let value = value(node, position) { return types[value.index] }
        return constant(node, position)?.type ?? .unknown
    }

    func integer(_ node: ONNXNode, _ name: String) -> Int? {
        if case .integer(let number) = node[attribute: name] { number } else { nil }
    }

    func integers(_ node: ONNXNode, _ name: String) -> [Int]? {
        switch node[attribute: name] {
        case .integers(let numbers): numbers
        // An empty list looks like nothing in files without types.
        case .integer(let number): [number]
        default: nil
        }
    }

    /// A Float, widened exactly.
    func number(_ node: ONNXNode, _ name: String) -> Double? {
        if case .float(let number) = node[attribute: name] { Double(number) } else { nil }
    }

    func text(_ node: ONNXNode, _ name: String) -> String? {
        if case .string(let text) = node[attribute: name] { text } else { nil }
    }

    /// Whole numbers that are an attribute in old versions of an operator and an input in new ones; `nil` where there are none.
    ///
    /// - Throws: for numbers that are known only when the model runs.
    func integers(_ node: ONNXNode, _ name: String, orInput position: Int) throws(ONNXObstacle) -> [Int]? {
        if let numbers = integers(node, name) { return numbers }
        guard let input = node.input(position) else { return nil }
        guard let constant = constants[input],
            let numbers = try read({ () throws(WireError) in
                try constant.integers(of: file)
            })
        else {
            throw .opaque("its \(name) are known only when the model runs")
        }
        return numbers
    }

    /// The same for numbers of floating point.
    func numbers(_ node: ONNXNode, _ name: String, orInput position: Int) throws(ONNXObstacle) -> [Double]? {
        switch node[attribute: name] {
        case .floats(let numbers): return numbers.map(Double.init)
        case .float(let number): return [Double(number)]
        default: break
        }
        guard let input = node.input(position) else { return nil }
        guard let constant = constants[input],
            let numbers = try read({ () throws(WireError) in
                try constant.doubles(of: file)
            })
        else {
            throw .opaque("its \(name) are known only when the model runs")
        }
        return numbers
    }

    func read<Result>(_ step: () throws(WireError) -> Result) throws(ONNXObstacle) -> Result {
        do throws(WireError) {
            return try step()
        } catch {
            throw .model(.init(error))
        }
    }

    /// The axis that a possibly negative number names.
    func axis(_ axis: Int, of shape: TensorShape?) throws(ONNXObstacle) -> Int {
        guard let shape else {
            guard axis >= 0 else { throw .opaque("the number of axes of its input is not known") }
            return axis
        }
        guard let canonical = shape.canonicalAxis(axis) else {
            throw .opaque("its input of shape \(shape) has no axis \(axis)")
        }
        return canonical
    }

    /// Requires an input of floating point: whole numbers divide and overflow in ways of their own.
    func requireFloat(_ node: ONNXNode, _ position: Int) throws(ONNXObstacle) {
        let type = type(node, position)
        guard type.parameterType != nil else {
            throw .opaque("it works on elements of \(type == .unknown ? "an unknown type" : "type \(type)")")
        }
    }

    func rank(_ node: ONNXNode, _ position: Int) throws(ONNXObstacle) -> Int {
        guard let rank = shape(node, position)?.rank else {
            throw .opaque("the number of axes of its input is not known")
        }
        return rank
    }
}
