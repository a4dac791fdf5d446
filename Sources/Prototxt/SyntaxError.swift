/// A complaint of the lexer or parser, before its offset has been turned into a line and a column.
struct SyntaxError: Error, Equatable {
    var offset: Int
    var message: String
}
