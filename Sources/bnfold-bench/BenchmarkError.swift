/// Why there are no figures: what failed, what was expected, what to try.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
