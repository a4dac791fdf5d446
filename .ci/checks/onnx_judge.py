#!/usr/bin/env python3
"""Runs inside an environment with onnx and onnxruntime. Reads jobs, one JSON object a line, from standard input, and writes what onnxruntime makes of each.

`compare`: runs a model before and after on the same samples, optimisations off, and tells how far apart they are.
`make`: writes the random model of a seed.
`peers`: counts what other folders leave of a model, those that are installed.
"""

import json
import os
import sys
import tempfile

import numpy as np
import onnx
import onnx_random_net
import onnxruntime

CHANNEL_OPERATORS = ("Mul", "Add", "Sub", "Div")
# What makes constants of constants.
CONSTANT_OPERATORS = ("Identity", "Reshape", "Transpose", "Unsqueeze", "Cast", "ConstantOfShape", "Expand", "Concat", "Shape")
FLOATING = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE, onnx.TensorProto.BFLOAT16)
SAMPLES = 2
# What stands for a length that a model leaves open.
OPEN_LENGTH = 12
# Names that say that an output is hardly to be told apart by its own numbers.
SATURATING = ("Sigmoid", "Softmax", "LogSoftmax", "HardSigmoid", "Tanh")


def graphs(model):
    """The graph of a model, those inside its nodes, and the bodies of functions that are called."""
    functions = {(function.domain, function.name): function for function in model.functions}
    open_graphs, seen = [model.graph], []
    while open_graphs:
        graph = open_graphs.pop()
        seen.append(graph)
        for node in graph.node:
            function = functions.get((node.domain, node.op_type))
            if function is not None and not any(function is other for other in seen):
                open_graphs.append(function)
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.GRAPH:
                    open_graphs.append(attribute.g)
                open_graphs += attribute.graphs
    return seen


def makes_numbers(node, numbers):
    """Whether a node that makes a constant makes one of floating point."""
    attributes = {attribute.name: attribute for attribute in node.attribute}
    if node.op_type == "Cast":
        return attributes["to"].i in FLOATING
    if node.op_type in ("Constant", "ConstantOfShape"):
        if "value" in attributes:
            return attributes["value"].t.data_type in FLOATING
        return node.op_type == "ConstantOfShape" or "value_float" in attributes or "value_floats" in attributes
    return node.op_type != "Shape" and node.input[0] in numbers


def affines(model):
    """How many nodes are a BatchNormalization, or arithmetic with a constant of floating point: that with whole numbers makes shapes."""
    known, numbers, count = set(), set(), 0
    for graph in graphs(model):
        tensors = getattr(graph, "initializer", [])
        known |= {tensor.name for tensor in tensors}
        numbers |= {tensor.name for tensor in tensors if tensor.data_type in FLOATING}
        for node in graph.node:
            if node.domain not in ("", "ai.onnx"):
                continue
            if node.op_type == "Constant" or node.op_type in CONSTANT_OPERATORS and all(name in known for name in node.input):
                known |= set(node.output)
                numbers |= set(node.output) if makes_numbers(node, numbers) else set()
            elif node.op_type in ("BatchNormalization", "Neg", "Pow"):
                count += 1
            elif node.op_type in CHANNEL_OPERATORS and any(name in numbers for name in node.input):
                count += 1
    return count


def normalizations(model):
    return sum(
        node.op_type == "BatchNormalization" and node.domain in ("", "ai.onnx") for graph in graphs(model) for node in graph.node
    )


def session(path, level=onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, saved=None):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if saved:
        options.optimized_model_filepath = saved
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def samples(run, known):
    random = np.random.default_rng(7)
    given = {}
    for value in run.get_inputs():
        if value.name in known:
            given[value.name] = known[value.name]
            continue
        shape = [length if isinstance(length, int) else SAMPLES if axis == 0 else OPEN_LENGTH for axis, length in enumerate(value.shape)]
        if "int" in value.type or "bool" in value.type:
            given[value.name] = np.zeros(shape, "int64" if "int64" in value.type else "int32" if "int" in value.type else "bool")
        else:
            given[value.name] = random.standard_normal(shape).astype({"tensor(float16)": "float16", "tensor(double)": "float64"}.get(value.type, "float32"))
    return given


def scores(model):
    """What a last sigmoid or softmax of the graph reads, by the name of its output."""
    outputs = {value.name for value in model.graph.output}
    return {
        node.output[0]: node.input[0] for node in model.graph.node if node.op_type in SATURATING and node.output[0] in outputs
    }


