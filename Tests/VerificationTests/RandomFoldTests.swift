import Foundation
import NetGraph
import Testing

@testable import Verification

/// How many nets a run makes, and the first one's seed: BNFOLD_RANDOM_NETS and BNFOLD_RANDOM_SEED set them.
private let netCount = ProcessInfo.processInfo.environment["BNFOLD_RANDOM_NETS"].flatMap { Int($0) } ?? 1000
private let firstSeed = ProcessInfo.processInfo.environment["BNFOLD_RANDOM_SEED"].flatMap { UInt64($0) } ?? 1

@Suite("Random folds", .serialized)
struct RandomFoldTests {
    @Test("that are right are within, with layers in place, values read twice, negations and shared layers")
    func noFalseAlarm() throws {
        var siteCount = 0
        for seed in firstSeed..<firstSeed + UInt64(netCount) {
            let net = RandomFold(seed: seed)
            let fold = try PlannedFold(net.sketch())
            guard fold.complaint != nil else {
                siteCount += try fold.verification().sites.count
                continue
            }
            let small = try PlannedFold(
                net.shrunk { (try? PlannedFold($0.sketch()))?.complaint != nil }.sketch())
            Issue.record("seed \(seed): \(small.complaint ?? "")\n\(small.description)")
            return
        }
        // Nets without a fold would prove nothing.
        #expect(siteCount > netCount / 2)
    }

    /// A difference of an output, relative to its largest magnitude, that is more than rounding, and less than what the tolerance lets pass.
    private static let seen = 1e-6

    @Test("of which one number is off by 1e-3 are beyond, and the layer is named, wherever an output shows it")
    func mutants() throws {
        var mutantCount = 0
        for seed in firstSeed..<firstSeed + UInt64(netCount) {
            let net = RandomFold(seed: seed)
            guard let layer = try Self.mutatedLayer(of: net, seed: seed) else { continue }
            mutantCount += 1
            guard try Self.isMissed(net, seed: seed) else { continue }
            let small = net.shrunk { (try? Self.isMissed($0, seed: seed)) ?? false }
            let fold = try Self.mutant(of: small, seed: seed)
            let verification = try fold?.fold.verification()
            Issue.record(
                "seed \(seed), '\(layer)': found \(verification?.firstSiteBeyond?.changed ?? []), '\(fold?.layer ?? "")' was changed\n\(fold?.fold.description ?? "")"
            )
            return
        }
        #expect(mutantCount > netCount / 4)
    }

    /// A fold with one number that is off, and its layer; `nil` where no output shows it.
    private static func mutant(of net: RandomFold, seed: UInt64) throws -> (fold: PlannedFold, layer: String)? {
        let fold = try PlannedFold(net.sketch())
        var random = StepNumbers(seed: seed)
        let layers = fold.folded.network.layers.filter { !$0.operation.parameters.isEmpty }
        guard !layers.isEmpty else { return nil }
        let layer = random.one(of: layers)
        let parameter = random.one(of: layer.operation.parameters)
        let places = fold.folded.weights.numbers[parameter.index].indices
        let place = Int.random(in: places, using: &random)
        var mutant = fold
        let number = fold.folded.weights.numbers[parameter.index][place]
        mutant.folded.weights.numbers[parameter.index][place] = Double(Float(number * (1 + 1e-3)))
        let isSeen = try zip(fold.outputs(), mutant.outputs()).contains { right, wrong in
            let largest = right.elements.map(abs).max() ?? 0
            let difference = zip(right.elements, wrong.elements).map { abs($0 - $1) }.max() ?? 0
            return difference > seen * largest && difference > 1e-9
        }
        return isSeen ? (mutant, layer.name) : nil
    }

    private static func mutatedLayer(of net: RandomFold, seed: UInt64) throws -> String? {
        try mutant(of: net, seed: seed)?.layer
    }

    /// Whether a fault is not found, or another layer is named.
    private static func isMissed(_ net: RandomFold, seed: UInt64) throws -> Bool {
        guard let (fold, layer) = try mutant(of: net, seed: seed) else { return false }
        let verification = try fold.verification()
        guard !verification.isWithin, let site = verification.firstSiteBeyond else { return true }
        let parameters = fold.folded.network.layers.first { $0.name == layer }?.operation.parameters ?? []
        // Layers that share the number are wrong as well.
        let sharing = fold.folded.network.layers.filter { $0.operation.parameters.contains(where: parameters.contains) }
        return !sharing.contains { site.changed.contains($0.name) }
    }

    @Test("of tools that keep a convolution's name for what they folded into it are within as well")
    func foreignNames() throws {
        for seed in firstSeed..<firstSeed + UInt64(netCount / 4) {
            var fold = try PlannedFold(RandomFold(seed: seed).sketch(), reach: .adjacent)
            let before = fold.original.network
            let taken = Dictionary(
                before.layers.map { ($0.name, before[$0.outputs[0]].name) }, uniquingKeysWith: { first, _ in first })
            for layer in fold.folded.network.layers {
                let value = layer.outputs[0]
                let names = Set(fold.folded.network.layers.flatMap(\.outputs).map { fold.folded.network[$0].name })
                guard case .convolution = layer.operation, let name = taken[layer.name], !names.contains(name),
                    !fold.folded.network.outputs.contains(value)
                else { continue }
                fold.folded.network.values[value.index].name = name
            }
            let complaint = fold.complaint
            #expect(complaint == nil, "seed \(seed): \(complaint ?? "")\n\(fold.description)")
            if complaint != nil { return }
        }
    }
}
