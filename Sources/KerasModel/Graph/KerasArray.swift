import Frontend
import JSON
import NetGraph

/// Numbers that the JSON of a model tells: one, or lists in lists of equal lengths.
struct KerasArray {
    /// In the order of the file; one number has none.
    var shape: [Int]
    var numbers: [Double]

    /// More numbers than an operator's argument can sensibly have.
    private static let largestCount = 1 << 22

    /// `nil` for anything but numbers.
    init?(_ node: JSONNode) {
        var shape: [Int] = []
        var first: JSONNode? = node.content
        while let elements = first?.elements {
            guard shape.count < 8, !elements.isEmpty else { return nil }
            shape.append(elements.count)
            first = elements.first?.content
        }
        guard let count = TensorShape.elementCount(shape), count <= Self.largestCount else { return nil }
        self.shape = shape
        numbers = []
        numbers.reserveCapacity(count)
        guard add(node.content, depth: 0) else { return nil }
    }

    init(shape: [Int], numbers: [Double]) {
        self.shape = shape
        self.numbers = numbers
    }

    private mutating func add(_ node: JSONNode, depth: Int) -> Bool {
        guard depth < shape.count else {
            guard let number = node.number?.double ?? node.boolean.map({ $0 ? 1 : 0 }) else { return false }
            numbers.append(number)
            return true
        }
        guard let elements = node.elements, elements.count == shape[depth] else { return false }
        return elements.allSatisfy { add($0.content, depth: depth + 1) }
    }

    /// The same numbers as a value of the network holds them.
    func inNetwork(_ order: ElementOrder) -> KerasArray {
        guard shape.count > 2, let lengths = order.networkShape(of: TensorShape(shape)).known else { return self }
        var result = KerasArray(shape: lengths, numbers: numbers)
        for place in numbers.indices { result.numbers[order.networkPlace(of: place, shape: lengths)] = numbers[place] }
        return result
    }

    /// 1 up to each place and 0 behind it, for sums from the beginning on: element (i, j) is 1 where place i counts at place j.
    static func triangle(_ count: Int, isExclusive: Bool, isReversed: Bool) -> KerasArray {
        var numbers = [Double](repeating: 0, count: count * count)
        for place in 0..<count {
            for other in 0..<count {
                let counts = isReversed ? place > other : place < other
                numbers[place * count + other] = counts || !isExclusive && place == other ? 1 : 0
            }
        }
        return KerasArray(shape: [count, count], numbers: numbers)
    }
}

extension KerasGraphBuilder {
    /// Numbers of the JSON as a value.
    mutating func numbers(_ array: KerasArray, of call: KerasLayerCall, place: Int, order: ElementOrder) -> KerasValue {
        let name = "\(call.name) (number \(place + 1))"
        let own = array.inNetwork(order)
        // One number is a list of one.
        let shape = own.shape.isEmpty ? [1] : own.shape
        let parameter = constant(own.numbers, name: name, shape: shape)
        let value = append(
            .parameter(parameter, shape: shape), name: name, type: call.layer.className, valueName: name, inputs: [],
            shape: TensorShape(shape), order: order, origin: origin(call, .helper))
        network.values[value.id.index].isSealed = true
        return value
    }

    /// What an operator is handed, in the order: a value whose number of axes is known, or numbers; `nil` for anything else.
    mutating func value(
        _ operand: KerasInput, of call: KerasLayerCall, place: Int, order: ElementOrder
    ) -> KerasValue? {
        switch operand {
        case .value(let value): value.rank == nil ? nil : inOrder(value, order)
        case .constant(let node): KerasArray(node).map { numbers($0, of: call, place: place, order: order) }
        case .list: nil
        }
    }

    /// The order of a call's values that have more axes than two.
    func order(of call: KerasLayerCall) -> ElementOrder {
        call.inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
    }

    /// What a layer reads once, for parts of it that read it several times: between them there is no place for another layer.
    mutating func inside(_ value: KerasValue, of call: KerasLayerCall) throws(ModelError) -> KerasValue {
        try add(
            .identity(type: call.layer.className), to: [value], of: call, part: .helper, suffix: "input", isLast: false)
    }
}
