import Files

/// Rows of text in aligned columns.
enum TextTable {
    /// Columns as wide as their longest entry, though not wider than a screen, indented by two blanks; no blanks at the end of a line. What a
    /// terminal would obey is escaped.
    ///
    /// - Parameter alignsRight: all columns but the first end at the same place instead of beginning there.
    static func lines(_ rows: [[String]], alignsRight: Bool = false) -> [String] {
        let entries = rows.map { row in
            row.map { text in
                let text = text.printable
                return (text: text, width: text.count)
            }
        }
        var widths = [Int](repeating: 0, count: rows.map(\.count).max() ?? 0)
        for row in entries {
            for (column, entry) in row.enumerated() { widths[column] = min(max(widths[column], entry.width), widest) }
        }
        return entries.map { row in
            // Bytes, for a String takes long to add a blank to.
            var line = [blank]
            for (column, entry) in row.enumerated() {
                let padding = repeatElement(blank, count: max(widths[column] - entry.width, 0))
                if alignsRight, column > 0 {
                    line += repeatElement(blank, count: 3)
                    line += padding
                    line += entry.text.utf8
                } else {
                    line.append(blank)
                    line += entry.text.utf8
                    line += padding
                }
                if !alignsRight { line.append(blank) }
            }
            while line.last == blank { line.removeLast() }
            return String(decoding: line, as: UTF8.self)
        }
    }

    private static let blank = UInt8(ascii: " ")

    /// Longer entries push what follows them to the right, in their row alone.
    private static let widest = 200
}
