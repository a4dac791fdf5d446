import Foundation
import HDF5

/// A net that takes seconds to fold: large layers of zeros, to be compressed as well as gzip can.
enum SlowNet {
    static let arguments = ["slow.h5", "out.h5", "--prototxt", "slow.prototxt", "--compress", "9", "--quiet"]

    /// Writes `slow.h5` and `slow.prototxt`. The weights are a hole in the file, so this takes no time and no room.
    static func write(to folder: TemporaryFolder) throws {
        let width = 2048
        var text =
            "layer { name: \"data\" type: \"Input\" top: \"ip0\" input_param { shape { dim: 1 dim: \(width) } } }\n"
        let file = try HDF5File(creatingPath: folder.path("slow.h5"))
        try file.createGroup("/data")
        for index in 1...32 {
            text +=
                "layer { name: \"ip\(index)\" type: \"InnerProduct\" bottom: \"ip\(index - 1)\" top: \"ip\(index)\" "
            text += "inner_product_param { num_output: \(width) bias_term: false } }\n"
            try file.createGroup("/data/ip\(index)")
            _ = try file.createDataset("/data/ip\(index)/0", shape: [width, width])
        }
        try file.close()
        try folder.write(text, to: "slow.prototxt")
    }

    /// Starts folding, and returns once the program has begun to write.
    ///
    /// Waits without giving way to other tests, which might come back when the program is through.
    static func start(in folder: TemporaryFolder, _ options: [String] = []) throws -> Program.Run {
        let before = try folder.names().count
        let run = try Program.start(arguments + options, in: folder)
        while run.isRunning, try folder.names().count == before { usleep(500) }
        return run
    }

    /// Returns once a program has begun to write a file, or has ended. Does not give way to other tests either.
    static func awaitWriting(of run: Program.Run, at path: String) {
        while run.isRunning, !FileManager.default.fileExists(atPath: path) { usleep(500) }
    }
}
