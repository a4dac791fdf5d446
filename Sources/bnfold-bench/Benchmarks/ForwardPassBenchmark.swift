import CaffeModel
import Execution
import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Forward passes of the interpreter, which `bnfold verify` consists of, against the matrix products in them alone.
struct ForwardPassBenchmark {
    let rounds: Int

    /// A pass takes a tenth of a second: it is short enough to be repeated for more trust.
    private static let passesPerRound = 4

    /// One network, single precision, one image.
    struct Result: Codable {
        var name: String
        var threads: Int
        /// Operations of the convolutions and inner products of one pass; a multiplication and an addition count as two.
        var operations: Int
        /// Medians over all passes.
        var passSeconds: Double
        var productSeconds: Double
        var passGigaflops: Double
        var productGigaflops: Double
        /// The median over all passes of how much of the BLAS' speed the pass reaches.
        var share: Double
    }

    /// Runs a net as it was trained and its products in turn.
    func result(prototxt: String, weights: String, named name: String) throws(BenchmarkError) -> Result {
        do {
            let conversion = try CaffeConversion(prototxt: prototxt, weights: weights, options: CaffeOptions())
            guard let store = conversion.weights else { throw BenchmarkError("\(weights): has no weights") }
            let interpreter = try Interpreter<Float>(conversion.network, weights: store)
            return try measure(interpreter, named: name)
        } catch let error as BenchmarkError {
            throw error
        } catch {
            throw BenchmarkError("the network cannot be run: \(error)")
        }
    }

    private func measure(_ interpreter: Interpreter<Float>, named name: String) throws -> Result {
        let threads = interpreter.options.threadCount
        let image = try Self.image()
        let products = try Self.products(of: interpreter, on: image)
        let operands = ProductOperands(for: products)
        var passes: [Double] = []
        var plain: [Double] = []
        // The first pass is not counted.
        for index in 0...rounds * Self.passesPerRound {
            try Interruption.check()
            let pass = try Self.seconds { _ = try interpreter.outputs(of: ["data": image]) }
            let product = Self.seconds { operands.run(products, threads: threads) }
            if index > 0 {
                passes.append(pass)
                plain.append(product)
            }
        }
        let operations = products.reduce(0) { $0 + $1.operations }
        let (pass, product) = (Median.of(passes), Median.of(plain))
        return Result(
            name: name, threads: threads, operations: operations, passSeconds: pass, productSeconds: product,
            passGigaflops: Double(operations) / pass / 1e9, productGigaflops: Double(operations) / product / 1e9,
            share: Median.ofRatios(plain, passes))
    }

    /// Noise in the shape of an image of ImageNet.
    private static func image() throws(BenchmarkError) -> Tensor<Float> {
        var random = PseudoRandom(seed: 1)
        let shape = [1, 3, 224, 224]
        let elements = (0..<shape.reduce(1, *)).map { _ in random.signed() }
        guard let image = Tensor(shape: shape, elements: elements) else {
            throw BenchmarkError("the image has no shape")
        }
        return image
    }

    /// The matrix products of one pass, as Caffe forms them: one for each image and group of a convolution, one for an inner product.
    private static func products(
        of interpreter: Interpreter<Float>, on image: Tensor<Float>
    ) throws -> [ProductSize] {
        let network = interpreter.network
        var products: [ProductSize] = []
        var pass = try interpreter.start(["data": image])
        while let layer = try pass.next() {
            guard let output = layer.outputs.first, let shape = pass.shape(of: output) else { continue }
            switch layer.operation {
            case .convolution(let convolution):
                guard let weight = network[convolution.weight].shape else { continue }
                let product = ProductSize(
                    rows: convolution.outputChannels / convolution.groups,
                    columns: shape[(convolution.channelAxis + 1)...].reduce(1, *),
                    depth: weight.dropFirst().reduce(1, *))
                let images = shape[..<convolution.channelAxis].reduce(1, *)
                products += [ProductSize](repeating: product, count: images * convolution.groups)
            case .innerProduct(let product):
                guard let count = network[product.weight].elementCount else { continue }
                products.append(
                    ProductSize(
                        rows: shape.dropLast().reduce(1, *), columns: product.outputCount,
                        depth: count / product.outputCount, isRightTransposed: !product.transposed))
            default: continue
            }
        }
        return products
    }

    private static func seconds(_ work: () throws -> Void) rethrows -> Double {
        // Threads of a BLAS that has just worked wait for more in a busy loop; by then they sleep.
        usleep(200_000)
        let clock = ContinuousClock()
        return try clock.measure(work) / .seconds(1)
    }
}
