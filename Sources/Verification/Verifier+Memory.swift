import Execution
import NetGraph

extension Verifier {
    /// Makes sure that the numbers of both networks leave room in the memory that is allowed, before they are read.
    static func requireMemory(
        original: Network, folded: Network, precision: Precision, options: ExecutionOptions
    ) throws(ExecutionError) {
        try MemoryNeed(original: original, folded: folded, inSingleToo: precision == .single)
            .require(atMost: options.maximumBytes)
    }

    /// Finds out what a batch would take; once for each shape.
    ///
    /// - Parameter shapes: of the inputs, by name, the whole batch; no length is negative.
    /// - Throws: `ExecutionError` of the kind `tooLarge` when that is more than the options allow, and when the networks cannot run on such inputs.
    public mutating func requireMemory(for shapes: [String: [Int]]) throws(ExecutionError) {
        if rehearsedShapes.contains(shapes) { return }
        var need = MemoryNeed(original: original.network, folded: folded.network, inSingleToo: precision == .single)
        let samples = MemoryNeed.sum(shapes.values.map { TensorShape.elementCount($0) ?? .max })
        need.sampleBytes = MemoryNeed.product(samples, precision == .single ? 12 : 8)
        try need.require(atMost: options.maximumBytes)

        let meter = MemoryMeter()
        let questions = questionPairs
        if !questions.isEmpty {
            try lockstep(questions, sites: []).rehearse(shapes, on: meter) { (_, _) throws(ExecutionError) in }
        }
        try lockstep(alignment.pairs, sites: alignment.sites).rehearse(shapes, on: meter) {
            (index, values) throws(ExecutionError) in
            let trial = trial(of: alignment.sites[index])
            if trial.obstacle == nil { try trial.rehearse(values, on: meter) }
        }
        need.valueBytes = meter.peakBytes
        need.largestLayer = meter.peakLayer
        try need.require(atMost: options.maximumBytes)
        rehearsedShapes.insert(shapes)
    }
}
