import Frontend
import NetGraph

/// What a layer is taken for, by its type.
///
/// Forks use one type's name for different layers. So the layer is what its type says only where its fields, its bottoms and tops, its blobs
/// and its shapes are those of the layer that is known by that name; where they are not, it is opaque and says why.
struct LayerCandidate {
    /// The message that holds the layer's own fields, for example `lrn_param`; `nil` for a layer without fields.
    var message: String?
    /// The fields that are understood, or that change nothing.
    var fields: Set<String> = []
    var bottoms: ClosedRange<Int> = 1...1
    /// `nil`: any number.
    var tops: Int? = 1
    var blobs: [ExpectedBlob] = []
    /// Why the fields cannot be taken for what they seem, as part of a sentence.
    var objection: String?
    /// Makes the operation from the parameters of the blobs.
    var make: ([ParameterID]) -> Operation
}

extension LayerTranslator {
    func operation(of candidate: LayerCandidate) throws(ModelError) -> Operation {
        if let cause = try objection(to: candidate) {
            return .opaque(Opaque(type: layer.type, parameters: try registry.registerAll(of: layer), cause: cause))
        }
        return candidate.make(try register(candidate.blobs))
    }

    /// Why a layer is not what its type says, as part of a sentence; `nil` when it is.
    private func objection(to candidate: LayerCandidate) throws(ModelError) -> String? {
        if let objection = candidate.objection { return objection }
        let found = try candidate.message.map { name throws(ModelError) in try parameters(name).fieldNames } ?? []
        let unknown = found.filter { !candidate.fields.contains($0) && !KnownFields.keptEverywhere.contains($0) }
        if !unknown.isEmpty { return "its field \(unknown.map { "'\($0)'" }.joined(separator: ", ")) is not known" }
        guard candidate.bottoms.contains(layer.bottoms.count), candidate.tops ?? layer.tops.count == layer.tops.count
        else {
            return "it has \(layer.bottoms.count) bottoms and \(layer.tops.count) tops"
        }
        if registry.weights != nil, try !storedBlobsFit(candidate.blobs) {
            return "its blobs are not those of Caffe's layer of that name"
        }
        do {
            let standIns = candidate.blobs.map { _ in ParameterID(0) }
            _ = try candidate.make(standIns).outputShapes(of: inputs, outputCount: layer.tops.count)
        } catch {
            return "\(error)"
        }
        return nil
    }

    private func storedBlobsFit(_ expected: [ExpectedBlob]) throws(ModelError) -> Bool {
        // A layer that the file lacks is told as missing.
        guard let stored = try registry.weights?.blobs(ofLayer: layer.name) else { return true }
        let isShared = try layer.sharedNames().contains { !$0.isEmpty }
        guard stored.count == expected.count || isShared && stored.count < expected.count else { return false }
        return stored.allSatisfy { index, blob in
            guard expected.indices.contains(index) else { return false }
            guard let shape = expected[index].shape else { return true }
            // A legacy shape has ones in front.
            let surplus = blob.shape.count - shape.count
            guard surplus == 0 || surplus > 0 && registry.weights?.mayHaveLegacyShapes == true else { return false }
            return blob.shape.prefix(surplus).allSatisfy { $0 == 1 }
                && zip(blob.shape.dropFirst(surplus), shape).allSatisfy { $1 == nil || $0 == $1 }
        }
    }
}
