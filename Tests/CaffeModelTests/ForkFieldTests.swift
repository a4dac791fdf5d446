import Frontend
import Testing

@testable import CaffeModel

/// What BVLC Caffe could not parse is told.
@Suite("Fields of forks")
struct ForkFieldTests {
    @Test("fields of the net, of layers and of their parameters that BVLC Caffe cannot parse are told, each once")
    func told() throws {
        let net = try TestNet(
            """
            engine: "MKLDNN"
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
            layer { name: "a" type: "ReLU" bottom: "data" top: "a" engine: "CAFFE" }
            layer { name: "b" type: "ReLU" bottom: "a" top: "b" engine: "CAFFE" relu_param { relu6: true } }
            """
        ).conversion().original
        let remark = try #require(net.remarks.first { $0.kind == .forkFields })
        #expect(remark.layers == ["a", "b"])
        #expect(remark.message.hasSuffix("they are kept: 'engine', 'relu_param.relu6'"), "\(remark.message)")
    }

    @Test("of a net that BVLC Caffe reads nothing is told")
    func silent() throws {
        let net = try TestNet(
            """
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }
            layer { name: "a" type: "ReLU" bottom: "data" top: "a" relu_param { negative_slope: 0.1 } }
            """
        ).conversion().original
        #expect(net.remarks.isEmpty)
    }
}
