import Folding
import JSON

extension JobOptions {
    /// Reads what a line says of half precision: `"half": "weights"` or `"graph"`, or `true` and `false`, and the options of it.
    mutating func readHalf(_ fields: JSONFields) throws(JSONError) {
        if fields.isBoolean("half") {
            half = try fields.boolean("half") == true ? half ?? HalfPrecisionOptions() : nil
        } else if let name = try fields.string("half") {
            guard let extent = HalfPrecisionOptions.Extent(rawValue: name) else {
                let known = HalfPrecisionOptions.Extent.allCases.map(\.rawValue).joined(separator: ", ")
                throw fields.error("half", "is '\(name)', expected one of \(known), or true or false")
            }
            half = half ?? HalfPrecisionOptions()
            half?.extent = extent
        }
        if let layers = try fields.strings("halfKeep") {
            guard half != nil else { throw fields.error("halfKeep", "means nothing without half") }
            half?.keptLayers = layers
        }
        if let share = try fields.decimal("halfLoss") {
            guard half != nil else { throw fields.error("halfLoss", "means nothing without half") }
            guard (0...1).contains(share) else {
                throw fields.error("halfLoss", "is \(share), expected a share from 0 to 1")
            }
            half?.largestLoss = share
        }
    }
}
