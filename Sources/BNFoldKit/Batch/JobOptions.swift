import CaffeModel
import Folding
import JSON

/// How one job folds: all that decides, beside the input, what its output is.
///
/// In JSON the names are those of the options of `bnfold fold`, in camel case.
public struct JobOptions: Hashable, Sendable {
    public var caffe = CaffeOptions()
    /// Fold BatchNorms whose moving-average factor is 0, as Caffe runs them.
    public var allowsUntrained = false
    /// How far an affine may go to a layer that takes it.
    public var reach = FoldReach.wholeGraph
    /// Leave a shift that nothing takes as a Scale with factors of 1.
    public var writesBiasAsScale = false
    /// gzip level of the output's datasets, 0 for none.
    public var compression = 0
    /// Run both networks and compare them.
    public var verifies = false

    public init() {}
}

/// What a job takes from the command line when its line does not tell it.
public struct JobDefaults: Hashable, Sendable {
    /// `nil` to look for it beside the weights.
    public var prototxt: String?
    public var options: JobOptions

    public init(prototxt: String? = nil, options: JobOptions = JobOptions()) {
        self.prototxt = prototxt
        self.options = options
    }
}

extension JobOptions {
    /// Only what differs from the defaults, so that a new option does not make old records look different.
    var json: JSONValue {
        let standard = JobOptions()
        let shapes = caffe.inputShapes.sorted { $0.key < $1.key }.map { name, lengths in
            JSONValue.Member(key: name, value: .array(lengths.map(JSONValue.integer)))
        }
        func flag(_ option: KeyPath<JobOptions, Bool>) -> JSONValue? {
            self[keyPath: option] == standard[keyPath: option] ? nil : .boolean(self[keyPath: option])
        }
        return .object([
            "allowUntrained": flag(\.allowsUntrained),
            "assumeGlobalStats": flag(\.caffe.assumesGlobalStatistics),
            "batchNormDialect": caffe.batchNormDialect.map { .string($0.rawValue) },
            "biasAsScale": flag(\.writesBiasAsScale),
            "compress": compression == standard.compression ? nil : .integer(compression),
            "ignoreSurplus": flag(\.caffe.ignoresSurplus),
            "inputShape": shapes.isEmpty ? nil : .object(shapes),
            "keepBatchStatistics": flag(\.caffe.keepsBatchStatistics),
            "keepTraining": flag(\.caffe.keepsTraining),
            "level": caffe.state.level == standard.caffe.state.level ? nil : .integer(caffe.state.level),
            "noForward": reach == .backward ? .boolean(true) : nil,
            "onlyAdjacent": reach == .adjacent ? .boolean(true) : nil,
            "stage": caffe.state.stages.isEmpty ? nil : .array(caffe.state.stages.map(JSONValue.string)),
            "verify": flag(\.verifies),
        ])
    }

    /// Reads what an object gives, and takes the rest from `defaults`.
    ///
    /// - Throws: for a name that is not known, and a value that no option takes.
    init(_ fields: JSONFields, defaults: JobOptions) throws(JSONError) {
        try fields.requireOnly([
            "allowUntrained", "assumeGlobalStats", "batchNormDialect", "biasAsScale", "compress", "ignoreSurplus",
            "inputShape", "keepBatchStatistics", "keepTraining", "level", "noForward", "onlyAdjacent", "stage",
            "verify",
        ])
        self = defaults
        allowsUntrained = try fields.boolean("allowUntrained") ?? allowsUntrained
        caffe.assumesGlobalStatistics = try fields.boolean("assumeGlobalStats") ?? caffe.assumesGlobalStatistics
        caffe.keepsBatchStatistics = try fields.boolean("keepBatchStatistics") ?? caffe.keepsBatchStatistics
        caffe.ignoresSurplus = try fields.boolean("ignoreSurplus") ?? caffe.ignoresSurplus
        caffe.keepsTraining = try fields.boolean("keepTraining") ?? caffe.keepsTraining
        caffe.state.level = try fields.integer("level") ?? caffe.state.level
        caffe.state.stages = try fields.strings("stage") ?? caffe.state.stages
        let noForward = try fields.boolean("noForward") ?? (reach == .backward)
        let onlyAdjacent = try fields.boolean("onlyAdjacent") ?? (reach == .adjacent)
        reach = onlyAdjacent ? .adjacent : noForward ? .backward : .wholeGraph
        writesBiasAsScale = try fields.boolean("biasAsScale") ?? writesBiasAsScale
        verifies = try fields.boolean("verify") ?? verifies
        if let level = try fields.integer("compress") {
            guard 0...9 ~= level else { throw fields.error("compress", "is \(level), expected a level from 0 to 9") }
            compression = level
        }
        if let name = try fields.string("batchNormDialect") {
            guard let dialect = BatchNormDialect(rawValue: name) else {
                let known = BatchNormDialect.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.error("batchNormDialect", "is '\(name)', expected one of \(known)")
            }
            caffe.batchNormDialect = dialect
        }
        if let shapes = try fields.integerLists("inputShape") {
            for (name, lengths) in shapes {
                // Caffe keeps lengths in 32 bits and has no blobs of more than 32 axes.
                guard lengths.count <= 32, lengths.allSatisfy({ 1...Int(Int32.max) ~= $0 }), !name.isEmpty else {
                    throw fields.error("inputShape", "gives '\(name)' a shape that no blob can have")
                }
            }
            // One shape of a line does not take away those that the command line gives other inputs.
            caffe.inputShapes.merge(shapes) { _, new in new }
        }
    }
}
