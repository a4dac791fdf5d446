import NetGraph
import Prototxt

/// The fields of a layer that became the Scale or the Bias that is left of its chain.
extension LayerEditor {
    /// The edits of the type's own parameters; the type itself is set elsewhere.
    func affineEdits() -> [SourceEdit] {
        guard old.operation != layer.operation, let form = newForm else { return [] }
        if case .batchNorm = layer.operation { return replacements(form) }
        guard !changedType, let before = AffineForm(old.operation) else { return replacements(form) }
        guard let parameters = message.value(named: form.parameters)?.message else {
            let fields = form.fields
            guard !fields.isEmpty else { return [] }
            return [
                document.insertion(
                    of: [NewField(name: form.parameters, value: .message(fields))], into: message,
                    after: message.fields.last)
            ]
        }
        if let emptied = emptiedParameters { return [document.removal(of: emptied)] }
        var edits: [SourceEdit] = []
        if before.axes != form.axes {
            edits += (parameters.fields(named: "axis") + parameters.fields(named: "num_axes")).map {
                document.removal(of: $0)
            }
            if form.isScalar { edits.append(document.insertion(of: [Self.noAxes], into: parameters, after: nil)) }
        }
        if form.hasTerm { return edits + setTrue("bias_term", in: parameters, isDefault: false) }
        return edits + parameters.fields(named: "bias_term").map { document.removal(of: $0) }
    }

    /// How the layer is written, if it is an affine now, in whatever form.
    private var newForm: AffineForm? {
        AffineForm(layer.operation)
            ?? (changedType || becomesNormalization ? AffineForm(converted: layer.operation) : nil)
    }

    /// Whether a BatchNorm became one with other numbers.
    private var becomesNormalization: Bool {
        guard case .batchNorm(let new) = layer.operation, case .batchNorm(let before) = old.operation else {
            return false
        }
        return new.stored != before.stored && new.gamma == nil && before.stored.allSatisfy { !new.stored.contains($0) }
    }

    /// The parameters of a layer that keeps its type, when nothing of them is left.
    private var emptiedParameters: FieldNode? {
        guard !changedType, old.operation != layer.operation, let before = AffineForm(old.operation),
            let form = AffineForm(layer.operation), form.fields.isEmpty,
            case let fields = message.fields(named: form.parameters), fields.count == 1,
            let parameters = fields[0].value.message
        else { return nil }
        var going: Set<String> = keepsTraining ? ["bias_term"] : Self.fillers.union(["bias_term"])
        if before.axes != form.axes { going.formUnion(["axis", "num_axes"]) }
        return parameters.fields.allSatisfy { going.contains($0.name) } ? fields[0] : nil
    }

    /// All parameters of the old type go, those of the new one come.
    private func replacements(_ form: AffineForm) -> [SourceEdit] {
        let parameters = Self.replacedParameters.flatMap { message.fields(named: $0) }
        let removals = parameters.map { document.removal(of: $0) }
        guard !form.fields.isEmpty else { return removals }
        let anchor = message.fields.last { ["name", "type", "bottom", "top"].contains($0.name) }
        return removals + [
            document.insertion(
                of: [NewField(name: form.parameters, value: .message(form.fields))], into: message,
                after: parameters.first ?? anchor)
        ]
    }

    /// Whether `affineEdits` removes a field as a whole.
    func isReplaced(_ name: String) -> Bool {
        (changedType || becomesNormalization) && newForm != nil && Self.replacedParameters.contains(name)
            || emptiedParameters?.name == name
    }

    /// Whether `affineEdits` has something to do in a field that it keeps.
    func changesAffineFields(of name: String) -> Bool {
        guard old.operation != layer.operation, let form = AffineForm(layer.operation) else { return false }
        return name == form.parameters && (form.hasTerm || form.isScalar)
    }

    /// The parameters of layers that may become a Scale or a Bias.
    private static let replacedParameters = [
        "batch_norm_param", "bn_param", "scale_param", "bias_param", "power_param",
    ]

    fileprivate static let noAxes = NewField(name: "num_axes", value: .literal("0"))
}

/// How Caffe writes an affine layer.
struct AffineForm {
    /// The field that holds its parameters.
    let parameters: String
    let axes: AffineAxes
    /// Whether a Scale has a term beside its factor.
    let hasTerm: Bool
    /// What a layer of another type has to say.
    private let ownFields: [NewField]

    /// `nil` for an operation that is no Scale or Bias with parameters of its own.
    init?(_ operation: Operation) {
        switch operation {
        case .scale(let scale) where scale.gamma != nil:
            (parameters, axes, hasTerm) = ("scale_param", scale.axes, scale.beta != nil)
        case .bias(let bias) where bias.beta != nil:
            (parameters, axes, hasTerm) = ("bias_param", bias.axes, false)
        default: return nil
        }
        ownFields = []
    }

    /// An affine in the form of a layer that is made for something else.
    init?(converted operation: Operation) {
        axes = .axes(1..<2)
        hasTerm = false
        switch operation {
        case .convolution(let convolution):
            parameters = "convolution_param"
            ownFields =
                [NewField(name: "num_output", value: .literal(String(convolution.outputChannels)))]
                + (convolution.bias == nil ? [NewField(name: "bias_term", value: .literal("false"))] : [])
                + [
                    NewField(name: "kernel_size", value: .literal("1")),
                    NewField(name: "group", value: .literal(String(convolution.groups))),
                ]
        case .batchNorm:
            parameters = "batch_norm_param"
            ownFields = [NewField(name: "use_global_stats", value: .literal("true"))]
        default: return nil
        }
    }

    var isScalar: Bool { axes.isScalar }

    /// What has to be said beside the defaults.
    var fields: [NewField] {
        ownFields + (isScalar ? [LayerEditor.noAxes] : [])
            + (hasTerm ? [NewField(name: "bias_term", value: .literal("true"))] : [])
    }
}

extension NewField {
    /// A whole layer that no layer of the text became.
    init(inserting layer: Layer, of network: Network, name: String) {
        var fields = [
            NewField(name: "name", value: .string(name)),
            NewField(name: "type", value: .string(layer.type)),
        ]
        fields += layer.inputs.map { NewField(name: "bottom", value: .string(network[$0].name)) }
        fields += layer.outputs.map { NewField(name: "top", value: .string(network[$0].name)) }
        if let form = AffineForm(layer.operation) ?? AffineForm(converted: layer.operation), !form.fields.isEmpty {
            fields.append(NewField(name: form.parameters, value: .message(form.fields)))
        }
        self.init(name: "layer", value: .message(fields))
    }
}
