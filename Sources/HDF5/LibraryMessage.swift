import CHDF5
import Files

/// What libhdf5 said about the call that failed last on this thread.
///
/// The library stacks a message for each of its functions between the cause and the caller. The innermost one tells the
/// cause; those above it only say which call did not succeed.
struct LibraryMessage {
    /// One line, without addresses and times, so that the same failure reads the same twice.
    let text: String
    /// The system's error number, when the operating system refused something.
    let systemError: SystemError?

    /// The innermost message; nil when there is none. The library's lock must be held since the failing call.
    static func innermost() -> LibraryMessage? {
        var description: String?
        withUnsafeMutablePointer(to: &description) { description in
            _ = H5Ewalk2(
                chdf5_default_error_stack(), H5E_WALK_UPWARD,
                { _, entry, context in
                    guard let text = entry?.pointee.desc, text.pointee != 0 else { return 0 }
                    context?.assumingMemoryBound(to: String?.self).pointee = String(cString: text)
                    return 1
                }, description)
        }
        return description.map(LibraryMessage.init(parsing:))
    }

    /// Takes `..., errno = 28, error message = 'No space left on device', buf = 0x...` for the system's error alone.
    init(parsing description: String) {
        let code = description.firstRange(of: "errno = ").flatMap { range in
            CInt(description[range.upperBound...].prefix { ("0"..."9").contains($0) })
        }
        systemError = code.flatMap { $0 == 0 ? nil : SystemError(code: $0) }
        text = systemError?.description ?? description
    }
}
