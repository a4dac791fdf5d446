/// What the runs of one program took.
struct Figures: Codable {
    var name: String
    var command: String
    /// Medians over the rounds, in seconds.
    var wallSeconds: Double
    var processorSeconds: Double
    /// The most memory that was resident at once, in bytes; `nil` when the program ended before that was seen.
    var peakMemoryBytes: Int?
    /// Each round by itself, in seconds.
    var wallSecondsByRound: [Double]
    var processorSecondsByRound: [Double]

    init(_ contender: Contender, runs: [ProcessTimes], peakMemory: Int?) {
        name = contender.name
        command = contender.command.joined(separator: " ")
        wallSecondsByRound = runs.map(\.wall)
        processorSecondsByRound = runs.map(\.processor)
        wallSeconds = Median.of(wallSecondsByRound)
        processorSeconds = Median.of(processorSecondsByRound)
        peakMemoryBytes = peakMemory
    }
}

/// A program against others that do the same work or a part of it.
struct Comparison: Codable {
    var name: String
    /// What was done to what.
    var subject: String
    var inputBytes: Int?
    /// bnfold is the first.
    var contenders: [Figures]
    /// One for each contender but the first.
    var ratios: [Ratio]
    /// What a reader of the figures has to know.
    var remarks: [String] = []

    /// Medians of the ratios of each round, which a slow minute of the machine moves less than the ratio of medians.
    struct Ratio: Codable {
        var contender: String
        /// Of bnfold's time to the contender's: below 1 where bnfold is faster.
        var bnfoldWall: Double
        var bnfoldProcessor: Double
        /// Of the contender's time to bnfold's: how many times as fast bnfold is.
        var contenderWall: Double
    }

    init(_ name: String, subject: String, inputBytes: Int? = nil, contenders: [Figures], remarks: [String] = []) {
        self.name = name
        self.subject = subject
        self.inputBytes = inputBytes
        self.contenders = contenders
        self.remarks = remarks
        ratios = contenders.dropFirst().map { other in
            let bnfold = contenders[0]
            return Ratio(
                contender: other.name,
                bnfoldWall: Median.ofRatios(bnfold.wallSecondsByRound, other.wallSecondsByRound),
                bnfoldProcessor: Median.ofRatios(bnfold.processorSecondsByRound, other.processorSecondsByRound),
                contenderWall: Median.ofRatios(other.wallSecondsByRound, bnfold.wallSecondsByRound))
        }
    }
}

/// The middle of numbers, which a few outliers do not move.
enum Median {
    /// The middle number, or the mean of the two in the middle; 0 of none.
    static func of(_ numbers: [Double]) -> Double {
        guard !numbers.isEmpty else { return 0 }
        let sorted = numbers.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Of the quotients of numbers at the same place. One by 0, a time too short for the clock, is left out.
    static func ofRatios(_ numerators: [Double], _ denominators: [Double]) -> Double {
        of(zip(numerators, denominators).filter { $1 > 0 }.map { $0 / $1 })
    }
}
