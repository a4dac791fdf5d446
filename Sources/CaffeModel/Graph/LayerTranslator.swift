import Frontend
import NetGraph

/// Turns one layer of a Caffe net into an operation: defaults, axes, blob indices and spellings of forks become roles and values.
struct LayerTranslator {
    let layer: LayerDefinition
    /// The shapes of the bottoms, as far as they are known.
    let inputs: [TensorShape?]
    let assumesGlobalStatistics: Bool
    /// The dialect that the user named for BatchNorms that do not tell their own.
    let dialect: BatchNormDialect?
    /// Whether a DummyData layer stands for the net's data.
    let dummyDataIsSource: Bool
    let registry: ParameterRegistry
    /// What the layer reads and what reads it, where that tells more about it.
    let neighbors: LayerNeighbors
    /// Whether it was found before that BVLC Caffe knows all fields; none of those makes a layer more than its type says.
    var hasOnlyCaffeFields = false

    var input: TensorShape? { inputs.first ?? nil }

    func parameters(_ name: String) throws(ModelError) -> FieldReader { try layer.reader.submessage(name) }

    func register(_ expected: [ExpectedBlob]) throws(ModelError) -> [ParameterID] {
        try registry.register(expected, of: layer)
    }

    /// The operation of the layer. A type that is not known is opaque.
    func operation() throws(ModelError) -> Operation {
        if !hasOnlyCaffeFields, let objection = try fieldObjection() { return try opaque(because: objection) }
        switch layer.type {
        case "Input": return .input
        case "Convolution", "DepthwiseConvolution", "ConvolutionDepthwise": return try convolution(transposed: false)
        case "Deconvolution": return try convolution(transposed: true)
        case "InnerProduct": return try innerProduct()
        case "BatchNorm": return try batchNorm()
        case "BN": return try bn()
        case "Scale": return try scale()
        case "Bias": return try bias()
        case "PReLU": return try prelu()
        default: break
        }
        if let operation = try operationWithoutParameters() {
            // A layer without parameters that comes with blobs is not what its type says.
            _ = try register([])
            return operation
        }
        if isDataSource { return .dataSource(type: layer.type) }
        if let operation = try operationOfCandidate() { return operation }
        if layer.isObjective { return .objective(type: layer.type) }
        let cause =
            layer.type == "ReLU" ? "what its limits and its slope make together is not known" : nil
        return .opaque(Opaque(type: layer.type, parameters: try registry.registerAll(of: layer), cause: cause))
    }

    /// A layer that is known if its fields are as expected. A fork's type of the same name may have fields of another kind.
    private func operationOfCandidate() throws(ModelError) -> Operation? {
        let candidate: LayerCandidate?
        do throws(ModelError) {
            candidate = try self.candidate()
        } catch {
            guard !isOfCaffe else { throw error }
            return try opaque(because: "its fields are not those that are known by that name (\(error))")
        }
        return try candidate.map { candidate throws(ModelError) in try operation(of: candidate) }
    }

    /// DummyData is one only where nothing else brings data: elsewhere it fills in constants.
    private var isDataSource: Bool { layer.readsData && (layer.type != "DummyData" || dummyDataIsSource) }
}
