import ArgumentParser

/// An amount of memory on the command line: `4G`, `512M`, `1.5GiB`, or bytes.
struct MemoryLimit: ExpressibleByArgument {
    var bytes: Int

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = argument.dropFirst(digits.count).uppercased()
        let letters = ["", "K", "M", "G", "T"]
        guard let number = Double(digits), number > 0,
            let power = letters.firstIndex(where: {
                $0.isEmpty ? ["", "B"].contains(unit) : [$0, $0 + "B", $0 + "IB"].contains(unit)
            })
        else { return nil }
        let product = number * Double(1 << (10 * power))
        guard product >= 1, product < Double(Int.max) else { return nil }
        bytes = Int(product)
    }
}
