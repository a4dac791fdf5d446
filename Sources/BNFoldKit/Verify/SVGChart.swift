/// What the charts of this library have in common: a page, axes on its left with lines across, and names below.
struct SVGChart {
    let left: Double
    let right: Double

    /// The beginning of a document that is as high as what ends at `bottom` and the names below it.
    ///
    /// - Parameter title: escaped.
    func opening(bottom: Double, title: String) -> [String] {
        let width = SVGText.number(right + 30)
        let height = SVGText.number(bottom + 150)
        return [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"\(SVGText.number(left))\" y=\"20\" font-size=\"14\">\(title)</text>",
        ]
    }

    /// Lines across at the marks of an axis, what they stand for, and what the axis is, written upwards.
    func grid(_ marks: [(y: Double, label: String)], title: String, top: Double, bottom: Double) -> [String] {
        var lines: [String] = []
        for mark in marks {
            let y = SVGText.number(mark.y)
            lines.append("<path d=\"M\(SVGText.number(left)) \(y) H\(SVGText.number(right))\" stroke=\"#ddd\"/>")
            lines.append(
                "<text x=\"\(SVGText.number(left - 8))\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">\(mark.label)</text>")
        }
        let middle = SVGText.number((top + bottom) / 2)
        lines.append(
            "<text x=\"16\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 16 \(middle))\">\(title)</text>"
        )
        return lines
    }

    /// A name below an axis, slanting, cut where it is long.
    ///
    /// - Parameters:
    ///   - color: `nil` for black.
    ///   - note: behind the name, escaped.
    static func name(_ name: String, x: Double, below bottom: Double, color: String? = nil, note: String = "") -> String
    {
        let (x, y) = (SVGText.number(x), SVGText.number(bottom + 14))
        let short = name.count > 24 ? name.prefix(23) + "…" : name[...]
        let fill = color.map { " fill=\"\($0)\"" } ?? ""
        return
            "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"end\" transform=\"rotate(-60 \(x) \(y))\"\(fill)>\(SVGText.escaped(String(short)))\(note)</text>"
    }
}
