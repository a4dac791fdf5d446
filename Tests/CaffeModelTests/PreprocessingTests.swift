import CaffeModel
import Testing

/// What a data layer did to its data is told, since an Input does nothing.
@Suite("Deployment: preparation of the data")
struct PreprocessingTests {
    private func steps(_ layer: String) throws -> [String] {
        let isOld = layer.hasPrefix("layers")
        let reader =
            isOld
            ? #"layers { name: "ip" type: INNER_PRODUCT bottom: "data" top: "ip" inner_product_param { num_output: 2 } }"#
            : Text.convolution("conv", from: "data")
        let net = try TestNet(layer + "\n" + reader)
        return try net.conversion().preprocessing.flatMap { data in
            #expect(data.value == "data")
            return data.steps.map { "\($0.field)=\($0.value)" }
        }
    }

    @Test("mean, scale, crop and colour are told; mirroring and what does nothing are not")
    func transform() throws {
        let found = try steps(
            """
            layer { name: "d" type: "Data" top: "data" top: "label" transform_param {
              mirror: true crop_size: 224 mean_value: 104 mean_value: 117.5 mean_value: 123 scale: 0.017
              force_color: true force_gray: false } }
            """)
        #expect(
            found == [
                "transform_param.crop_size=224", "transform_param.mean_value=104, 117.5, 123",
                "transform_param.scale=0.017", "transform_param.force_color=true",
            ])
    }

    @Test("a mean file keeps its name")
    func meanFile() throws {
        let found = try steps(
            #"layer { name: "d" type: "Data" top: "data" transform_param { mean_file: "a/mean.binaryproto" } }"#)
        #expect(found == [#"transform_param.mean_file="a/mean.binaryproto""#])
    }

    @Test("the fields of old nets are told where they were moved to")
    func oldFields() throws {
        let found = try steps(
            #"layers { name: "d" type: IMAGE_DATA top: "data" image_data_param { source: "x" scale: 0.5 crop_size: 8 new_height: 10 new_width: 12 is_color: false } }"#
        )
        #expect(
            Set(found) == [
                "image_data_param.new_height=10", "image_data_param.new_width=12", "image_data_param.is_color=false",
                "transform_param.scale=0.5", "transform_param.crop_size=8",
            ])
    }

    @Test("resizing of SSD is told on one line, its random changes are not")
    func resizing() throws {
        let found = try steps(
            """
            layer { name: "d" type: "AnnotatedData" top: "data" transform_param {
              resize_param { prob: 1
                height: 300 # pixels
                width: 300 }
              distort_param { hue_prob: 0.5 } } }
            """)
        #expect(found == ["transform_param.resize_param={ prob: 1 height: 300 width: 300 }"])
    }

    @Test("an Input, and a data layer that does nothing, have nothing to tell")
    func nothing() throws {
        #expect(try steps(Text.input).isEmpty)
        #expect(try steps(#"layer { name: "d" type: "Data" top: "data" transform_param { mirror: true } }"#).isEmpty)
    }

    @Test("a net that is only folded keeps its data layer, and nothing is told")
    func keptTraining() throws {
        let net = try TestNet(
            #"layer { name: "d" type: "Data" top: "data" transform_param { scale: 2 } }"# + "\n"
                + Text.convolution("conv", from: "data"))
        net.options.keepsTraining = true
        #expect(try net.conversion().preprocessing.isEmpty)
    }
}
