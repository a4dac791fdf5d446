/// The headings of the help, the same for every command.
enum Heading {
    static let planning = "What is folded"
    static let reading = "How the network is read"
    static let writing = "What is written"
    static let caffe = "Caffe"
    static let keras = "Keras"
    static let onnx = "ONNX"
    static let measuring = "What is measured, on what"
    static let verification = "Verification"
    static let output = "Output"
}
