import Frontend
import JSON
import NetGraph

// Products that are summed up: of matrices, inner products, Einstein sums, sums from the beginning on.

extension KerasGraphBuilder {
    /// `nil` for another operator.
    mutating func product(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        switch arguments.function {
        case "matmul": return try matrixProduct(arguments)
        case "dot", "tensordot": return try lastAxisProduct(arguments)
        case "einsum": return try einsum(arguments)
        case "cumsum": return try cumulativeSum(arguments)
        default: return nil
        }
    }

    // MARK: Matrices

    private mutating func matrixProduct(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        var plain = arguments
        // Flags are no factors.
        plain.call.keywords.removeAll { ["transpose_a", "transpose_b"].contains($0.name) }
        guard let operands = plain.operands([["a", "x1"], ["b", "x2"]]), fitImages(operands) else {
            return opaque(call, notUnderstood(arguments))
        }
        return try contraction(call, operands) { first, second, order in
            Contraction.matrixProduct(
                ranks: first, second, order: order, transposesFirst: arguments.boolean("transpose_a") ?? false,
                transposesSecond: arguments.boolean("transpose_b") ?? false)
        }
    }

    /// Sums over the last axis of a value and the first one of a matrix of numbers, which is all that leaves images apart.
    private mutating func lastAxisProduct(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        var plain = arguments
        plain.call.keywords.removeAll { $0.name == "axes" }
        let axes = arguments.constant("axes")
        guard let operands = plain.operands([["a", "x1", "x"], ["b", "x2", "y"]]), case .value = operands[0],
            case .constant(let node) = operands[1], let matrix = KerasArray(node), (1...2).contains(matrix.shape.count),
            axes == nil && arguments.function == "dot" || axes?.wholeNumber == 1, fitImages(operands)
        else { return opaque(call, notUnderstood(arguments)) }
        return try contraction(call, operands) { first, second, order in
            Contraction.matrixProduct(ranks: first, second, order: order)
        }
    }

    /// Whether the first axis of each value counts images, in the product as well.
    private func fitImages(_ operands: [KerasInput]) -> Bool {
        var ranks: [Int] = []
        var constants: [KerasArray?] = []
        for operand in operands {
            switch operand {
            case .value(let value):
                guard let rank = value.rank else { return false }
                ranks.append(rank)
                constants.append(nil)
            case .constant(let node):
                guard let array = KerasArray(node), !array.shape.isEmpty else { return false }
                ranks.append(array.shape.count)
                constants.append(array)
            case .list: return false
            }
        }
        switch (constants[0], constants[1]) {
        // With fewer axes a matrix would hold several images.
        case (nil, nil): return ranks[0] > 2 && ranks[0] == ranks[1]
        case (let array?, nil): return ranks[1] > 2 && fits(array, ranks[1])
        case (nil, let array?): return ranks[0] > (ranks[1] == 1 ? 2 : 1) && fits(array, ranks[0])
        default: return false
        }
    }

    /// Whether numbers are the same for all images of a value.
    private func fits(_ array: KerasArray, _ rank: Int) -> Bool {
        array.shape.count < rank || array.shape.count == 2 || array.shape.count == rank && array.shape[0] == 1
    }

    private mutating func contraction(
        _ call: KerasLayerCall, _ operands: [KerasInput],
        _ product: (_ first: Int, _ second: Int, ElementOrder) -> Contraction?
    ) throws(ModelError) -> [KerasValue] {
        let order = order(of: call)
        var values: [KerasValue] = []
        for (place, operand) in operands.enumerated() {
            guard let value = value(operand, of: call, place: place, order: order) else {
                return opaque(call, "its arguments are not understood")
            }
            values.append(value)
        }
        guard values.count == 2, let first = values[0].rank, let second = values[1].rank,
            let contraction = product(first, second, order)
        else { return opaque(call, "its arguments are not understood") }
        return [try add(.contraction(contraction), to: values, of: call, order: order)]
    }

    // MARK: Einstein sums

