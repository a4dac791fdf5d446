import Folding
import Frontend
import NetGraph

/// A model whose inputs take data that was not prepared: what prepared it is a layer of the network, for the planner to fold like any other.
///
/// Writers see a network with a layer that the files do not have, as planning leaves one where an affine finds no place.
struct PreparedModel: Model {
    private let base: any Model
    private let insertions: [Insertion]
    private let swapped: [String]
    let network: Network
    let weights: (any WeightStore)?
    let preparations: [DataPreparation]
    let remarks: [ReadingRemark]
    /// The numbers of the layers that were added.
    private let recipes: [ParameterID: ParameterRecipe]

    /// - Parameters:
    ///   - affines: what the inputs need, by name.
    ///   - swapped: inputs whose three channels come in reverse order.
    /// - Throws: `ChannelSwap.Refusal` for a layer that cannot take them so.
    init(
        _ base: any Model, affines: [InputAffine], swapped: [String], form: LeftoverForm, isInPlace: Bool
    ) throws(ChannelSwap.Refusal) {
        self.base = base
        self.swapped = swapped
        insertions = affines.enumerated().map { index, affine in
            var affine = affine
            if swapped.contains(affine.input) {
                affine.mean.reverse()
                affine.scale.reverse()
            }
            return Insertion(affine, number: index, form: form, isInPlace: isInPlace, names: base.network)
        }
        var network = base.network
        recipes = try Self.change(&network, insertions, swapped)
        self.network = network
        let changes = FoldedNetwork(network: network, recipes: recipes)
        weights = base.weights.map { FoldedWeights(base: AnyWeightStore($0), folded: changes) }
        remarks =
            base.remarks
            + swapped.map { input in
                ReadingRemark(
                    kind: .init(rawValue: "swapped-channels"), severity: .note, layers: [],
                    message: "the input '\(input.inMessages)' takes its three channels in reverse order")
            }
            + insertions.map { insertion in
                ReadingRemark(
                    kind: .init(rawValue: "prepares-data"), severity: .note, layers: [insertion.layerName],
                    message: insertion.affine.sentence)
            }
        preparations = base.preparations.compactMap { preparation in
            guard let affine = affines.first(where: { $0.input == preparation.value }) else { return preparation }
            var rest = preparation
            rest.steps.removeAll { step in affine.replacedFields.contains { step.field.hasSuffix(".\($0)") } }
            return rest.steps.isEmpty ? nil : rest
        }
    }

    /// Puts the layers behind the inputs, and the weights that read them in order.
    ///
    /// - Returns: how the new parameters are made.
    private static func change(
        _ network: inout Network, _ insertions: [Insertion], _ swapped: [String]
    ) throws(ChannelSwap.Refusal) -> [ParameterID: ParameterRecipe] {
        var recipes: [ParameterID: ParameterRecipe] = [:]
        var values = Dictionary(
            swapped.compactMap { name in input(name, of: network).map { (name, $0) } },
            uniquingKeysWith: { first, _ in first })
        for insertion in insertions {
            recipes.merge(insertion.insert(into: &network)) { _, new in new }
            if values[insertion.affine.input] != nil {
                values[insertion.affine.input] = network.layers.first { $0.id == insertion.layer }?.outputs.first
            }
        }
        guard !values.isEmpty else { return recipes }
        let orders = try ChannelSwap.apply(to: &network, values: Set(values.values), order: [2, 1, 0])
        return recipes.merging(orders) { _, new in new }
    }

    /// What an input's data goes through first.
    struct InputAffine {
        var input: String
        var mean: [Double]
        var scale: [Double]
        /// Fields of the files whose part it takes.
        var replacedFields: [String]

        var sentence: String {
            func list(_ numbers: [Double]) -> String { numbers.map { String(format($0)) }.joined(separator: ", ") }
            func format(_ number: Double) -> Substring {
                let text = "\(number)"
                return text.hasSuffix(".0") ? text.dropLast(2) : text[...]
            }
            var steps: [String] = []
            if mean != [0] { steps.append("subtracts \(list(mean)) from it") }
            if scale != [1] { steps.append("multiplies it by \(list(scale))") }
            let what = steps.isEmpty ? "does nothing to it" : steps.joined(separator: " and ")
            return "the input '\(input.inMessages)' takes data that is not prepared: the network \(what) itself"
        }
    }

    /// A layer behind an input.
    private struct Insertion {
        var affine: InputAffine
        var layer: LayerID
        var layerName: String
        var valueName: String
        var form: LeftoverForm

        /// Identifiers that neither files nor the planner give.
        private static let firstIdentifier = -(1 << 40)

        init(_ affine: InputAffine, number: Int, form: LeftoverForm, isInPlace: Bool, names network: Network) {
            self.affine = affine
            self.form = form
            layer = LayerID(Self.firstIdentifier - number)
            let stem = number == 0 ? "preprocessing" : "\(affine.input)_preprocessing"
            var layerNames = UniqueNames(Set(network.layers.map(\.name)))
            layerName = layerNames.insert(stem)
            let isOutput = network.outputs.contains { network[$0].name == affine.input }
            var valueNames = UniqueNames(Set(network.values.map(\.name)))
            valueName =
                isInPlace && !isOutput ? affine.input : valueNames.insert("\(affine.input)_preprocessed")
        }

