/// What some fields of a text show about its layout. Traits are those of `LayoutStyle`.
struct LayoutEvidence {
    private(set) var colons = Tally<[UInt8]>()
    private(set) var openings = Tally<[UInt8]>()
    private(set) var quotes = Tally<UInt8>()
    private(set) var indentationUnits = Tally<[UInt8]>()
    private(set) var paddings = Tally<[UInt8]>()
    private(set) var scalarSeparators = Tally<UInt8?>()
    private(set) var messageSeparators = Tally<UInt8?>()
    private(set) var inlineSeparators = Tally<UInt8?>()

    /// How many fields are looked at. A style shows in far fewer, and edits should not cost a pass over the file each.
    private static let fieldLimit = 200

    /// The evidence of the fields in messages, then that of the fields of the root, which often differ.
    static func ofDocument(_ document: PrototxtDocument) -> [LayoutEvidence] {
        var nested = LayoutEvidence()
        var pending = Array(document.root.fields.prefix(fieldLimit).flatMap(\.value.messages).reversed())
        var count = 0
        while let message = pending.popLast(), count < fieldLimit {
            nested.observe(fieldsOf: message, document.bytes)
            count += message.fields.count
            pending += message.fields.flatMap(\.value.messages).reversed()
        }
        return [nested, .ofFields(in: document.root, document.bytes)]
    }

    static func ofFields(in message: MessageNode, _ bytes: [UInt8]) -> LayoutEvidence {
        var evidence = LayoutEvidence()
        evidence.observe(fieldsOf: message, bytes)
        return evidence
    }

    private mutating func observe(fieldsOf message: MessageNode, _ bytes: [UInt8]) {
        for (index, field) in message.fields.prefix(Self.fieldLimit).enumerated() {
            observe(field, bytes)
            let separator = field.separatorRange.map { bytes[$0.lowerBound] }
            if bytes.isLastOnLine(field.rangeWithSeparator.upperBound) {
                if field.value.scalar != nil {
                    scalarSeparators.add(separator)
                } else {
                    messageSeparators.add(separator)
                }
            } else if index + 1 < message.fields.count {
                inlineSeparators.add(separator)
            }
        }
    }

    private mutating func observe(_ field: FieldNode, _ bytes: [UInt8]) {
        let nameEnd = field.nameRange.upperBound
        switch field.value {
        case .list: break
        case .scalar(let scalar):
            observe(bytes[nameEnd..<scalar.range.lowerBound], in: \.colons)
            if scalar.kind == .string { quotes.add(bytes[scalar.range.lowerBound]) }
        case .message(let message):
            guard let open = message.openRange else { return }
            observe(bytes[nameEnd..<open.upperBound], in: \.openings)
            guard let first = message.fields.first else { return }
            let start = first.range.lowerBound
            let padding = bytes[open.upperBound..<start]
            if !padding.contains(.lineFeed) {
                paddings.add(padding.isEmpty ? [] : [.space])
            } else if bytes.isFirstOnLine(start) {
                let outer = bytes.indentation(ofLineAt: field.range.lowerBound)
                let inner = bytes.indentation(ofLineAt: start)
                if inner.count > outer.count, inner.starts(with: outer) {
                    indentationUnits.add(Array(inner.dropFirst(outer.count)))
                }
            }
        }
    }

    /// Counts what joins a name to its value, unless a line end or a comment does.
    private mutating func observe(
        _ joint: ArraySlice<UInt8>, in tally: WritableKeyPath<LayoutEvidence, Tally<[UInt8]>>
    ) {
        guard !joint.contains(.lineFeed), !joint.contains(.hash) else { return }
        self[keyPath: tally].add(Array(joint))
    }
}
