import Folding
import NetGraph
import Testing

/// An operation over a value of 2x4x5x4 that keeps its four channels on axis 1, and what passes it.
struct PassageCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var backward: PassageRule
    var forward: PassageRule
    /// The name of the reason why shifts, or nothing, pass.
    var reason: String
    /// Adds the layer `op`, and what it reads beside the value.
    var add: @Sendable (inout NetworkSketch, ValueID) throws -> ValueID

    init(
        _ description: String, _ rule: PassageRule, forward: PassageRule? = nil, reason: String = "shift-stopped",
        add: @escaping @Sendable (inout NetworkSketch, ValueID) throws -> ValueID
    ) {
        testDescription = description
        backward = rule
        self.forward = forward ?? rule
        self.reason = reason
        self.add = add
    }

    init(
        _ description: String, _ rule: PassageRule, forward: PassageRule? = nil, reason: String = "shift-stopped",
        _ operation: Operation
    ) {
        self.init(description, rule, forward: forward, reason: reason) { try $0.append("op", operation, $1) }
    }

    /// `data - convolution - op - affine`: the convolution takes what passes backward.
    func backwardNet(_ affine: PassingAffine) throws -> NetworkSketch {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 5, 4])
        let passed = try add(&sketch, sketch.convolution(of: data))
        sketch.finish(affine.add(to: &sketch, reading: passed))
        return sketch
    }

    /// `data - affine - op - inner product`: the inner product takes what passes forward.
    func forwardNet(_ affine: PassingAffine) throws -> NetworkSketch {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 5, 4])
        let passed = try add(&sketch, affine.add(to: &sketch, reading: data))
        sketch.finish(try sketch.innerProduct(of: passed))
        return sketch
    }

    /// Folds the net of a direction: it computes what it did, what should stay is left, and the reason names the layer.
    func expectExactFold(_ affine: PassingAffine, _ direction: FoldDirection) throws {
        let net = try direction == .backward ? backwardNet(affine) : forwardNet(affine)
        let rule = direction == .backward ? backward : forward
        let outcome = try net.outcome()
        #expect(outcome.left == rule.left(of: affine, direction))
        let names = outcome.reasons(direction).map(\.name)
        #expect(Set(names) == (outcome.left.isEmpty ? [] : [rule.reason(for: affine, other: reason)]))
        for reason in outcome.reasons(direction) { #expect(reason.sentence.contains("'op'")) }
    }
}
