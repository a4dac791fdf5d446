/// One of several parts that a list of jobs is split into: one machine, or one task of an array, works on each.
///
/// Jobs are dealt out in turn, job 1 to shard 1, job 2 to shard 2 and so on: large snapshots of one run spread over all shards.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
    /// From 1 on.
    public let index: Int
    public let count: Int

    /// The whole list.
    public static let whole = Shard(unchecked: 1, of: 1)

    /// `nil` for an index that is not from 1 to `count`.
    public init?(_ index: Int, of count: Int) {
        guard count >= 1, 1...count ~= index else { return nil }
        self.init(unchecked: index, of: count)
    }

    private init(unchecked index: Int, of count: Int) {
        self.index = index
        self.count = count
    }

    public var description: String { "\(index)/\(count)" }

    /// The elements of this shard, in their order.
    public func select<Element>(_ elements: [Element]) -> [Element] {
        guard count > 1 else { return elements }
        return stride(from: index - 1, to: elements.count, by: count).map { elements[$0] }
    }

    /// The environment variables that tell it.
    public static let variables =
        ["ID", "MIN", "MAX", "COUNT", "STEP"].map { "SLURM_ARRAY_TASK_" + $0 } + ["JOB_COMPLETION_INDEX"]

    /// Reads `I/N`; `auto` for the task of a Slurm array; `auto/N` for that of an indexed Job of Kubernetes, or of an array of N tasks.
    ///
    /// - Throws: `BNFoldError` of the kind `usage`.
    public init(_ text: String, environment: [String: String]) throws(BNFoldError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts[0] == "auto", parts.count <= 2 {
            var total: Int?
            if parts.count == 2 {
                guard let number = Int(parts[1]), number >= 1 else { throw Self.notAShard(text) }
                total = number
            }
            self = try Self.detected(total: total, environment: environment)
            return
        }
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]),
            let shard = Shard(index, of: count)
        else { throw Self.notAShard(text) }
        self = shard
    }

    private static func notAShard(_ text: String) -> BNFoldError {
        BNFoldError(.usage, "--shard takes I/N with I from 1 to N, auto or auto/N, not '\(text)'")
    }

    private static func detected(total: Int?, environment: [String: String]) throws(BNFoldError) -> Shard {
        if environment["SLURM_ARRAY_TASK_ID"] != nil { return try slurm(total: total, environment: environment) }
        guard let text = environment["JOB_COMPLETION_INDEX"] else {
            throw BNFoldError(
                .usage,
                "--shard auto: this is no task of a Slurm array (SLURM_ARRAY_TASK_ID) and no pod of an indexed Job (JOB_COMPLETION_INDEX); give --shard I/N"
            )
        }
        guard let total else {
            throw BNFoldError(
                .usage,
                "--shard auto: Kubernetes does not tell how many pods there are; give --shard auto/N with its 'completions'"
            )
        }
        guard let index = Int(text), 0..<total ~= index, let shard = Shard(index + 1, of: total) else {
            throw BNFoldError(
                .usage, "--shard auto/\(total): JOB_COMPLETION_INDEX is '\(text)', expected 0 to \(total - 1)")
        }
        return shard
    }

    private static func slurm(total: Int?, environment: [String: String]) throws(BNFoldError) -> Shard {
        func number(_ name: String, default standard: Int? = nil) throws(BNFoldError) -> Int {
            let text = environment["SLURM_ARRAY_TASK_" + name]
            // Slurm has no larger indices; this also keeps the differences below in range.
            guard let value = text.map({ Int($0) }) ?? standard, 0...Int(Int32.max) ~= value else {
                throw BNFoldError(
                    .usage,
                    "--shard auto: SLURM_ARRAY_TASK_\(name) is '\(text ?? "not set")', expected a number; give --shard I/N"
                )
            }
            return value
        }
        let (task, first, last) = (try number("ID"), try number("MIN"), try number("MAX"))
        let (count, step) = (try number("COUNT"), max(try number("STEP", default: 1), 1))
        let position = (task - first) / step
        // Of an array such as 1,3,7 nobody tells which of its tasks this one is.
        guard task >= first, (task - first) % step == 0, (last - first) / step + 1 == count,
            let shard = Shard(position + 1, of: count)
        else {
            throw BNFoldError(
                .usage,
                "--shard auto: the indices of this array (task \(task), \(count) from \(first) to \(last)) do not go in equal steps; use one such as 1-\(count), or give --shard I/N"
            )
        }
        // A part of the array that is submitted again is another array, with other shards.
        guard total == nil || total == count else {
            throw BNFoldError(.usage, "--shard auto/\(total ?? 0): the array has \(count) tasks; give --shard I/N")
        }
        return shard
    }
}
