import NetGraph

extension KernelCall {
    /// LSTM and RNN over an input of shape (time, sequences, ...) (Caffe's `recurrent_layer.cpp` and what it unrolls to).
    func recurrent(_ recurrent: Recurrent) throws(ExecutionError) {
        let input = try input(0)
        let continues = try self.input(1)
        let output = try output()
        try require(input, rank: 3...Int.max)
        let (steps, sequences) = (input.shape[0], input.shape[1])
        let units = recurrent.outputCount
        let gates = recurrent.cell == .lstm ? 4 : 1
        let expected = (recurrent.hasStaticInput ? 4 : 3) + (recurrent.cell == .lstm ? 0 : 2)
        try require(
            units > 0 && units < 1 << 24 && recurrent.parameters.count == expected
                && continues.count == steps * sequences
                && output.count == steps * sequences * units,
            "its inputs or parameters do not fit each other")
        var ids = recurrent.parameters[...]
        func nextParameter(_ count: Int) throws(ExecutionError) -> UnsafePointer<Element> {
            try parameter(ids.removeFirst(), count: count)
        }
        let rows = gates * units
        let width = input.count(2..<input.shape.count)
        let inputWeight = try nextParameter(rows * width)
        let inputBias = try nextParameter(rows)

        // What the inputs add to the gates, for all steps at once.
        let gateInputs = ElementBuffer<Element>(capacity: steps * sequences * rows)
        try multiplyRows(
            steps * sequences, input.pointer, depth: width, by: inputWeight, isTransposed: false, columns: rows,
            bias: inputBias, into: gateInputs.pointer)
        if recurrent.hasStaticInput {
            let fixed = try self.input(2)
            try require(fixed.shape.first == sequences, "its static input is for another number of sequences")
            let fixedWidth = fixed.count(1..<fixed.shape.count)
            let weight = try nextParameter(rows * fixedWidth)
            for step in 0..<steps {
                try multiplyRows(
                    sequences, fixed.pointer, depth: fixedWidth, by: weight, isTransposed: false, columns: rows,
                    bias: nil,
                    into: gateInputs.pointer + step * sequences * rows, accumulates: true)
            }
        }
        let stateWeight = try nextParameter(rows * units)
        let outputWeight = recurrent.cell == .plain ? try nextParameter(units * units) : nil
        let outputBias = recurrent.cell == .plain ? try nextParameter(units) : nil

        let state = ElementBuffer<Element>(capacity: sequences * units)
        let memory = ElementBuffer<Element>(capacity: sequences * units)
        state.pointer.update(repeating: 0, count: sequences * units)
        memory.pointer.update(repeating: 0, count: sequences * units)
        for step in 0..<steps {
            let gate = gateInputs.pointer + step * sequences * rows
            let target = output.pointer + step * sequences * units
            let flags = continues.pointer + step * sequences
            for index in 0..<sequences * units { state.pointer[index] *= flags[index / units] }
            try multiplyRows(
                sequences, state.pointer, depth: units, by: stateWeight, isTransposed: false, columns: rows, bias: nil,
                into: gate, accumulates: true)
            if let outputWeight {
                for index in 0..<sequences * units { state.pointer[index] = Element.hyperbolicTangent(gate[index]) }
                try multiplyRows(
                    sequences, state.pointer, depth: units, by: outputWeight, isTransposed: false, columns: units,
                    bias: outputBias, into: target)
                for index in 0..<sequences * units { target[index] = Element.hyperbolicTangent(target[index]) }
            } else {
                advance(
                    units: units, sequences: sequences, gates: gate, flags: flags, memory: memory.pointer,
                    state: state.pointer)
                target.update(from: state.pointer, count: sequences * units)
            }
        }
    }

    /// One step of an LSTM (Caffe's `lstm_unit_layer.cpp`).
    private func advance(
        units: Int, sequences: Int, gates: UnsafeMutablePointer<Element>, flags: UnsafeMutablePointer<Element>,
        memory: UnsafeMutablePointer<Element>, state: UnsafeMutablePointer<Element>
    ) {
        for sequence in 0..<sequences {
            let gate = gates + sequence * 4 * units
            for unit in 0..<units {
                let index = sequence * units + unit
                // A sequence that begins forgets, even what is not finite.
                let kept = flags[sequence] == 0 ? 0 : flags[sequence] * Self.sigmoid(gate[units + unit]) * memory[index]
                let fresh = Self.sigmoid(gate[unit]) * Element.hyperbolicTangent(gate[3 * units + unit])
                memory[index] = kept + fresh
                state[index] = Self.sigmoid(gate[2 * units + unit]) * Element.hyperbolicTangent(memory[index])
            }
        }
    }
}
