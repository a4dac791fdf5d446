extension ElementType {
    /// Why an array of a dtype that does not hold real numbers is not read, and what to save instead.
    static func refusal(ofDtype dtype: String) -> String {
        // The letter after the byte order, see "Data type objects" in the manual of NumPy. A list describes fields.
        let letter = dtype.first == "[" || dtype.first == "(" ? dtype.first : dtype.dropFirst().first
        let (content, remedy) =
            switch letter {
            case "[", "(": ("records with fields", "save one field, as in array['field'].astype(np.float32)")
            case "O": ("Python objects", "save it with astype(np.float32)")
            case "c": ("complex numbers", "save array.real.astype(np.float32), or the imaginary part")
            case "S", "U", "a": ("text", "save numbers, as in array.astype(np.float32)")
            case "M", "m": ("times", "save numbers, as in array.astype(np.int64)")
            case "f":
                ("floating-point numbers of a size that differs between machines", "save it with astype(np.float64)")
            default: ("elements that are no numbers of NumPy itself", "save it with astype(np.float32)")
            }
        let shown = dtype.count > 60 ? dtype.prefix(60) + "..." : dtype[...]
        return "has dtype \(shown.first == "[" || shown.first == "(" ? "\(shown)" : "'\(shown)'"), \(content), "
            + "but only real numbers are read; \(remedy)"
    }
}
