import Testing

/// Nets with more ways for affines than the planner tries.
@Suite("The end of a search")
struct SearchEndTests {
    /// Branches that part and meet again behind one another, with a BatchNorm behind each pair.
    private var diamonds: String {
        var text = """
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 6 dim: 6 } } }
            layer { name: "conv" type: "Convolution" bottom: "data" top: "x" convolution_param { num_output: 2 kernel_size: 1 } }

            """
        var blob = "x"
        for index in 0..<30 {
            text += """
                layer { name: "ave\(index)" type: "Pooling" bottom: "\(blob)" top: "ave\(index)" pooling_param { pool: AVE kernel_size: 1 } }
                layer { name: "max\(index)" type: "Pooling" bottom: "\(blob)" top: "max\(index)" pooling_param { pool: MAX kernel_size: 1 } }
                layer { name: "sum\(index)" type: "Eltwise" bottom: "ave\(index)" bottom: "max\(index)" top: "sum\(index)" }
                layer { name: "bn\(index)" type: "BatchNorm" bottom: "sum\(index)" top: "bn\(index)" }

                """
            blob = "bn\(index)"
        }
        return text
    }

    @Test("a search that was ended is told in text and report")
    func told() async throws {
        let folder = try TemporaryFolder()
        try folder.write(diamonds, to: "net.prototxt")
        let text = try await Program.run(["inspect", "--prototxt", "net.prototxt"], in: folder)
        #expect(text.code == 0, "\(text.errors)")
        let json = try await Program.run(["inspect", "--prototxt", "net.prototxt", "--json", "--quiet"], in: folder)
        #expect(json.code == 0, "\(json.errors)")
        let report = try Report(json.output)
        let search = try #require(report.search)
        #expect(search.work > 0 && search.sentence.contains("what is planned is exact, but more might fold"))
        #expect(text.output.contains(search.sentence))
    }

    @Test("a search that came to its own end is no matter of the report")
    func untold() async throws {
        let outcome = try await Program.run(["inspect", "net.h5", "--json", "--quiet"], in: try TinyNet.folder())
        #expect(outcome.code == 0, "\(outcome.errors)")
        let report = try Report(outcome.output)
        #expect(report.search == nil)
    }

    @Test("a Concat of more channels than Caffe counts is refused by its name")
    func doubling() async throws {
        var text = """
            layer { name: "data" type: "Input" top: "e0" input_param { shape { dim: 1 dim: 2 dim: 6 dim: 6 } } }

            """
        for index in 1...70 {
            text += """
                layer { name: "e\(index)" type: "Concat" bottom: "e\(index - 1)" bottom: "e\(index - 1)" top: "e\(index)" }

                """
        }
        let folder = try TemporaryFolder()
        try folder.write(text, to: "net.prototxt")
        let outcome = try await Program.run(["inspect", "--prototxt", "net.prototxt"], in: folder)
        #expect(outcome.code == 65)
        // 2 channels doubled 30 times are 2^31.
        #expect(outcome.errors.contains("'e30'") && outcome.errors.contains("2147483647"), "\(outcome.errors)")
    }
}
