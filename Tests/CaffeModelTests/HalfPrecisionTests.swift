import Frontend
import Testing

@testable import CaffeModel

/// IEEE 754 binary16, which forks of Caffe store.
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
}
