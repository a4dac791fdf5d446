#!/usr/bin/env python3
"""Runs inside an environment with Keras on TensorFlow. Reads jobs, one JSON object a line, from standard input, and writes what
Keras makes of each.

`compare`: loads a model and its folded twins, runs them on the same samples, and tells how far apart they are.
`make`: builds a network of keras.applications with random weights and statistics, and saves it.
`prepared`: builds a small model that begins with Rescaling or Normalization, and saves it.
`random`: builds a random model from a seed, and saves it.

TensorFlow, since it runs a small net a hundred times as fast as JAX does, channels first included, and computes in double precision
where the noise of single precision would hide what a fold does.
"""

import json
import os
import sys
import tempfile
import traceback
import zipfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# Two of these processes share two cores with the program.
os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")

import h5py  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow  # noqa: E402
from keras_random_net import RandomNet  # noqa: E402

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
# A difference in single precision beyond this is looked at in double precision.
NOISE = 2e-6


# The functions that the samples name without holding them; the .npz beside each shows that these are they.
def relu6(inputs):
    return tensorflow.nn.relu6(inputs)


def silu(inputs):
    return tensorflow.nn.silu(inputs)


def square(inputs):
    return inputs * inputs


KNOWN = {"my>my_act": silu, "my>square": square}
keras.utils.get_custom_objects().update({"relu6": relu6, **KNOWN})


