extension VerifyReport {
    /// The classes that both networks give to the samples: the channel of a value's largest score.
    public struct Classes: Codable, Hashable, Sendable {
        public var value: String
        /// The Accuracy layer of the training network that counts in this way; `nil` for outputs as they are.
        public var layer: String?
        /// How many classes there are.
        public var classes: Int
        /// What got a class: samples, or places of samples.
        public var places: Int
        public var placesPerSample: Int
        /// How many of them got the same class from both networks.
        public var equal: Int
        /// How often each network is right; `nil` without labels.
        public var accuracies: [Accuracy]?
        /// The first hundred places with different classes.
        public var differences: [Difference]

        /// The share of places with the same class; 1 for none at all.
        public var agreement: Double { places > 0 ? Double(equal) / Double(places) : 1 }

        public struct Accuracy: Codable, Hashable, Sendable {
            /// A place is right when its class is among that many with the largest scores.
            public var topK: Int
            /// How many places the original is right about, and the folded network.
            public var original: Int
            public var folded: Int
            /// Of so many.
            public var places: Int

            public init(topK: Int, original: Int, folded: Int, places: Int) {
                self.topK = topK
                self.original = original
                self.folded = folded
                self.places = places
            }

            public var originalShare: Double { Double(original) / Double(places) }
            public var foldedShare: Double { Double(folded) / Double(places) }
        }

        public struct Choice: Codable, Hashable, Sendable {
            /// The class.
            public var number: Int
            /// How far its score is above the next one's; `nil` where that is not finite.
            public var margin: Double?
        }

        public struct Difference: Codable, Hashable, Sendable {
            public var sample: Int
            /// `nil` where a sample has one class.
            public var place: Int?
            public var label: Int?
            public var original: Choice
            public var folded: Choice
        }
    }

    /// Something that the user asked for beside agreement of the numbers.
    public struct Requirement: Codable, Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable {
            /// The folded network's share of right answers.
            case accuracy
            /// The share of places to which both networks give the same class.
            case agreement
        }

        public var kind: Kind
        /// The value that falls shortest of it.
        public var value: String
        public var wanted: Double
        public var found: Double
        public var isMet: Bool { found >= wanted }
    }

    /// Whether the numbers of the networks agree, whatever else is required.
    var agrees: Bool { first == nil && missingOutputs.isEmpty }

    /// Takes in what classes the samples got, and holds it against what the user requires.
    ///
    /// - Throws: `BNFoldError` of the kind `usage` for a requirement that nothing can be held against.
    mutating func add(_ classes: [Classes], options: VerifyOptions) throws(BNFoldError) {
        self.classes = classes.isEmpty ? nil : classes
        var found: [Requirement] = []
        if let wanted = options.requiredAgreement {
            let outputs = classes.filter { $0.layer == nil }
            guard let worst = outputs.min(by: { $0.agreement < $1.agreement }) else {
                throw BNFoldError(
                    .usage, "--require-agreement is about classes, but no output has scores of at least two classes")
            }
            found.append(
                Requirement(kind: .agreement, value: worst.value, wanted: wanted, found: worst.agreement))
        }
        if let wanted = options.requiredAccuracy {
            // Of several counts of one value, the strictest one.
            let strictest = classes.compactMap { entry in
                entry.accuracies?.min { $0.topK < $1.topK }.map { (value: entry.value, accuracy: $0) }
            }
            let judged = strictest.filter { one in
                !strictest.contains { $0.value == one.value && $0.accuracy.topK < one.accuracy.topK }
            }
            guard let worst = judged.min(by: { $0.accuracy.foldedShare < $1.accuracy.foldedShare }) else {
                throw BNFoldError(.usage, "--require-accuracy needs to know what is right: give --labels")
            }
            found.append(
                Requirement(kind: .accuracy, value: worst.value, wanted: wanted, found: worst.accuracy.foldedShare))
        }
        requirements = found.isEmpty ? nil : found
        if found.contains(where: { !$0.isMet }) { isWithin = false }
    }
}
