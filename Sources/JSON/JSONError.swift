/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Equatable {
    /// In bytes from the beginning of the text.
    public var offset: Int
    /// What was found and what was expected, without the place.
    public var message: String

    public init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
}
