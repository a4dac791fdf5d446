import Frontend
import Prototxt

extension ModelError {
    init(_ error: PrototxtError) { self.init(.malformed, "\(error)") }
}
