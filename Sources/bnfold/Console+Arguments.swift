import Files

extension Console {
    /// Refuses arguments that are not UTF-8: as texts they would name other files.
    ///
    /// Ends the process with the exit code of a wrong command line.
    static func requireReadableArguments() {
        for index in 1..<max(Int(CommandLine.argc), 1) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            let bytes = UnsafeRawBufferPointer(start: argument, count: strlen(argument))
            complain(
                "argument \(index) is not UTF-8: '\(escaped(bytes))'; rename the file, or name it through a link")
            exit(64)
        }
    }

    /// Plain ASCII as it is, other bytes as `\xff`.
    private static func escaped(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "") { text, byte in
            if 0x20 <= byte, byte < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}