def with_known_functions(text):
    """A lambda of marshalled code as an activation, which no Keras reads back, under the name of the function that it is; and names as
    this Keras finds them."""

    def named(name):
        # Keras 2 takes the bare name.
        return (
            name if MAJOR < 3 else {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
        )

    def visit(value):
        if isinstance(value, list):
            return [visit(each) for each in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"value"} and isinstance(value["value"], list) and isinstance(value["value"][0], str):
            return named("my>square")
        if value.get("class_name") == "function" and value.get("config") in KNOWN:
            return named(value["config"])
        return {key: visit(each) for key, each in value.items()}

    return json.dumps(visit(json.loads(text))) if '"value"' in text or "my>my_act" in text else text


def model_text(path, architecture):
    """The JSON of a model, and the file of its weights for `load_weights`."""
    if architecture is not None:
        with open(architecture, encoding="utf-8") as file:
            data = json.load(file)
        # Written once more as a string, or without what is around the configuration.
        data = json.loads(data) if isinstance(data, str) else data
        if "class_name" not in data:
            data = {"class_name": "Functional" if "input_layers" in data else "Sequential", "config": data}
        return json.dumps(data), path
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            weights = os.path.join(tempfile.gettempdir(), f"judge-{os.getpid()}.weights.h5")
            with open(weights, "wb") as file:
                file.write(archive.read("model.weights.h5"))
            return archive.read("config.json").decode(), weights
    with h5py.File(path, "r") as file:
        text = file.attrs["model_config"]
    return text.decode() if isinstance(text, bytes) else text, path


def from_parts(text, weights):
    model = from_text(text)
    # The ending tells Keras which form the weights have.
    is_old = not weights.endswith((".weights.h5", ".h5", ".hdf5"))
    with tempfile.TemporaryDirectory() as folder:
        if is_old:
            link = os.path.join(folder, "weights.h5")
            os.symlink(os.path.abspath(weights), link)
            weights = link
        model.load_weights(weights)
    return model


def from_text(text):
    if MAJOR >= 3 and "module" not in json.loads(text):
        # The JSON of an HDF5 file: only its own loader knows the classes by their bare names.
        from keras.src.legacy.saving import saving_utils

        return saving_utils.model_from_config(json.loads(text))
    return keras.models.model_from_json(text)


def load(path, architecture=None):
    """As a user of Keras would."""
    text, weights = model_text(path, architecture)
    known = with_known_functions(text)
    if architecture is not None or known != text:
        return from_parts(known, weights)
    if zipfile.is_zipfile(path) or path.endswith((".h5", ".hdf5", ".keras")):
        return keras.models.load_model(path, compile=False, safe_mode=False)
    return from_parts(known, weights)


def load_in_double(path, architecture=None):
    """The same numbers in a model that computes in double precision."""
    text, weights = model_text(path, architecture)
    text = with_known_functions(text)
    for name in ("mixed_float16", "mixed_bfloat16", "float16", "float32"):
        text = text.replace(f'"{name}"', '"float64"')
    keras.backend.set_floatx("float64")
    try:
        return from_parts(text, weights)
    finally:
        keras.backend.set_floatx("float32")


def layers(model):
    """All layers with the names of the models and wrappers around them, each once."""
    found, seen = [], set()

    def visit(layer, path):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.append((path, layer))
        for inner in getattr(layer, "layers", None) or []:
            visit(inner, path + (inner.name,))
        wrapped = getattr(layer, "layer", None)
        if isinstance(wrapped, keras.layers.Layer):
            # The report names the layer of the model, which is the wrapper.
            visit(wrapped, path)

    visit(model, ())
    return found


def normalizations(model):
    return sorted("/".join(path) for path, layer in layers(model) if "BatchNormalization" in type(layer).__name__)


def preprocessing(model):
    return sum(type(layer).__name__ in ("Rescaling", "Normalization") for _, layer in layers(model))


def open_up(model):
    """Makes the functions at the outputs linear, and tells how many: one that is saturated hides every difference."""
    names = {tensor._keras_history[0].name for tensor in getattr(model, "outputs", None) or []}
    ends = [layer for layer in model.layers if layer.name in names] or model.layers[-1:]
    opened = 0
    for layer in ends:
        name = getattr(getattr(layer, "activation", None), "__name__", "")
        if getattr(layer, "layers", None):
            opened += open_up(layer)
        elif name in ("softmax", "sigmoid"):
            layer.activation = keras.activations.linear
            opened += 1
        elif type(layer).__name__ == "Softmax":
            layer.call = lambda inputs, *arguments, **keywords: inputs
            opened += 1
    return opened


def made_samples(model, seed=7):
    chance = np.random.RandomState(seed)
    made = []
    for tensor in model.inputs:
        shape = [SAMPLES if axis == 0 else length or OPEN_LENGTH for axis, length in enumerate(tensor.shape)]
        kind = str(tensor.dtype)
        made.append(chance.randint(0, 2, shape) if "int" in kind or "bool" in kind else chance.standard_normal(shape))
    return made


def arranged(model, values):
    """As the model takes them: one tensor, a list, or names."""
    values = [
        value if np.issubdtype(value.dtype, np.integer) else value.astype(model.compute_dtype or "float32") for value in values
    ]
    structure = getattr(model, "_inputs_struct", None)
    structure = getattr(model, "_nested_inputs", None) if structure is None else structure
    if isinstance(structure, dict):
        return dict(zip(sorted(structure), values))
    return values[0] if len(values) == 1 else values


def flat(outputs):
    if isinstance(outputs, dict):
        return [part for key in sorted(outputs) for part in flat(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [part for output in outputs for part in flat(output)]
    return [np.asarray(outputs, dtype="float64")]


def run(model, given):
    return flat(model(arranged(model, given), training=False))


def numbers(path, kind):
    with np.load(path) as file:
        keys = [key for key in file.files if key.startswith(kind + ":")]
        return [file[key] for key in sorted(keys, key=lambda key: int(key.split(":")[1]))]


def difference(first, second):
    """The largest, relative to the largest value of its output."""
    if [output.shape for output in first] != [output.shape for output in second]:
        raise ValueError(f"the outputs have the shapes {[each.shape for each in second]}, not {[each.shape for each in first]}")
    worst = 0.0
    for one, other in zip(first, second):
        if one.size and not np.array_equal(np.isfinite(one), np.isfinite(other)):
            return float("inf")
        scale = max(float(np.nanmax(np.abs(one), initial=0)), 1e-30)
        worst = max(worst, float(np.nanmax(np.abs(one - other), initial=0)) / scale)
    return worst


class Original:
    """What the original computes; each folded twin is held against that."""

    def __init__(self, path, architecture, samples, logits):
        self.place = (path, architecture)
        model = load(path, architecture)
        self.before, self.preprocessing = normalizations(model), preprocessing(model)
        self.given = numbers(samples, "in") if samples else made_samples(model)
        self.known = numbers(samples, "out") if samples else None
        self.outputs = run(model, self.given)
        self.opened = open_up(model)
        self.logits = run(model, self.given) if self.opened else self.outputs
        self.known_logits = numbers(logits, "logit") if logits else None
        self.in_double = None

    def recorded(self):
        """How far this Keras is from the one that recorded the samples."""
        found = [difference(self.known, self.outputs)] if self.known else []
        return found + ([difference(self.known_logits, self.logits)] if self.known_logits else [])

    def compare(self, path, architecture, is_double):
        result = {}
        if not is_double:
            model = load(path, architecture)
            result["after"], result["preprocessing"] = normalizations(model), preprocessing(model)
            outputs = run(model, self.given)
            worst = difference(self.outputs, outputs)
            if self.known:
                result["recorded"] = difference(self.known, outputs)
            if self.opened:
                open_up(model)
                worst = max(worst, difference(self.logits, run(model, self.given)))
            result["difference"] = result["single"] = worst
        if is_double or worst > NOISE:
            model = load_in_double(path, architecture)
            result["after"], result["preprocessing"] = normalizations(model), preprocessing(model)
            open_up(model)
            if self.in_double is None:
                original = load_in_double(*self.place)
                open_up(original)
                self.in_double = run(original, self.given)
            result["difference"] = result["double"] = difference(self.in_double, run(model, self.given))
        return result


def compare(job):
    keras.backend.clear_session()
    original = Original(job["original"], job["architecture"], job.get("samples"), job.get("logits"))
    result = {
        "before": original.before,
        "preprocessing": original.preprocessing,
        "recorded": original.recorded(),
        "twins": [],
    }
    for path, architecture in job["twins"]:
        try:
            result["twins"].append(original.compare(path, architecture, job.get("double", False)))
        except Exception as error:  # noqa: BLE001 - whatever Keras says is the result
            result["twins"].append({"error": told(error)})
    return result


def make(job):
    keras.backend.clear_session()
    builder = getattr(keras.applications, job["network"])
    model = builder(weights=None, input_shape=tuple(job["shape"]), classes=10)
    chance = np.random.RandomState(3)
    for _, layer in layers(model):
        if "BatchNormalization" not in type(layer).__name__:
            continue
        values = []
        for weight in layer.weights:
            name, shape = weight.name, tuple(weight.shape)
            low, high = (0.5, 2) if "variance" in name else (0.5, 1.5) if "gamma" in name else (-0.3, 0.3)
            values.append(chance.uniform(low, high, shape))
        layer.set_weights(values)
    for path in job["paths"]:
        model.save(path)
    return {"normalizations": len(normalizations(model))}


def prepared(job):
    """A model that begins with the preparation of its data: "normalization, convolution valid"."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    first, second = job["model"].split(", ")
    if first == "normalization":
        preparing = keras.layers.Normalization(mean=[0.4, -0.3, 0.7], variance=[0.2, 1.5, 3.0])
    else:
        preparing = keras.layers.Rescaling(0.25, offset=0.0 if "without" in first else -1.0)
    linear = keras.layers.Dense(4) if second == "dense" else keras.layers.Conv2D(4, 3, padding=second.split()[-1])
    inputs = keras.Input((3,) if second == "dense" else (6, 6, 3))
    norm = keras.layers.BatchNormalization()
    model = keras.Model(inputs, keras.layers.ReLU()(norm(linear(preparing(inputs)))))
    norm.set_weights([np.array(each, dtype="float32") for each in ((1.2, -0.7, 0.9, 1.4), (0.3, 0.2, -0.4, 0.1),
                                                                   (0.5, -0.2, 0.1, -0.6), (0.8, 1.7, 0.6, 1.1))])  # fmt: skip
    for path in job["paths"]:
        model.save(path)
    return {}


def random(job):
    keras.backend.clear_session()
    net = RandomNet(keras, job["seed"])
    net.model.save(job["path"])
    return {"must_go": net.must_go}


def told(error):
    """The last of what Keras says: it puts whole configurations before that."""
    text = " ".join(str(error).split())
    text = text if len(text) <= 300 else f"{text[:120]} ... {text[-170:]}"
    return f"{type(error).__name__}: {text}"


def main():
    # What libraries print goes elsewhere than the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"keras": keras.__version__, "tensorflow": tensorflow.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            result = {"compare": compare, "make": make, "prepared": prepared, "random": random}[job["do"]](job)
        except Exception as error:  # noqa: BLE001 - whatever Keras says is the result
            traceback.print_exc()
            result = {"error": told(error)}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
