import BNFoldKit
import Files

extension ConsoleOptions {
    /// Prints the outcome of a comparison to standard output.
    func show(_ report: VerifyReport, json: Bool) throws(BNFoldError) {
        if !quiet { report.remarks?.map(\.line).forEach(Console.note) }
        if json {
            try Console.print(try report.json())
        } else if !quiet || !report.isWithin {
            let text = VerifyText(isColored: isatty(1) == 1 && Console.allowsColor, isVerbose: verbose)
            try Console.print(Array(text.render(report).utf8))
        }
    }
}
