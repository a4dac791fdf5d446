import Execution
import NetGraph
import Testing

@testable import Verification

/// The bound of a fold against brute force: exact weights in one network, the same weights rounded in the other.
@Suite("The bound of a fold")
struct ErrorBoundTests {
    /// Networks with exact weights, and with the same weights rounded once.
    private struct Twins {
        var exact: Sketch
        var rounded: Sketch
        var numbers: SeededNumbers
        var type: ElementType
        /// Weights lie between minus this and this.
        var size = 1.0

        init(_ shape: [Int], seed: UInt64, _ type: ElementType = .float32, size: Double = 1) {
            exact = Sketch(shape)
            rounded = Sketch(shape)
            numbers = SeededNumbers(seed)
            self.type = type
            self.size = size
        }

        /// Adds a layer to both.
        ///
        /// - Parameter operation: from its parameters, in the order of `shapes`.
        mutating func add(
            _ name: String, _ shapes: [[Int]], top: String? = nil, _ operation: ([ParameterID]) -> Operation
        ) {
            let tensors = shapes.map { numbers.next($0.reduce(1, *)).map { $0 * size } }
            exact.add(name, operation(zip(shapes, tensors).map { exact.parameter($1, shape: $0, type) }), top: top)
            let parameters = zip(shapes, tensors).map { shape, tensor in
                rounded.parameter(tensor.map(round), shape: shape, type)
            }
            rounded.add(name, operation(parameters), top: top.map { "renamed \($0)" })
        }

        private func round(_ number: Double) -> Double {
            switch type {
            case .float16:
                // Ten bits behind the leading one, none below 2^-24. (`Float16` does not exist on every Mac.)
                let step = max(number.binade.magnitude * 0x1p-10, 0x1p-24)
                return (number / step).rounded(.toNearestOrEven) * step
            case .float32: return Double(Float(number))
            case .float64: return number
            }
        }

        /// The only site, tried on random input.
        mutating func site() throws -> Verification.Site {
            let shape = exact.network[ValueID(0)].shape?.known ?? []
            let input = Tensor(shape, numbers.next(shape.reduce(1, *)).map { 3 * $0 })
            let verification = try Sketch.verify(exact, rounded, on: input)
            #expect(verification.sites.count == 1)
            return try #require(verification.sites.first)
        }
    }

    private static let shape = [2, 6, 5, 5]

    private static func convolution(_ parameters: [ParameterID], outputs: Int, groups: Int = 1) -> Convolution {
        Convolution(
            weight: parameters[0], bias: parameters.count > 1 ? parameters[1] : nil, outputChannels: outputs,
            groups: groups, kernel: [3, 3], padBefore: [1, 1])
    }

    /// Every operation that a fold changes, with the shapes of its parameters.
    enum Linear: String, CaseIterable, Sendable {
        case convolution, groups, deconvolution, deconvolutionInGroups, innerProduct, transposed, scale, widthScale,
            bias

        var shapes: [[Int]] {
            switch self {
            case .convolution: [[4, 6, 3, 3], [4]]
            case .groups: [[9, 2, 3, 3], [9]]
            case .deconvolution: [[6, 4, 3, 3], [4]]
            case .deconvolutionInGroups: [[6, 2, 3, 3], [6]]
            case .innerProduct: [[7, 150], [7]]
            case .transposed: [[150, 7], [7]]
            case .scale: [[6], [6]]
            case .widthScale: [[5], [5]]
            case .bias: [[6]]
            }
        }

        func operation(_ parameters: [ParameterID]) -> Operation {
            switch self {
            case .convolution: .convolution(ErrorBoundTests.convolution(parameters, outputs: 4))
            case .groups: .convolution(ErrorBoundTests.convolution(parameters, outputs: 9, groups: 3))
            case .deconvolution: .deconvolution(ErrorBoundTests.convolution(parameters, outputs: 4))
            case .deconvolutionInGroups: .deconvolution(ErrorBoundTests.convolution(parameters, outputs: 6, groups: 3))
            case .innerProduct:
                .innerProduct(InnerProduct(weight: parameters[0], bias: parameters[1], outputCount: 7))
            case .transposed:
                .innerProduct(
                    InnerProduct(weight: parameters[0], bias: parameters[1], outputCount: 7, transposed: true))
            case .scale: .scale(Scale(gamma: parameters[0], beta: parameters[1]))
            case .widthScale: .scale(Scale(gamma: parameters[0], beta: parameters[1], axes: .axes(3..<4)))
            case .bias: .bias(Bias(beta: parameters[0]))
            }
        }
    }

    @Test("holds for rounded weights, and is not more than a hundred times what they show", arguments: Linear.allCases)
    func roundedWeights(linear: Linear) throws {
        var largest = 0.0
        for seed in 1...20 as ClosedRange<UInt64> {
            var twins = Twins(Self.shape, seed: seed)
            twins.add("layer", linear.shapes, linear.operation)
            let site = try twins.site()
            #expect(site.difference.bound != nil)
            #expect(!site.isBeyond, "seed \(seed): \(site.difference.ratio)")
            largest = max(largest, site.difference.ratio)
        }
        #expect(largest > 0.01)
    }

    @Test("holds for weights in half precision", arguments: Linear.allCases)
    func halfPrecision(linear: Linear) throws {
        var twins = Twins(Self.shape, seed: 5, .float16)
        twins.add("layer", linear.shapes, linear.operation)
        let site = try twins.site()
        #expect(!site.isBeyond && site.difference.ratio > 0.001, "\(site.difference.ratio)")
    }

