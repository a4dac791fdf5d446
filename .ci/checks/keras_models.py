"""Folds every sample and real file of Keras in each of its containers, and lets Keras itself load, count and run the results.

Keras 3 judges what Keras 3 wrote, and Keras 2.15 what Keras 2 wrote; files of Keras 1 are refused by name. What stays must be what
the report names, and as many as keras_expectations.py says. Networks of keras.applications are built with random weights.
"""

import json
import pathlib
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import keras_containers
import keras_expectations
from keras_applications import APPLICATIONS
from keras_outcome import Outcome, fold, stays, verify
from keras_preprocessing import PREPROCESSED_MODELS
from keras_random import random_models
from table import Table

# The largest difference of outputs, and of what a last softmax or sigmoid takes, relative to the largest: in double precision what
# the rounding of folded weights to single precision leaves, and that of weights of half precision.
LIMIT, HALF = 2e-6, 4e-3
# And in the single precision in which users run the nets.
SINGLE = 1e-4


class Judge:
    """Keras, in an environment of its own. What it prints goes to a log."""

    def __init__(self, python, log):
        self.log = open(log, "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [python, pathlib.Path(__file__).with_name("keras_judge.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.versions = json.loads(self.process.stdout.readline() or "{}")
        self.version = self.versions.get("keras", "")

    def ask(self, **job):
        self.process.stdin.write(json.dumps(job, default=str) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"Keras died: see {self.log.name}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


@dataclass
class Job:
    """What is done with the Keras of one version: `work(context, judge, number, folder)` returns outcomes."""

    version: int
    name: str
    work: object


class Progress:
    """A line in a log for each model, and one on the console now and then."""

    def __init__(self, path, count):
        self.file = open(path, "w", encoding="utf-8")
        self.count, self.done, self.start, self.lock = count, 0, time.monotonic(), threading.Lock()

    def tell(self, name, outcome):
        with self.lock:
            self.done += 1
            seconds = time.monotonic() - self.start
            print(f"{seconds:7.1f} s  {name}: {outcome}", file=self.file, flush=True)
            if self.done % 20 == 0 or self.done == self.count:
                print(f"  keras: {self.done} of {self.count} models, {seconds:.0f} s", flush=True)


def check_model(model, context, judge, number, folder):
    """Folds a model in all its containers and has them judged."""
    for old in folder.glob("folded*"):
        old.unlink()
    containers, outcomes, twins = list(model.containers), [], []
    # The other versions and options are about the judge and the fold, not about containers.
    if model.version and not model.note:
        for index, container in enumerate(model.containers):
            apart = folder / f"apart{index}"
            apart.mkdir(exist_ok=True)
            other = keras_containers.taken_apart(container, apart, number % 4)
            containers += [other] if other else []
    refused = keras_expectations.refused(model.name)
    for index, container in enumerate(containers):
        outcome = Outcome(f"{model.title} {container.kind}")
        outcomes.append(outcome)
        run, output, written = fold(context, container, folder, index, model.options)
        if run.exit_code != 0:
            outcome.why = f"refused: {run.first_error.split('error: ')[-1].split(': ', 1)[-1][:100]}"
            if not refused or run.exit_code != refused[0] or refused[1] not in run.first_error:
                outcome.fail(f"ends with {run.exit_code}: {run.first_error}")
            if output.exists() or (written and written.exists()):
                outcome.fail("was refused, but there is an output")
            continue
        if refused:
            outcome.fail(f"was folded, but expected was a refusal with '{refused[1]}'")
        outcome.stays = stays(run.report())
        outcome.why = ", ".join(f"{name}: {reason}" for name, reason in sorted(outcome.stays.items()))
        verify(context, container, output, written, outcome)
        twins.append((outcome, output, written))
    if twins and judge is None:
        for outcome, _, _ in twins:
            outcome.add(f"judged by bnfold alone, without a Keras {model.version} here")
    elif twins:
        judge_twins(judge, model, containers[0], twins)
    return outcomes


def judge_twins(judge, model, original, twins):
    result = judge.ask(
        do="compare",
        original=original.path,
        architecture=original.architecture,
        samples=model.samples,
        logits=model.logits,
        twins=[(output, written) for _, output, written in twins],
    )
    if "error" in result:
        twins[0][0].fail(f"Keras {judge.version} does not load or run the original: {result['error']}")
        return
    is_half = model.name in keras_expectations.HALF_PRECISION
    limit, single = (HALF, HALF) if is_half else (LIMIT, SINGLE)
    recorded = max(result["recorded"], default=0)
    if recorded > keras_expectations.RECORDED.get(model.name, single):
        twins[0][0].fail(f"Keras {judge.version} is {recorded:.1e} from what the samples hold: is it the right judge?")
    for (outcome, _, _), twin in zip(twins, result["twins"]):
        outcome.before = len(result["before"])
        if "error" in twin:
            outcome.fail(f"Keras {judge.version} does not load or run it: {twin['error']}")
            continue
        outcome.after = len(twin["after"])
        outcome.single, outcome.double, outcome.recorded = twin.get("single"), twin.get("double"), twin.get("recorded")
        if set(twin["after"]) != set(outcome.stays):
            outcome.fail(f"left are {twin['after']}, but the report names {sorted(outcome.stays)}")
        expected = keras_expectations.COUNTS.get(model.name)
        if model.must_go is not None:
            lost = model.must_go & {name.split("/")[-1] for name in twin["after"]}
            if lost:
                outcome.fail(f"{sorted(lost)} are left, though each reads a linear layer alone")
        elif expected != (outcome.before, outcome.after):
            outcome.fail(f"{outcome.before} -> {outcome.after} normalisations, expected {expected}")
        if not model.options and twin["preprocessing"] != result["preprocessing"]:
            outcome.fail("Rescaling or Normalization layers are gone, though nobody asked for that")
        if not twin["difference"] <= limit:
            outcome.fail(f"what it computes differs by {twin['difference']:.1e}")
        if not (outcome.single or 0) <= single:
            outcome.fail(f"what it computes in single precision differs by {outcome.single:.1e}")


def check(context):
    models = list(keras_containers.models(context.shared))
    unknown = [
        name
        for name in sorted({model.name for model in models} | set(keras_expectations.COUNTS))
        if not keras_expectations.refused(name)
        and (name not in keras_expectations.COUNTS or all(model.name != name for model in models))
    ]
    failures = [f"{name}: keras_expectations.py and the files do not agree" for name in unknown]
    judges = {version: Judge(python, context.output / f"keras{version}.log") for version, python in context.keras.items()}
    for version, judge in judges.items():
        if judge.version.split(".")[0] != str(version):
            return failures + [f"{context.keras[version]} has no Keras {version}: see {judge.log.name}"]
    jobs = [Job(model.version or 3, model.title, partial(check_model, model)) for model in models]
    jobs += [Job(each.version, each.name, each.check) for each in [*APPLICATIONS, *PREPROCESSED_MODELS] if each.version in judges]
    jobs += [Job(each.version, each.name, partial(each.check, check_model)) for each in random_models(judges, context.is_whole)]
    progress = Progress(context.output / "keras-progress.txt", len(jobs))

    def work(version):
        folder = context.scratch / f"keras{version}"
        folder.mkdir()
        found = []
        for number, job in enumerate(jobs):
            if job.version != version:
                continue
            outcomes = job.work(context, judges.get(version), number, folder)
            failed = sum(bool(outcome.failures) for outcome in outcomes)
            progress.tell(job.name, f"{len(outcomes)} containers, {failed} failed")
            found.append((number, outcomes))
        return found

    try:
        with ThreadPoolExecutor(2) as pool:
            results = sorted((entry for found in pool.map(work, (3, 2)) for entry in found), key=lambda entry: entry[0])
    finally:
        for judge in judges.values():
            judge.close()
    table = Table(
        "Files of Keras, folded and judged by Keras itself. Differences are the largest of outputs and logits, relative to the largest:"
        " of the folded net from what the samples hold, from the original in single and in double precision (where single precision"
        " shows any), and of all values in bnfold's own run",
        "file", "before", "after", "recorded", "single", "double", "own", "what stays and why",
    )  # fmt: skip
    outcomes = [outcome for _, outcomes in results for outcome in outcomes]
    for outcome in outcomes:
        table.add(*outcome.row)
        failures += outcome.failures
    for name, reason in keras_containers.NOT_IN_KERAS_3.items():
        table.add(f"{name} in Keras 3", *[None] * 6, f"not loaded in the original: {reason}")
    judged = [outcome for outcome in outcomes if outcome.after is not None]
    for version, judge in judges.items():
        table.total(f"Keras {version}: {judge.versions}")
    table.total(
        f"{len(outcomes)} containers, {len(judged)} judged by Keras, {sum(each.before for each in judged)} normalisations,"
        f" {sum(each.before - each.after for each in judged)} gone; {len(failures)} failures"
    )
    table.write(context.output / "keras.txt")
    return failures
