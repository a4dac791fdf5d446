extension SampleFiles {
    static func numPyArrays(in sample: SampleInput) throws(BNFoldError) -> [any SampleArray] {
        []
    }
}
