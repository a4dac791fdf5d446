// The one place that chooses among the C libraries of the systems: who imports Files has its calls as well.
#if canImport(Darwin)
    @_exported import Darwin
#elseif canImport(Musl)
    @_exported import Musl
#else
    @_exported import Glibc
#endif
