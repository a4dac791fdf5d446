import Testing

@testable import BNFoldKit

/// How a list is split among machines.
@Suite("Shards")
struct ShardTests {
    @Test("every element is in exactly one shard, in its order", arguments: [1, 2, 3, 7, 40, 41])
    func split(count: Int) throws {
        for total in [0, 1, 2, 40] {
            let elements = Array(0..<total)
            let parts = try (1...count).map { try #require(Shard($0, of: count)).select(elements) }
            #expect(parts.flatMap { $0 }.sorted() == elements)
            #expect(parts.allSatisfy { $0 == $0.sorted() })
            #expect((parts.map(\.count).max() ?? 0) - (parts.map(\.count).min() ?? 0) <= 1)
        }
    }

    @Test("I/N is read", arguments: [("1/1", "1/1"), ("3/4", "3/4"), ("4/4", "4/4")])
    func explicit(text: String, shard: String) throws {
        #expect(try Shard(text, environment: ["SLURM_ARRAY_TASK_ID": "9"]).description == shard)
    }

    @Test(
        "what is no shard is a usage error that shows it",
        arguments: [
            "", "/", "0/4", "5/4", "-1/4", "1/0", "1", "1/2/3", "a/b", "auto/0", "auto/x", "auto/1/2",
            "1/99999999999999999999",
        ])
    func wrong(text: String) {
        let error = #expect(throws: BNFoldError.self) { try Shard(text, environment: [:]) }
        #expect(error?.kind == .usage && error?.message.contains("'\(text)'") == true)
    }

    /// ID, MIN, MAX, COUNT, STEP of an array, and the shard.
    @Test(
        "the task of a Slurm array is found",
        arguments: [
            ([0, 0, 3, 4, 1], "1/4"), ([3, 0, 3, 4, 1], "4/4"), ([1, 1, 4, 4, 1], "1/4"), ([15, 10, 20, 3, 5], "2/3"),
            ([7, 7, 7, 1, 1], "1/1"),
        ])
    func slurm(numbers: [Int], shard: String) throws {
        #expect(try Shard("auto", environment: Self.array(numbers)).description == shard)
    }

    @Test(
        "an array without equal steps, or with numbers that do not fit, is an error",
        arguments: [
            [3, 1, 7, 3, 1], [5, 0, 3, 4, 1], [0, 1, 4, 4, 1], [2, 1, 7, 4, 2], [1, 1, 1, 0, 1],
        ])
    func irregularArray(numbers: [Int]) {
        let error = #expect(throws: BNFoldError.self) { try Shard("auto", environment: Self.array(numbers)) }
        #expect(error?.kind == .usage)
    }

    @Test("part of an array that was submitted again does not pass for the whole")
    func partOfArray() {
        #expect(throws: BNFoldError.self) { try Shard("auto/4", environment: Self.array([2, 2, 3, 2, 1])) }
    }

    @Test("a variable of Slurm that is no number is named", arguments: ["", "x", "-1", "99999999999999999999"])
    func strangeVariable(text: String) {
        var environment = Self.array([0, 0, 3, 4, 1])
        environment["SLURM_ARRAY_TASK_COUNT"] = text
        let error = #expect(throws: BNFoldError.self) { try Shard("auto", environment: environment) }
        #expect(error?.message.contains("SLURM_ARRAY_TASK_COUNT") == true)
    }

    @Test("the pod of an indexed Job is found with the total", arguments: [("0", "1/8"), ("7", "8/8")])
    func kubernetes(index: String, shard: String) throws {
        #expect(try Shard("auto/8", environment: ["JOB_COMPLETION_INDEX": index]).description == shard)
    }

    @Test(
        "an indexed Job without a total, or with an index beyond it, is an error",
        arguments: [("auto", "0"), ("auto/8", "8"), ("auto/8", "-1"), ("auto/8", "")])
    func kubernetesWithoutTotal(text: String, index: String) {
        let error = #expect(throws: BNFoldError.self) { try Shard(text, environment: ["JOB_COMPLETION_INDEX": index]) }
        #expect(error?.kind == .usage)
    }

    @Test("auto outside of both says what it looked for")
    func nowhere() {
        let error = #expect(throws: BNFoldError.self) { try Shard("auto", environment: [:]) }
        #expect(error?.message.contains("SLURM_ARRAY_TASK_ID") == true)
    }

    private static func array(_ numbers: [Int]) -> [String: String] {
        let names = ["ID", "MIN", "MAX", "COUNT", "STEP"].map { "SLURM_ARRAY_TASK_" + $0 }
        return Dictionary(uniqueKeysWithValues: zip(names, numbers.map(String.init)))
    }
}
