import Files
import Testing

@testable import HDF5

@Suite("What errors say")
struct ErrorTextTests {
    @Test("an error names the file, the object, our sentence and the library's")
    func description() {
        let error = HDF5Error(
            kind: .damaged, file: "a.h5", object: "/data/0", message: "cannot be read", libraryMessage: "bad heap")
        #expect("\(error)" == "a.h5: '/data/0' cannot be read (HDF5: bad heap)")
    }

    @Test("control characters of a name do not reach the terminal")
    func controlCharacters() {
        let error = Place(file: "a\n.h5", object: "/\u{1b}[31m\u{202e}é").error(.damaged, "is odd")
        #expect("\(error)" == "a\\u{a}.h5: '/\\u{1b}[31m\\u{202e}é' is odd")
    }

    @Test("a very long name is cut in its middle")
    func longName() {
        let text = Place.printable(String(repeating: "a", count: 1000) + "end")
        #expect(text.count == 353)
        #expect(text.hasSuffix("aend"))
    }

    @Test("an error of the system is taken out of the library's message, which has addresses and times in it")
    func systemError() {
        let message = LibraryMessage(
            parsing: "file write failed: time = Fri, errno = 28, error message = 'No space', buf = 0x55, offset = 2048")
        #expect(message.systemError == SystemError(code: 28))
        #expect(message.text == "No space left on device")
    }

    @Test(
        "other messages of the library stay as they are",
        arguments: ["bad heap", "errno = ", "errno = x", "errno = 0, fine", "errno = 99999999999999999999"])
    func otherMessages(text: String) {
        let message = LibraryMessage(parsing: text)
        #expect(message.systemError == nil)
        #expect(message.text == text)
    }
}
