import Folding
import Frontend
import JSON

/// How one job folds: all that decides, beside the input, what its output is.
///
/// In JSON the names are those of the options of `bnfold fold`, in camel case.
public struct JobOptions: Hashable, Sendable, PlanningChoosing {
    public var model = ModelOptions()
    public var planning = PlanningOptions()
    /// gzip level of the output's datasets, 0 for none.
    public var compression = 0
    /// Run both networks and compare them.
    public var verifies = false

    public init() {}
}

/// What a job takes from the command line when its line does not tell it.
public struct JobDefaults: Hashable, Sendable {
    /// `nil` to look for it beside the weights.
    public var network: String?
    public var options: JobOptions

    public init(network: String? = nil, options: JobOptions = JobOptions()) {
        self.network = network
        self.options = options
    }
}

extension JobOptions {
    /// Only what differs from the defaults, so that a new option does not make old records look different.
    var json: JSONValue {
        let standard = JobOptions()
        let shapes = model.inputShapes.sorted { $0.key < $1.key }.map { name, lengths in
            JSONValue.Member(key: name, value: .array(lengths.map(JSONValue.integer)))
        }
        func flag(_ option: KeyPath<JobOptions, Bool>) -> JSONValue? {
            self[keyPath: option] == standard[keyPath: option] ? nil : .boolean(self[keyPath: option])
        }
        func numbers(_ lists: [String: [Double]]) -> JSONValue? {
            lists.isEmpty
                ? nil
                : .object(
                    lists.sorted { $0.key < $1.key }.map { name, numbers in
                        JSONValue.Member(key: name, value: .array(numbers.map(JSONValue.decimal)))
                    })
        }
        let general: KeyValuePairs<String, JSONValue?> = [
            "allowUntrained": flag(\.allowsUntrained),
            "assumeGlobalStats": flag(\.model.assumesStoredStatistics),
            "biasAsScale": flag(\.writesBiasAsScale),
            "compress": compression == standard.compression ? nil : .integer(compression),
            "equalize": flag(\.equalizes),
            "foldPreprocessing": flag(\.model.preparation.foldsPreprocessing),
            "half": half.map { .string($0.extent.rawValue) },
            "halfKeep": half.flatMap { $0.keptLayers.isEmpty ? nil : .array($0.keptLayers.map(JSONValue.string)) },
            "halfLoss": half.flatMap { $0.largestLoss.map(JSONValue.decimal) },
            "inputMean": numbers(model.preparation.means),
            "inputScale": numbers(model.preparation.scales),
            "inputShape": shapes.isEmpty ? nil : .object(shapes),
            "keepBatchStatistics": flag(\.model.keepsBatchStatistics),
            "keepTraining": flag(\.model.keepsTraining),
            "leftover": leftover == .scale ? nil : leftover.map { .string($0.rawValue) },
            "mergeOnly": reach == .none ? .boolean(true) : nil,
            "noForward": reach == .backward ? .boolean(true) : nil,
            "onlyAdjacent": reach == .adjacent ? .boolean(true) : nil,
            "removeConstantChannels": flag(\.removesConstantChannels),
            "swapChannels": flag(\.model.preparation.swapsChannels),
            "verify": flag(\.verifies),
        ]
        let members = general.compactMap { key, value in value.map { JSONValue.Member(key: key, value: $0) } }
        return .object((members + model.ownMembers).sorted { $0.key < $1.key })
    }

    /// The names of the options that every framework has.
    private static let generalKeys = [
        "allowUntrained", "assumeGlobalStats", "biasAsScale", "compress", "equalize", "foldPreprocessing", "half",
        "halfKeep", "halfLoss", "inputMean", "inputScale", "inputShape", "keepBatchStatistics",
        "keepTraining", "leftover", "mergeOnly", "noForward", "onlyAdjacent", "removeConstantChannels", "swapChannels",
        "verify",
    ]

    /// Reads what an object gives, and takes the rest from `defaults`.
    ///
    /// - Throws: for a name that is not known, and a value that no option takes.
    init(_ fields: JSONFields, defaults: JobOptions) throws(JSONError) {
        try fields.requireOnly((Self.generalKeys + Frontends.all.flatMap(\.standardOptions.keys)).sorted())
        self = defaults
        for frontend in Frontends.all { try model.read(fields, of: frontend) }
        allowsUntrained = try fields.boolean("allowUntrained") ?? allowsUntrained
        model.assumesStoredStatistics = try fields.boolean("assumeGlobalStats") ?? model.assumesStoredStatistics
        model.keepsBatchStatistics = try fields.boolean("keepBatchStatistics") ?? model.keepsBatchStatistics
        model.keepsTraining = try fields.boolean("keepTraining") ?? model.keepsTraining
        let noForward = try fields.boolean("noForward") ?? (reach == .backward)
        let onlyAdjacent = try fields.boolean("onlyAdjacent") ?? (reach == .adjacent)
        let mergeOnly = try fields.boolean("mergeOnly") ?? (reach == .none)
        reach = mergeOnly ? .none : onlyAdjacent ? .adjacent : noForward ? .backward : .wholeGraph
        writesBiasAsScale = try fields.boolean("biasAsScale") ?? writesBiasAsScale
        if let name = try fields.string("leftover") {
            guard let choice = LeftoverChoice(rawValue: name) else {
                let known = LeftoverChoice.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.error("leftover", "is '\(name)', expected one of \(known)")
            }
            leftover = choice
        }
        removesConstantChannels = try fields.boolean("removeConstantChannels") ?? removesConstantChannels
        equalizes = try fields.boolean("equalize") ?? equalizes
        try readHalf(fields)
        verifies = try fields.boolean("verify") ?? verifies
        model.preparation.foldsPreprocessing =
            try fields.boolean("foldPreprocessing") ?? model.preparation.foldsPreprocessing
        model.preparation.swapsChannels = try fields.boolean("swapChannels") ?? model.preparation.swapsChannels
        if let means = try fields.decimalLists("inputMean") { model.preparation.means = means }
        if let scales = try fields.decimalLists("inputScale") { model.preparation.scales = scales }
        if let level = try fields.integer("compress") {
            guard 0...9 ~= level else { throw fields.error("compress", "is \(level), expected a level from 0 to 9") }
            compression = level
        }
        if let shapes = try fields.integerLists("inputShape") {
            for (name, lengths) in shapes {
                // No framework that is read here has tensors of more than 32 axes or lengths beyond 32 bits.
                guard lengths.count <= 32, lengths.allSatisfy({ 1...Int(Int32.max) ~= $0 }), !name.isEmpty else {
                    throw fields.error(
                        "inputShape", "gives '\(name)' a shape that no \(Frontends.fallback.vocabulary.value) can have")
                }
            }
            // One shape of a line does not take away those that the command line gives other inputs.
            model.inputShapes.merge(shapes) { _, new in new }
        }
    }
}
