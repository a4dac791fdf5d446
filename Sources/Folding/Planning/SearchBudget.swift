/// How much work a search for a plan may take.
///
/// Work is counted, not timed, so a plan is the same on every machine: what a push looks at, values and their readers, and the entries of affines. Nets
/// that people train take a small part of the budget.
struct SearchBudget: Hashable, Sendable {
    /// The work of one search; when it is spent the search is made anew with short attempts first, with as much again.
    var work: Int
    /// The work for finding the reasons why affines stay.
    var explanation: Int

    init(work: Int, explanation: Int) {
        self.work = work
        self.explanation = explanation
    }

    init(_ graph: PlanningGraph) {
        let size = graph.network.layers.count + graph.edges.count
        work = Self.least + Self.perElement * size
        explanation = work
    }

    /// For nets so small that it takes no time.
    private static let least = 200_000
    /// For each layer, and each time that one reads a value.
    private static let perElement = 32
    /// The work that attempts may take one after the other once the budget was spent.
    static let attemptLimits = (2...20).map { 4 << $0 }
    /// The effort of a push that an explanation may make, and their number, when its budget is spent.
    static let lastSteps = (effort: 64, count: 8)
}
