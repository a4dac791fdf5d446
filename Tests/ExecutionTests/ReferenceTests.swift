import Execution
import Foundation
import HDF5
import NetGraph
import Testing

/// Runs against what real Caffe computed, blob by blob, and against folded twins.
struct ReferenceTests {
    /// Caffe adds its products in single precision, in an order of its own: every sum is off by some units of 2^-24 relative to its terms, and
    /// what follows passes that on. 2.7e-6 of a blob's largest element is the most that any net shows, one whose BatchNorm amplifies
    /// by 316; 32 units of rounding are 3.8e-6.
    private static let floatNoise = 32 * Double(Float.ulpOfOne)

    /// The net whose BatchNorm multiplies by 316 what was rounded before it. How much that is depends on the order in which the BLAS adds, which it
    /// chooses by the processor: from 2.7e-6 to 1.2e-5 was seen. One unit of rounding times 316 is 3.8e-5.
    private static let amplifiedNoise = 316 * Double(Float.ulpOfOne)
    private static func noise(of net: ReferenceNet) -> Double {
        net.name == "digits-badstats-e" ? amplifiedNoise : floatNoise
    }

    /// Folded weights are rounded once, by 2^-24 of each at most, which is all that differs in double precision; the error of a layer passes on to the
    /// next, and no net here has more than some sixty of them. 1.2e-6 is the most that any shows, but for the one whose BatchNorm amplifies by 316 what
    /// was rounded before it, with 2.8e-6; this is 3.8e-6.
    private static let roundingOfWeights = 64 * 0x1p-24

    @Test(
        "every blob is what Caffe computed, in single precision",
        arguments: ReferenceNet.inFixtures.filter { $0.reference != nil })
    func single(net: ReferenceNet) throws { try check(net, as: Float.self) }

    @Test(
        "every blob is what Caffe computed, in double precision",
        arguments: ReferenceNet.inFixtures.filter { $0.reference != nil })
    func double(net: ReferenceNet) throws { try check(net, as: Double.self) }

    private func check<Element: ExecutionElement & HDF5Number>(_ net: ReferenceNet, as type: Element.Type) throws {
        let deviation = try net.deviation(as: type)
        #expect(deviation.missing == [])
        #expect(deviation.blobCount > 0)
        #expect(deviation.worst <= Self.floatNoise, "\(deviation.worstBlob)")
    }

    @Test(
        "a folded net computes what the net did, but for the rounding of its weights",
        arguments: ReferenceNet.inFixtures)
    func folded(net: ReferenceNet) throws {
        let twin = try #require(try FoldedTwin(of: net, as: Double.self))
        #expect(twin.changeCount > 0)
        #expect(twin.deviation.blobCount > 0)
        #expect(twin.deviation.worst <= Self.roundingOfWeights, "\(twin.deviation.worstBlob)")
    }

    @Test(
        "every blob of the shared nets is what Caffe computed, and what their folded twins compute",
        .enabled(if: !ReferenceNet.shared.isEmpty))
    func shared() throws {
        var table =
            "net\tblobs\tfloat\tdouble\tworst blob\tlayers run\tchanges\tfolded float\tfolded double\tworst blob\n"
        for net in ReferenceNet.shared {
            var line = [net.name]
            if net.reference != nil {
                let single = try net.deviation(as: Float.self)
                let double = try net.deviation(as: Double.self)
                #expect(single.missing == [] && single.worst <= Self.noise(of: net), "\(net.name): \(single)")
                #expect(double.missing == [] && double.worst <= Self.floatNoise, "\(net.name): \(double)")
                line += ["\(single.blobCount)", Self.text(single.worst), Self.text(double.worst), single.worstBlob]
            } else {
                line += ["-", "-", "-", "-"]
            }
            if let single = try FoldedTwin(of: net, as: Float.self),
                let double = try FoldedTwin(of: net, as: Double.self)
            {
                #expect(double.deviation.worst <= Self.roundingOfWeights, "\(net.name): \(double)")
                line += [
                    "\(double.layersRun) of \(double.layerCount)", "\(double.changeCount)",
                    Self.text(single.deviation.worst), Self.text(double.deviation.worst), double.deviation.worstBlob,
                ]
            }
            table += line.joined(separator: "\t") + "\n"
        }
        if let folder = ProcessInfo.processInfo.environment["BNFOLD_CHECKS"] {
            try Data(table.utf8).write(to: URL(fileURLWithPath: folder + "/execution.txt"))
        }
        print(table)
    }

    private static func text(_ number: Double) -> String { String(format: "%.2g", number) }
}
