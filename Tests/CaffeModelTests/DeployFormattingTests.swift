import Testing

/// The text of a deploy prototxt is the user's own, but for what had to change.
@Suite("Deployment: formatting")
struct DeployFormattingTests {
    /// A net in some style, and the same net deployed.
    private func deployed(_ text: String) throws -> String { try TestNet(text).deployText() }

    @Test("comments stay with the layers that stay, and go with those that went")
    func comments() throws {
        let text = """
            # the net
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } } # pixels

            # first, normalise
            layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } } # weights
            # of the normalisation
            layer { name: "bn" type: "BatchNorm" bottom: "ip" top: "ip" } # of the normalisation too
            # activation
            layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
            # the end

            """
        let result = try deployed(text)
        #expect(
            result
                == text.replacing(
                    """
                    # of the normalisation
                    layer { name: "bn" type: "BatchNorm" bottom: "ip" top: "ip" } # of the normalisation too

                    """, with: ""))
    }

    @Test("comments inside a layer stay")
    func commentsInside() throws {
        let text = """
            layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }
            layer {
              name: "ip" # fully connected
              type: "InnerProduct"
              bottom: "data"
              top: "ip"
              param { lr_mult: 1 }
              # two classes
              inner_product_param { num_output: 2 }
            }

            """
        #expect(try deployed(text) == text.replacing("  param { lr_mult: 1 }\n", with: ""))
    }

    /// A data layer, a convolution without bias, and a BatchNorm behind ReLU that becomes a Scale, each field on a line.
    private let plain = """
        layer {
          name: "data"
          type: "MemoryData"
          top: "data"
          memory_data_param {
            batch_size: 1
            channels: 2
            height: 3
            width: 3
          }
        }
        layer {
          name: "relu"
          type: "ReLU"
          bottom: "data"
          top: "relu"
        }
        layer {
          name: "bn"
          type: "BatchNorm"
          bottom: "relu"
          top: "bn"
        }

        """

    private let plainDeployed = """
        layer {
          name: "data"
          type: "Input"
          top: "data"
          input_param {
            shape { dim: 1 dim: 2 dim: 3 dim: 3 }
          }
        }
        layer {
          name: "relu"
          type: "ReLU"
          bottom: "data"
          top: "relu"
        }
        layer {
          name: "bn"
          type: "Scale"
          bottom: "relu"
          top: "bn"
          scale_param {
            bias_term: true
          }
        }

        """

    @Test("two blanks")
    func blanks() throws {
        #expect(try deployed(plain) == plainDeployed)
    }

    @Test("tabs")
    func tabs() throws {
        #expect(try deployed(plain.replacing("  ", with: "\t")) == plainDeployed.replacing("  ", with: "\t"))
    }

    @Test("four blanks")
    func fourBlanks() throws {
        #expect(try deployed(plain.replacing("  ", with: "    ")) == plainDeployed.replacing("  ", with: "    "))
    }

    @Test("CRLF")
    func carriageReturns() throws {
        #expect(try deployed(plain.replacing("\n", with: "\r\n")) == plainDeployed.replacing("\n", with: "\r\n"))
    }

    @Test("single quotes")
    func singleQuotes() throws {
        #expect(try deployed(plain.replacing("\"", with: "'")) == plainDeployed.replacing("\"", with: "'"))
    }

    @Test("colons before braces")
    func colons() throws {
        let withColons = { (text: String) in
            text.replacing("_param {", with: "_param: {").replacing("shape {", with: "shape: {")
        }
        #expect(try deployed(withColons(plain)) == withColons(plainDeployed))
    }

    @Test("commas after fields")
    func commas() throws {
        let text = try deployed(plain.replacing(/(?m)^( +[a-z_]+: .*|  })$/) { $0.0 + "," })
        #expect(text.contains("bias_term: true,") && text.contains(#"type: "Scale","#), "\(text)")
        #expect(try deployed(text) == text)
    }

    @Test("no blank after the colon")
    func tight() throws {
        #expect(try deployed(plain.replacing(": ", with: ":")).contains(#"type:"Scale""#))
        #expect(try deployed(plain.replacing(": ", with: ":")).contains("bias_term:true"))
    }

    @Test("a layer on one line stays on one line")
    func oneLine() throws {
        let text = Text.input + Text.inPlace("BatchNorm", "bn", on: "data")
        #expect(
            try deployed(text)
                == Text.input
                + #"layer { name: "bn" type: "Scale" bottom: "data" top: "data" scale_param { bias_term: true } }"#
                + "\n")
    }

    @Test("a whole net on one line")
    func netOnOneLine() throws {
        let text = (Text.input + Text.convolution("conv", from: "data") + Text.inPlace("BatchNorm", "bn", on: "conv"))
            .replacing("\n", with: " ")
        let result = try deployed(text)
        #expect(result.contains("\"conv\"") && !result.contains("BatchNorm"))
        #expect(try deployed(result) == result)
    }

    @Test("a file without a final newline gets none")
    func noFinalNewline() throws {
        let text = String((Text.input + Text.convolution("conv", from: "data")).dropLast())
        #expect(try deployed(text) == text)
    }

    @Test("a byte order mark and names that are no ASCII stay")
    func unicode() throws {
        let text = "\u{FEFF}name: \"Größe\" # 大小\n" + Text.input + Text.convolution("fältning", from: "data")
        #expect(try deployed(text) == text)
    }

    @Test("deploying a deployed net changes nothing")
    func idempotent() throws {
        #expect(try deployed(plainDeployed) == plainDeployed)
    }
}
