import Foundation

/// Runs of the program by a user who may not read everything.
enum Unprivileged {
    /// The program as it is, or as nobody when this is root.
    static let script = geteuid() == 0 ? #"exec setpriv --reuid 65534 --clear-groups "$0" "$@""# : #"exec "$0" "$@""#

    /// Whether the script runs here: it takes `setpriv`, and an executable that others can reach.
    static let isAvailable: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, Program.url.path, "--version"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
