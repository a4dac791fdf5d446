import Files
import HDF5
import SampleFormats

extension SampleFiles {
    /// All arrays that a path leads to, or the one that is asked for: a file, a list of files, a folder of images, or a database.
    ///
    /// What it is, its content tells.
    static func arrays(
        in sample: SampleInput, reading: ImageReading = ImageReading()
    ) throws(BNFoldError) -> [any SampleArray] {
        var reading = reading
        if let color = sample.transform?.color {
            reading.color =
                switch color {
                case .asStored: .asStored
                case .color: .color
                case .gray: .gray
                }
        }
        let path = sample.path
        if try liftingFiles({ () throws(FileError) in try FileBytes.isFolder(path) }) {
            return try named(sample, arrays(inFolder: path, reading: reading))
        }
        try liftingFiles { () throws(FileError) in try FileBytes.requireReadable(path) }
        if try liftingHDF5({ () throws(HDF5Error) in try HDF5File.looksLikeHDF5(atPath: path) }) {
            return try hdf5Arrays(in: sample)
        }
        if try liftingSamples({ () throws(SampleFormatError) in try LMDBDatabase.isOne(atPath: path) }) {
            return try named(sample, DatabaseSamples.arrays(atPath: path, reading: reading))
        }
        let head = try liftingFiles { () throws(FileError) in try FileBytes.head(of: path, count: 512) }
        if Image.Format(head: head) != nil {
            return try named(sample, [ImageSamples([path], source: path, reading: reading)])
        }
        guard SampleList.looksLikeText(head) else { return try numPyArrays(in: sample) }
        let list = try SampleList(path: path, from: sample.folder)
        switch list.kind {
        case .hdf5: return try joinedArrays(of: list, sample)
        case .images:
            var arrays: [any SampleArray] = [try ImageSamples(list.files, source: path, reading: reading)]
            if let labels = list.labels { arrays.append(ListedLabels(source: path, labels: labels)) }
            return try named(sample, arrays)
        }
    }

    private static func arrays(
        inFolder path: String, reading: ImageReading
    ) throws(BNFoldError) -> [any SampleArray] {
        if try liftingSamples({ () throws(SampleFormatError) in try LMDBDatabase.isOne(atPath: path) }) {
            return try DatabaseSamples.arrays(atPath: path, reading: reading)
        }
        if try liftingFiles({ () throws(FileError) in try FileBytes.isReadableFile(path + "/CURRENT") }) {
            throw BNFoldError(
                .malformed,
                "\(path): is a database of LevelDB, which is not read; make one of LMDB of the same samples (convert_imageset --backend=lmdb)"
            )
        }
        guard let images = try ImageSamples.images(inFolder: path) else {
            throw BNFoldError(
                .malformed,
                "\(path): is a folder without samples, expected PNG or JPEG images (.png, .jpg, .jpeg), or a database of LMDB (data.mdb)"
            )
        }
        return [try ImageSamples(images, source: path, reading: reading)]
    }

    /// The arrays of a list's files, joined by their names.
    private static func joinedArrays(
        of list: SampleList, _ sample: SampleInput
    ) throws(BNFoldError) -> [any SampleArray] {
        var first = sample
        first.path = list.files[0]
        let names = try hdf5Arrays(in: first).map { $0 as? HDF5Samples }.compactMap { $0?.dataset.path }
        return try names.map { (name) throws(BNFoldError) in
            try JoinedSamples(source: list.path, count: list.files.count) { (index) throws(BNFoldError) in
                let file = SampleInput(input: sample.input, path: list.files[index], array: name)
                return try hdf5Arrays(in: file)[0]
            }
        }
    }

    /// The array that is asked for.
    private static func named(
        _ sample: SampleInput, _ arrays: [any SampleArray]
    ) throws(BNFoldError) -> [any SampleArray] {
        guard let name = sample.array else { return arrays }
        guard let array = arrays.first(where: { $0.name == name }) else {
            throw BNFoldError(
                .malformed,
                "\(sample.path): holds no array '\(name)', but \(arrays.compactMap(\.name).map { "'\($0)'" }.joined(separator: " and "))"
            )
        }
        return [array]
    }
}
