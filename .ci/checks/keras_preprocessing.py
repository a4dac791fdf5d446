"""Small models that begin with Rescaling or Normalization, built by Keras itself and folded with `--fold-preprocessing`."""

from dataclasses import dataclass

from keras_containers import Container
from keras_outcome import Outcome, fold, stays, verify

# What the rounding of folded weights to single precision leaves, in a net run in double precision.
LIMIT = 2e-6


@dataclass
class Preprocessed:
    """A model by the name that keras_judge.py builds it under, and how many preparing layers may not fold: a shift does not pass the
    zeros with which a convolution fills its border."""

    model: str
    left: int
    version: int

    @property
    def name(self):
        return f"{self.model} with --fold-preprocessing, Keras {self.version}"

    def check(self, context, judge, number, folder):
        paths = [folder / f"preprocessed{ending}" for ending in (".keras", ".h5")]
        made = judge.ask(do="prepared", model=self.model, paths=paths)
        outcomes = [Outcome(f"{self.name} {path.suffix}") for path in paths]
        if "error" in made:
            outcomes[0].fail(f"could not be built: {made['error']}")
            return outcomes[:1]
        twins = []
        for index, (path, outcome) in enumerate(zip(paths, outcomes)):
            container = Container(path.suffix, path)
            run, output, _ = fold(context, container, folder, index, ["--fold-preprocessing"])
            if run.exit_code != 0:
                outcome.fail(f"ends with {run.exit_code}: {run.first_error}")
                continue
            outcome.stays = stays(run.report())
            verify(context, container, output, None, outcome)
            twins.append((outcome, output))
        files = [(output, None) for _, output in twins]
        result = judge.ask(do="compare", original=paths[0], architecture=None, double=True, twins=files)
        answers = result.get("twins") or [result] * len(twins)
        for (outcome, _), twin in zip(twins, answers):
            self.judge(outcome, result, twin)
        for path in [*paths, *folder.glob("folded*")]:
            path.unlink(missing_ok=True)
        return outcomes

    def judge(self, outcome, result, twin):
        if "error" in twin:
            outcome.fail(twin["error"])
            return
        outcome.before, outcome.after, outcome.double = len(result["before"]), len(twin["after"]), twin["difference"]
        if (outcome.before, outcome.after) != (1, 0):
            outcome.fail(f"{outcome.before} -> {outcome.after} normalisations, expected 1 -> 0")
        if (result["preprocessing"], twin["preprocessing"]) != (1, self.left):
            outcome.fail(f"{twin['preprocessing']} Rescaling or Normalization layers are left, expected {self.left}")
        if not twin["difference"] <= LIMIT:
            outcome.fail(f"what it computes differs by {twin['difference']:.1e}")


LEFT = {
    "rescaling, convolution valid": 0,
    "rescaling without offset, convolution same": 0,
    "rescaling with offset, convolution same": 1,
    "normalization, convolution valid": 0,
    "normalization, convolution same": 1,
    "normalization, dense": 0,
}
PREPROCESSED_MODELS = [Preprocessed(model, left, version) for version in (3, 2) for model, left in LEFT.items()]
