import Frontend
import JSON

/// The options that only Caffe's nets have.
public struct CaffeNetOptions: FrontendOptions {
    public var state = NetState()
    /// The dialect of BatchNorms whose blobs do not tell it.
    public var batchNormDialect: BatchNormDialect?
    /// Leave out normalisations and Scales of the weights that the net lacks, instead of refusing them.
    public var ignoresSurplus = false
    /// Write layers of forks as those of BVLC Caffe that compute the same.
    public var usesStandardTypes = false

    public init() {}

    public var keys: [String] { ["batchNormDialect", "ignoreSurplus", "level", "stage", "standardTypes"] }

    public var json: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        func add(_ key: String, _ value: JSONValue) { members.append(JSONValue.Member(key: key, value: value)) }
        if let batchNormDialect { add("batchNormDialect", .string(batchNormDialect.rawValue)) }
        if ignoresSurplus { add("ignoreSurplus", .boolean(true)) }
        if state.level != 0 { add("level", .integer(state.level)) }
        if !state.stages.isEmpty { add("stage", .array(state.stages.map(JSONValue.string))) }
        if usesStandardTypes { add("standardTypes", .boolean(true)) }
        return members
    }

    public mutating func read(_ fields: JSONFields) throws(JSONError) {
        ignoresSurplus = try fields.boolean("ignoreSurplus") ?? ignoresSurplus
        usesStandardTypes = try fields.boolean("standardTypes") ?? usesStandardTypes
        state.level = try fields.integer("level") ?? state.level
        state.stages = try fields.strings("stage") ?? state.stages
        if let name = try fields.string("batchNormDialect") {
            guard let dialect = BatchNormDialect(rawValue: name) else {
                let known = BatchNormDialect.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.error("batchNormDialect", "is '\(name)', expected one of \(known)")
            }
            batchNormDialect = dialect
        }
    }
}

extension CaffeOptions {
    /// What a model's options say about a net.
    public init(_ options: ModelOptions) {
        self.init()
        let own = options[CaffeNetOptions.self]
        state = own.state
        batchNormDialect = own.batchNormDialect
        ignoresSurplus = own.ignoresSurplus
        usesStandardTypes = own.usesStandardTypes
        inputShapes = options.inputShapes
        assumesGlobalStatistics = options.assumesStoredStatistics
        keepsBatchStatistics = options.keepsBatchStatistics
        keepsTraining = options.keepsTraining
        tellsHalfPrecision = options.tellsHalfPrecision
    }
}

extension ModelOptions {
    /// The same in the terms of Caffe.
    public var caffe: CaffeOptions {
        get { CaffeOptions(self) }
        set {
            self[CaffeNetOptions.self].state = newValue.state
            self[CaffeNetOptions.self].batchNormDialect = newValue.batchNormDialect
            self[CaffeNetOptions.self].ignoresSurplus = newValue.ignoresSurplus
            self[CaffeNetOptions.self].usesStandardTypes = newValue.usesStandardTypes
            inputShapes = newValue.inputShapes
            assumesStoredStatistics = newValue.assumesGlobalStatistics
            keepsBatchStatistics = newValue.keepsBatchStatistics
            keepsTraining = newValue.keepsTraining
            tellsHalfPrecision = newValue.tellsHalfPrecision
        }
    }
}
