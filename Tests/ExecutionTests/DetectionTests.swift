import Execution
import Foundation
import NetGraph
import Testing

struct DetectionTests {
    @Test("prior boxes lie around each pixel: square, larger square, other ratios")
    func priorBoxes() throws {
        let priorBox = PriorBox(
            minimumSizes: [4], maximumSizes: [9], aspectRatios: [1, 4, 0.25], variances: [0.1, 0.1, 0.2, 0.2])
        let output = try OneLayer(operation: .priorBox(priorBox))
            .run([Tensor<Double>(counting: [1, 8, 1, 2]), Tensor<Double>(counting: [1, 3, 20, 40])])[0]
        #expect(output.shape == [1, 2, 2 * 4 * 4])
        let sizes: [(Double, Double)] = [(4, 4), (6, 6), (12, 3), (3, 12)]
        var wanted: [Double] = []
        for centerX in [10.0, 30] {
            for (width, height) in sizes {
                wanted += [(centerX - width / 2) / 40, (10 - height / 2) / 20]
                wanted += [(centerX + width / 2) / 40, (10 + height / 2) / 20]
            }
        }
        for _ in 0..<8 { wanted += [0.1, 0.1, 0.2, 0.2] }
        #expect(Tensor<Double>([1, 2, 32], wanted).distance(to: output) < 1e-7)
    }

    @Test("prior boxes may be clipped, and their steps given")
    func clipped() throws {
        let priorBox = PriorBox(
            minimumSizes: [50], clips: true, imageHeight: 10, imageWidth: 10, stepHeight: 2, stepWidth: 3)
        let output = try OneLayer(operation: .priorBox(priorBox))
            .run([Tensor<Double>(counting: [1, 1, 1, 1]), Tensor<Double>(counting: [1])])[0]
        #expect(output.elements.prefix(4) == [0, 0, 1, 1])
        #expect(output.elements.suffix(4).allSatisfy { $0 == Double(Float(0.1)) })
    }

    @Test("ROIPooling takes the largest element of each bin of a region")
    func regions() throws {
        let input = Tensor<Double>(counting: [1, 1, 4, 4])
        let layer = OneLayer(operation: .regionPooling(RegionPooling(height: 2, width: 2, spatialScale: 0.5)))
        // The region covers columns 0 to 3 and rows 1 to 2; the second one lies outside.
        let regions = Tensor<Double>([2, 5], [0, 0, 2, 6, 4, 0, 20, 20, 22, 22])
        let output = try layer.run([input, regions])[0]
        #expect(output == Tensor([2, 1, 2, 2], [5, 7, 9, 11, 0, 0, 0, 0]))
    }

