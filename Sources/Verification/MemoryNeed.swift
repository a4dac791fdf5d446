import Execution
import NetGraph

/// The memory that a comparison takes at most, found from shapes before any of it is taken.
///
///     numbers of both networks, samples, and the values of both that are needed at the same time
///
/// Each number takes 8 bytes, in single precision 4 bytes more for the numbers of the networks and for samples. Values are needed from the layer that
/// computes them to their last reader, those of the original also until the folded network has their counterpart, or a fold was tried on them.
public struct MemoryNeed: Hashable, Sendable {
    /// Of both networks.
    public var parameterBytes: Int
    public var sampleBytes = 0
    public var valueBytes = 0
    /// The layer that runs when the most values are needed.
    public var largestLayer: String?

    public var bytes: Int { Self.sum([parameterBytes, sampleBytes, valueBytes]) }

    /// What the numbers of two networks take.
    init(original: Network, folded: Network, inSingleToo: Bool) {
        let size = MemoryLayout<Double>.stride + (inSingleToo ? MemoryLayout<Float>.stride : 0)
        parameterBytes = Self.sum([original, folded].map { Self.product(Self.parameterCount(of: $0), size) })
    }

    /// - Throws: `ExecutionError` of the kind `tooLarge`.
    func require(atMost limit: Int) throws(ExecutionError) {
        guard bytes > limit else { return }
        var parts = ["\(MemorySize(parameterBytes)) for the numbers of both"]
        if sampleBytes > 0 { parts.append("\(MemorySize(sampleBytes)) for samples") }
        if valueBytes > 0 {
            let place = largestLayer.map { ", the most of it at layer '\($0)'" } ?? ""
            parts.append("\(MemorySize(valueBytes)) for values\(place)")
        }
        // What does not fit by itself is not looked at further.
        let least = valueBytes > 0 ? "" : "at least "
        throw ExecutionError(
            .tooLarge,
            "comparing the networks would take \(least)\(MemorySize(bytes)) of memory (\(parts.joined(separator: ", "))), but the limit is \(MemorySize(limit))"
        )
    }

    /// The numbers of the layers that can run, those that are shared once.
    private static func parameterCount(of network: Network) -> Int {
        var seen: Set<ParameterID> = []
        var count = 0
        for layer in network.layers {
            for parameter in layer.operation.parameters where seen.insert(parameter).inserted {
                guard network.parameters.indices.contains(parameter.index) else { continue }
                count = sum([count, network[parameter].elementCount ?? 0])
            }
        }
        return count
    }

    static func sum(_ counts: [Int]) -> Int {
        counts.reduce(0) { sum, count in
            let (more, overflows) = sum.addingReportingOverflow(count)
            return overflows ? .max : more
        }
    }

    static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflows) = left.multipliedReportingOverflow(by: right)
        return overflows ? .max : product
    }
}
