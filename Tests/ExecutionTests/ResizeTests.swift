import Execution
import NetGraph
import Testing

@Suite("Resizing")
struct ResizeTests {
    private func run(_ resize: Resize, _ input: Tensor<Double>) throws -> Tensor<Double> {
        try OneLayer(operation: .resize(resize)).run(input)
    }

    private func row(_ resize: Resize, _ elements: [Double]) throws -> [Double] {
        try run(resize, Tensor([1, 1, elements.count], elements)).elements
    }

    private static let plane = Tensor<Double>([1, 1, 2, 3], [1, 4, 2, 8, 5, 7])
    private static let squares = Tensor<Double>([1, 1, 3, 4], (0..<12).map { Double($0 * $0) })

    @Test("Linear and cubic enlarging and shrinking have the numbers of OpenCV")
    func likeOpenCV() throws {
        let linear = try run(Resize(.linear, size: .lengths([3, 5])), Self.plane)
        let expected = [1, 2.2, 4, 2.8, 2, 4.5, 4.5, 4.5, 4.5, 4.5, 8, 6.8, 5, 6.2, 7]
        #expect(Tensor([1, 1, 3, 5], expected).distance(to: linear) < 1e-6)
        let cubic = try run(Resize(.cubic(coefficient: -0.75), size: .lengths([4, 7])), Self.plane)
        let numbers = [
            -0.135456635, 0.733031254, 2.62357657, 3.89453125, 3.25905369, 1.81334285, 1.20787396, 2.40656797,
            2.79878831, 3.65258297, 4.2265625, 3.93957264, 3.28667097, 3.0132334, 6.59343203, 6.20121169, 5.34741703,
            4.7734375, 5.06042736, 5.71332903, 5.9867666, 9.13545664, 8.26696875, 6.37642343, 5.10546875, 5.74094631,
            7.18665715, 7.79212604,
        ]
        #expect(Tensor([1, 1, 4, 7], numbers).distance(to: cubic) < 1e-5)
        let smaller = try run(Resize(.linear, size: .lengths([2, 3])), Self.squares)
        #expect(
            Tensor([1, 1, 2, 3], [4.5, 9.5, 17.8333333, 54.5, 75.5, 99.8333333]).distance(to: smaller) < 1e-5)
        let smallerCubic = try run(Resize(.cubic(coefficient: -0.75), size: .lengths([2, 3])), Self.squares)
        #expect(
            Tensor([1, 1, 2, 3], [2.22211387, 6.359375, 14.6725629, 55.604276, 77.515625, 103.602903])
                .distance(to: smallerCubic) < 1e-4)
    }

    @Test("Corners stay corners where they are aligned")
    func alignedCorners() throws {
        #expect(try row(Resize(.linear, .alignedCorners, size: .lengths([5])), [0, 4, 8]) == [0, 2, 4, 6, 8])
        #expect(try row(Resize(.linear, .alignedCorners, size: .lengths([1])), [3, 4, 8]) == [3])
    }

    @Test("A place is counted in the way that is told")
    func coordinates() throws {
        let elements: [Double] = [0, 10, 20, 30]
        #expect(try row(Resize(.linear, .asymmetric, size: .factors([2])), elements) == [0, 5, 10, 15, 20, 25, 30, 30])
        #expect(try row(Resize(.linear, size: .factors([0.5])), elements) == [5, 25])
        #expect(try row(Resize(.linear, size: .lengths([1])), elements) == [15])
        #expect(try row(Resize(.linear, .pytorchHalfPixel, size: .lengths([1])), elements) == [0])
        #expect(try row(Resize(.nearest(.floor), .halfPixelOffset, size: .lengths([2])), elements) == [10, 30])
        // A factor that was told counts, not the one that the lengths have: 5 / 4 instead of 1.3.
        let told = try row(Resize(.linear, .asymmetric, size: .factors([1.3])), elements)
        #expect(Tensor([5], [0, 10 / 1.3, 20 / 1.3, 30 / 1.3, 30]).distance(to: Tensor([5], told)) < 1e-12)
        // ONNX's example resize_upsample_scales_linear_half_pixel_symmetric.
        let symmetric = try row(Resize(.linear, .symmetricHalfPixel, size: .factors([2.94])), [1, 2])
        #expect(
            Tensor([5], [1, 1.15986395, 1.5, 1.84013605, 2]).distance(to: Tensor([5], symmetric)) < 1e-7)
    }

    @Test("The nearest element is the one that the rounding names")
    func nearest() throws {
        let elements: [Double] = [0, 1, 2, 3]
        func places(_ rounding: Resize.Rounding) throws -> [Double] {
            // Places 0, 1.5, 3.
            try row(Resize(.nearest(rounding), .alignedCorners, size: .lengths([3])), elements)
        }
        #expect(try places(.floor) == [0, 1, 3])
        #expect(try places(.ceiling) == [0, 2, 3])
        #expect(try places(.downFromHalf) == [0, 1, 3])
        #expect(try places(.upFromHalf) == [0, 2, 3])
    }

    @Test("Whole factors repeat elements along one, two and three axes")
    func repeating() throws {
        #expect(try row(.repeating([3]), [1, 2]) == [1, 1, 1, 2, 2, 2])
        #expect(
            try run(.repeating([2, 1]), Tensor([1, 1, 1, 2], [1, 2])) == Tensor([1, 1, 2, 2], [1, 2, 1, 2]))
        #expect(
            try run(.repeating([1, 1, 2]), Tensor([1, 2, 1, 1, 1], [1, 2])) == Tensor([1, 2, 1, 1, 2], [1, 1, 2, 2]))
    }

    @Test("A smaller output takes in all of the input where it is antialiased")
    func antialiased() throws {
        // ONNX's example resize_downsample_scales_linear_antialias.
        let input = Tensor<Double>([1, 1, 4, 4], (1...16).map(Double.init))
        let output = try run(Resize(.linear, size: .factors([0.6, 0.6]), isAntialiased: true), input)
        #expect(Tensor([1, 1, 2, 2], [2.875, 4.5, 9.375, 11]).distance(to: output) < 1e-12)
        // The outermost element does not stand for what lies beyond it: (0.75, 0.75, 0.25) / 1.75.
        let excluding = try row(
            Resize(.linear, size: .lengths([2]), excludesOutside: true, isAntialiased: true), [0, 7, 14, 21])
        #expect(Tensor([2], [5, 16]).distance(to: Tensor([2], excluding)) < 1e-12)
    }

    @Test("A cubic whose outside does not count has weights of 1 together")
    func excludedOutside() throws {
        let resize = Resize(.cubic(coefficient: -0.5), size: .factors([4]), excludesOutside: true)
        let output = try row(resize, [3, 3, 3])
        #expect(output.allSatisfy { abs($0 - 3) < 1e-12 })
        // The first place is -0.375: of the elements at -2, -1, 0 and 1 the last two count.
        let step = try row(resize, [0, 1, 0])[0]
        func keys(_ x: Double) -> Double { x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2 }
        #expect(abs(step - keys(1.375) / (keys(0.375) + keys(1.375))) < 1e-12)
    }

    @Test("Lengths that leave nothing, factors that are no numbers, and another number of axes are errors")
    func errors() {
        for resize in [
            Resize(.linear, size: .lengths([0])), Resize(.linear, size: .factors([0.1])),
            Resize(.linear, size: .factors([.nan])), Resize(.linear, size: .factors([1e300])),
            Resize(.linear, size: .lengths([2, 2])),
        ] {
            #expect(throws: ExecutionError.self) { try row(resize, [1, 2]) }
        }
    }
}
