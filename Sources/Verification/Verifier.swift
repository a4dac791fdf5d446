import Execution
import NetGraph

/// Runs a network and its folded twin on the same samples and compares them, value by value and fold by fold.
///
/// Folds are judged in double precision, each by itself, against the bound that the rounding of its weights gives (`ErrorBound`); values are judged in
/// the precision of the run, against the tolerance.
public struct Verifier<Original: WeightStore, Folded: WeightStore> {
    /// The number format of the run that values are compared in.
    public enum Precision: String, Hashable, Sendable, CaseIterable {
        case single
        case double
    }

    /// One of the two networks.
    public struct Subject<Weights: WeightStore> {
        var name: String
        var network: Network
        var weights: Weights

        /// - Parameter name: what messages call it, for example the path of its file.
        public init(name: String, network: Network, weights: Weights) {
            self.name = name
            self.network = network
            self.weights = weights
        }

        func interpreter<Element: ExecutionElement>(
            _ options: ExecutionOptions
        ) throws(ExecutionError) -> Interpreter<Element> {
            do throws(ExecutionError) {
                return try Interpreter(network, weights: weights, options: options)
            } catch {
                throw ExecutionError(error.kind, "\(name): \(error.message)")
            }
        }
    }

    private let originalSubject: Subject<Original>
    private let foldedSubject: Subject<Folded>
    let precision: Precision
    private let tolerance: Double
    /// Whether what a last softmax, sigmoid or tanh reads is told beside the outputs.
    private let comparesScores: Bool
    /// Whether each fold is tried by itself.
    private let triesFolds: Bool
    let options: ExecutionOptions
    let original: Interpreter<Double>
    let folded: Interpreter<Double>
    private let unreadNumbers: UnreadNumbers<Original, Folded>
    private(set) var alignment: NetworkAlignment

    private var differences: [ValueDifference]
    /// What the framework calls a value, for sentences.
    public var valueWord = "value"
    private var blobShapes: [[Int]]
    private var shapes: [String?]
    private var isCompared: [Bool]
    private var isObserved: [Bool] = []
    private var siteDifferences: [SiteDifference?]
    private var sampleCount = 0
    private var batchCount = 0
    private var originalObstacles: [ValueID: Obstacle] = [:]
    private var foldedObstacles: [ValueID: Obstacle] = [:]
    private let shapesDependOnNumbers: Bool
    /// Shapes of inputs, by name, for which there is memory.
    var rehearsedShapes: Set<[String: [Int]]> = []
    /// The networks in single precision, once they are needed.
    private var single: Lockstep<Float>?

    /// Reads the parameters of both networks.
    ///
    /// - Parameters:
    ///   - tolerance: the largest difference of a value that is agreement, relative to its largest magnitude.
    ///   - comparesScores: whether what a last softmax, sigmoid or tanh reads is compared as well, whatever it is called.
    ///   - triesFolds: whether each fold is tried by itself, and judged by its bound.
    /// - Throws: `ExecutionError` when parameters cannot be read.
    public init(
        original: Subject<Original>, folded: Subject<Folded>, precision: Precision, tolerance: Double,
        comparesScores: Bool = false, triesFolds: Bool = true, options: ExecutionOptions = ExecutionOptions()
    ) throws(ExecutionError) {
        self.originalSubject = original
        self.foldedSubject = folded
        self.precision = precision
        self.tolerance = tolerance
        self.comparesScores = comparesScores
        self.triesFolds = triesFolds
        self.options = options
        try Self.requireMemory(
            original: original.network, folded: folded.network, precision: precision, options: options)
        let before: Interpreter<Double> = try original.interpreter(options)
        let after: Interpreter<Double> = try folded.interpreter(options)
        self.original = before
        self.folded = after
        shapesDependOnNumbers = before.shapesDependOnNumbers || after.shapesDependOnNumbers
        unreadNumbers = UnreadNumbers(
            original: (original.network, original.weights), folded: (folded.network, folded.weights))
        alignment = Self.alignment(of: before, with: after, unreadNumbers, comparesScores: comparesScores)
        differences = []
        blobShapes = []
        shapes = []
        isCompared = []
        siteDifferences = []
        prepare()
    }

