/// The affines that a search meets, each under a number: equal numbers mean equal functions.
///
/// Affines whose numbers are not known (NaN) are equal only when they came about in the same way.
struct AffineTable {
    private var affines: [ChannelAffine] = []
    private var readCounts: [Int] = []
    private var fitsLayer: [Bool] = []
    private var known: [Key: Int] = [:]
    private var compositions: [Pair: Int?] = [:]
    /// The pairs that were composed, in order.
    private var composed: [Pair] = []
    /// Of each affine a number made from its entries, the same on every run.
    private var contents: [UInt64] = []

    /// Numbers bit for bit, so that 0 and -0 differ.
    private struct Key: Hashable {
        let affine: ChannelAffine
        /// Made from all entries: those of a net may agree in all but a few.
        let content: UInt64

        /// `nil` for numbers that are not known.
        init?(_ affine: ChannelAffine, content: UInt64) {
            guard affine.isKnown else { return nil }
            self.affine = affine
            self.content = content
        }

        static func == (left: Key, right: Key) -> Bool {
            let (left, right) = (left.affine, right.affine)
            return left.isUniform == right.isUniform && left.runs == right.runs && isSame(left.scale, right.scale)
                && isSame(left.center, right.center) && isSame(left.offset, right.offset)
        }

        private static func isSame(_ left: [Double], _ right: [Double]) -> Bool {
            left.elementsEqual(right) { $0.bitPattern == $1.bitPattern }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(content) }
    }

    private struct Pair: Hashable {
        var first: Int
        var second: Int
    }

    /// What affines become.
    private let form: LeftoverForm

    init(form: LeftoverForm = .scaleOrBias) { self.form = form }

    subscript(function: Int) -> ChannelAffine { affines[function] }

    /// A number that tells the entries of an affine apart from most others, the same on every run.
    func content(of function: Int) -> UInt64 { contents[function] }

    /// A point to go back to.
    struct Mark {
        fileprivate var affines = 0
        fileprivate var compositions = 0
    }

    var mark: Mark { Mark(affines: affines.count, compositions: composed.count) }

    /// Forgets what came later than a point, when nothing refers to it any more.
    mutating func trim(to mark: Mark) {
        while composed.count > mark.compositions, let pair = composed.popLast() { compositions[pair] = nil }
        while affines.count > mark.affines, let affine = affines.popLast() {
            if let content = contents.popLast(), let key = Key(affine, content: content), known[key] == affines.count {
                known[key] = nil
            }
            fitsLayer.removeLast()
            readCounts.removeLast()
        }
    }

    /// The numbers that a layer reads for each element: the element, its channel's factor, its channel's term.
    func readCount(of function: Int) -> Int { readCounts[function] }

    /// The number of an affine; `nil` for the identity.
    mutating func number(of affine: ChannelAffine) -> Int? {
        if affine.isIdentity { return nil }
        let content = affine.contentHash
        let key = Key(affine, content: content)
        if let number = key.flatMap({ known[$0] }) { return number }
        if let key { known[key] = affines.count }
        affines.append(affine)
        contents.append(content)
        fitsLayer.append(!affine.leavesFloatRange)
        readCounts.append(form.readCount(hasFactors: !affine.hasUnitScale, hasTerms: !affine.hasNoShift))
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
        compositions[pair] = .some(result)
        composed.append(pair)
        return .affine(result)
    }

    enum Composition {
        /// `nil` for the identity.
        case affine(Int?)
        /// They are for different numbers of channels, or the result is no number that a layer could hold.
        case impossible
    }
}

extension ChannelAffine {
    private static func content(of entry: Double) -> UInt64 { entry.isNaN ? 7 : entry.bitPattern }

    /// Odd, with as many bits of 1 as of 0.
    private static let laneFactor = SIMD4<UInt64>(repeating: 0x9E37_79B9_7F4A_7C15)

    /// A number made from all entries, the same on every run; not known numbers count as one.
    var contentHash: UInt64 {
        var hash = UInt64(isUniform ? 1 : 2).mixed(with: UInt64(channelCount))
        for entries in [scale, center, offset] {
            var entry = 0
            if entries.count >= 4 {
                // Four at a time, for they need not wait for one another.
                var lanes = SIMD4<UInt64>(repeating: hash)
                while entry + 4 <= entries.count {
                    for lane in 0..<4 { lanes[lane] ^= Self.content(of: entries[entry + lane]) }
                    lanes &*= Self.laneFactor
                    lanes ^= lanes &>> 29
                    entry += 4
                }
                for lane in 0..<4 { hash = hash.mixed(with: lanes[lane]) }
            }
            for rest in entries[entry...] { hash = hash.mixed(with: Self.content(of: rest)) }
        }
        return (runs ?? []).reduce(hash) { $0.mixed(with: UInt64($1)) }
    }
}

extension UInt64 {
    /// Two numbers as one whose bits depend on all of theirs (splitmix64).
    func mixed(with other: UInt64) -> UInt64 {
        var mixed = (self ^ other &* 0x9E37_79B9_7F4A_7C15) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
