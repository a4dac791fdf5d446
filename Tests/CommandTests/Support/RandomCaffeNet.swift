/// A small random net that Caffe loads, with its weights: layers in place wherever Caffe allows it, values with many readers, several outputs,
/// shared parameters, negations.
///
/// A layer is in place when it wants to be, its type can, and nobody else reads what it reads.
struct RandomCaffeNet {
    private struct Layer {
        var type: String
        var inputs: [Int]
        var outputs: [Int]
        var fields = ""
        var blobs: [(shape: [Int], values: [Double])] = []
        /// What the names of shared parameters begin with; empty for parameters of its own.
        var shared = ""
        var wantsInPlace = false
    }

    private(set) var prototxt = ""
    private(set) var weights = WeightFile()
    private var random: SeededNumbers
    private var layers: [Layer] = []
    /// The shape of each value.
    private var shapes: [[Int]] = []
    private var readerCounts: [Int] = []

    private static let inPlaceTypes: Set = ["BatchNorm", "Scale", "Bias", "Power", "ReLU", "Dropout", "TanH"]

    init(seed: UInt64) {
        random = SeededNumbers(seed: seed)
        add("Input", [], [[2, Int.random(in: 1...4, using: &random), 4, 4]])
        for _ in 0..<Int.random(in: 3...14, using: &random) { addRandomLayer(to: pickValue()) }
        write()
    }

    /// Mostly what nobody reads yet.
    private mutating func pickValue() -> Int {
        let unread = shapes.indices.filter { readerCounts[$0] == 0 }
        return (random.happens(onceIn: 3) ? nil : unread.randomElement(using: &random))
            ?? shapes.indices.randomElement(using: &random) ?? 0
    }

    private mutating func add(
        _ type: String, _ inputs: [Int], _ tops: [[Int]], _ fields: String = "",
        _ blobs: [(shape: [Int], values: [Double])] = []
    ) {
        for input in inputs { readerCounts[input] += 1 }
        let outputs = Array(shapes.count..<shapes.count + tops.count)
        shapes += tops
        readerCounts += tops.map { _ in 0 }
        layers.append(
            Layer(
                type: type, inputs: inputs, outputs: outputs, fields: fields, blobs: blobs,
                wantsInPlace: !random.happens(onceIn: 3)))
    }

    private mutating func addRandomLayer(to value: Int) {
        let shape = shapes[value]
        let channels = shape[1]
        switch Int.random(in: 0..<26, using: &random) {
        case 0...4: addConvolution(to: value)
        case 5...8: addBatchNorm(to: value)
        case 9, 10:
            let hasTerm = Bool.random(using: &random)
            let terms = hasTerm ? [([channels], random.numbers(channels))] : []
            add(
                "Scale", [value], [shape], "scale_param { bias_term: \(hasTerm) }",
                [([channels], factors(channels))] + terms)
        case 11: add("Bias", [value], [shape], "", [([channels], random.numbers(channels))])
        case 12:
            let fields =
                ["scale: -1", "shift: 0.5", "scale: -2 shift: 1", "power: 2"].randomElement(using: &random) ?? ""
            add("Power", [value], [shape], "power_param { \(fields) }")
        case 13, 14: add("ReLU", [value], [shape])
        case 15: add("Dropout", [value], [shape])
        case 16: add("TanH", [value], [shape])
        case 17, 18: addSum(to: value)
        case 19, 20: addConcat(to: value)
        case 21 where channels > 1:
            add(
                "Slice", [value], [[shape[0], 1] + shape[2...], [shape[0], channels - 1] + shape[2...]],
                "slice_param { slice_point: 1 }")
        case 22: add("Split", [value], [shape, shape])
        case 23 where shape.count == 4: add("Flatten", [value], [[shape[0], shape[1...].reduce(1, *)]])
        case 24: addProduct(to: value)
        case 25: addTwin()
        default: break
        }
    }

    private mutating func factors(_ count: Int) -> [Double] {
        random.numbers(count, 0.5...2).map { random.happens(onceIn: 4) ? -$0 : $0 }
    }

    private mutating func addBatchNorm(to value: Int) {
        let channels = shapes[value][1]
        let factor = Double([1, 2].randomElement(using: &random) ?? 1)
        add(
            "BatchNorm", [value], [shapes[value]], "",
            [
                ([channels], random.numbers(channels).map { $0 * factor }),
                ([channels], random.numbers(channels, 0.5...2).map { $0 * factor }), ([1], [factor]),
            ])
    }

