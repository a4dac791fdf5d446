/// A train net made by code: its prototxt, its blobs and its BatchNorms.
///
/// What is written is what Caffe would accept: one layer block for each layer, shapes that fit.
struct TrainNet {
    let name: String
    var layers: [TrainLayer] = []
    /// Every BatchNorm and Scale, with the convolution that takes them.
    var folds: [KnownFold] = []

    /// The number of all weights.
    var parameterCount: Int { layers.flatMap(\.blobs).reduce(0) { $0 + $1.count } }

    /// The size of all weights in single precision.
    var byteCount: Int { parameterCount * MemoryLayout<Float>.stride }

    var prototxt: String { "name: \"\(name)\"\n" + layers.map(\.text).joined() }
}

/// A layer of a train net.
struct TrainLayer {
    let name: String
    /// Its block in the prototxt.
    let text: String
    var blobs: [TrainBlob] = []
}

/// One tensor of weights, whose numbers are drawn when it is written.
struct TrainBlob {
    let shape: [Int]
    let values: Values

    var count: Int { shape.reduce(1, *) }

    /// What the numbers are like: as those of a trained net, not as those of its first step.
    enum Values {
        /// Of both signs, such that a layer with so many inputs to each sum keeps the magnitude of what passes.
        case weights(inputs: Int)
        /// Of both signs and small.
        case offsets
        /// Likewise, times the averaging factor.
        case means
        /// Of both signs, away from 0.
        case gammas
        /// Positive, times the averaging factor.
        case variances
        /// By which Caffe divides mean and variance.
        case averagingFactor
    }
}

/// What a fold of the net has to do, for a program that knows no prototxt.
struct KnownFold: Codable {
    let convolution: String
    let batchNorm: String
    let scale: String
    let epsilon: Double
}
