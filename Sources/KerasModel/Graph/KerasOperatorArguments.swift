import JSON

/// What an operator of Keras 2 (`TFOpLambda`) or 3 (`keras.ops`) is called with.
///
/// An argument may stand at its place, under its name, or, in Keras 3, among the fields of the operator.
struct KerasOperatorArguments {
    var call: KerasLayerCall
    /// `reduce_mean`, `true_divide`: without what stands before the last dot in Keras 2, the class in another spelling in Keras 3.
    let function: String

    init(_ call: KerasLayerCall) {
        self.call = call
        let layer = call.layer
        if layer.isOperator {
            // TrueDivide: true_divide
            function = layer.className.enumerated().reduce(into: "") { name, next in
                if next.element.isUppercase, next.offset > 0 { name += "_" }
                name += next.element.lowercased()
            }
        } else {
            let told = layer.config["function"]?.string ?? ""
            function = told.split(separator: ".").last.map { String($0) } ?? told
        }
    }

    private var isOfThree: Bool { call.layer.isOperator }

    /// Whether none but known arguments are told, others left empty aside.
    func hasOnly(_ names: String...) -> Bool {
        let known = Set(names + ["name"])
        return call.keywords.allSatisfy { known.contains($0.name) || call.isEmpty($0.name) }
    }

    /// A number, a list or a text; `nil` where nothing is told.
    ///
    /// - Parameters:
    ///   - names: of Keras 2 and 3.
    ///   - place: among the arguments.
    func constant(_ names: String..., place: Int? = nil) -> JSONNode? {
        for name in names {
            if let node = call.constant(name) { return node }
            if isOfThree, name != "name", let node = call.fields[name] { return node }
        }
        guard let place, call.arguments.indices.contains(place), case .constant(let node) = call.arguments[place],
            !node.isNull
        else { return nil }
        return node
    }

    func boolean(_ names: String...) -> Bool? {
        for name in names { if let value = constant(name)?.boolean { return value } }
        return nil
    }

    /// Whole numbers in a list, or one of them.
    static func integers(_ node: JSONNode?) -> [Int]? {
        guard let node else { return nil }
        if let number = node.wholeNumber { return [number] }
        guard let elements = node.elements else { return nil }
        let numbers = elements.compactMap(\.wholeNumber)
        return numbers.count == elements.count ? numbers : nil
    }

    /// The one tensor that it reads, at the first place; `nil` where it reads others as well.
    var onlyInput: KerasValue? {
        guard call.inputs.count == 1 else { return nil }
        if case .value(let value)? = call.arguments.first { return value }
        return call.arguments.isEmpty || call.arguments.first?.values.count == 1 ? call.inputs[0] : nil
    }
}

extension KerasLayerCall {
    /// Whether an argument by name is `null`.
    func isEmpty(_ name: String) -> Bool {
        guard case .constant(let node)? = keywords.first(where: { $0.name == name })?.value else { return false }
        return node.isNull
    }
}

extension JSONNode {
    /// What an object that stands for an array of NumPy or a tensor holds; the node itself otherwise.
    var content: JSONNode {
        guard let name = self["class_name"]?.string, name == "__numpy__" || name == "__tensor__" else { return self }
        return self["config"]?["value"] ?? self
    }
}
