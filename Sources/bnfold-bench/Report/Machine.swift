#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the figures were taken on and with.
struct Machine: Codable {
    var system: String
    /// As the system calls the model; `nil` where it does not tell.
    var processor: String?
    var processorCount: Int
    var memoryBytes: UInt64
    var bnfold: String
    var python: String?

    init(_ programs: Programs) {
        let process = ProcessInfo.processInfo
        system = process.operatingSystemVersionString
        processorCount = process.activeProcessorCount
        memoryBytes = process.physicalMemory
        bnfold = programs.bnfoldVersion
        python = programs.python?.versions
        // "model name      : Intel(R) Xeon(R) ..."
        let line = (TextFile.read("/proc/cpuinfo") ?? "").split(separator: "\n").first { $0.hasPrefix("model name") }
        processor = line?.split(separator: ":").last.map { $0.drop { $0 == " " } }.map(String.init)
    }

    /// One line for the head of a table.
    var text: String {
        let parts = [
            processor, "\(processorCount) processors", "\(memoryBytes >> 30) GiB", system, bnfold, python,
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