def opened(path, folder):
    """A copy of a model that hands out what a last sigmoid or softmax reads, too."""
    model = onnx.load(path)
    known = {value.name for value in model.graph.output}
    for name in sorted(set(scores(model).values()) - known):
        model.graph.output.append(onnx.ValueInfoProto(name=name))
    copy = os.path.join(folder, os.path.basename(path))
    onnx.save(model, copy)
    return copy


def difference(one, other):
    one, other = np.asarray(one, "float64"), np.asarray(other, "float64")
    if one.shape != other.shape:
        return float("inf")
    largest = np.max(np.abs(one), initial=0)
    return float(np.max(np.abs(one - other), initial=0) / max(largest, 1e-30)) if np.isfinite(one).all() else 0.0


def compare(job):
    before, after = onnx.load(job["original"]), onnx.load(job["folded"])
    result = {
        "before": affines(before), "after": affines(after), "normalizations": normalizations(before), "left": normalizations(after)
    }
    try:
        onnx.checker.check_model(job["original"])
    except Exception:  # noqa: BLE001 - whatever the checker says
        pass
    else:
        try:
            onnx.checker.check_model(job["folded"])
        except Exception as error:  # noqa: BLE001
            return result | {"error": f"onnx.checker: {str(error)[:200]}"}
    known, expected = {}, {}
    if job.get("samples"):
        with np.load(job["samples"]) as file:
            known = {key[3:]: file[key] for key in file.files if key.startswith("in:")}
            expected = {key[4:]: file[key] for key in file.files if key.startswith("out:")}
            if not known and "x" in file.files:
                # PyTorch's own input and output.
                known = {value.name: file["x"] for value in before.graph.input[:1]}
                expected = {before.graph.output[0].name: file["y"]} if "y" in file.files else {}
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        try:
            original = session(opened(job["original"], first))
            given = samples(original, known)
            names = [value.name for value in original.get_outputs()]
            computed = dict(zip(names, original.run(names, given)))
            again = dict(zip(names, original.run(names, given)))
        except Exception as error:  # noqa: BLE001 - what onnxruntime cannot run is none of bnfold's doing
            return result | {"unjudged": str(error).replace("\n", " ")[:120]}
        folded = session(opened(job["folded"], second))
        inputs = {value.name for value in folded.get_inputs()}
        outputs = [value.name for value in folded.get_outputs()]
        found = dict(zip(outputs, folded.run(outputs, {name: value for name, value in given.items() if name in inputs})))
    if any(difference(computed[name], again[name]) > 0 for name in names):
        return result | {"unjudged": "it draws random numbers"}
    pairs = [(computed[name], found[name]) for name in names if name in found]
    behind = scores(before)
    for name, score in scores(after).items():
        # The value has another name where its numbers are others: then it is the one before the same function.
        if name in behind:
            pairs.append((computed[behind[name]], found[score]))
    missing = [value.name for value in before.graph.output if value.name not in found]
    if missing:
        return result | {"error": f"the outputs {missing} are missing"}
    pairs += [(value, found[name]) for name, value in expected.items() if name in found]
    return result | {"difference": max((difference(one, other) for one, other in pairs), default=0.0)}


def left_by(tool, path, folder):
    target = os.path.join(folder, "peer.onnx")
    if tool == "onnxruntime basic":
        session(path, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC, target)
        return affines(onnx.load(target))
    model = onnx.load(path)
    if tool == "onnxsim":
        import onnxsim

        return affines(onnxsim.simplify(model)[0])
    import onnxslim

    return affines(onnxslim.slim(model))


def peers(job):
    """Each tool in a process of its own: some of them crash."""
    left = {}
    for tool in ("onnxsim", "onnxslim", "onnxruntime basic"):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            with tempfile.TemporaryDirectory() as folder:
                try:
                    text = str(left_by(tool, job["original"], folder))
                except ImportError:
                    text = "-"
                except Exception:  # noqa: BLE001
                    text = "fails"
            os.write(writer, text.encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        left[tool] = text or "crashes"
    return left


def make(job):
    onnx_random_net.make(job["seed"], job["path"])
    return {}


def main():
    for line in sys.stdin:
        job = json.loads(line)
        try:
            result = {"compare": compare, "peers": peers, "make": make}[job["do"]](job)
        except Exception as error:  # noqa: BLE001 - whatever onnxruntime says is the result
            result = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        print(json.dumps({"name": job["name"]} | result), flush=True)


if __name__ == "__main__":
    print(json.dumps({"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}), flush=True)
    main()
