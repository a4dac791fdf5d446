import NetGraph

/// An input of a network, for whoever gives it samples: in the order of axes that the caller knows, which may be another than the network's.
struct NetworkInput: Hashable {
    var name: String
    /// As the network has it, channels first; axes of unknown length are `nil`. `nil` where nothing is known.
    var shape: TensorShape?
    /// The caller's order.
    var order: ElementOrder

    /// The inputs in the order of the network's file.
    static func all(of network: Network) -> [NetworkInput] {
        network.layers.filter { $0.operation == .input }.flatMap(\.outputs).map {
            NetworkInput(name: network[$0].name, shape: network[$0].shape, order: network[$0].order)
        }
    }

    /// As the network has it, where all of it is known.
    var knownShape: [Int]? { shape?.known }

    /// As the caller has it; without axes where nothing is known.
    var callersShape: TensorShape { shape.map(order.shape) ?? TensorShape([Int]()) }

    /// An example for `--input-shape`: what is known, and letters for the rest.
    var shapeAdvice: String {
        guard let shape, shape.rank > 0 else { return "1,C,H,W" }
        var letters = Self.letters(rank: shape.rank)
        if order != .channelsLast, letters.count > 2, let channel = letters.popLast() {
            letters.insert(channel, at: 1)
        }
        return zip(callersShape.dimensions, letters).map { $0.map(String.init) ?? $1 }.joined(separator: ",")
    }

    private static func letters(rank: Int) -> [String] {
        switch rank {
        case 1: ["1"]
        case 2: ["1", "C"]
        case 3: ["1", "L", "C"]
        case 4: ["1", "H", "W", "C"]
        case 5: ["1", "D", "H", "W", "C"]
        default: ["1"] + (1..<rank - 1).map { "L\($0)" } + ["C"]
        }
    }

    /// What the axes of samples are, for messages.
    var axisNames: String {
        guard order == .channelsLast, let rank = shape?.rank else { return "(samples, channels, height, width)" }
        switch rank {
        case ...2: return "(samples, features)"
        case 3: return "(samples, steps, channels)"
        case 4: return "(samples, height, width, channels)"
        case 5: return "(samples, depth, height, width, channels)"
        default: return "(samples, ..., channels)"
        }
    }
}

extension Network {
    /// Whether a layer has weights that the file holds in half precision: what is folded into such is rounded to 11 bits.
    var storesHalfPrecision: Bool {
        layers.contains { layer in layer.operation.parameters.contains { self[$0].elementType == .float16 } }
    }
}
