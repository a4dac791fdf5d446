import CaffeModel
import Execution
import Folding
import HDF5
import NetGraph
import Testing

/// A net from the prototxt that it was trained with, in the form that Caffe's documentation shows.
struct TrainingPrototxtTests {
    @Test("what a training prototxt folds to computes the scores that Caffe computed with the stored statistics")
    func scores() throws {
        let folder = ReferenceNet.fixtures.appendingPathComponent("cases/training-prototxt").path
        let net = ReferenceNet(
            name: "training", prototxt: folder + "/train.prototxt", weights: folder + "/weights.caffemodel.h5",
            reference: folder + "/reference.h5")
        let conversion = try net.open()
        let weights = try #require(conversion.weights)
        let plan = try FoldPlanner(conversion.network).plan(weights: weights).plan
        let folded = plan.applied(to: conversion.network)
        let types = folded.network.layers.map(\.type)
        #expect(!types.contains("BatchNorm") && !types.contains("Scale") && !types.contains("Bias"))

        let store = RoundedWeights(base: FoldedWeights(base: weights, folded: folded))
        var deviation = ReferenceNet.Deviation()
        let expected = try #require(try net.blobs()["score"])
        _ = try Interpreter<Double>(folded.network, weights: store).run(try net.inputs(as: Double.self)) {
            value, tensor in
            guard folded.network[value].name == "score" else { return }
            deviation.add(tensor.elements, expected: expected.elements, blob: "score")
        }
        #expect(deviation.blobCount == 1)
        // Caffe ran in single precision, and the folded weights are rounded to it once.
        #expect(deviation.worst <= 1e-6)
    }
}
