extension ONNXChanges {
    /// Gives a DequantizeLinear other scales.
    mutating func change(_ scales: ONNXPreparedFold.Scales, of old: ONNXDequantization) {
        let node = file.nodes[old.node]
        if old.axis == nil, let axis = scales.weight.axis {
            // There was one scale, and a zero point of 0.
            inputs[node.index] = Array(node.inputs[..<2])
            setAttributes[node.index] = ["axis": old.storedAxes[axis]]
        }
        slots.append((Slot(node: node.index, input: 1), scales.parameter, scales.weight.scaleDimensions))
    }
}
