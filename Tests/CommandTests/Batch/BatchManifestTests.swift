import Testing

@testable import BNFoldKit

/// Lists of jobs in files.
@Suite("Manifests")
struct BatchManifestTests {
    @Test("a line gives a job; what it leaves out comes from the command line")
    func defaults() throws {
        var options = JobOptions()
        options.compression = 3
        let jobs = try jobs(
            """
            {"input": "run/a.caffemodel"}

            {"input": "/x/b.h5", "prototxt": "nets/b.prototxt", "output": "b/c.h5", "outputPrototxt": "b/d.prototxt"}
            """, JobDefaults(prototxt: "/nets/all.prototxt", options: options))
        #expect(jobs.map(\.name) == ["run/a.caffemodel", "b/c.h5"])
        #expect(jobs[0].input.hasSuffix("/run/a.caffemodel") && jobs[0].input.hasPrefix("/"))
        #expect(jobs[0].prototxt == "/nets/all.prototxt" && jobs[0].output == "/out/run/a.caffemodel")
        #expect(jobs[0].options.compression == 3)
        #expect(jobs[1].input == "/x/b.h5" && jobs[1].prototxt?.hasSuffix("/nets/b.prototxt") == true)
        #expect(jobs[1].output == "/out/b/c.h5" && jobs[1].outputPrototxt == "/out/b/d.prototxt")
    }

    @Test("an input that lies elsewhere keeps only its name", arguments: ["/x/y/a.h5", "../y/a.h5"])
    func outputOfInputElsewhere(input: String) throws {
        #expect(try jobs("{\"input\": \"\(input)\"}").map(\.output) == ["/out/a.h5"])
    }

    @Test("options of a line win over those of the command line, one by one")
    func options() throws {
        var options = JobOptions()
        options.caffe.inputShapes = ["data": [1, 3, 8, 8], "other": [1, 1]]
        options.caffe.keepsTraining = true
        let line = """
            {"input": "a.h5", "options": {"inputShape": {"data": [1, 3, 16, 16]}, "level": 2, "stage": ["s"], "keepTraining": false, \
            "assumeGlobalStats": true, "allowUntrained": true, "compress": 9, "biasAsScale": true, "batchNormDialect": "nvcaffe"}}
            """
        let job = try #require(try jobs(line, JobDefaults(options: options)).first)
        #expect(job.options.caffe.inputShapes == ["data": [1, 3, 16, 16], "other": [1, 1]])
        #expect(job.options.caffe.state == NetState(level: 2, stages: ["s"]))
        #expect(!job.options.caffe.keepsTraining && job.options.caffe.assumesGlobalStatistics)
        #expect(job.options.allowsUntrained && job.options.compression == 9 && job.options.writesBiasAsScale)
        #expect(job.options.caffe.batchNormDialect == .nvcaffe)
    }

    @Test("a line may fold further than the command line, and less far")
    func reach() throws {
        var options = JobOptions()
        options.reach = .adjacent
        let lines = """
            {"input": "a.h5"}
            {"input": "b.h5", "options": {"onlyAdjacent": false}}
            {"input": "c.h5", "options": {"onlyAdjacent": false, "noForward": true}}
            """
        #expect(
            try jobs(lines, JobDefaults(options: options)).map(\.options.reach) == [.adjacent, .wholeGraph, .backward])
        #expect(
            try jobs("{\"input\": \"a.h5\", \"options\": {\"noForward\": true}}").map(\.options.reach) == [.backward])
    }

    @Test("a job that is written as a line is the same when it is read", arguments: FoldReach.allCases)
    func roundTrip(reach: FoldReach) throws {
        var job = BatchJob(name: "a/b.h5", input: "/in/b.h5", prototxt: "/in/p.prototxt", output: "/out/a/b.h5")
        job.outputPrototxt = "/elsewhere/q.prototxt"
        job.options.caffe.inputShapes = ["data": [1, 2]]
        job.options.caffe.state = NetState(level: 1, stages: ["x", "y"])
        job.options.caffe.batchNormDialect = .bnVariance
        job.options.compression = 5
        job.options.reach = reach
        #expect(try jobs(BatchManifest.line(for: job)) == [job])
    }

    @Test(
        "a mistake is told with line and column",
        arguments: [
            ("{\"input\": \"a.h5\"}\n{\"input\" \"b.h5\"}", "2:10", "':'"),
            ("{}", "1:1", "no 'input'"),
            ("[]", "1:1", "an object"),
            ("{\"input\": 7}", "1:11", "a string"),
            ("{\"input\": \"\"}", "1:11", "no path"),
            ("{\"input\": \"a\\u0000b\"}", "1:11", "no path"),
            ("{\"input\": \"a.h5\", \"ouput\": \"b\"}", "1:28", "'ouput'"),
            ("{\"input\": \"a.h5\", \"output\": \".\"}", "1:29", "no file"),
            ("{\"input\": \"a.h5\", \"input\": \"b.h5\"}", "1:19", "twice"),
            ("{\"input\": \"a.h5\", \"options\": {\"compress\": 10}}", "1:43", "0 to 9"),
            ("{\"input\": \"a.h5\", \"options\": {\"force\": true}}", "1:40", "'force'"),
            ("{\"input\": \"a.h5\", \"options\": {\"batchNormDialect\": \"x\"}}", "1:51", "nvcaffe"),
            ("{\"input\": \"a.h5\", \"options\": {\"inputShape\": {\"data\": [0]}}}", "1:45", "'data'"),
            ("{\"input\": \"a.h5\", \"options\": {\"inputShape\": {\"data\": [1.5]}}}", "1:45", "whole numbers"),
            ("{\"input\": \"a.h5\", \"options\": {\"inputShape\": [1]}}", "1:45", "whole numbers"),
        ])
    func mistakes(text: String, place: String, word: String) {
        let error = #expect(throws: BNFoldError.self) { try jobs(text) }
        #expect(error?.kind == .malformed)
        #expect(error?.message.contains("jobs.jsonl:\(place): ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test("a path that no system takes is refused before it is used")
    func longPath() {
        let path = String(repeating: "a/", count: 1 << 19)
        #expect(throws: BNFoldError.self) { try jobs("{\"input\": \"\(path)\"}") }
    }

    @Test("a manifest without jobs is an error", arguments: ["", "\n \n"])
    func empty(text: String) {
        let error = #expect(throws: BNFoldError.self) { try jobs(text) }
        #expect(error?.message.contains("no jobs") == true)
    }

    private func jobs(_ text: String, _ defaults: JobDefaults = JobDefaults()) throws -> [BatchJob] {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "jobs.jsonl")
        return try BatchManifest(path: folder.path("jobs.jsonl"), outputFolder: "/out", defaults: defaults).jobs
    }
}