    private static func alignment(
        of original: Interpreter<Double>, with folded: Interpreter<Double>,
        _ unreadNumbers: UnreadNumbers<Original, Folded>, comparesScores: Bool, answers: [ValueID: ValueID] = [:]
    ) -> NetworkAlignment {
        NetworkAlignment(
            original: original.network, folded: folded.network, comparesScores: comparesScores, answers: answers
        ) { first, second in
            original.hasEqualParameters(first, second, of: folded) || unreadNumbers.areEqual(first, second)
        }
    }

    /// Makes room for what the alignment compares.
    private mutating func prepare() {
        if !triesFolds { alignment.forgetSites() }
        differences = alignment.pairs.map { _ in ValueDifference() }
        blobShapes = alignment.pairs.map { _ in [] }
        shapes = alignment.pairs.map { _ in nil }
        isCompared = alignment.pairs.map { _ in false }
        siteDifferences = alignment.sites.map { _ in nil }
        findObserved()
    }

    /// Answers the questions of the alignment by the numbers of one batch: a value of the folded network is the twin of the candidate that it
    /// is nearest to. Where no candidate was computed, the question stays open.
    private mutating func answerQuestions(
        _ inputs: [String: Tensor<Double>], step: () throws(ExecutionError) -> Void
    ) throws(ExecutionError) {
        let candidates = questionPairs
        guard !candidates.isEmpty else { return }
        var nearest: [ValueID: (difference: Double, original: ValueID)] = [:]
        let lockstep = lockstep(candidates, sites: [])
        _ = try lockstep.run(
            inputs,
            compare: { index, expected, found, _ in
                guard expected.shape == found.shape else { return }
                var difference = ValueDifference()
                expected.elements.withUnsafeBufferPointer { expected in
                    found.elements.withUnsafeBufferPointer {
                        difference.add(original: expected, folded: $0, batch: 0)
                    }
                }
                let pair = candidates[index]
                if nearest[pair.folded].map({ difference.relative < $0.difference }) ?? true {
                    nearest[pair.folded] = (difference.relative, pair.original)
                }
            }, trySite: { (_, _) throws(ExecutionError) in }, step: step)
        alignment = Self.alignment(
            of: original, with: folded, unreadNumbers, comparesScores: comparesScores,
            answers: nearest.mapValues(\.original))
        prepare()
        rehearsedShapes = []
        try requireMemory(for: inputs.mapValues(\.shape))
    }

    /// What the alignment asks, as pairs that might be equal.
    var questionPairs: [NetworkAlignment.Pair] {
        alignment.questions.flatMap { question in
            question.candidates.map { NetworkAlignment.Pair(original: $0, folded: question.folded) }
        }
    }

    func lockstep(_ pairs: [NetworkAlignment.Pair], sites: [FoldSite]) -> Lockstep<Double> {
        Lockstep(original: original, folded: folded, names: names, pairs: pairs, sites: sites)
    }

    /// Values beside the outputs that a run shows to its observer.
    public var observedNames: Set<String> = [] {
        didSet { findObserved() }
    }

    private mutating func findObserved() {
        let outputs = Set(originalNetwork.outputs)
        isObserved = alignment.pairs.map { pair in
            outputs.contains(pair.original)
                || observedNames.contains(originalNetwork[pair.original].name) && alignment.isLast(pair.original)
        }
    }

    /// What noise the network was made for: found in the statistics of its first BatchNorm.
    ///
    /// - Parameter shapes: of each input, by name.
    public func inputNoise(shapes: [String: [Int]], seed: UInt64) -> InputNoise {
        InputNoise(interpreter: original, shapes: shapes, seed: seed)
    }

    private var originalNetwork: Network { original.network }
    private var foldedNetwork: Network { folded.network }
    private var names: (original: String, folded: String) { (originalSubject.name, foldedSubject.name) }

    /// Layers that one batch runs, for a measure of progress.
    public var stepsPerBatch: Int {
        (originalNetwork.layers.count + foldedNetwork.layers.count) * (precision == .single ? 2 : 1)
    }

