/// The affines that a search meets, each under a number: equal numbers mean equal functions.
///
/// Affines whose numbers are not known (NaN) are equal only when they came about in the same way.
struct AffineTable {
    private var affines: [ChannelAffine] = []
    private var readCounts: [Int] = []
    private var fitsLayer: [Bool] = []
    private var known: [Key: Int] = [:]
    private var compositions: [Pair: Int?] = [:]

    /// Numbers bit for bit, so that 0 and -0 differ.
    private struct Key: Hashable {
        let affine: ChannelAffine

        /// `nil` for numbers that are not known.
        init?(_ affine: ChannelAffine) {
            guard affine.isKnown else { return nil }
            self.affine = affine
        }

        static func == (left: Key, right: Key) -> Bool {
            let (left, right) = (left.affine, right.affine)
            return left.isUniform == right.isUniform && isSame(left.scale, right.scale)
                && isSame(left.center, right.center) && isSame(left.offset, right.offset)
        }

        private static func isSame(_ left: [Double], _ right: [Double]) -> Bool {
            left.elementsEqual(right) { $0.bitPattern == $1.bitPattern }
        }

        /// The first numbers tell trained affines apart; to hash all of them costs more than to compare the few that agree in those.
        func hash(into hasher: inout Hasher) {
            hasher.combine(affine.channelCount)
            for channel in affine.scale.indices.prefix(Self.hashedChannels) {
                hasher.combine(affine.scale[channel].bitPattern)
                hasher.combine(affine.center[channel].bitPattern)
                hasher.combine(affine.offset[channel].bitPattern)
            }
        }

        private static let hashedChannels = 4
    }

    private struct Pair: Hashable {
        var first: Int
        var second: Int
    }

    /// Whether a shift alone is a Scale with factors of 1, which reads them.
    private let readsUnitFactors: Bool

    init(readsUnitFactors: Bool = false) { self.readsUnitFactors = readsUnitFactors }

    subscript(function: Int) -> ChannelAffine { affines[function] }

    /// The numbers that a layer reads for each element: the element, its channel's factor, its channel's term.
    func readCount(of function: Int) -> Int { readCounts[function] }

    /// The number of an affine; `nil` for the identity.
    mutating func number(of affine: ChannelAffine) -> Int? {
        if affine.isIdentity { return nil }
        let key = Key(affine)
        if let number = key.flatMap({ known[$0] }) { return number }
        if let key { known[key] = affines.count }
        affines.append(affine)
        fitsLayer.append(!affine.leavesFloatRange)
        readCounts.append(1 + (affine.hasUnitScale && !readsUnitFactors ? 0 : 1) + (affine.hasNoShift ? 0 : 1))
        return affines.count - 1
    }

    /// One affine after another.
    mutating func composition(of first: Int?, then second: Int?) -> Composition {
        guard let first, let second else {
            let alone = first ?? second
            return alone.map { fitsLayer[$0] } ?? true ? .affine(alone) : .impossible
        }
        let pair = Pair(first: first, second: second)
        if let result = compositions[pair] { return .affine(result) }
        guard let both = affines[first].followed(by: affines[second]), !both.leavesFloatRange,
            !both.scale.contains(where: \.isInfinite)
        else { return .impossible }
        let result = number(of: both)
        compositions[pair] = result
        return .affine(result)
    }

    enum Composition {
        /// `nil` for the identity.
        case affine(Int?)
        /// They are for different numbers of channels, or the result is no number that a layer could hold.
        case impossible
    }
}