        func insert(into network: inout Network) -> [ParameterID: ParameterRecipe] {
            guard let value = PreparedModel.input(affine.input, of: network) else { return [:] }
            let folded = FoldPlan(
                insertingBehind: value, of: network, valueName: valueName, layer: layer, layerName: layerName,
                mean: affine.mean, scale: affine.scale,
                channelCount: network[value].shape.flatMap { $0.rank > 1 ? $0.dimensions[1] : nil }, form: form
            ).applied(to: network)
            network = folded.network
            return folded.recipes
        }
    }

    /// The value that a caller feeds by a name.
    private static func input(_ name: String, of network: Network) -> ValueID? {
        for layer in network.layers {
            switch layer.operation {
            case .input, .dataSource:
                if let value = layer.outputs.first(where: { network[$0].name == name }) { return value }
            default: continue
            }
        }
        return nil
    }

    /// The folded network with the numbers of added layers that stayed as they were.
    private func complete(_ folded: FoldedNetwork) -> FoldedNetwork {
        var folded = folded
        folded.recipes.merge(recipes) { new, _ in new }
        return folded
    }

    // MARK: As the model that it was made of

    var original: Network { base.original }
    var files: ModelFiles { base.files }
    var weightBytesBeside: Int { base.weightBytesBeside }
    var switchedNormalizations: [LayerID] { base.switchedNormalizations }
    var batchStatisticsRemedy: String { base.batchStatisticsRemedy }
    var usesBatchStatistics: Bool { base.usesBatchStatistics }
    var surplusLayers: [SurplusWeights] { base.surplusLayers }
    var containerFormat: OutputFormat { base.containerFormat }
    var trainingBatchSize: Int? { base.trainingBatchSize }

    func dataTransforms() throws(ModelError) -> [DataTransform]? { try base.dataTransforms() }
    func deployment(of folded: Network) -> [LayerDeployment] { base.deployment(of: folded) }
    func deployed() throws(ModelError) -> any Model { self }

    func network(withNamesOf twin: Network, weights: (any WeightStore)?) -> Network {
        var named = base.network(withNamesOf: twin, weights: weights)
        // One that was made anew has parameters of its own, which the weights do not know.
        guard named.parameters.count == base.network.parameters.count else { return network }
        guard let made = try? Self.change(&named, insertions, swapped), made == recipes else { return network }
        return named
    }

    func isCounted(_ layer: LayerID) -> Bool { base.isCounted(layer) }
    func mayLoseChannels(_ layer: Layer) -> Bool { base.mayLoseChannels(layer) }
    func accuracies() throws(ModelError) -> [AccuracyMetric] { try base.accuracies() }

    func renames(of folded: FoldedNetwork, in format: OutputFormat) -> [LayerID: String] {
        base.renames(of: folded, in: format)
    }

    func unshared(by folded: FoldedNetwork) -> [PartedParameter] { base.unshared(by: folded) }

    func fitsHalfPrecision(_ parameter: ParameterID, of layer: Layer, in folded: FoldedNetwork) -> Bool {
        base.fitsHalfPrecision(parameter, of: layer, in: folded)
    }

    func inStandardTypes(_ folded: FoldedNetwork) -> FoldedNetwork { base.inStandardTypes(folded) }

    func networkFile(
        for folded: FoldedNetwork, plan: FoldPlan, format: OutputFormat
    ) throws(ModelError) -> [UInt8]? {
        try base.networkFile(for: complete(folded), plan: plan, format: format)
    }

    func writeWeights(
        of folded: FoldedNetwork, to path: String, settings: WriteSettings, magnitudes: WeightMagnitudes?
    ) throws(ModelError) {
        let folded = complete(folded)
        try checkStaying(folded)
        try base.writeWeights(of: folded, to: path, settings: settings, magnitudes: magnitudes)
    }

    /// A layer of one piece stays with the numbers that the files have for it, in their order.
    private func checkStaying(_ folded: FoldedNetwork) throws(ModelError) {
        for layer in folded.network.layers where layer.unit != nil {
            switch layer.operation {
            case .scale, .bias: break
            default: continue
            }
            let isReordered = layer.operation.parameters.contains { parameter in
                if case .reordered = recipes[parameter] { true } else { false }
            }
            guard isReordered else { continue }
            throw ModelError(
                .malformed,
                "\(files.network ?? files.weights ?? ""): layer '\(layer.name.inMessages)' (\(layer.type.inMessages)) prepares the data and stays, and cannot take the channels in another order; leave out --swap-channels, and swap them by yourself"
            )
        }
    }

    func check(_ folded: FoldedNetwork, files: ModelFiles, format: OutputFormat) throws(ModelError) {
        try base.check(complete(folded), files: files, format: format)
    }

    func networkFile(recalibrated folded: FoldedNetwork) throws(ModelError) -> [UInt8]? {
        try base.networkFile(recalibrated: folded)
    }

    func writeWeights(
        recalibrated folded: FoldedNetwork, to path: String, settings: WriteSettings
    ) throws(ModelError) {
        try base.writeWeights(recalibrated: folded, to: path, settings: settings)
    }
}
