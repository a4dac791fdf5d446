/* The CRC-32 of ZIP, several times as fast as zlib counts it where the processor multiplies polynomials (PCLMULQDQ of x86-64).
 * Elsewhere it is zlib's own.
 *
 * Four times 16 bytes are carried along: a piece times x^512 modulo the polynomial joins what lies 64 bytes behind it. The 16 bytes
 * that are left at the end have the checksum of all, and zlib takes it. (V. Gopal and others: "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction", Intel, 2009; the constants are those of its table for this polynomial, bits reflected.) */
#ifndef CZLIB_CHECKSUM_H
#define CZLIB_CHECKSUM_H

#include <stddef.h>
#include <zlib.h>

#if defined(__x86_64__) && defined(__GNUC__)

typedef long long czlib_lanes __attribute__((vector_size(16)));
/* The same at any address. */
typedef long long czlib_loose_lanes __attribute__((vector_size(16), aligned(1), may_alias));

/* Whether the processor has the instruction: bit 1 of ECX of leaf 1. */
static inline int czlib_multiplies_polynomials(void)
{
    unsigned a = 1, b = 0, c = 0, d = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 1) & 1;
}

#define CZLIB_MOVED(lanes, constants)                                  \
    ((czlib_lanes)__builtin_ia32_pclmulqdq128(lanes, constants, 0x00) ^ \
     (czlib_lanes)__builtin_ia32_pclmulqdq128(lanes, constants, 0x11))

/* The checksum of what came before and of `count` bytes more. Only where `czlib_multiplies_polynomials`. */
__attribute__((target("pclmul"))) static inline unsigned long
czlib_checksum_by_polynomials(unsigned long before, const unsigned char *bytes, size_t count)
{
    const czlib_lanes by64 = {0x0154442bd4, 0x01c6e41596};
    const czlib_lanes by16 = {0x01751997d0, 0x00ccaa009e};
    if (count < 64) return crc32_z(before, bytes, count);
    const czlib_loose_lanes *next = (const czlib_loose_lanes *)bytes;
    const czlib_lanes start = {(long long)(~before & 0xffffffffu), 0};
    czlib_lanes first = next[0] ^ start, second = next[1], third = next[2], fourth = next[3];
    size_t rest = count - 64;
    for (next += 4; rest >= 64; rest -= 64, next += 4) {
        first = CZLIB_MOVED(first, by64) ^ next[0];
        second = CZLIB_MOVED(second, by64) ^ next[1];
        third = CZLIB_MOVED(third, by64) ^ next[2];
        fourth = CZLIB_MOVED(fourth, by64) ^ next[3];
    }
    second ^= CZLIB_MOVED(first, by16);
    third ^= CZLIB_MOVED(second, by16);
    fourth ^= CZLIB_MOVED(third, by16);
    /* All ones stand for a checksum of nothing at all, without the ones that zlib begins with. */
    unsigned long sum = crc32_z(0xffffffffu, (const unsigned char *)&fourth, 16);
    return crc32_z(sum, (const unsigned char *)next, rest);
}

#undef CZLIB_MOVED

#else

static inline int czlib_multiplies_polynomials(void) { return 0; }

static inline unsigned long czlib_checksum_by_polynomials(unsigned long before, const unsigned char *bytes, size_t count)
{
    return crc32_z(before, bytes, count);
}

#endif

#endif
