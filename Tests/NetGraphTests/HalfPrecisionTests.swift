import NetGraph
import Testing

/// IEEE 754 binary16, which files of all frameworks may hold.
@Suite("Half precision")
struct HalfPrecisionTests {
    @Test("every number that is no NaN comes back as the same bits")
    func roundTrip() {
        for bits in UInt16.min...UInt16.max where bits & 0x7FFF <= 0x7C00 {
            #expect(HalfPrecision.bits(HalfPrecision.double(bits)) == bits)
        }
    }

    @Test(
        "known numbers",
        arguments: [
            (0x3C00, 1.0), (0xC000, -2.0), (0x7BFF, 65504.0), (0x0400, 0x1p-14), (0x0001, 0x1p-24),
            (0x3555, 0.333251953125),
        ] as [(UInt16, Double)])
    func known(bits: UInt16, number: Double) {
        #expect(HalfPrecision.double(bits) == number)
        #expect(HalfPrecision.bits(number) == bits)
    }

    @Test("ties go to even, and what is too large becomes infinity")
    func rounding() {
        #expect(HalfPrecision.bits(1 + 0x1p-11) == 0x3C00)
        #expect(HalfPrecision.bits(1 + 0x3p-11) == 0x3C02)
        #expect(HalfPrecision.bits(0x1p-25) == 0)
        #expect(HalfPrecision.bits(65519.9) == 0x7BFF)
        #expect(HalfPrecision.bits(65520) == 0x7C00)
        #expect(HalfPrecision.double(HalfPrecision.bits(.nan)).isNaN)
    }

    @Test(
        "between any two neighbours the nearer one is taken, and in the middle the even one, subnormal numbers included"
    )
    func everyTie() {
        for bits in UInt16(0)..<0x7BFF {
            // Both have 11 bits, so their middle and the numbers right beside it are exact in double precision.
            let middle = (HalfPrecision.double(bits) + HalfPrecision.double(bits + 1)) / 2
            #expect(HalfPrecision.bits(middle.nextDown) == bits)
            #expect(HalfPrecision.bits(middle.nextUp) == bits + 1)
            #expect(HalfPrecision.bits(middle) == (bits % 2 == 0 ? bits : bits + 1))
            #expect(HalfPrecision.bits(-middle) == HalfPrecision.bits(middle) | 0x8000)
        }
    }

    @Test("the largest number is kept until the middle to the next power of two, which is infinity")
    func range() {
        #expect(HalfPrecision.bits(HalfPrecision.overflowThreshold.nextDown) == 0x7BFF)
        #expect(HalfPrecision.bits(-HalfPrecision.overflowThreshold) == 0xFC00)
        #expect(HalfPrecision.bits(.greatestFiniteMagnitude) == 0x7C00)
        #expect(HalfPrecision.bits(-.infinity) == 0xFC00)
    }

    @Test(
        "numbers far below the smallest one are 0 with their sign", arguments: [0x1p-25, 0x1p-26, 0x1p-1022, 0x1p-1074])
    func vanishing(number: Double) {
        #expect(HalfPrecision.bits(number) == 0 && HalfPrecision.bits(-number) == 0x8000)
    }
}
