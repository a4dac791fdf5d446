/// Counts what classes two networks give to samples: the channel of the largest score, place by place.
///
/// Scores lie along one axis of a value; what the axes before and behind it number are the places that get a class: samples, or their pixels.
public struct ClassTally: Hashable, Sendable {
    /// How the places of a value are judged.
    public struct Rule: Hashable, Sendable {
        /// The axis of the scores; a negative one counts from the last.
        public var axis: Int
        /// A place is right when its class is among that many with the largest scores.
        public var topK: [Int]
        /// Places with this label are not counted.
        public var ignoredLabel: Int?

        public init(axis: Int = 1, topK: [Int] = [1], ignoredLabel: Int? = nil) {
            self.axis = axis
            self.topK = topK
            self.ignoredLabel = ignoredLabel
        }
    }

    /// A class, and how far its score is above the next one's.
    public struct Choice: Hashable, Sendable {
        public var number: Int
        public var margin: Double
    }

    /// A place to which the networks give different classes.
    public struct Difference: Hashable, Sendable {
        public var sample: Int
        /// The place in the sample; 0 where it has one class.
        public var place: Int
        public var label: Int?
        public var original: Choice
        public var folded: Choice
    }

    /// How many places are right when the class may be among so many.
    public struct Correct: Hashable, Sendable {
        public var topK: Int
        public var original = 0
        public var folded = 0
    }

    public let rule: Rule
    /// The number of scores; `nil` before the first batch.
    public private(set) var classCount: Int?
    /// The places of each sample.
    public private(set) var placesPerSample = 1
    public private(set) var sampleCount = 0
    /// Places with a class, and those of them to which both networks give the same.
    public private(set) var placeCount = 0
    public private(set) var equalCount = 0
    /// Places whose label counts.
    public private(set) var labelledCount = 0
    public private(set) var correct: [Correct]
    /// The first places with different classes; `placeCount - equalCount` is how many there are.
    public private(set) var differences: [Difference] = []
    /// Why a value has no classes; `nil` where it has.
    public private(set) var obstacle: String?

    /// More differing places than this are only counted.
    private static let mostDifferences = 100

    public init(_ rule: Rule) {
        self.rule = rule
        correct = rule.topK.map { Correct(topK: $0) }
    }

    /// Where the scores of a value are.
    public struct Layout: Hashable, Sendable {
        /// How many classes there are, two or more.
        public let classes: Int
        /// What gets a class in each sample, one or more.
        public let placesPerSample: Int
        /// How far the scores of a place are apart.
        let step: Int

        /// - Parameter batchSize: the samples that ran together.
        /// - Throws: `Obstacle` for a value without classes.
        public init(shape: [Int], axis: Int, batchSize: Int) throws(Obstacle) {
            guard let batch = shape.first, batch == batchSize else { throw .otherBatch }
            let place = axis < 0 ? shape.count + axis : axis
            guard shape.indices.contains(place), place > 0, shape[place] > 1, !shape.contains(0) else {
                throw Obstacle(reason: "it has no \(axis == 1 ? "second " : "")axis of at least two scores")
            }
            classes = shape[place]
            step = shape[(place + 1)...].reduce(1, *)
            placesPerSample = shape[1..<place].reduce(1, *) * step
        }

        /// Where the first score of a place is.
        func start(of place: Int) -> Int { place / step * classes * step + place % step }
    }

    /// Why a value has no classes, as a sentence about it.
    public struct Obstacle: Error {
        public let reason: String

        static let otherBatch = Obstacle(reason: "its first axis does not count the samples")
    }

    /// Adds the first samples of a batch.
    ///
    /// - Parameters:
    ///   - original: the scores, row-major.
    ///   - folded: those of the other network, of the same shape.
    ///   - shape: has classes only where the first axis counts the batch.
    ///   - batchSize: the samples that ran together.
    ///   - samples: how many of them count, from the first on.
    ///   - labels: of those samples, place by place, `nil` without.
    public mutating func add(
        original: [Double], folded: [Double], shape: [Int], batchSize: Int, samples: Int, labels: [Int]?
    ) {
        let layout: Layout
        do throws(Obstacle) {
            layout = try Layout(shape: shape, axis: rule.axis, batchSize: batchSize)
        } catch {
            obstacle = error.reason
            return
        }
        guard samples <= batchSize, original.count == folded.count, original.count == shape.reduce(1, *) else {
            obstacle = Obstacle.otherBatch.reason
            return
        }
        (classCount, placesPerSample) = (layout.classes, layout.placesPerSample)
        let places = samples * layout.placesPerSample
        if let labels, labels.count != places {
            obstacle = "it has \(places) places that get a class, but there are \(labels.count) labels"
            return
        }
        for place in 0..<places {
            func scores(_ elements: [Double]) -> Scores {
                Scores(elements: elements, start: layout.start(of: place), step: layout.step, count: layout.classes)
            }
            add(scores(original), scores(folded), label: labels?[place], place: place)
        }
        sampleCount += samples
    }

    private mutating func add(_ original: Scores, _ folded: Scores, label: Int?, place: Int) {
        if let label, label == rule.ignoredLabel { return }
        placeCount += 1
        let (before, after) = (original.choice, folded.choice)
        if before.number == after.number {
            equalCount += 1
        } else if differences.count < Self.mostDifferences {
            differences.append(
                Difference(
                    sample: sampleCount + place / placesPerSample, place: place % placesPerSample, label: label,
                    original: before, folded: after))
        }
        guard let label else { return }
        labelledCount += 1
        for index in correct.indices {
            if original.has(label, among: correct[index].topK) { correct[index].original += 1 }
            if folded.has(label, among: correct[index].topK) { correct[index].folded += 1 }
        }
    }

    /// The scores of one place.
    private struct Scores {
        let elements: [Double]
        /// Where the first score is, how far apart they are, and how many there are.
        let start: Int
        let step: Int
        let count: Int

        private var indices: StrideTo<Int> { stride(from: start, to: start + count * step, by: step) }

        /// The first class with the largest score. One that is not a number is never the largest.
        var choice: Choice {
            var best = (number: 0, score: -Double.infinity)
            var next = -Double.infinity
            for (number, index) in indices.enumerated() {
                let score = elements[index]
                if score > best.score {
                    next = best.score
                    best = (number, score)
                } else if score > next {
                    next = score
                }
            }
            return Choice(number: best.number, margin: best.score - next)
        }

        /// Whether fewer than `topK` other classes have a score as large as that of a class, as Caffe's Accuracy counts. A score that is not a number
        /// is never right.
        func has(_ label: Int, among topK: Int) -> Bool {
            guard (0..<count).contains(label) else { return false }
            let wanted = start + label * step
            let score = elements[wanted]
            guard !score.isNaN else { return false }
            var better = 0
            for index in indices where index != wanted && !(elements[index] < score) {
                better += 1
                if better >= topK { return false }
            }
            return true
        }
    }
}
