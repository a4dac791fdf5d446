#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What libFuzzer calls with each input that it made (https://llvm.org/docs/LibFuzzer.html).
///
/// BNFOLD_FUZZ_TARGET names the reader that gets the input. A trap, a hang, or memory beyond libFuzzer's limits is a
/// finding; an error that the reader throws is what damaged input is meant to lead to.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let target = FuzzTarget.chosen
    target.run(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

/// The readers that can be fuzzed.
enum FuzzTarget: String, CaseIterable {
    case prototxt, wire, hdf5, numpy, manifest, results, fold

    /// The one that the environment names; without a valid name the process ends with the names that there are.
    static let chosen: FuzzTarget = {
        let name = getenv("BNFOLD_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        if let target = FuzzTarget(rawValue: name) { return target }
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        complain("BNFOLD_FUZZ_TARGET is '\(name)'; set it to one of: \(known)")
        exit(64)
    }()

    func run(_ bytes: [UInt8]) {
        switch self {
        case .prototxt: fuzzPrototxt(bytes)
        case .wire: fuzzWire(bytes)
        case .hdf5: fuzzHDF5(bytes)
        case .numpy: fuzzNumPy(bytes)
        case .manifest: fuzzManifest(bytes)
        case .results: fuzzResults(bytes)
        case .fold: fuzzFold(bytes)
        }
    }
}
