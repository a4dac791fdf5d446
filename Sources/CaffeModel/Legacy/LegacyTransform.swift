import Frontend
import Prototxt

/// The transformations of data layers, which lay among the parameters of the source before they got a message of their own.
///
///     Before:  data_param { source: "x" crop_size: 227 }
///     After:   data_param { source: "x" } transform_param { crop_size: 227 }
///
/// A value that `transform_param` has as well gives way to the moved one, as in `UpgradeNetDataTransformation`.
enum LegacyTransform {
    private static let fields: Set<String> = ["scale", "mean_file", "crop_size", "mirror"]
    private static let messages = [
        "Data": "data_param", "ImageData": "image_data_param", "WindowData": "window_data_param",
    ]

    static func edits(in document: PrototxtDocument) throws(ModelError) -> [SourceEdit] {
        var edits: [SourceEdit] = []
        for layer in try LegacyLayer.all(in: document) {
            guard let name = try layer.modernType().flatMap({ messages[$0] }),
                let source = layer.message.fields.last(where: { $0.name == name }), let message = source.value.message
            else { continue }
            let moved = LegacyPiece.all(in: message, of: document).filter { fields.contains($0.field.name) }
            guard !moved.isEmpty else { continue }
            edits += moved.map(removal)
            if let field = layer.message.fields.last(where: { $0.name == "transform_param" }),
                let target = field.value.message
            {
                let names = Set(moved.map(\.field.name))
                edits += target.fields.filter { names.contains($0.name) }.map {
                    document.removalKeepingComments(of: $0)
                }
                edits.append(insertion(of: moved, into: target, of: document))
            } else {
                edits.append(insertion(of: moved, behind: source, message, of: document))
            }
        }
        return edits
    }

    /// Takes a piece away. What follows on its line must not slip behind a comment of the line above.
    private static func removal(of piece: LegacyPiece) -> SourceEdit {
        let isFollowed = !piece.document.endsLine(at: piece.field.rangeWithSeparator.upperBound)
        let lineStart = piece.document.lineBreak + piece.document.indentation(at: piece.field.range.lowerBound)
        return SourceEdit(
            range: piece.range,
            replacement: piece.startsLine && isFollowed
                ? lineStart : piece.document.blank(before: piece.range.upperBound))
    }

    /// Puts pieces at the end of a message.
    private static func insertion(
        of pieces: [LegacyPiece], into message: MessageNode, of document: PrototxtDocument
    ) -> SourceEdit {
        let end = LegacyPiece.all(in: message, of: document).last?.range.upperBound ?? message.bodyRange.lowerBound
        let isOneLine = !document.bytes[message.bodyRange].contains(UInt8(ascii: "\n"))
        if isOneLine, pieces.allSatisfy(\.isPlain) {
            return SourceEdit(range: end..<end, replacement: inlineText(pieces))
        }
        let outer = document.indentation(at: message.openRange?.lowerBound ?? 0)
        let model = message.fields.first { document.startsLine(at: $0.range.lowerBound) }
        let inner = model.map { document.indentation(at: $0.range.lowerBound) } ?? outer + Array("  ".utf8)
        let text = pieces.flatMap { $0.lines(of: $0.text(named: $0.field.name), indentation: inner) }
        return SourceEdit(range: end..<end, replacement: text + (isOneLine ? document.lineBreak + outer : []))
    }

    /// Makes a message of pieces, behind the one that they come from and laid out like it.
    private static func insertion(
        of pieces: [LegacyPiece], behind source: FieldNode, _ message: MessageNode, of document: PrototxtDocument
    ) -> SourceEdit {
        let opening = Array("transform_param".utf8) + document.opening(of: source, message)
        let closing = document.closing(of: source, message)
        let sourceEnd = source.rangeWithSeparator.upperBound
        let endsLine = document.endsLine(at: sourceEnd)
        let end = endsLine ? document.endOfLine(at: sourceEnd) : sourceEnd
        let outer = document.indentation(at: source.range.lowerBound)
        let lead = endsLine ? document.lineBreak + outer : [UInt8(ascii: " ")]
        let body: [UInt8]
        if document.bytes[message.bodyRange].contains(UInt8(ascii: "\n")) {
            let inner =
                pieces.first { $0.startsLine }.map { document.indentation(at: $0.field.range.lowerBound) } ?? outer
            body =
                pieces.flatMap { $0.lines(of: $0.text(named: $0.field.name), indentation: inner) } + document.lineBreak
                + outer
        } else {
            body = inlineText(pieces) + [UInt8(ascii: " ")]
        }
        return SourceEdit(range: end..<end, replacement: lead + opening + body + [closing])
    }

    /// The fields on one line, each behind a blank.
    private static func inlineText(_ pieces: [LegacyPiece]) -> [UInt8] {
        pieces.flatMap { [UInt8(ascii: " ")] + $0.text(named: $0.field.name) }
    }
}
