/// Where bytes come from, as errors name it: a file, and in an archive one of its members.
struct Origin: Sendable {
    let path: String
    var member: String?

    func malformed(_ message: String) -> NumPyError {
        NumPyError(kind: .malformed, path: path, member: member, message: message)
    }
}
