import CaffeModel
import Folding
import Foundation
import Frontend
import HDF5
import NetGraph

/// A net in a folder of its own, written by a test and read as the program reads one.
final class TestNet {
    /// Numbers of one blob.
    struct Blob {
        var shape: [Int]
        var values: [Double]
        var elementType: HDF5ElementType = .float32
    }

    let folder: URL
    var options = CaffeOptions()
    private let weightsPath: String?

    /// - Parameter blobs: by layer and index, `conv/0`; `nil` for a net without weights.
    init(_ prototxt: String, blobs: [String: Blob]? = nil, groups: [String] = []) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("bnfold-tests-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(prototxt.utf8).write(to: folder.appendingPathComponent("net.prototxt"))
        weightsPath = blobs == nil ? nil : folder.appendingPathComponent("net.h5").path
        if let blobs, let weightsPath { try Self.write(blobs, groups: groups, to: weightsPath) }
    }

    /// A net with weights that lie elsewhere.
    init(_ prototxt: String, weights: URL) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("bnfold-tests-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(prototxt.utf8).write(to: folder.appendingPathComponent("net.prototxt"))
        weightsPath = weights.path
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func conversion() throws(ModelError) -> CaffeConversion {
        try CaffeConversion(
            prototxt: folder.appendingPathComponent("net.prototxt").path, weights: weightsPath, options: options)
    }

    /// The net as it was read, before deployment.
    func network() throws(ModelError) -> Network { try conversion().original.network }

    /// Deploys and folds the net.
    func folded() throws -> (network: FoldedNetwork, plan: FoldPlan, conversion: CaffeConversion) {
        let conversion = try conversion()
        let planner = FoldPlanner(conversion.network)
        let plan = try conversion.weights.map { try planner.plan(weights: $0).plan } ?? planner.plan()
        return (plan.applied(to: conversion.network), plan, conversion)
    }

    /// The deploy prototxt.
    func deployText() throws -> String {
        let (network, plan, conversion) = try folded()
        return String(
            decoding: try conversion.prototxt(for: network, plan: plan, container: .hdf5), as: UTF8.self)
    }

    /// The weights as they are written, by path below `/data`.
    func deployWeights() throws -> [String: Blob] {
        let (network, _, conversion) = try folded()
        let path = folder.appendingPathComponent("out.h5").path
        try conversion.writeWeights(of: network, to: path, as: .hdf5, compression: 0) { () throws(ModelError) in }
        let file = try HDF5File(readingPath: path)
        defer { try? file.close() }
        var blobs: [String: Blob] = [:]
        for child in try file.descendants(ofGroup: "/data") where child.kind == .dataset {
            let dataset = try file.dataset(at: child.path)
            blobs[String(child.path.dropFirst("/data/".count))] = Blob(
                shape: dataset.shape, values: try dataset.values(as: Double.self), elementType: dataset.elementType)
        }
        return blobs
    }

    /// Writes a weights file; groups are made as the paths of the blobs ask for.
    static func write(_ blobs: [String: Blob], groups: [String] = [], to path: String) throws {
        let file = try HDF5File(creatingPath: path)
        var paths: Set<String> = ["/data"]
        for name in Array(blobs.keys) + groups.map({ $0 + "/" }) {
            var path = "/data"
            for component in name.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
                path += "/" + component
                paths.insert(path)
            }
        }
        for path in paths.sorted() { try file.createGroup(path) }
        for (name, blob) in blobs {
            let dataset = try file.createDataset("/data/" + name, shape: blob.shape, elementType: blob.elementType)
            try dataset.write(blob.values)
        }
        try file.close()
    }
}
