/// Why an output could not be written: the files, or the caller's own reason for not supplying bytes.
public enum WireWriteError<ProducerError: Error>: Error {
    /// Reading the source or writing the output failed.
    case wire(WireError)
    /// The closure that supplies produced segments threw.
    case producer(ProducerError)
}

extension WireWriteError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .wire(let error): "\(error)"
        case .producer(let error): "\(error)"
        }
    }
}
