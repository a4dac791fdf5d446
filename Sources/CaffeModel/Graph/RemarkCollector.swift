import Frontend

/// Gathers what is worth telling while a net is read: of each kind one remark, with all the layers that it is about.
struct RemarkCollector {
    private(set) var remarks: [ReadingRemark] = []
    private var layers: [ReadingRemark.Kind: [String]] = [:]

    /// Adds a remark that stands by itself.
    mutating func add(
        _ kind: ReadingRemark.Kind, _ severity: ReadingRemark.Severity, layers: [String], _ message: String
    ) {
        remarks.append(ReadingRemark(kind: kind, severity: severity, layers: layers, message: message))
    }

    /// Adds a layer to those that a kind of remark is about.
    mutating func note(_ kind: ReadingRemark.Kind, _ layer: String) {
        guard layers[kind]?.last != layer else { return }
        layers[kind, default: []].append(layer)
    }

    /// The layers that a kind of remark is about.
    func layers(of kind: ReadingRemark.Kind) -> [String] { layers[kind] ?? [] }

    /// Makes one remark about all layers that were noted; none when there are none.
    mutating func tell(_ kind: ReadingRemark.Kind, _ severity: ReadingRemark.Severity, _ message: String) {
        guard let names = layers[kind] else { return }
        add(kind, severity, layers: names, message)
    }
}
