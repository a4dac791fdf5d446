"""The standard networks of keras.applications, built with random weights and odd statistics."""

from dataclasses import dataclass

from keras_containers import Container
from keras_outcome import Outcome, fold, stays, verify

# What the rounding of folded weights to single precision leaves, in a deep net run in double precision.
LIMIT = 1e-6


@dataclass
class Application:
    """How many normalisations a network has, how many may be left, its height and width, and the Keras that builds it."""

    network: str
    before: int
    most: int
    size: int
    version: int = 3
    endings: tuple = (".keras", ".h5")
    # Files that Keras writes but does not read: bnfold's own run is their judge.
    unread: tuple = ()

    @property
    def name(self):
        return f"keras.applications {self.network}, Keras {self.version}"

    def check(self, context, judge, number, folder):
        paths = [folder / f"application{ending}" for ending in self.endings]
        made = judge.ask(do="make", network=self.network, shape=(self.size, self.size, 3), paths=paths)
        outcomes, twins = [], []
        for index, path in enumerate(paths):
            outcome = Outcome(f"{self.name} {path.suffix}")
            outcomes.append(outcome)
            if "error" in made:
                outcome.fail(f"could not be built: {made['error']}")
                continue
            run, output, _ = fold(context, Container(path.suffix, path), folder, index)
            if run.exit_code != 0:
                outcome.fail(f"ends with {run.exit_code}: {run.first_error}")
                continue
            report = run.report()
            outcome.stays = stays(report)
            reasons = list(outcome.stays.values())
            outcome.why = ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons)))
            if path.suffix in self.unread:
                counts = next(each for each in report["types"] if each["type"] == "BatchNormalization")
                outcome.before, outcome.after = counts["before"], counts["after"]
                outcome.add(f"Keras {judge.version} does not read the original: judged by bnfold's own run")
                verify(context, Container(path.suffix, path), output, None, outcome)
                self.count(outcome)
            else:
                twins.append((outcome, output))
        if twins:
            result = judge.ask(
                do="compare",
                original=paths[0],
                architecture=None,
                double=True,
                twins=[(output, None) for _, output in twins],
            )
            answers = result.get("twins") or [result] * len(twins)
            for (outcome, _), twin in zip(twins, answers):
                self.judge(outcome, result, twin)
        for path in [*paths, *folder.glob("folded*")]:
            path.unlink(missing_ok=True)
        return outcomes

    def count(self, outcome):
        if outcome.before != self.before:
            outcome.fail(f"has {outcome.before} normalisations, expected {self.before}")
        if outcome.after > self.most:
            outcome.fail(f"{outcome.after} normalisations are left, expected {self.most} at most")

    def judge(self, outcome, result, twin):
        if "error" in twin:
            outcome.fail(twin["error"])
            return
        outcome.before, outcome.after, outcome.double = len(result["before"]), len(twin["after"]), twin["difference"]
        self.count(outcome)
        if set(twin["after"]) != set(outcome.stays):
            outcome.fail(f"{sorted(set(twin['after']) ^ set(outcome.stays))}: the report and Keras disagree on what is left")
        if twin["preprocessing"] != result["preprocessing"]:
            outcome.fail("Rescaling or Normalization layers are gone, though nobody asked for that")
        if not twin["difference"] <= LIMIT:
            outcome.fail(f"what it computes differs by {twin['difference']:.1e}")


APPLICATIONS = [
    Application("ResNet50", 53, 0, 64),
    Application("MobileNetV2", 52, 0, 64),
    Application("InceptionV3", 94, 0, 75),
    Application("Xception", 40, 0, 71),
    Application("EfficientNetB0", 49, 0, 64),
    Application("DenseNet121", 121, 62, 64),
    Application("ResNet50V2", 49, 17, 64),
    # Keras 3.15 takes the constant of its sums for a tensor when it reads them from HDF5.
    Application("MobileNetV3Small", 34, 0, 64, unread=(".h5",)),
    Application("MobileNetV2", 52, 0, 64, version=2),
    Application("EfficientNetB0", 49, 0, 64, version=2),
]