    private mutating func addConvolution(to value: Int) {
        let shape = shapes[value]
        guard shape.count == 4 else { return }
        let outputs = Int.random(in: 1...4, using: &random)
        let kernel = random.happens(onceIn: 2) ? 3 : 1
        let hasBias = Bool.random(using: &random)
        let bias = hasBias ? [([outputs], random.numbers(outputs))] : []
        let weight = [outputs, shape[1], kernel, kernel]
        let isTransposed = random.happens(onceIn: 5)
        let stored = isTransposed ? [shape[1], outputs, kernel, kernel] : weight
        add(
            isTransposed ? "Deconvolution" : "Convolution", [value], [[shape[0], outputs] + shape[2...]],
            "convolution_param { num_output: \(outputs) kernel_size: \(kernel) pad: \(kernel / 2) bias_term: \(hasBias) }",
            [(stored, random.numbers(stored.reduce(1, *)))] + bias)
    }

    private mutating func addProduct(to value: Int) {
        let shape = shapes[value]
        let count = shape[1...].reduce(1, *)
        add(
            "InnerProduct", [value], [[shape[0], 3]], "inner_product_param { num_output: 3 }",
            [([3, count], random.numbers(3 * count, -0.3...0.3)), ([3], random.numbers(3))])
    }

    private mutating func addSum(to value: Int) {
        let other = shapes.indices.filter { shapes[$0] == shapes[value] }.randomElement(using: &random) ?? value
        let fields = ["", "eltwise_param { operation: MAX }", "eltwise_param { coeff: 1 coeff: -1 }"]
        add("Eltwise", [value, other], [shapes[value]], fields.randomElement(using: &random) ?? "")
    }

    private mutating func addConcat(to value: Int) {
        let shape = shapes[value]
        let alike = shapes.indices.filter { shapes[$0].count == shape.count && shapes[$0][2...] == shape[2...] }
        let other = alike.randomElement(using: &random) ?? value
        add("Concat", [value, other], [[shape[0], shape[1] + shapes[other][1]] + shape[2...]])
    }

    /// Another layer with the parameters of one that is there.
    private mutating func addTwin() {
        let places = layers.indices.filter { !layers[$0].blobs.isEmpty }
        guard let place = places.randomElement(using: &random) else { return }
        if layers[place].shared.isEmpty { layers[place].shared = "p\(place)" }
        let first = layers[place]
        let shape = shapes[first.inputs[0]]
        guard let value = shapes.indices.filter({ shapes[$0] == shape }).randomElement(using: &random) else { return }
        add(first.type, [value], [shapes[first.outputs[0]]], first.fields, first.blobs)
        layers[layers.count - 1].shared = first.shared
    }

    // MARK: Writing

    private mutating func write() {
        var names: [String] = []
        var owned: Set<String> = []
        for (place, layer) in layers.enumerated() {
            let name = "l\(place)"
            let isInPlace =
                layer.wantsInPlace && Self.inPlaceTypes.contains(layer.type)
                && layer.inputs.allSatisfy { readerCounts[$0] == 1 && !liesInSharedMemory($0) }
            for index in layer.outputs.indices {
                let suffix = layer.outputs.count > 1 ? "abc".map(String.init)[index] : ""
                names.append(isInPlace ? names[layer.inputs[0]] : name + suffix)
            }
            let bottoms = layer.inputs.map { " bottom: \"\(names[$0])\"" }.joined()
            let tops = layer.outputs.map { " top: \"\(names[$0])\"" }.joined()
            let sharing = layer.blobs.indices.map { index in
                " param { name: \"\(layer.shared)-\(index)\"\(layer.type == "BatchNorm" ? " lr_mult: 0" : "") }"
            }.joined()
            let fields =
                layer.type == "Input"
                ? "input_param { shape { \(shapes[0].map { "dim: \($0)" }.joined(separator: " ")) } }" : layer.fields
            prototxt +=
                "layer { name: \"\(name)\" type: \"\(layer.type)\"\(bottoms)\(tops)\(layer.shared.isEmpty ? "" : sharing) \(fields) }\n"
            weights.groups.insert("/data/\(name)")
            for (index, blob) in layer.blobs.enumerated()
            where layer.shared.isEmpty || owned.insert("\(layer.shared)-\(index)").inserted {
                weights.add(name, index, blob.shape, blob.values)
            }
        }
    }

    /// Whether a value came from a layer that hands on the memory of what it reads: others may read that memory too.
    private func liesInSharedMemory(_ value: Int) -> Bool {
        layers.contains { ["Split", "Flatten"].contains($0.type) && ($0.outputs + $0.inputs).contains(value) }
    }
}
