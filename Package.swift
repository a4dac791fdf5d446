// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The name under which pkg-config knows a library here: the first of `names` in the first directory that has one of them, so that
/// PKG_CONFIG_PATH wins.
func packageName(among names: [String]) -> String {
    let directories =
        (ProcessInfo.processInfo.environment["PKG_CONFIG_PATH"] ?? "").split(separator: ":").map(String.init) + [
            "/usr/local/lib/pkgconfig", "/usr/lib/x86_64-linux-gnu/pkgconfig", "/usr/lib/aarch64-linux-gnu/pkgconfig",
            "/usr/lib64/pkgconfig", "/usr/lib/pkgconfig", "/opt/homebrew/lib/pkgconfig",
        ]
    for directory in directories {
        for name in names where FileManager.default.fileExists(atPath: "\(directory)/\(name).pc") {
            return name
        }
    }
    return names[names.count - 1]
}

/// Debian and Ubuntu call the serial library `hdf5-serial`, and there a plain `hdf5` may stand for an MPI build; Fedora and Homebrew call it
/// `hdf5`.
let hdf5PackageName = packageName(among: ["hdf5-serial", "hdf5"])

let package = Package(
    name: "bnfold",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "bnfold", targets: ["bnfold"]),
        .library(name: "BNFoldKit", targets: ["BNFoldKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        .systemLibrary(
            name: "CHDF5", pkgConfig: hdf5PackageName,
            providers: [.apt(["libhdf5-dev"]), .yum(["hdf5-devel"]), .brew(["hdf5"])]),
        .systemLibrary(
            // Loaded when the first network runs, so there is nothing to link with.
            name: "CBLAS", providers: [.apt(["libopenblas0"]), .yum(["openblas"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .yum(["openssl-devel"])]),
        // Loaded when the first JPEG is read.
        .systemLibrary(name: "CTurboJPEG", providers: [.apt(["libturbojpeg0"]), .yum(["turbojpeg"])]),
        .systemLibrary(name: "CSystem"),
        .target(name: "HDF5", dependencies: ["CHDF5", "CSystem", "CZlib", "Files"]),
        .target(
            name: "Files",
            dependencies: ["CSystem", .target(name: "CCrypto", condition: .when(platforms: [.linux]))]),
        .target(name: "Zip", dependencies: ["CZlib", "Files"]),
        .target(name: "NumPy", dependencies: ["Files", "Zip"]),
        .target(name: "JSON", dependencies: ["Files"]),
        // Samples as other tools keep them: databases of LMDB, and images.
        .target(name: "SampleFormats", dependencies: ["Files", "ProtobufWire", "CZlib", "CTurboJPEG"]),
        .target(name: "Prototxt"),
        .target(name: "ProtobufWire", dependencies: ["CSystem"]),
        .target(name: "NetGraph"),
        .target(name: "Folding", dependencies: ["NetGraph"]),
        // On Apple systems Accelerate takes the place of CBLAS.
        .target(
            name: "Execution",
            dependencies: ["NetGraph", .target(name: "CBLAS", condition: .when(platforms: [.linux]))]),
        .target(name: "Verification", dependencies: ["NetGraph", "Execution"]),
        .target(name: "Calibration", dependencies: ["NetGraph", "Execution"]),
        // What a family of model files has to offer, and what models of all families have in common.
        .target(name: "Frontend", dependencies: ["Files", "HDF5", "JSON", "NetGraph", "Folding"]),
        .target(
            name: "CaffeModel",
            dependencies: ["Files", "Frontend", "JSON", "NetGraph", "Folding", "Prototxt", "ProtobufWire", "HDF5"]),
        .target(
            name: "KerasModel",
            dependencies: ["Files", "Frontend", "JSON", "NetGraph", "Folding", "HDF5", "Zip"]),
        .target(
            name: "ONNXModel",
            dependencies: ["Files", "Frontend", "JSON", "NetGraph", "Folding", "ProtobufWire"]),
        .target(
            name: "BNFoldKit",
            dependencies: [
                "Files", "NetGraph", "Folding", "Execution", "Verification", "Calibration", "JSON", "HDF5", "NumPy",
                "SampleFormats", "Frontend", "CaffeModel", "KerasModel", "ONNXModel",
            ]),
        .executableTarget(
            name: "bnfold",
            dependencies: ["BNFoldKit", "Files", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        // Measures bnfold, and depends on it so that the program is built that it runs. No product.
        .executableTarget(
            name: "bnfold-bench",
            dependencies: [
                "bnfold", "BNFoldKit", "CaffeModel", "Execution", "NetGraph", "HDF5",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [.embedInCode("Resources/fold_h5py.py")]),
        // What tests of several modules need.
        .target(name: "TestSupport", dependencies: ["NetGraph"], path: "Tests/TestSupport"),
        .testTarget(name: "NetGraphTests", dependencies: ["NetGraph", "TestSupport"]),
        .testTarget(
            name: "FoldingTests", dependencies: ["Folding", "Frontend", "NetGraph", "Execution", "TestSupport"]),
        .testTarget(
            name: "CalibrationTests", dependencies: ["Calibration", "Execution", "NetGraph", "TestSupport"]),
        .testTarget(
            name: "CaffeModelTests",
            dependencies: ["CaffeModel", "Frontend", "Prototxt", "HDF5", "NetGraph", "Folding"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "KerasModelTests",
            dependencies: [
                "KerasModel", "BNFoldKit", "Execution", "Files", "Frontend", "JSON", "NetGraph", "Folding", "HDF5",
                "NumPy", "Zip",
            ]),
        .testTarget(
            name: "ONNXModelTests", dependencies: ["ONNXModel", "Frontend", "NetGraph", "Folding", "ProtobufWire"]),
        .testTarget(
            name: "CommandTests", dependencies: ["bnfold", "BNFoldKit", "HDF5", "NumPy", "TestSupport"],
            exclude: ["Snapshots", "Faults/faults.c"]),
        .testTarget(name: "FilesTests", dependencies: ["Files"]),
        .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "Files"], resources: [.copy("Fixtures")]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "NumPyTests", dependencies: ["NumPy"], resources: [.copy("Fixtures")]),
        .testTarget(name: "SampleFormatsTests", dependencies: ["SampleFormats"], resources: [.copy("Fixtures")]),
        .testTarget(name: "ZipTests", dependencies: ["Zip", "Files"]),
        .testTarget(name: "PrototxtTests", dependencies: ["Prototxt"]),
        .testTarget(name: "ProtobufWireTests", dependencies: ["ProtobufWire"]),
        .testTarget(
            name: "ExecutionTests",
            dependencies: ["Execution", "NetGraph", "Folding", "Frontend", "CaffeModel", "HDF5", "TestSupport"]),
        .testTarget(name: "BenchmarkTests", dependencies: ["bnfold-bench", "BNFoldKit"]),
        .testTarget(
            name: "VerificationTests",
            dependencies: ["Verification", "Execution", "NetGraph", "Frontend", "CaffeModel", "Folding", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

/// The fuzzers need libFuzzer's `main`, which comes with `swift build --sanitize fuzzer`: they are there only when asked for.
if ProcessInfo.processInfo.environment["BNFOLD_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "bnfold-fuzz", dependencies: ["BNFoldKit", "HDF5", "NumPy", "Prototxt", "ProtobufWire"],
            swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
