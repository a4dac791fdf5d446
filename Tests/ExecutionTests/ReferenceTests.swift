import Execution
import Foundation
import HDF5
import NetGraph
import Testing

/// Runs against what real Caffe computed, blob by blob.
struct ReferenceTests {
    @Test(
        "every blob is what Caffe computed, in single precision",
        arguments: ReferenceNet.inFixtures + ReferenceNet.shared)
    func single(net: ReferenceNet) throws { try check(net, as: Float.self) }

    @Test(
        "every blob is what Caffe computed, in double precision",
        arguments: ReferenceNet.inFixtures + ReferenceNet.shared)
    func double(net: ReferenceNet) throws { try check(net, as: Double.self) }

    private func check<Element: ExecutionElement & HDF5Number>(_ net: ReferenceNet, as type: Element.Type) throws {
        let deviation = try net.deviation(as: type)
        print(net.name, type, deviation)
        #expect(deviation.missing == [])
        #expect(deviation.worst <= Self.floatNoise, "\(deviation.worstBlob) of \(net.name)")
    }

    private static let floatNoise = 5e-6
}
