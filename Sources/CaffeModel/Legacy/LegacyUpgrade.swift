import Frontend
import Prototxt

/// Turns the prototxt of an older Caffe into today's format, as edits of its text.
///
/// The meaning of the result is that of Caffe's tool `upgrade_net_proto_text` (`upgrade_proto.cpp`). Unlike the tool, every
/// comment, blank line and field that is not old stays as it stands.
enum LegacyUpgrade {
    /// The document in today's format; the document itself when nothing in it is old.
    ///
    /// - Throws: `ModelError` with line and column for what has no one meaning: `layer` beside `layers` in the old
    ///   form, an unknown number of a type, a padding layer that no convolution can take over, input dimensions that do not
    ///   match the inputs. Lines are those of the text as the steps before have left it.
    static func upgraded(_ document: PrototxtDocument) throws(ModelError) -> PrototxtDocument {
        try rejectMixture(in: document)
        // Each step reads what the one before it has written. Transformations move before the types become strings, as in
        // Caffe: it moves them in `layers` only, and ignores them where they stand in today's `layer`.
        var upgraded = document
        upgraded = try upgraded.applyingStep(LegacyPadding.edits(in: upgraded))
        upgraded = try upgraded.applyingStep(LegacyNestedLayer.edits(in: upgraded))
        upgraded = try upgraded.applyingStep(LegacyTransform.edits(in: upgraded))
        upgraded = try upgraded.applyingStep(LegacyLayer.edits(in: upgraded))
        upgraded = try upgraded.applyingStep(LegacyInputs.edits(in: upgraded))
        return upgraded
    }

    /// Refuses nets with `layer` and `layers`, as Caffe does: it would read the ones and drop the others.
    ///
    /// A `layers` that is today's format but for its name is let through: the order of the text is then the order of the net.
    private static func rejectMixture(in document: PrototxtDocument) throws(ModelError) {
        let fields = document.root.fields.filter { $0.name == "layer" || $0.name == "layers" }
        guard let first = fields.first, let other = fields.first(where: { $0.name != first.name }) else { return }
        guard try !LegacyLayer.all(in: document).allSatisfy(\.isOldInNameOnly) else { return }
        let line = document.position(at: first.range.lowerBound).line
        throw ModelError(
            document.error(
                at: other.range.lowerBound,
                "found '\(other.name)', but the net begins with '\(first.name)' in line \(line); 'layers' is Caffe's old format, 'layer' is today's, and Caffe reads no file with both; rewrite the layers of one kind as the other"
            ))
    }
}

extension PrototxtDocument {
    /// The document after the edits of one step.
    fileprivate func applyingStep(_ edits: [SourceEdit]) throws(ModelError) -> PrototxtDocument {
        guard !edits.isEmpty else { return self }
        let bytes: [UInt8]
        do throws(SourceEditConflict) {
            bytes = try applying(edits)
        } catch {
            throw ModelError(
                .internalFault, "\(path): the edits that upgrade the prototxt do not fit together: \(error)")
        }
        do throws(PrototxtError) {
            return try PrototxtDocument(parsing: bytes, path: path)
        } catch {
            throw ModelError(.internalFault, "\(error), in the text as it was upgraded from Caffe's old format")
        }
    }
}
