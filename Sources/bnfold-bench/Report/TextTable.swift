/// Rows of text below a header, in columns as wide as their longest entry.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []
    /// Columns whose entries begin at the same place; those of the others end there.
    var leftAligned: Set<Int> = []

    /// The lines, without blanks at their ends; a row may have fewer entries than the header.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, text) in row.enumerated() where column < widths.count {
                let padding = String(repeating: " ", count: widths[column] - text.count)
                line += (column > 0 ? "  " : "") + (leftAligned.contains(column) ? text + padding : padding + text)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// Numbers as a table shows them.
enum Number {
    /// With so many digits after the point, rounded to nearest; `-` for one that is none or leaves the range of the format.
    static func fixed(_ number: Double, digits: Int) -> String {
        let factor = (0..<digits).reduce(1) { factor, _ in factor * 10 }
        guard let scaled = Int(exactly: (number * Double(factor)).rounded()) else { return "-" }
        let magnitude = scaled.magnitude
        let sign = scaled < 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(magnitude)" }
        let fraction = String(magnitude % UInt(factor))
        return "\(sign)\(magnitude / UInt(factor))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    static func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1e3, digits: seconds < 0.1 ? 2 : 0) }

    /// Bytes in MiB; `-` where they are not known.
    static func mebibytes(_ bytes: Int?) -> String { bytes.map { fixed(Double($0) / 0x1p20, digits: 1) } ?? "-" }
}
