import JSON

/// How a model is read: what every framework knows, and what only one does.
public struct ModelOptions: Hashable, Sendable {
    /// Shapes of inputs that the files do not tell, by name, in the order of the framework.
    public var inputShapes: [String: [Int]] = [:]
    /// Normalise by the stored statistics also where the model asks for those of each batch.
    public var assumesStoredStatistics = false
    /// Leave normalisations that use the statistics of each batch, in a model that is deployed, which uses the stored ones otherwise.
    public var keepsBatchStatistics = false
    /// Only fold: leave what only training needs.
    public var keepsTraining = false
    /// What is done to data before the network gets it, and is to become part of the network.
    public var preparation = InputPreparation()
    /// Tell of numbers that a file holds in half precision that they are, also where it is read as if they were Float.
    public var tellsHalfPrecision = false
    /// Options that one frontend alone knows; those that are as nobody had said anything are left out.
    private var own: [any FrontendOptions] = []

    public init() {}

    /// The options that one frontend alone knows.
    public subscript<Options: FrontendOptions>(_ type: Options.Type) -> Options {
        get { own.lazy.compactMap { $0 as? Options }.first ?? Options() }
        set {
            own.removeAll { $0 is Options }
            guard newValue != Options() else { return }
            own.append(newValue)
            own.sort { $0.keys.first ?? "" < $1.keys.first ?? "" }
        }
    }

    /// The names of options that other frontends know alone, and that are not as when nobody says anything.
    public func keys<Options: FrontendOptions>(besides type: Options.Type) -> [String] {
        own.filter { !($0 is Options) }.flatMap { $0.json.map(\.key) }
    }

    public static func == (first: ModelOptions, second: ModelOptions) -> Bool {
        first.inputShapes == second.inputShapes && first.assumesStoredStatistics == second.assumesStoredStatistics
            && first.keepsBatchStatistics == second.keepsBatchStatistics && first.keepsTraining == second.keepsTraining
            && first.tellsHalfPrecision == second.tellsHalfPrecision
            && first.preparation == second.preparation && first.own.map(\.erased) == second.own.map(\.erased)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(inputShapes)
        hasher.combine(assumesStoredStatistics)
        hasher.combine(keepsBatchStatistics)
        hasher.combine(keepsTraining)
        hasher.combine(tellsHalfPrecision)
        hasher.combine(preparation)
        for options in own { hasher.combine(options.erased) }
    }
}

/// Options that one frontend alone knows.
public protocol FrontendOptions: Hashable, Sendable {
    /// As they are when nobody says anything.
    init()

    /// The names of all of them in JSON, sorted.
    var keys: [String] { get }

    /// Those that differ from the standard.
    var json: [JSONValue.Member] { get }

    /// Takes what an object gives, and leaves the rest.
    ///
    /// - Throws: for a value that no option takes.
    mutating func read(_ fields: JSONFields) throws(JSONError)
}

/// The options of a frontend that has none of its own.
public struct NoOwnOptions: FrontendOptions {
    public init() {}
    public var keys: [String] { [] }
    public var json: [JSONValue.Member] { [] }
    public mutating func read(_ fields: JSONFields) {}
}

extension FrontendOptions {
    fileprivate var erased: AnyHashable { AnyHashable(self) }
}

extension ModelOptions {
    /// Options of a frontend of whatever type: takes the place of those of the same type.
    public mutating func read(_ fields: JSONFields, of frontend: any Frontend) throws(JSONError) {
        try read(fields, frontend.standardOptions)
    }

    private mutating func read<Options: FrontendOptions>(
        _ fields: JSONFields, _ standard: Options
    ) throws(JSONError) {
        try self[Options.self].read(fields)
    }

    /// The options that differ from the standard, of all frontends.
    public var ownMembers: [JSONValue.Member] { own.flatMap(\.json) }
}
