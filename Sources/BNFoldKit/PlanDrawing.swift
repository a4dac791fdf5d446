import Files
import Folding
import Frontend
import NetGraph

/// A plan as a drawing: the layers of the net, what folds into what, and what stays with its reason.
///
/// Affine layers that go are dashed, with an arrow to the layer that takes them; those that stay are filled, with the reason below their name.
public struct PlanDrawing: Sendable {
    private let network: Network
    private let plan: FoldPlan
    private let vocabulary: Vocabulary
    private let leftovers: [LayerID: Leftover]
    private let refusals: [LayerID: Refusal]
    private let removed: Set<LayerID>
    private let targets: Set<LayerID>

    init(_ plan: FoldPlan, of network: Network, vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        self.plan = plan
        self.network = network
        leftovers = Dictionary(plan.leftovers.map { ($0.survivor, $0) }, uniquingKeysWith: { first, _ in first })
        refusals = Dictionary(plan.refusals.map { ($0.layer, $0) }, uniquingKeysWith: { first, _ in first })
        removed = Set(plan.rewiring.removed)
        targets = Set(plan.folds.map(\.target))
    }

    /// The drawing in the language of Graphviz: `dot -Tsvg`.
    public func dot() -> String {
        var lines = [
            "digraph \(Self.quoted(network.name)) {",
            "  node [shape=box, fontname=\"Helvetica\", fontsize=11];",
            "  edge [fontname=\"Helvetica\", fontsize=9];",
        ]
        lines += network.layers.map { "  \(node($0.id)) [\(attributes(of: $0))];" }
        lines += inserted()
        lines += values()
        lines += folds()
        return (lines + ["}"]).map { $0 + "\n" }.joined()
    }

    // MARK: Nodes

    private func node(_ layer: LayerID) -> String { layer.index < 0 ? "new\(-layer.index)" : "layer\(layer.index)" }

    private func attributes(of layer: Layer) -> String {
        var text = [layer.name, layer.type]
        var style = ""
        if let leftover = leftovers[layer.id] {
            text[1] += " -> " + leftover.type
            text += reasons(leftover.reason, leftover.forwardReason)
            style = ", style=filled, fillcolor=\"#ffd9a0\""
        } else if let refusal = refusals[layer.id] {
            text += reasons(refusal.reason, refusal.forwardReason)
            style = ", style=filled, fillcolor=\"#ffd9a0\""
        } else if removed.contains(layer.id) {
            style = ", style=dashed, color=\"#808080\", fontcolor=\"#808080\""
        } else if targets.contains(layer.id) {
            style = ", style=filled, fillcolor=\"#cfe8cf\""
        }
        return "label=\(Self.label(text))" + style
    }

    /// New layers, each tied to the layer that its affine came from.
    private func inserted() -> [String] {
        plan.leftovers.filter { $0.survivor.index < 0 }.flatMap { leftover -> [String] in
            let text =
                [leftover.name, "new " + (leftover.isBias ? "Bias" : "Scale")]
                + reasons(leftover.reason, leftover.forwardReason)
            let attributes = "label=\(Self.label(text)), style=filled, fillcolor=\"#ffd9a0\""
            return ["  \(node(leftover.survivor)) [\(attributes)];"]
                + leftover.chain.suffix(1).map {
                    "  \(node($0)) -> \(node(leftover.survivor)) [style=dashed, color=\"#c07000\", label=\"part\"];"
                }
        }
    }

    // MARK: Arrows

    /// The values, from the layer that writes each to those that read it.
    private func values() -> [String] {
        let connections = Connections(network)
        return network.layers.flatMap { layer in
            layer.inputs.compactMap { value in
                connections.producer(of: value).map { producer in
                    "  \(node(network.layers[producer].id)) -> \(node(layer.id)) [label=\(Self.quoted(network[value].name))];"
                }
            }
        }
    }

    private func folds() -> [String] {
        let names = Dictionary(network.layers.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        return plan.folds.flatMap { fold in
            fold.takes.compactMap { take -> String? in
                guard let last = take.chain.last else { return nil }
                let way = take.through.compactMap { names[$0] }.joined(separator: ", ")
                let text = "folds \(take.direction == .backward ? "back" : "forward")"
                let label = Self.label([text] + (way.isEmpty ? [] : ["through \(way)"]))
                return
                    "  \(node(last)) -> \(node(fold.target)) [style=bold, color=\"#2060c0\", fontcolor=\"#2060c0\", constraint=false, label=\(label)];"
            }
        }
    }

    // MARK: Text

    private func reasons(_ backward: RefusalReason, _ forward: RefusalReason?) -> [String] {
        FoldReport.Reason.sentences(
            .init(backward, in: vocabulary), forward.map { .init($0, in: vocabulary) }
        ).flatMap(Self.wrapped)
    }

    /// Lines of about 40 characters.
    private static func wrapped(_ sentence: String) -> [String] {
        var lines: [String] = []
        for word in sentence.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 40 {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private static func label(_ lines: [String]) -> String {
        "\"" + lines.map(escaped).joined(separator: "\\n") + "\""
    }

    private static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }

    /// Names may hold anything: quotes, backslashes, and characters that end a line.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.printable.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