    /// A value that both networks computed for a batch, in the same shape.
    public struct Observation {
        /// In the original.
        public var value: ValueID
        /// Batch first, channels second, in most networks.
        public var shape: [Int]
        /// The samples that ran together.
        public var batchSize: Int
        /// Row-major.
        public var original: [Double]
        public var folded: [Double]
    }

    /// Runs both networks on a batch and adds what it shows.
    ///
    /// - Parameters:
    ///   - inputs: by name.
    ///   - samples: how many of the batch's samples count; the others fill it up.
    ///   - step: called after each layer; throws to stop.
    ///   - observe: receives the outputs, and the last value of each name in `observedNames`, in the precision of the run.
    public mutating func run(
        _ inputs: [String: Tensor<Double>], samples: Int, step: () throws(ExecutionError) -> Void,
        observe: (Observation) -> Void = { _ in }
    ) throws(ExecutionError) {
        let batch = Batch(
            number: batchCount, size: inputs.values.compactMap(\.shape.first).min() ?? 1, samples: samples)
        try requireMemory(for: inputs.mapValues(\.shape))
        if batch.number == 0 { try answerQuestions(inputs, step: step) }
        batchCount += 1
        sampleCount += samples
        // In single precision the folds are tried on the first batch only: it takes a run in double precision by itself.
        if precision == .double || batch.number == 0 {
            try runInDouble(inputs, batch: batch, step: step, observe: observe)
        }
        guard precision == .single else { return }
        if single == nil {
            single = Lockstep(
                original: try originalSubject.interpreter(options), folded: try foldedSubject.interpreter(options),
                names: names, pairs: alignment.pairs, sites: [])
        }
        guard let lockstep = single else { return }
        var rounded: [String: Tensor<Float>] = [:]
        for (name, tensor) in inputs {
            rounded[name] = Tensor(shape: tensor.shape, elements: tensor.elements.map { Float($0) })
        }
        _ = try lockstep.run(
            rounded, compare: { compare($0, $1, $2, cancelled: $3, batch: batch, observe: observe) },
            trySite: { (_, _) throws(ExecutionError) in }, step: step)
    }

    /// Samples that run together; those behind the first `samples` only fill the batch up.
    private struct Batch {
        var number: Int
        var size: Int
        var samples: Int

        /// How many elements of a value belong to samples that count: all, unless the value's first axis is the batch.
        func elementCount(of shape: [Int], elements: Int) -> Int {
            shape.first == size && size > 0 ? elements / size * min(samples, size) : elements
        }
    }

    private mutating func runInDouble(
        _ inputs: [String: Tensor<Double>], batch: Batch, step: () throws(ExecutionError) -> Void,
        observe: (Observation) -> Void
    ) throws(ExecutionError) {
        let lockstep = lockstep(alignment.pairs, sites: alignment.sites)
        var siteDifferences = siteDifferences
        let (originalObstacles, foldedObstacles) = try lockstep.run(
            inputs,
            compare: { index, expected, found, cancelled in
                if precision == .double {
                    compare(index, expected, found, cancelled: cancelled, batch: batch, observe: observe)
                }
            },
            trySite: { (index, values) throws(ExecutionError) in
                let trial = trial(of: alignment.sites[index])
                guard trial.obstacle == nil else { return }
                var difference = siteDifferences[index] ?? SiteDifference()
                try trial.run(values, into: &difference)
                siteDifferences[index] = difference
            }, step: step)
        self.siteDifferences = siteDifferences
        self.originalObstacles = originalObstacles
        self.foldedObstacles = foldedObstacles
    }

