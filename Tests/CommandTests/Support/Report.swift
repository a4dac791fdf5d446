import BNFoldKit
import Foundation

/// The program's JSON report, decoded.
@dynamicMemberLookup
struct Report {
    private let report: FoldReport

    init(_ json: String) throws { report = try JSONDecoder().decode(FoldReport.self, from: Data(json.utf8)) }

    subscript<Field>(dynamicMember field: KeyPath<FoldReport, Field>) -> Field { report[keyPath: field] }

    /// The number of layers of a type before and after.
    func counts(of type: String) -> [Int] {
        let counts = report.count(of: type)
        return [counts.before, counts.after]
    }
}
