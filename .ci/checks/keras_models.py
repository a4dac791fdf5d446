"""Folds every sample and real file of Keras, and lets Keras itself load, count and run the results.

Keras 3 judges what Keras 3 wrote, and Keras 2.15 what Keras 2 wrote; files of Keras 1 are for bnfold alone to refuse. The standard networks of
keras.applications are built with random weights, and compared in double precision.
"""

import json
import pathlib
import subprocess

from table import Table

# The largest difference of outputs before a last softmax or sigmoid, relative to the largest.
SINGLE, HALF, DOUBLE = 3e-5, 5e-3, 2e-5

# The samples by who wrote them, and who can load that.
JUDGES = {"k30": 3, "k3": 3, "k315": 3, "k224": 2, "k2_212": 2, "k2_215": 2, "k215": 2}

# What a network of keras.applications may have left, and the shape of its input.
APPLICATIONS = {
    "ResNet50": (53, 0, (96, 96, 3)),
    "MobileNetV2": (52, 0, (96, 96, 3)),
    "InceptionV3": (94, 0, (96, 96, 3)),
    "Xception": (40, 0, (96, 96, 3)),
    "EfficientNetB0": (49, 0, (96, 96, 3)),
    "DenseNet121": (121, 62, (64, 64, 3)),
    "ResNet50V2": (49, 17, (96, 96, 3)),
}


class Judge:
    """Keras, in an environment of its own."""

    def __init__(self, python):
        self.process = subprocess.Popen(
            [python, pathlib.Path(__file__).with_name("keras_judge.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self.read()["keras"]

    def read(self):
        for line in self.process.stdout:
            # Libraries print whatever they like.
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError("Keras died")

    def ask(self, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def cases(shared):
    """Name, weights or whole model, architecture, samples, and the version of Keras that loads it."""
    for folder, version in JUDGES.items():
        for path in sorted((shared / "keras/samples" / folder).iterdir()):
            if path.suffix not in (".h5", ".keras"):
                continue
            stem = path.name.removesuffix(".weights.h5").removesuffix(path.suffix)
            samples = path.with_name(stem + ".npz")
            architecture = path.with_name(stem + ".json") if path.name.endswith(".weights.h5") else None
            yield f"{folder}/{path.name}", path, architecture, samples if samples.exists() else None, version
    for path in sorted((shared / "keras/real").iterdir()):
        if path.suffix not in (".h5", ".hdf5", ".keras"):
            continue
        stem = path.name.removesuffix(".h5").removesuffix("_weights")
        architecture = path.with_name(stem + ".json")
        samples = [path.with_name(name + ".k2.npz") for name in (path.name, stem + ".json", stem + ".h5")]
        yield (
            f"real/{path.name}",
            path,
            architecture if architecture.exists() else None,
            next((each for each in samples if each.exists()), None),
            2,
        )


def fold(context, path, architecture):
    ending = ".weights.h5" if path.name.endswith(".weights.h5") else path.suffix
    output = context.scratch / f"folded{ending}"
    for old in context.scratch.glob("folded*"):
        old.unlink()
    options = ["--architecture", architecture] if architecture else []
    run = context.run("fold", path, output, "--force", "--quiet", "--report", "-", *options)
    written = context.scratch / "folded.json" if architecture else None
    return run, output, written


def left(report):
    """The names of the normalisations that stay, and why."""
    stays = {}
    for entry in report["kept"] + report["scales"]:
        stays[entry["layer"]["name"].split("/")[-1].split(" call ")[0]] = entry["reason"]["name"]
    return stays


def check(context):
    failures = []
    table = Table("Files of Keras, folded and judged by Keras itself", "file", "before", "after", "why", "difference")
    judges = {version: Judge(python) for version, python in context.keras.items()}
    worst, folded, gone, total = 0.0, 0, 0, 0
    try:
        for name, path, architecture, samples, version in cases(context.shared):
            run, output, written = fold(context, path, architecture)
            if run.exit_code != 0:
                reason = run.first_error.split("error: ")[-1]
                # A refusal has a reason that is no fault of bnfold.
                if run.exit_code not in (64, 65):
                    failures.append(f"{name}: exit code {run.exit_code}: {reason}")
                table.add(name, None, None, f"refused ({run.exit_code}): {reason[:90]}", None)
                continue
            stays = left(run.report())
            result = judges[version].ask(
                do="compare",
                name=name,
                original=str(path),
                folded=str(output),
                original_architecture=architecture and str(architecture),
                folded_architecture=written and str(written),
                samples=samples and str(samples),
            )
            if "error" in result:
                # What Keras could not load before is none of bnfold's doing.
                known = judges[version].ask(
                    do="compare",
                    name=name,
                    original=str(path),
                    folded=str(path),
                    original_architecture=architecture and str(architecture),
                    folded_architecture=architecture and str(architecture),
                )
                if "error" not in known:
                    failures.append(f"{name}: Keras {judges[version].version}: {result['error']}")
                table.add(name, None, None, f"not judged: {result['error'][:90]}", None)
                continue
            unknown = set(result["after"]) - set(stays)
            if unknown:
                failures.append(f"{name}: {sorted(unknown)} are left, but the report does not name them")
            difference = result.get("difference", 0.0)
            limit = HALF if "f16" in name or "float16" in name else SINGLE
            if not difference <= limit:
                failures.append(f"{name}: the outputs differ by {difference:.1e}")
            worst = max(worst, difference if limit == SINGLE else 0)
            folded += 1
            total += result["before"]
            gone += result["before"] - len(result["after"])
            why = ", ".join(sorted(set(stays.get(each, "") for each in result["after"])))
            table.add(name, result["before"], len(result["after"]), why, difference)
        for network, (before, most, shape) in APPLICATIONS.items():
            failures += application(context, judges[3], network, before, most, shape, table)
    finally:
        for judge in judges.values():
            judge.close()
    versions = ", ".join(judge.version for judge in judges.values())
    table.total(f"Keras {versions}: {folded} files, {total} normalisations, {gone} gone, worst difference {worst:.1e}")
    table.write(context.output / "keras.txt")
    return failures


def application(context, judge, network, before, most, shape, table):
    original, output = context.scratch / "application.h5", context.scratch / "application-folded.h5"
    made = judge.ask(do="make", name=network, network=network, shape=shape, path=str(original))
    if "error" in made:
        return [f"{network}: could not be built: {made['error']}"]
    run = context.run("fold", original, output, "--force", "--quiet", "--report", "-")
    if run.exit_code != 0:
        return [f"{network}: exit code {run.exit_code}: {run.first_error}"]
    result = judge.ask(do="compare", name=network, original=str(original), folded=str(output), double=True)
    if "error" in result:
        return [f"{network}: {result['error']}"]
    stays = left(run.report())
    table.add(
        f"keras.applications {network}",
        result["before"],
        len(result["after"]),
        ", ".join(sorted(set(stays.values()))),
        result["difference"],
    )
    failures = []
    if result["before"] != before:
        failures.append(f"{network}: has {result['before']} normalisations, expected {before}")
    if len(result["after"]) > most:
        failures.append(f"{network}: {len(result['after'])} normalisations are left, expected {most} at most")
    if not result["difference"] <= DOUBLE:
        failures.append(f"{network}: the outputs differ by {result['difference']:.1e}")
    original.unlink()
    output.unlink()
    return failures