    private mutating func compare<Element: ExecutionElement>(
        _ index: Int, _ expected: Tensor<Element>, _ found: Tensor<Element>, cancelled: Double, batch: Batch,
        observe: (Observation) -> Void
    ) {
        isCompared[index] = true
        blobShapes[index] = expected.shape
        guard expected.shape == found.shape else {
            let pair = alignment.pairs[index]
            let mine = originalNetwork[pair.original].order.shape(of: TensorShape(expected.shape)).known
            let theirs = foldedNetwork[pair.folded].order.shape(of: TensorShape(found.shape)).known
            shapes[index] = "\(TensorShape.describe(mine ?? [])) and \(TensorShape.describe(theirs ?? []))"
            return
        }
        if isObserved[index] {
            observe(
                Observation(
                    value: alignment.pairs[index].original, shape: expected.shape, batchSize: batch.size,
                    original: expected.doubles, folded: found.doubles))
        }
        let count = batch.elementCount(of: expected.shape, elements: expected.elements.count)
        expected.elements.withUnsafeBufferPointer { expected in
            found.elements.withUnsafeBufferPointer { found in
                differences[index].add(
                    original: UnsafeBufferPointer(rebasing: expected.prefix(count)),
                    folded: UnsafeBufferPointer(rebasing: found.prefix(count)), batch: batch.number,
                    cancelled: cancelled)
            }
        }
    }

    func trial(of site: FoldSite) -> SiteTrial {
        SiteTrial(
            site, original: original, folded: folded, tolerance: tolerance, isRehearsed: !shapesDependOnNumbers,
            valueWord: valueWord)
    }

    // MARK: Outcome

    /// What all batches showed. Folds that no sample reached are tried on noise first.
    public func finished(seed: UInt64) -> Verification {
        var noise = GaussianNoise(seed: seed)
        let decisions = Self.decisions(in: originalNetwork)
        let outputs = Set(originalNetwork.outputs)
        let connections = Connections(foldedNetwork)
        let values = alignment.pairs.enumerated().map { index, pair in
            let producer = connections.producer(of: pair.folded).map { foldedNetwork.layers[$0] }
            let obstacle = originalObstacles[pair.original] ?? foldedObstacles[pair.folded]
            return Verification.ComparedValue(
                name: originalNetwork[pair.original].name, layer: producer?.name ?? "",
                type: producer?.type ?? "", isOutput: outputs.contains(pair.original),
                beforeOutput: alignment.scores[pair].map { originalNetwork[$0].name },
                difference: differences[index], shape: blobShapes[index],
                order: originalNetwork[pair.original].order, shapes: shapes[index],
                obstacle: isCompared[index] ? nil : obstacle.map { "\($0)" } ?? "it was not computed",
                isDecision: decisions.contains(pair.original))
        }
        let sites = alignment.sites.enumerated().map { index, site in
            var difference = siteDifferences[index] ?? SiteDifference()
            var coverage = Verification.Site.Coverage.network
            if siteDifferences[index] == nil {
                let trial = trial(of: site)
                let reason = trial.obstacle ?? trial.runOnNoise(&noise, into: &difference)
                coverage = reason.map { .none(reason: $0) } ?? .site
            }
            return Verification.Site(
                removed: site.removed, changed: site.changed.map { foldedNetwork.layers[$0].name },
                values: site.outputs.map { originalNetwork[$0.original].name }, coverage: coverage,
                difference: difference)
        }
        var obstacles: [String] = []
        for obstacle in Set(originalObstacles.values).sorted(by: { $0.layer < $1.layer }) {
            obstacles.append("\(obstacle)")
        }
        let blocked = originalNetwork.layers.count { layer in
            layer.inputs.contains { originalObstacles[$0] != nil }
                || layer.outputs.contains { originalObstacles[$0] != nil }
        }
        return Verification(
            tolerance: tolerance, sampleCount: sampleCount, layersRun: originalNetwork.layers.count - blocked,
            layerCount: originalNetwork.layers.count, values: values, sites: sites,
            missingOutputs: alignment.missingOutputs, obstacles: obstacles)
    }

    /// Values whose numbers follow from comparisons, and all that is computed from them.
    private static func decisions(in network: Network) -> Set<ValueID> {
        var decisions: Set<ValueID> = []
        for layer in network.layers {
            decisions.formUnion(
                layer.inputs.contains(where: decisions.contains) ? layer.outputs : layer.decidedOutputs)
        }
        return decisions
    }
}

extension Tensor where Element: ExecutionElement {
    /// The elements in double precision; no copy where they are that already.
    fileprivate var doubles: [Double] { elements as? [Double] ?? elements.map { Double($0) } }
}
