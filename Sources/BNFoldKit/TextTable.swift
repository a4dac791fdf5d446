import Files

/// Rows of text in aligned columns.
enum TextTable {
    /// Columns as wide as their longest entry, though not wider than a screen, indented by two blanks; no blanks at the end of a line. What a
    /// terminal would obey is escaped.
    ///
    /// - Parameter alignsRight: all columns but the first end at the same place instead of beginning there.
    static func lines(_ rows: [[String]], alignsRight: Bool = false) -> [String] {
        let rows = rows.map { $0.map(\.printable) }
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            min(rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0, widest)
        }
        return rows.map { row in
            var line = " "
            for (column, text) in row.enumerated() {
                let padding = String(repeating: " ", count: max(widths[column] - text.count, 0))
                line += alignsRight && column > 0 ? "   " + padding + text : " " + text + padding
                if !alignsRight { line += " " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Longer entries push what follows them to the right, in their row alone.
    private static let widest = 200
}