    /// One or two factors whose axes have letters, images first in values and result; Keras 2 does not write down what the others are.
    private mutating func einsum(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        let order = order(of: call)
        guard let equation = arguments.constant("subscripts")?.string, call.keywords.isEmpty,
            !call.arguments.isEmpty, call.arguments.count <= 2,
            let labels = KerasEinsum(equation, ranks: call.arguments.map(rank))
        else { return opaque(call, notUnderstood(arguments)) }
        for (operand, own) in zip(call.arguments, labels.inputs) {
            if case .value = operand {
                guard own.first == labels.output.first else { return opaque(call, notUnderstood(arguments)) }
            } else if let images = labels.output.first, own.contains(images) {
                return opaque(call, notUnderstood(arguments))
            }
        }
        guard call.arguments.count == 1 else {
            return try contraction(call, call.arguments) { _, _, order in
                Contraction.labelled(labels.inputs[0], labels.inputs[1], output: labels.output, order: order)
            }
        }
        guard case .value(let value) = call.arguments[0] else { return opaque(call, notUnderstood(arguments)) }
        var result = inOrder(value, order)
        let own = labels.inputs[0]
        let summed = own.indices.filter { !labels.output.contains(own[$0]) }
        let kept = own.filter { labels.output.contains($0) }
        let isOrdered = kept == labels.output
        if !summed.isEmpty {
            let reduction = AxisReduction(.sum, axes: summed, keepsAxes: false, order: result.order)
            result = try add(
                .axisReduction(reduction), to: [result], of: call, part: isOrdered ? .main : .helper,
                suffix: isOrdered ? nil : "sum", isLast: isOrdered)
            if isOrdered { return [result] }
        }
        return [try permuted(call, result, labels.output.map { label in kept.firstIndex(of: label) ?? 0 })]
    }

    private func rank(_ operand: KerasInput) -> Int? {
        switch operand {
        case .value(let value): value.rank
        case .constant(let node): KerasArray(node)?.shape.count
        case .list: nil
        }
    }

    // MARK: Sums from the beginning on

    /// A product with a triangle of ones.
    private mutating func cumulativeSum(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank, let shape = input.shape,
            arguments.hasOnly("axis", "exclusive", "reverse"),
            let told = arguments.constant("axis", place: 1)?.wholeNumber ?? (call.layer.isOperator ? nil : 0),
            case let axis = told < 0 ? told + rank : told, (1..<rank).contains(axis),
            let length = shape.dimensions[axis]
        else { return opaque(call, notUnderstood(arguments)) }
        guard (1...1024).contains(length) else { return opaque(call, "its axis is too long") }
        let triangle = KerasArray.triangle(
            length, isExclusive: arguments.boolean("exclusive") ?? false,
            isReversed: arguments.boolean("reverse") ?? false)
        let other = numbers(triangle, of: call, place: 1, order: input.order)
        let output = (0..<rank).map { $0 == axis ? rank : $0 }
        let contraction = Contraction.labelled(
            Array(0..<rank), [axis, rank], output: output, order: input.order)
        return [try add(.contraction(contraction), to: [input, other], of: call, order: input.order)]
    }
}

/// The letters of an Einstein sum as labels.
struct KerasEinsum {
    var inputs: [[Int]] = []
    var output: [Int] = []

    /// - Parameter ranks: of the factors.
    /// - Returns: `nil` for an equation with a letter twice in one factor, or one that does not fit.
    init?(_ equation: String, ranks: [Int?]) {
        let text = equation.filter { $0 != " " }
        let sides = text.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 1 || sides[0].hasSuffix("-") else { return nil }
        let left = sides.count == 2 ? String(sides[0].dropLast()) : sides[0]
        let terms = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard terms.count == ranks.count else { return nil }
        var dotCount = 0
        for (term, rank) in zip(terms, ranks) {
            guard let rank, let letters = Self.letters(term) else { return nil }
            let named = letters.count { $0 != nil }
            let dots = rank - named
            guard letters.contains(nil) ? dots >= 0 : dots == 0 else { return nil }
            dotCount = max(dotCount, dots)
            let own = letters.flatMap { $0.map { [$0] } ?? Self.dots(dots) }
            guard Set(own).count == own.count else { return nil }
            inputs.append(own)
        }
        let all = Set(inputs.joined())
        if sides.count == 2 {
            guard let letters = Self.letters(sides[1]) else { return nil }
            output = letters.flatMap { $0.map { [$0] } ?? Self.dots(dotCount) }
        } else {
            // In order, those that stand in one factor alone.
            let factors = inputs
            let letters = all.filter { label in label > 0 && factors.count { $0.contains(label) } == 1 }
            output = Self.dots(dotCount) + letters.sorted()
        }
        guard Set(output).count == output.count, all.isSuperset(of: output),
            sides.count == 1 || dotCount == 0 || Set(output).isSuperset(of: Self.dots(dotCount))
        else { return nil }
    }

    /// Axes that three dots stand for, counted from the last one.
    private static func dots(_ count: Int) -> [Int] { (0..<count).map { $0 - count } }

    /// `nil` in the list for three dots.
    private static func letters(_ term: String) -> [Int?]? {
        let parts = term.split(separator: "...", omittingEmptySubsequences: false)
        guard parts.count <= 2,
            term.unicodeScalars.allSatisfy({ $0 == "." || $0.isASCII && $0.properties.isAlphabetic }),
            parts.allSatisfy({ !$0.contains(".") })
        else { return nil }
        var letters: [Int?] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { letters.append(nil) }
            letters += part.unicodeScalars.map { Int($0.value) }
        }
        return letters
    }
}
