"""Which files of Keras there are, and the other containers that each model comes in: weights and architecture apart."""

import json
import zipfile
from dataclasses import dataclass, field, replace

import h5py

# The samples by who wrote them, and the Keras that can load that. Keras 1 loads nowhere now.
JUDGES = {"k122": None, "k224": 2, "k2_212": 2, "k2_215": 2, "k215": 2, "k3": 3, "k30": 3, "k315": 3}


@dataclass
class Container:
    """One form of a model. `kind` says which in a word."""

    kind: str
    path: object
    architecture: object = None


@dataclass
class Model:
    """One model in all its containers, of which the first is the original that Keras loads for comparison; `options` are those of
    the fold. The outcome is expected under `name`, and told under `title`."""

    name: str
    version: int | None
    containers: list
    samples: object = None
    logits: object = None
    options: list = field(default_factory=list)
    note: str = ""
    # Of a random model: normalisations that have to go.
    must_go: set | None = None

    @property
    def title(self):
        return f"{self.name}{self.note}"


# Samples that begin with a Rescaling or Normalization.
PREPROCESSED = ("k2_215/norm_rescale", "k215/rescaling_first", "k3/norm_rescale", "k315/rescaling_first")
# Keras 3 loads whole HDF5 files of Keras 2 too, but for these, in the original already: Keras 2 alone judges them.
_GROUPS = "Keras 3 knows no 'groups' here"
_SECOND_CALL = "Keras 3 does not find the second call of a nested model"
_POLICY = "Keras 3 does not read the policy of the layers"
_LSTM = "Keras 3 knows no 'time_major'"
NOT_IN_KERAS_3 = {
    "k224/nested": _SECOND_CALL,
    "k2_215/bn_axis_multi": "Keras 3 knows no normalisation over several axes",
    "k2_215/bn_before_convT": _GROUPS,
    "k2_215/bn_before_dwconv": _GROUPS,
    "k2_215/bn_sync_class": "Keras 3 has no such class",
    "k2_215/conv1dT_bn": _GROUPS,
    "k2_215/dwconv1d_bn": _GROUPS,
    "k2_215/dwconv2d_nobias_bn": _GROUPS,
    "k2_215/lstm_bn_dense": _LSTM,
    "k2_215/mixed_f16": _POLICY,
    "k2_215/nested_seq_in_func_shared": _SECOND_CALL,
    "k2_215/sepconv1d_bn": _GROUPS,
    "k2_215/slash_names": "Keras 3 takes no '/' in a name",
    "k215/lstm_bn_dense": _LSTM,
    "k215/mixed_float16": _POLICY,
    "k215/nested_shared_twice": _SECOND_CALL,
    "k215/op_concat": "Keras 3 has no TFOpLambda",
    "k215/td_conv_td_bn": "Keras 3 does not read the axis of a wrapped normalisation",
    "real/eegnet82_channels_first_k216tf.h5": "Keras 3 knows no 'dtype' in an initializer",
    "real/isr_distilled_k211_weights.h5": "there is no architecture",
    "real/mlperf_vww96_mobilenet_k240.h5": _GROUPS,
}


def models(shared):
    """The models as they are; with their preprocessing folded too; and those of Keras 2 in Keras 3."""
    found = [*_samples(shared / "keras/samples"), *_real(shared / "keras/real")]
    yield from found
    for model in found:
        if model.name in PREPROCESSED:
            yield replace(model, options=["--fold-preprocessing"], note=" with --fold-preprocessing")
    for model in found:
        if model.version == 2 and model.name not in NOT_IN_KERAS_3:
            whole = [each for each in model.containers if each.kind in (".h5", ".hdf5") and each.architecture is None]
            if whole:
                yield replace(model, version=3, containers=whole[:1], note=" in Keras 3")


def _samples(folder):
    for name, version in JUDGES.items():
        paths = sorted(path for path in (folder / name).iterdir() if path.suffix in (".h5", ".keras"))
        for stem in sorted({_stem(path) for path in paths}):
            samples = folder / name / f"{stem}.npz"
            found = []
            for path in paths:
                if _stem(path) == stem:
                    apart = path.name.endswith(".weights.h5")
                    kind = ".weights.h5" if apart else path.suffix
                    found.append(Container(kind, path, path.with_name(f"{stem}.json") if apart else None))
            # The whole models first: they are what Keras loads by itself.
            found.sort(key=lambda each: each.architecture is not None)
            yield Model(f"{name}/{stem}", version, found, samples if samples.exists() else None)


def _real(folder):
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".h5", ".hdf5", ".keras"):
            continue
        stem = path.name.removesuffix(".h5").removesuffix("_weights")
        architecture = path.with_name(f"{stem}.json")
        names = (path.name, f"{stem}.json", f"{stem}.h5")
        samples = [path.with_name(f"{name}.k2.npz") for name in names]
        logits = [path.with_name(f"{name}.logits.npz") for name in names]
        container = Container(path.suffix, path, architecture if architecture.exists() else None)
        yield Model(
            f"real/{path.name}",
            2,
            [container],
            next((each for each in samples if each.exists()), None),
            next((each for each in logits if each.exists()), None),
        )


def _stem(path):
    return path.name.removesuffix(".weights.h5").removesuffix(path.suffix)


def taken_apart(container, folder, form):
    """The weights and the architecture of a whole model as two files, as `save_weights` and `to_json` write them; None if they are
    apart already.

    `form` tells how the JSON is written: 0 plain, 1 pretty-printed, 2 encoded once more as a string, 3 the bare configuration.
    """
    if container.architecture is not None:
        return None
    if zipfile.is_zipfile(container.path):
        weights = folder / "apart.weights.h5"
        with zipfile.ZipFile(container.path) as archive:
            weights.write_bytes(archive.read("model.weights.h5"))
            text = archive.read("config.json").decode()
    else:
        weights = folder / "apart.h5"
        with h5py.File(container.path, "r") as file, h5py.File(weights, "w") as apart:
            if "model_config" not in file.attrs:
                return None
            text = file.attrs["model_config"]
            text = text.decode() if isinstance(text, bytes) else text
            old = file["model_weights"]
            for key, value in old.attrs.items():
                apart.attrs.create(key, value, dtype=old.attrs.get_id(key).dtype)
            for key in old:
                old.copy(key, apart)
            version = file.attrs.get("keras_version")
        data = json.loads(text)
        if isinstance(data, dict) and "module" not in data:
            # What to_json of Keras 2 adds.
            data["keras_version"] = version.decode() if isinstance(version, bytes) else version
            data["backend"] = "tensorflow"
            text = json.dumps(data)
    architecture = folder / "apart.json"
    data = json.loads(text)
    if form == 1:
        text = json.dumps(data, indent=4, sort_keys=True)
    elif form == 2:
        text = json.dumps(text)
    elif form == 3 and "input_layers" in data["config"]:
        text = json.dumps(data["config"])
    architecture.write_text(text, encoding="utf-8")
    return Container(f"{'.weights.h5' if weights.name.endswith('.weights.h5') else 'weights .h5'} + .json", weights, architecture)
