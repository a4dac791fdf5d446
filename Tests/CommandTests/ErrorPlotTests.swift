import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The SVG of `--plot`: well-formed, and all that matters in it.
@Suite("The plot of errors")
struct ErrorPlotTests {
    /// What an XML parser finds in a plot.
    private final class Drawing: NSObject, XMLParserDelegate {
        var elements: [String] = []
        var texts: [String] = []
        var titles: [String] = []
        private var characters = ""

        init(_ svg: Data) throws {
            super.init()
            let parser = XMLParser(data: svg)
            parser.delegate = self
            try #require(parser.parse(), "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")")
        }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements.append(name)
            characters = ""
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { characters += string }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            if name == "title" { titles.append(characters) }
            if name == "text" { texts.append(characters) }
            characters = ""
        }
    }

    /// Draws a pair with `verify --plot`.
    private func drawing(of pair: FoldedPair, _ options: [String] = []) async throws -> Drawing {
        let outcome = try await pair.run(["--plot", "plot.svg", "--force"] + options)
        try #require(outcome.code == 0 || outcome.code == 2, "\(outcome)")
        return try Drawing(pair.folder.data("plot.svg"))
    }

    @Test("shows every blob and every fold of every net by name", arguments: Fixture.all)
    func everything(fixture: Fixture) async throws {
        let pair = try await FoldedPair(fixture)
        let report = try await pair.verify().report
        let drawing = try await drawing(of: pair)
        #expect(drawing.elements.first == "svg")
        for blob in report.blobs { #expect(drawing.titles.contains { $0.hasPrefix(blob.name + ": ") }, "\(blob.name)") }
        for fold in report.folds {
            let name = (fold.changed + fold.removed).joined(separator: ", ")
            #expect(drawing.titles.contains { $0.hasPrefix(name + ": ") }, "\(name)")
            #expect(drawing.titles.contains { $0.hasPrefix(name + " at nearest: ") }, "\(name)")
        }
        #expect(drawing.titles.count == report.blobs.count + 2 * report.folds.count)
    }

    @Test("shows the largest error of each fold above, with the bound of its channel, and the nearest ratio below")
    func deadChannel() async throws {
        // A channel whose BatchNorm and weights leave next to nothing of it, with a bound that is next to nothing.
        let folder = try TinyNet.folder { net in
            net.weights.add("scale", 0, [2], [1.1e-12, 2.1])
        }
        let fold = try await Program.run(
            ["net.h5", "out.h5", "--verify", "--plot", "p.svg", "--report", "r.json"], in: folder)
        try #require(fold.code == 0, "\(fold)")
        let report = try #require(try Report(folder.text("r.json")).verification)
        let found = try #require(report.folds.first)
        let largest = try #require(found.largest)
        #expect(largest.channel == 1 && (largest.error ?? 0) > 1e-9)
        let drawing = try Drawing(folder.data("p.svg"))
        #expect(drawing.titles.contains { $0.hasSuffix(", channel \(largest.channel)") && $0.contains(", bound ") })
        #expect(drawing.titles.contains { $0.contains(" at nearest: ") && $0.contains("times its bound") })
    }

    @Test("has a legend, a verdict and an axis whose labels are powers of ten")
    func legend() async throws {
        let texts = try await drawing(of: try await FoldedPair(.lenet)).texts
        for text in ["bound", "tolerance", "fold by itself", "blob, double precision"] {
            #expect(texts.contains(text), "\(text)")
        }
        #expect(texts.contains { $0.hasSuffix("weights.caffemodel.h5: within") }, "\(texts)")
        #expect(texts.contains("1e-8") && texts.contains("0"))
        #expect(texts.contains("conv1") && texts.contains("prob"))
    }

    @Test("says beyond where the networks differ, with infinite errors at the top")
    func beyond() async throws {
        var pair = try await FoldedPair(.lenet)
        var weights = try pair.folded.values("conv2", 0)
        weights[0] = .nan
        try pair.folded.set("conv2", 0, weights)
        let drawing = try await drawing(of: pair)
        #expect(drawing.texts.contains { $0.hasSuffix(": beyond") })
        #expect(drawing.titles.contains("conv2: infinite"), "\(drawing.titles)")
    }

    @Test(
        "escapes what XML gives a meaning and what nobody can see, and leaves out what it cannot hold",
        arguments: [
            (#"a<b>&amp;]]>"#, "a<b>&amp;]]>"), (#"\"quoted\" it's"#, "\"quoted\" it's"), (#"<!-- "#, "<!-- "),
            (#"bell\007 tab\t end"#, #"bell\u{7} tab\u{9} end"#), (#"\357\277\276\357\277\277x"#, "x"),
            ("größer ≥ 漢字", "größer ≥ 漢字"),
        ])
    func names(written: String, shown: String) async throws {
        let folder = try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing("top: \"conv\"", with: "top: \"\(written)\"")
                .replacing("bottom: \"conv\"", with: "bottom: \"\(written)\"")
        }
        let fold = try await Program.run(["net.h5", "o&<.h5", "--verify", "--plot", "p.svg"], in: folder)
        try #require(fold.code == 0, "\(fold)")
        let drawing = try Drawing(folder.data("p.svg"))
        #expect(drawing.titles.contains { $0.hasPrefix(shown + ": ") }, "\(drawing.titles)")
        #expect(drawing.texts.contains { $0.hasPrefix("o&<.h5 against net.h5") }, "\(drawing.texts)")
    }

    @Test("of a net with very long names stays readable: labels are cut, titles are not")
    func longNames() async throws {
        let name = String(repeating: "long/", count: 50)
        let folder = try TinyNet.folder { $0.prototxt = $0.prototxt.replacing("\"data\"", with: "\"\(name)\"") }
        let fold = try await Program.run(["net.h5", "out.h5", "--verify", "--plot", "p.svg"], in: folder)
        try #require(fold.code == 0, "\(fold)")
        let drawing = try Drawing(folder.data("p.svg"))
        #expect(drawing.titles.contains { $0.hasPrefix(name + ": ") })
        #expect(drawing.texts.allSatisfy { $0.count < 80 }, "\(drawing.texts)")
    }
}
