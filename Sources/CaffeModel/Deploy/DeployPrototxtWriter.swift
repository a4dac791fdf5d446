import Frontend
import NetGraph
import Prototxt

/// Turns a deployed and folded network back into the text it came from: a list of edits that leaves every other byte as it is.
struct DeployPrototxtWriter {
    /// The net as it was read.
    let original: CaffeNetwork
    /// The network to write; its layers are found in the text by their identifiers.
    let network: Network
    /// New names of layers.
    let renames: [LayerID: String]
    /// Leave data, loss, param and filler fields as they are.
    let keepsTraining: Bool
    /// Write layers of forks as those of BVLC Caffe.
    let usesStandardTypes: Bool
    /// Layers that are still there in another form, so that comments about them stay.
    let mergedLayers: Set<LayerID>
    private let sharing: SharedNames
    /// New layers, by the index of the layer of the text that comes before them.
    private let insertedLayers: [Int: [NewField]]

    init(
        original: CaffeNetwork, network: Network, renames: [LayerID: String], keepsTraining: Bool,
        usesStandardTypes: Bool = false, mergedLayers: Set<LayerID>
    ) {
        self.original = original
        self.network = network
        self.renames = renames
        self.keepsTraining = keepsTraining
        self.usesStandardTypes = usesStandardTypes
        self.mergedLayers = mergedLayers
        sharing = SharedNames(network: network, original: original)
        var inserted: [Int: [NewField]] = [:]
        var last = 0
        for layer in network.layers {
            if original.definition(of: layer.id) != nil {
                last = layer.id.index
            } else {
                inserted[last, default: []].append(
                    NewField(inserting: layer, of: network, name: renames[layer.id] ?? layer.name))
            }
        }
        insertedLayers = inserted
    }

    /// The whole text after the edits.
    func text() throws(ModelError) -> [UInt8] {
        let document = original.definition.document
        do {
            return try document.applying(try edits())
        } catch let error as ModelError {
            throw error
        } catch {
            throw ModelError(
                .internalFault, "\(document.path): the edits of the prototxt do not fit together: \(error)")
        }
    }

    func edits() throws(ModelError) -> [SourceEdit] {
        let remaining = positions(of: network.layers)
        let before = positions(of: original.network.layers)
        let after = { (id: LayerID) in remaining[id].map { network.layers[$0] } }
        // Layers that are gone, or that another phase cannot share any more because they became a Scale.
        let goneNames = Set(
            original.network.layers.filter { after($0.id)?.type != $0.type }.map(\.name))
        let remainingNames = Set(
            network.layers.map { layer in before[layer.id].map { original.network.layers[$0].name } ?? layer.name })
        let remainingTops = Set(network.layers.flatMap { $0.outputs.map { network[$0].name } })
        var edits: [SourceEdit] = []
        for definition in original.definition.layers {
            let id = LayerID(definition.index)
            if let layer = after(id), let old = before[id] {
                let editor = LayerEditor(
                    definition: definition, old: original.network.layers[old], oldNetwork: original.network,
                    layer: layer, network: network,
                    name: renames[id] ?? layer.name, sharedNames: sharing.names(of: layer),
                    keepsTraining: keepsTraining,
                    usesStandardTypes: usesStandardTypes)
                edits += try editor.edits()
                edits += insertions(behind: definition)
                continue
            }
            let isOfThisPhase = before[id] != nil
            // A layer of another phase stays with the training fields, unless it is the twin of one that was folded away.
            if keepsTraining, !isOfThisPhase, !goneNames.contains(definition.name) { continue }
            let hasTwin =
                !isOfThisPhase
                && (remainingNames.contains(definition.name) || definition.tops.contains(where: remainingTops.contains))
            edits += original.definition.document.removal(
                ofBlock: definition.field, withLeadingComments: !hasTwin && !mergedLayers.contains(id))
        }
        return edits
    }

    private func positions(of layers: [Layer]) -> [LayerID: Int] {
        Dictionary(layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// New layers come behind the layer of the text that they follow.
    private func insertions(behind definition: LayerDefinition) -> [SourceEdit] {
        guard let fields = insertedLayers[definition.index] else { return [] }
        let document = original.definition.document
        return [document.insertion(of: fields, into: document.root, after: definition.field)]
    }
}
