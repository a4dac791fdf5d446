import Frontend
import Testing

@testable import KerasModel

@Suite("Weights of LoRA")
struct AdapterWeightTests {
    @Test("factors of LoRA in legacy HDF5 are refused by name")
    func legacyFactors() throws {
        let config = ConfigFixture.sequential([ConfigFixture.dense("d", units: 2)])
        let bytes = try WeightFixture.legacy(
            [
                (
                    "d",
                    [
                        .init(name: "d/bias", shape: [2]), .init(name: "d/lora_kernel_a", shape: [3, 1]),
                        .init(name: "d/lora_kernel_b", shape: [1, 2]), .init(name: "d/kernel", shape: [3, 2]),
                    ]
                )
            ], config: config)
        let message = #expect(throws: ModelError.self) { try WeightFixture.weights(bytes) }?.message
        #expect(message?.contains("the layer 'd' (Dense) has weights of LoRA ('d/lora_kernel_a')") == true)
    }
}
