/// The name that Keras gives the group of a layer in `.weights.h5`: its class in lower case with underlines (`to_snake_case` in Keras 2.15 and 3).
///
/// `Conv2D` gives `conv2d`, `ReLU` gives `re_lu`, `TFOpLambda` gives `tf_op_lambda`.
func snakeCase(_ className: String) -> String {
    let letters = Array(className.unicodeScalars).filter {
        $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
    // A word begins where one capital letter is followed by small ones.
    var words: [Unicode.Scalar] = []
    var index = 0
    while index < letters.count {
        if index + 2 < letters.count, isUpper(letters[index + 1]), isLower(letters[index + 2]) {
            words += [letters[index], "_", letters[index + 1]]
            index += 2
            while index < letters.count, isLower(letters[index]) {
                words.append(letters[index])
                index += 1
            }
        } else {
            words.append(letters[index])
            index += 1
        }
    }
    // And between a small letter and a capital one.
    var name = String.UnicodeScalarView()
    for (index, letter) in words.enumerated() {
        if index > 0, isLower(words[index - 1]), isUpper(letter) { name.append("_") }
        name.append(letter)
    }
    return String(name).lowercased()
}

private func isUpper(_ letter: Unicode.Scalar) -> Bool { "A"..."Z" ~= letter }
private func isLower(_ letter: Unicode.Scalar) -> Bool { "a"..."z" ~= letter }
