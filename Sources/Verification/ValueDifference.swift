import Execution
import NetGraph

/// How far a value of the folded network lies from the original's, over all samples.
public struct ValueDifference: Hashable, Sendable {
    /// Elements compared.
    public private(set) var elementCount = 0
    /// Elements that are not finite in one of the networks, or in both in another way.
    public private(set) var nonFiniteCount = 0
    /// Elements that are the same infinity in both networks, or not a number in both. They say nothing of a difference.
    public private(set) var nonFiniteAlikeCount = 0
    /// The largest |folded - original|.
    public private(set) var largestAbsolute = 0.0
    /// The largest |original|.
    public private(set) var largestMagnitude = 0.0
    /// What differences are relative to where that is more: the largest magnitude of what cancelled out on the way to the value.
    public private(set) var cancelledMagnitude = 0.0
    /// The place of the largest difference, or of the first element that is not finite: batch, and element in the batch's value.
    public private(set) var worstElement = 0
    public private(set) var worstBatch = 0

    private var squares = 0.0
    private var originalSquares = 0.0
    private var foldedSquares = 0.0
    private var products = 0.0

    /// The largest difference relative to the largest magnitude, of the value or of what cancelled out on the way to it; infinite when an element is not finite in
    /// one network alone, and when there was no finite one to compare.
    public var relative: Double {
        if nonFiniteCount > 0 || nonFiniteAlikeCount > 0 && nonFiniteAlikeCount == elementCount { return .infinity }
        if largestAbsolute == 0 { return 0 }
        let magnitude = max(largestMagnitude, cancelledMagnitude)
        return magnitude > 0 ? largestAbsolute / magnitude : .infinity
    }

    /// The root of the mean squared difference. Where the squares leave the range of a `Double`, the largest difference stands in for it.
    public var rootMeanSquare: Double {
        elementCount > 0 ? min((squares / Double(elementCount)).squareRoot(), largestAbsolute) : 0
    }

    /// The cosine of the angle between the two values: 1 when they point the same way, and when both are 0; 0 where their squares leave the range of
    /// a `Double`.
    public var cosine: Double {
        let lengths = originalSquares.squareRoot() * foldedSquares.squareRoot()
        guard lengths.isFinite, products.isFinite else { return 0 }
        if lengths > 0 { return min(max(products / lengths, -1), 1) }
        return originalSquares == foldedSquares ? 1 : 0
    }

    /// - Parameter cancelled: the largest magnitude of what cancelled out on the way to the value.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    mutating func add<Element: ExecutionElement>(
        original: UnsafeBufferPointer<Element>, folded: UnsafeBufferPointer<Element>, batch: Int,
        cancelled: Double = 0
    ) {
        cancelledMagnitude = max(cancelledMagnitude, cancelled)
        for index in 0..<min(original.count, folded.count) {
            let expected = Double(original[index])
            let found = Double(folded[index])
            let difference = abs(found - expected)
            guard difference.isFinite, expected.isFinite else {
                if expected == found || expected.isNaN && found.isNaN {
                    if nonFiniteAlikeCount == elementCount + index, nonFiniteCount == 0 {
                        (worstElement, worstBatch) = (index, batch)
                    }
                    nonFiniteAlikeCount += 1
                    continue
                }
                if nonFiniteCount == 0 { (worstElement, worstBatch) = (index, batch) }
                nonFiniteCount += 1
                continue
            }
            if difference > largestAbsolute {
                largestAbsolute = difference
                if nonFiniteCount == 0 { (worstElement, worstBatch) = (index, batch) }
            }
            largestMagnitude = max(largestMagnitude, abs(expected))
            squares += difference * difference
            originalSquares += expected * expected
            foldedSquares += found * found
            products += expected * found
        }
        elementCount += min(original.count, folded.count)
    }
}
