import Folding

/// A random net that is valid, with every operation that affines may meet: small shapes, random kernels, pads, strides and groups, branches, shared parameters,
/// layers in place, factors of either sign and 0.
///
/// It is made from steps, each with numbers of its own, so that a net that shows a fault can be shrunk by leaving steps out.
struct RandomNet {
    var seeds: [UInt64]
    /// Only layers of a kind that keeps the number of states small enough to try them all.
    var isPlain = false
    /// What affines become that nothing takes.
    var form = LeftoverForm.scaleOrBias

    init(seed: UInt64, steps: ClosedRange<Int> = 3...14, isPlain: Bool = false) {
        var random = SeededNumbers(seed: seed)
        let count = Int.random(in: steps, using: &random)
        seeds = (0..<count).map { _ in random.next() }
        self.isPlain = isPlain
        form = Self.forms[Int(seed % UInt64(Self.forms.count))]
    }

    private static let forms: [LeftoverForm] = [
        .scaleOrBias, .scaleOrBias, .scale, .batchNorm(epsilon: 1e-3), .multiplicationOrAddition(epsilon: 1e-5),
    ]

    var options: FoldPlanner.Options {
        var options = FoldPlanner.Options()
        options.leftoverForm = form
        return options
    }

    /// The net with its weights, all in double precision.
    func sketch() -> NetworkSketch {
        var builder = RandomNetBuilder(isPlain: isPlain)
        for seed in seeds { builder.add(seed: seed) }
        return builder.finished()
    }

    /// The smallest net found by leaving out steps for which something still holds.
    func shrunk(while holds: (RandomNet) -> Bool) -> RandomNet {
        var smallest = self
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for index in smallest.seeds.indices.reversed() {
                var candidate = smallest
                candidate.seeds.remove(at: index)
                guard !candidate.seeds.isEmpty, holds(candidate) else { continue }
                smallest = candidate
                isSmaller = true
                break
            }
        }
        return smallest
    }
}
