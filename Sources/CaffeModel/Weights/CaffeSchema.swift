/// Field numbers of Caffe's `caffe.proto` that this module reads or writes.
enum CaffeSchema {
    enum Net {
        static let name = 1
        /// V1 layers.
        static let oldLayers = 2
        static let layer = 100
    }

    /// The fields of a layer that differ between today's format and V1.
    struct Layer {
        let name: Int
        let type: Int
        let bottom: Int
        let top: Int
        let blobs: Int

        static let current = Layer(name: 1, type: 2, bottom: 3, top: 4, blobs: 7)
        static let old = Layer(name: 4, type: 5, bottom: 2, top: 3, blobs: 6)
        /// In V0 the name and the blobs lie in a message inside the V1 layer.
        static let oldestNested = 1
        static let oldest = Layer(name: 1, type: 2, bottom: 0, top: 0, blobs: 50)

        static let convolutionParameter = 106
        static let innerProductParameter = 117
        static let batchNormParameter = 139
        static let biasParameter = 141
        static let powerParameter = 122
        static let scaleParameter = 142
        /// `bn_param` of the forks that have it.
        static let bnParameters = [137]
    }

    /// The number of `bias_term` in the parameters of a layer.
    enum BiasTerm {
        static let convolution = 2
        static let innerProduct = 2
        static let scale = 4
    }

    enum Blob {
        static let legacyShape = [1, 2, 3, 4]
        static let data = 5
        static let diff = 6
        static let shape = 7
        static let doubleData = 8
        static let doubleDiff = 9
        /// NVCaffe: the type of `rawData`.
        static let rawType = 10
        static let rawDiffType = 11
        static let rawData = 12
        static let rawDiff = 13
        static let dimensions = 1
    }

    /// NVCaffe's `Type`.
    enum RawType {
        static let double = 0
        static let float = 1
        static let half = 2
    }

    /// A blob of Caffe has at most 32 axes.
    static let maximumAxes = 32
}
