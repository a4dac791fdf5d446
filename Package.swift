// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The name under which pkg-config knows HDF5 here.
///
/// Debian and Ubuntu call the serial library `hdf5-serial`, and there a plain `hdf5` may stand for an MPI build; Fedora and Homebrew call it
/// `hdf5`. The first directory that has either decides, so that PKG_CONFIG_PATH wins.
let hdf5PackageName: String = {
    let directories =
        (ProcessInfo.processInfo.environment["PKG_CONFIG_PATH"] ?? "").split(separator: ":").map(String.init) + [
            "/usr/local/lib/pkgconfig", "/usr/lib/x86_64-linux-gnu/pkgconfig", "/usr/lib/aarch64-linux-gnu/pkgconfig",
            "/usr/lib64/pkgconfig", "/usr/lib/pkgconfig", "/opt/homebrew/lib/pkgconfig",
        ]
    for directory in directories {
        for name in ["hdf5-serial", "hdf5"] where FileManager.default.fileExists(atPath: "\(directory)/\(name).pc") {
            return name
        }
    }
    return "hdf5"
}()

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
        .target(name: "HDF5", dependencies: ["CHDF5"]),
        .target(name: "Prototxt"),
        .target(name: "ProtobufWire"),
        .target(name: "NetGraph"),
        .target(name: "Folding", dependencies: ["NetGraph"]),
        .target(name: "CaffeModel", dependencies: ["NetGraph", "Folding", "Prototxt", "ProtobufWire", "HDF5"]),
        .target(name: "BNFoldKit", dependencies: ["NetGraph", "Folding", "Prototxt", "CaffeModel"]),
        .executableTarget(
            name: "bnfold",
            dependencies: ["BNFoldKit", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .testTarget(name: "NetGraphTests", dependencies: ["NetGraph"]),
        .testTarget(name: "FoldingTests", dependencies: ["Folding", "NetGraph"]),
        .testTarget(
            name: "CaffeModelTests", dependencies: ["CaffeModel", "Prototxt", "HDF5", "NetGraph", "Folding"],
            exclude: ["Fixtures"]),
        .testTarget(name: "CommandTests", dependencies: ["bnfold", "BNFoldKit", "HDF5"], exclude: ["Snapshots"]),
        .testTarget(name: "HDF5Tests", dependencies: ["HDF5"], resources: [.copy("Fixtures")]),
        .testTarget(name: "PrototxtTests", dependencies: ["Prototxt"]),
        .testTarget(name: "ProtobufWireTests", dependencies: ["ProtobufWire"]),
    ],
    swiftLanguageModes: [.v6]
)
