"""A fold of one file of Keras: how it ran, what the report says, and what bnfold's own run makes of it."""


def stays(report):
    """The names of the normalisations that the report says are left, and why."""
    return {entry["layer"]["name"].split(" call ")[0]: entry["reason"]["name"] for entry in report["kept"] + report["scales"]}


def fold(context, container, folder, number, options=()):
    """The outcome of a fold, and the files that it wrote."""
    ending = ".weights.h5" if container.path.name.endswith(".weights.h5") else container.path.suffix
    output = folder / f"folded{number}{ending}"
    more = ["--architecture", container.architecture] if container.architecture else []
    run = context.run("fold", container.path, output, "--force", "--quiet", "--report", "-", *more, *options)
    return run, output, folder / f"folded{number}.json" if container.architecture else None


def verify(context, container, output, written, outcome):
    """What bnfold's own run of both says."""
    more = ["--architecture", container.architecture, "--folded-architecture", written] if container.architecture else []
    run = context.run("verify", container.path, output, "--samples", "2", "--report", "-", "--quiet", *more)
    if run.exit_code not in (0, 2) or not run.output.startswith("{"):
        outcome.fail(f"verify ends with {run.exit_code}: {run.first_error}")
        return
    report = run.report()
    if run.exit_code == 2:
        outcome.fail(f"verify finds a difference: {report.get('first')}")
    if report["layersRun"] < report["layerCount"]:
        outcome.add(f"bnfold runs {report['layersRun']} of {report['layerCount']} layers")
    outcome.own = float(max((blob.get("largestRelative", 0.0) for blob in report["blobs"]), default=0.0))


class Outcome:
    """What the table says of one container, and the failures."""

    def __init__(self, name):
        self.name, self.failures = name, []
        self.before = self.after = self.single = self.double = self.recorded = self.own = None
        self.why, self.stays = "", {}

    def add(self, remark):
        self.why += f"{'; ' if self.why else ''}{remark}"

    def fail(self, sentence):
        self.failures.append(f"{self.name}: {sentence}")

    @property
    def row(self):
        return self.name, self.before, self.after, self.recorded, self.single, self.double, self.own, self.why