    @Test("holds for slopes in half precision, which no fold changes")
    func slopes() throws {
        var twins = Twins(Self.shape, seed: 6, .float16)
        twins.add("layer", [[6]]) { .activation(.prelu(slope: $0[0])) }
        let site = try twins.site()
        #expect(!site.isBeyond && site.difference.ratio > 0.001, "\(site.difference.ratio)")
    }

    @Test(
        "holds for weights too small for the full precision of their format",
        arguments: [(ElementType.float32, 1e-42), (.float32, 1e-46), (.float16, 1e-6), (.float16, 1e-9)])
    func subnormal(type: ElementType, size: Double) throws {
        for linear in Linear.allCases {
            var twins = Twins(Self.shape, seed: 3, type, size: size)
            twins.add("layer", linear.shapes, linear.operation)
            let site = try twins.site()
            #expect(!site.isBeyond, "\(linear): \(site.difference.ratio)")
        }
    }

    @Test("is met when every weight is rounded down by half a unit and every input is the largest")
    func worstCase() throws {
        let weight = 1 + 0x1p-24
        var exact = Sketch([1, 64, 1, 1])
        exact.convolution("layer", [Double](repeating: weight, count: 64))
        var rounded = Sketch([1, 64, 1, 1])
        rounded.convolution("layer", [Double](repeating: Double(Float(weight)), count: 64))
        let input = Tensor([1, 64, 1, 1], [Double](repeating: -2, count: 64))
        let difference = try #require(try Sketch.verify(exact, rounded, on: input).sites.first).difference
        #expect(difference.error == 128 * 0x1p-24)
        #expect(difference.ratio > 0.999 && difference.ratio <= 1)
    }

    @Test("is left by a weight that is off by three units in its last place")
    func threeUnits() throws {
        var exact = Sketch()
        exact.convolution("layer", [1.5], bias: [0.25])
        var wrong = Sketch()
        wrong.convolution("layer", [1.5 + 3 * 0x1p-23], bias: [0.25])
        #expect(try #require(try Sketch.verify(exact, wrong, on: Tensor([1, 1, 1, 1], [2])).sites.first).isBeyond)
    }

    @Test("holds through two rounded layers with others between them", arguments: 1...10 as ClosedRange<UInt64>)
    func chained(seed: UInt64) throws {
        // The tops between the two have other names in the second network, so that all is one site.
        var twins = Twins(Self.shape, seed: seed)
        twins.add("first", [[4, 6, 3, 3], [4]], top: "a") { .convolution(Self.convolution($0, outputs: 4)) }
        twins.add("prelu", [[4]], top: "b") { .activation(.prelu(slope: $0[0])) }
        twins.add("width", [[5], [5]], top: "c") { .scale(Scale(gamma: $0[0], beta: $0[1], axes: .axes(3..<4))) }
        twins.add("power", [], top: "d") { _ in .power(Power(power: 1, scale: -3, shift: 2)) }
        twins.add("pool", [], top: "e") { _ in
            .pooling(Pooling(method: .average, kernel: [2, 2], stride: [1, 1], pad: [0, 0]))
        }
        twins.add("tanh", [], top: "f") { _ in .activation(.tanh) }
        twins.add("second", [[7, 64], [7]]) {
            .innerProduct(InnerProduct(weight: $0[0], bias: $0[1], outputCount: 7))
        }
        let site = try twins.site()
        #expect(site.difference.bound != nil)
        #expect(!site.isBeyond, "\(site.difference.ratio)")
    }

    @Test("of a Scale along the width takes the error of any channel")
    func widthScale() throws {
        var sketch = Sketch([1, 2, 1, 2])
        sketch.scale("width", [100, 0.001], axes: .axes(3..<4))
        let interpreter = try Interpreter<Double>(sketch.network, weights: sketch.weights)
        let bound = ErrorBound.outputs(
            of: try #require(sketch.network.layers.last), inputs: [ErrorBound(channels: [1e-9, 1e-3])],
            magnitudes: [1], isRounded: false, interpreter: interpreter)
        #expect(try #require(bound?.first).largest >= 100 * 1e-3)
    }

    @Test("that is not known gives way to the tolerance")
    func unknown() throws {
        func sketch(_ weight: Double) -> Sketch {
            var sketch = Sketch()
            sketch.convolution("layer", [weight], top: weight == 1 ? "a" : "b")
            sketch.add("exponential", .activation(.exponential(base: nil, scale: 1, shift: 0)))
            return sketch
        }
        let input = Tensor([1, 1, 1, 1], [1])
        let site = try #require(try Sketch.verify(sketch(1), sketch(1 + 1e-4), on: input).sites.first)
        #expect(site.difference.bound == nil && site.isBeyond)
        let loose = try #require(
            try Sketch.verify(sketch(1), sketch(1 + 1e-4), on: input, tolerance: 1e-3).sites.first)
        #expect(!loose.isBeyond)
    }

    @Test("that is infinite does not excuse a result that is")
    func infinite() {
        var difference = SiteDifference()
        difference.add(
            original: Tensor([1, 1], [1]), folded: Tensor([1, 1], [.infinity]),
            bound: ErrorBound(channels: [.infinity]), tolerance: 1)
        #expect(difference.ratio == .infinity)
    }
}
