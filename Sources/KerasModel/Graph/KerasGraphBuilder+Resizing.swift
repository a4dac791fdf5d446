import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// UpSampling, Resizing and CenterCrop; `nil` for any other class.
    mutating func translateResizing(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        let axes: Int
        switch call.layer.className {
        case "UpSampling1D": axes = 1
        case "UpSampling2D", "Resizing", "CenterCrop": axes = 2
        case "UpSampling3D": axes = 3
        default: return nil
        }
        guard call.inputs.count == 1, call.leadingAxes == 0 else {
            return opaque(call, "it does not read one tensor as it is")
        }
        let input = inOrder(call.inputs[0], axes == 1 ? .channelsLast : call.dataOrder)
        guard input.rank ?? axes + 2 == axes + 2 else {
            return opaque(call, "its input has \(input.rank ?? 0) axes")
        }
        if call.layer.className == "CenterCrop" { return try centerCrop(call, input) }
        let size: Resize.Size
        if call.layer.className == "Resizing" {
            guard let height = call.fields.integer("height"), let width = call.fields.integer("width"),
                call.fields.boolean("crop_to_aspect_ratio") != true, call.fields.boolean("pad_to_aspect_ratio") != true,
                call.fields.boolean("antialias") != true
            else { return opaque(call, "it does more than to interpolate") }
            size = .lengths([height, width])
        } else {
            let key = call.fields["length"] != nil ? "length" : "size"
            guard
                let factors = call.fields[key] == nil
                    ? [Int](repeating: 2, count: axes) : call.fields.integers(key, count: axes),
                factors.allSatisfy({ $0 > 0 })
            else { return opaque(call, "its 'size' is not understood") }
            let interpolation = call.fields.string("interpolation") ?? "nearest"
            if interpolation == "nearest" {
                return [try add(.resize(.repeating(factors)), to: [input], of: call)]
            }
            size = .factors(factors.map(Double.init))
        }
        let interpolation = call.fields.string("interpolation") ?? "bilinear"
        guard let resize = Self.resize(interpolation, size: size) else {
            return opaque(call, "its interpolation '\(interpolation)' is not modelled")
        }
        return [try add(.resize(resize), to: [input], of: call)]
    }

    private mutating func centerCrop(_ call: KerasLayerCall, _ input: KerasValue) throws(ModelError) -> [KerasValue] {
        guard let height = call.fields.integer("height"), let width = call.fields.integer("width"),
            let shape = input.networkShape, let rows = shape.length(ofAxis: 2), let columns = shape.length(ofAxis: 3),
            rows >= height, columns >= width
        else { return opaque(call, "whether it crops or resizes is not known") }
        let before = [(rows - height) / 2, (columns - width) / 2]
        let padding = Padding(
            before: before.map { -$0 }, after: [-(rows - height - before[0]), -(columns - width - before[1])])
        return [try add(.padding(padding), to: [input], of: call)]
    }
}
