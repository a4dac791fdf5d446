import Files
import Frontend
import HDF5

/// The shapes that a data layer gives its tops, as far as prototxt and data files tell. The batch becomes 1: a deployed net sets its own.
struct DataShapes {
    /// The folder of the prototxt, where files that are not found from the working directory are looked for.
    var prototxtFolder: String

    /// The shape of each top of a data layer, `nil` where it is not known.
    func shapes(of layer: LayerDefinition) throws(ModelError) -> [[Int]?] {
        switch layer.type {
        case "HDF5Data": return try fromFirstFile(of: layer)
        case "DummyData": return try fromDummyData(layer)
        default: return try fromTransform(layer)
        }
    }

    /// `crop_size` of transform_param, or the size that the layer scales images to, with the channels of a colour image or as stated.
    private func fromTransform(_ layer: LayerDefinition) throws(ModelError) -> [[Int]?] {
        var shapes = [[Int]?](repeating: nil, count: layer.tops.count)
        guard !shapes.isEmpty else { return shapes }
        let transform = try layer.reader.submessage("transform_param")
        let memory = try layer.reader.submessage("memory_data_param")
        if let channels = try memory.integer("channels", atLeast: 1),
            let height = try memory.integer("height", atLeast: 1),
            let width = try memory.integer("width", atLeast: 1)
        {
            shapes[0] = [1, channels, height, width]
            return shapes
        }
        var size: (height: Int, width: Int)?
        if let crop = try transform.integer("crop_size", atLeast: 0), crop > 0 {
            size = (crop, crop)
        } else if let height = try transform.integer("crop_h", atLeast: 1),
            let width = try transform.integer("crop_w", atLeast: 1)
        {
            size = (height, width)
        } else {
            let resize = try transform.submessages("resize_param").first
            let image = try layer.reader.submessage("image_data_param")
            if let height = try resize?.integer("height", atLeast: 1),
                let width = try resize?.integer("width", atLeast: 1)
            {
                size = (height, width)
            } else if let height = try image.integer("new_height", atLeast: 1),
                let width = try image.integer("new_width", atLeast: 1)
            {
                size = (height, width)
            }
        }
        guard let size, let channels = try channels(of: layer, transform: transform) else { return shapes }
        shapes[0] = [1, channels, size.height, size.width]
        return shapes
    }

    /// The number of channels that the fields state; a mean for each channel states it as well. `nil` where only the data would tell.
    private func channels(of layer: LayerDefinition, transform: FieldReader) throws(ModelError) -> Int? {
        if try transform.bool("force_gray") ?? false { return 1 }
        if try transform.bool("force_color") ?? false { return 3 }
        if layer.type == "ImageData" {
            return try layer.reader.submessage("image_data_param").bool("is_color") ?? true ? 3 : 1
        }
        let means = try transform.floats("mean_value").count
        return means > 1 ? means : nil
    }

    private func fromDummyData(_ layer: LayerDefinition) throws(ModelError) -> [[Int]?] {
        try Self.dummyShapes(of: layer).map { shape in
            guard let shape, !shape.isEmpty else { return nil }
            return [1] + shape.dropFirst()
        }
    }

    /// The shapes that a DummyData layer declares, batch included: one for each top, or one for all.
    static func dummyShapes(of layer: LayerDefinition) throws(ModelError) -> [[Int]?] {
        let fields = try layer.reader.submessage("dummy_data_param")
        let shapes = try fields.submessages("shape").map { shape throws(ModelError) in
            try shape.integers("dim", atLeast: 1)
        }
        var legacy: [[Int]] = [[], [], [], []]
        for (index, name) in ["num", "channels", "height", "width"].enumerated() {
            legacy[index] = try fields.integers(name, atLeast: 1)
        }
        return layer.tops.indices.map { index in
            if !shapes.isEmpty { return shapes[min(index, shapes.count - 1)] }
            guard legacy.allSatisfy({ !$0.isEmpty }) else { return nil }
            return legacy.map { $0[min(index, $0.count - 1)] }
        }
    }

    /// The shapes of the datasets of the first file that the source lists, which are named like the tops.
    ///
    /// What cannot be read leaves the shapes open, which is told with the option that gives them; but a disk that fails is told.
    private func fromFirstFile(of layer: LayerDefinition) throws(ModelError) -> [[Int]?] {
        let unknown = [[Int]?](repeating: nil, count: layer.tops.count)
        guard let source = try layer.reader.submessage("hdf5_data_param").string("source") else { return unknown }
        do throws(ModelError) {
            guard let list = try find(source) else { return unknown }
            let bytes = try readingFile { () throws(FileError) in try FileBytes.read(list, limit: 1 << 20) }
            guard let first = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first,
                let path = try find(String(first))
            else { return unknown }
            return try shapes(ofTops: layer.tops, in: path)
        } catch {
            if error.kind == .inputOutput { throw error }
            return unknown
        }
    }

    private func shapes(ofTops tops: [String], in path: String) throws(ModelError) -> [[Int]?] {
        do throws(HDF5Error) {
            let file = try HDF5File(readingPath: path)
            // What its datasets are was read with the file.
            let shapes = tops.map { (try? file.dataset(at: "/" + $0))?.shape ?? [] }
            try file.close()
            return shapes.map { $0.isEmpty ? nil : [1] + $0.dropFirst() }
        } catch {
            throw ModelError(error)
        }
    }

    /// A path as it stands, seen from the working directory, else from the prototxt's folder.
    private func find(_ path: String) throws(ModelError) -> String? {
        try readingFile { () throws(FileError) in
            if try FileBytes.isReadableFile(path) { return path }
            guard !path.hasPrefix("/") else { return nil }
            let beside = prototxtFolder + "/" + path
            return try FileBytes.isReadableFile(beside) ? beside : nil
        }
    }
}
