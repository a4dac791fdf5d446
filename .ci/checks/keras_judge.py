#!/usr/bin/env python3
"""Runs inside an environment with Keras. Reads jobs, one JSON object a line, from standard input, and writes what Keras makes of each.

`compare`: loads a model before and after, runs both on the same samples, and tells how far apart they are.
`make`: builds a network of keras.applications with random weights and statistics, and saves it.
"""

import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_ENABLE_X64", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402

try:
    # Keras 3 by itself.
    import keras
except ImportError:
    # Keras 2 is a part of TensorFlow.
    from tensorflow import keras

MAJOR = int(keras.__version__.split(".")[0])
# What stands for a length that a model leaves open.
OPEN_LENGTH = 12
SAMPLES = 3


def load(path, architecture):
    arguments = {"compile": False}
    if MAJOR >= 3 or "safe_mode" in keras.models.load_model.__code__.co_varnames:
        arguments["safe_mode"] = False
    if architecture is None:
        return keras.models.load_model(path, **arguments)
    text = open(architecture, encoding="utf-8").read()
    if text.lstrip().startswith('"'):
        text = json.loads(text)
    model = keras.models.model_from_json(text)
    model.load_weights(path)
    return model


def load_in_double(path):
    """The same numbers in a model that computes in double precision, where float noise would hide what a fold does."""
    import h5py

    with h5py.File(path, "r") as file:
        text = file.attrs["model_config"]
    text = text.decode() if isinstance(text, bytes) else text
    model = keras.models.model_from_json(text.replace('"float32"', '"float64"'))
    model.load_weights(path)
    return model


def layers(model):
    """All layers, those of nested models and wrappers included, each once."""
    found, seen = [], set()

    def visit(layer):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.append(layer)
        for inner in getattr(layer, "layers", None) or []:
            visit(inner)
        if getattr(layer, "layer", None) is not None:
            visit(layer.layer)

    visit(model)
    return found


def normalizations(model):
    return sorted(layer.name for layer in layers(model) if "BatchNormalization" in type(layer).__name__)


def open_up(model):
    """Makes the functions at the outputs linear: a softmax or sigmoid that is saturated hides every difference."""
    names = set(getattr(model, "output_names", []))
    ends = [layer for layer in model.layers if layer.name in names] or model.layers[-1:]
    for layer in ends:
        name = getattr(getattr(layer, "activation", None), "__name__", "")
        if name in ("softmax", "sigmoid"):
            layer.activation = keras.activations.linear
        elif type(layer).__name__ == "Softmax":
            layer.call = lambda inputs, *arguments, **keywords: inputs


def samples(model, seed=7):
    random = np.random.RandomState(seed)
    made = []
    for tensor in model.inputs:
        shape = [SAMPLES if axis == 0 else length or OPEN_LENGTH for axis, length in enumerate(tensor.shape)]
        kind = str(tensor.dtype)
        if "int" in kind or "bool" in kind:
            made.append(random.randint(0, 2, shape))
        else:
            made.append(random.standard_normal(shape).astype("float64" if "64" in kind else "float32"))
    return made


def arranged(model, values):
    """As the model takes them: one tensor, a list, or names."""
    structure = getattr(model, "_inputs_struct", None)
    if isinstance(structure, dict):
        return dict(zip(sorted(structure), values))
    nested = getattr(model, "_nested_inputs", None)
    if isinstance(nested, dict):
        return dict(zip(sorted(nested), values))
    return values[0] if len(values) == 1 else values


def flat(outputs):
    if isinstance(outputs, dict):
        return [part for key in sorted(outputs) for part in flat(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [part for output in outputs for part in flat(output)]
    return [np.asarray(outputs, dtype="float64")]


def compare(job):
    if job.get("double"):
        before, after = load_in_double(job["original"]), load_in_double(job["folded"])
    else:
        before, after = (load(job[key], job.get(key + "_architecture")) for key in ("original", "folded"))
    result = {"before": len(normalizations(before)), "after": normalizations(after)}
    if not getattr(before, "inputs", None):
        return result | {"unbuilt": True}
    given = samples(before)
    if job.get("samples"):
        with np.load(job["samples"]) as file:
            known = [file[key] for key in sorted(file.files) if key.startswith("in:")]
        if len(known) == len(given):
            given = known
    open_up(before)
    open_up(after)
    first = flat(before(arranged(before, given), training=False))
    second = flat(after(arranged(after, given), training=False))
    if [output.shape for output in first] != [output.shape for output in second]:
        return result | {"error": f"the outputs have the shapes {[output.shape for output in second]}"}
    result["difference"] = max(
        float(np.max(np.abs(one - other), initial=0) / max(np.max(np.abs(one), initial=0), 1e-30))
        for one, other in zip(first, second)
    )
    return result


def make(job):
    builder = getattr(keras.applications, job["network"])
    model = builder(weights=None, input_shape=tuple(job["shape"]), classes=10)
    random = np.random.RandomState(3)
    for layer in layers(model):
        if "BatchNormalization" not in type(layer).__name__:
            continue
        numbers = []
        for weight in layer.weights:
            name, shape = weight.name, tuple(weight.shape)
            if "variance" in name:
                numbers.append(random.uniform(0.5, 2, shape))
            elif "gamma" in name:
                numbers.append(random.uniform(0.5, 1.5, shape))
            else:
                numbers.append(random.uniform(-0.3, 0.3, shape))
        layer.set_weights(numbers)
    model.save(job["path"])
    return {"normalizations": len(normalizations(model))}


def main():
    for line in sys.stdin:
        job = json.loads(line)
        try:
            result = {"compare": compare, "make": make}[job["do"]](job)
        except Exception as error:  # noqa: BLE001 - whatever Keras says is the result
            result = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        print(json.dumps({"name": job["name"]} | result), flush=True)


if __name__ == "__main__":
    print(json.dumps({"keras": keras.__version__}), flush=True)
    main()