    @Test("a region of an image that is not there is an error", arguments: [1, -1, Double.nan])
    func wrongRegion(image: Double) {
        let layer = OneLayer(operation: .regionPooling(RegionPooling(height: 1, width: 1)))
        #expect(throws: ExecutionError.self) {
            try layer.run([Tensor<Double>(counting: [1, 1, 2, 2]), Tensor<Double>([1, 5], [image, 0, 0, 1, 1])])
        }
    }

    @Test("a region without bounds is an error", arguments: [Double.nan, .infinity, 1e30])
    func boundlessRegion(corner: Double) {
        let layer = OneLayer(operation: .regionPooling(RegionPooling(height: 1, width: 1)))
        #expect(throws: ExecutionError.self) {
            try layer.run([Tensor<Double>(counting: [1, 1, 2, 2]), Tensor<Double>([1, 5], [0, 0, 0, corner, 1])])
        }
    }

    // MARK: DetectionOutput

    /// Three priors: two that overlap by 0.9 / 1.1, one apart.
    private let priors = Tensor<Double>(
        [1, 2, 12], [0, 0, 1, 1, 0.1, 0, 1.1, 1, 5, 5, 6, 6] + [Double](repeating: 0.1, count: 12))

    private func detect(
        _ detection: DetectionOutput, scores: [Double], locations: [Double] = [Double](repeating: 0, count: 12)
    ) throws -> [[Double]] {
        let output = try OneLayer(operation: .detectionOutput(detection))
            .run([Tensor<Double>([1, 12], locations), Tensor<Double>([1, scores.count], scores), priors])[0]
        #expect(Array(output.shape.prefix(2)) == [1, 1] && output.shape[3] == 7)
        return stride(from: 0, to: output.elements.count, by: 7).map { Array(output.elements[$0..<$0 + 7]) }
    }

    @Test("of boxes that overlap the best remains")
    func suppression() throws {
        let detection = DetectionOutput(classCount: 2, confidenceThreshold: 0.1, overlapThreshold: 0.45)
        let rows = try detect(detection, scores: [0.2, 0.8, 0.1, 0.9, 0.7, 0.3])
        #expect(rows == [[0, 1, 0.9, 0.1, 0, 1.1, 1], [0, 1, 0.3, 5, 5, 6, 6]])
    }

    @Test("boxes that overlap less than the threshold stay")
    func looseThreshold() throws {
        let detection = DetectionOutput(classCount: 2, confidenceThreshold: 0.5, overlapThreshold: 0.85)
        #expect(try detect(detection, scores: [0.2, 0.8, 0.1, 0.9, 0.7, 0.3]).map { $0[2] } == [0.9, 0.8])
    }

    @Test("an image keeps the best of all classes, grouped by class")
    func keptCount() throws {
        let detection = DetectionOutput(
            classCount: 3, backgroundLabel: -1, keptCount: 2, confidenceThreshold: 0, overlapThreshold: 0.1)
        let rows = try detect(detection, scores: [0.9, 0.1, 0.2, 0.3, 0.1, 0.2, 0.4, 0.1, 0.95])
        #expect(rows.map { Array($0[1...2]) } == [[0, 0.9], [2, 0.95]])
    }

    @Test("only so many candidates of a class are looked at")
    func candidates() throws {
        let detection = DetectionOutput(classCount: 2, overlapThreshold: 0.45, candidateCount: 1)
        #expect(try detect(detection, scores: [0.2, 0.8, 0.1, 0.9, 0.7, 0.3]).count == 1)
    }

    @Test("without any box there is a row of -1 for each image")
    func nothing() throws {
        let detection = DetectionOutput(classCount: 2, confidenceThreshold: 0.99)
        #expect(try detect(detection, scores: [0.2, 0.8, 0.1, 0.9, 0.7, 0.3]) == [[0, -1, -1, -1, -1, -1, -1]])
    }

    @Test("boxes are decoded by their code", arguments: [DetectionOutput.Code.corner, .centerSize, .cornerSize])
    func codes(code: DetectionOutput.Code) throws {
        let detection = DetectionOutput(classCount: 2, code: code, confidenceThreshold: 0.5, overlapThreshold: 0.45)
        // Only the third prior, from (5, 5) to (6, 6), is above the threshold; 10 times the variance is 1.
        let locations = [Double](repeating: 0, count: 8) + [10, 20, 10, 20]
        let row = try detect(detection, scores: [1, 0, 1, 0, 0, 1], locations: locations)[0]
        let wanted: [Double] =
            switch code {
            case .corner, .cornerSize: [6, 7, 7, 8]
            case .centerSize:
                [6.5 - exp(1) / 2, 7.5 - exp(2) / 2, 6.5 + exp(1) / 2, 7.5 + exp(2) / 2]
            }
        #expect(Tensor<Double>([4], wanted).distance(to: Tensor<Double>([4], Array(row[3...]))) < doubleNoise)
    }

    @Test("inputs for different numbers of boxes are an error")
    func misfit() {
        #expect(throws: ExecutionError.self) { try detect(DetectionOutput(classCount: 2), scores: [1, 0, 1, 0]) }
    }
}
