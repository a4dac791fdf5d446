"""Every call of the operating system by which outputs are written is made to fail, and the process is killed before and after it.

Whatever happens, the files of a run are the old ones or the new ones, never a mixture, when the next run has ended; no other file is left;
and the exit code tells what came of it. The library that lets calls fail is Tests/CommandTests/Faults/faults.c.
"""

import errno
import itertools
import os
import pathlib
import random
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import h5py
import numpy as np
from context import WORKERS
from table import Table

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "Tests/CommandTests/Faults/faults.c"
SEED = 13
NET = """name: "tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
"""
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR, "short": None}


@dataclass
class Scenario:
    name: str
    # Arguments of the run; `{in}` is the folder of inputs, the working directory that of outputs.
    arguments: list
    files: list
    # Whether there are old files to be overwritten.
    overwrites: bool
    worker: bool = False

    def next_arguments(self):
        """The next run: without --force it tidies up, and writes only where nothing is."""
        return [argument for argument in self.arguments if argument != "--force"]


def scenarios():
    fold = ["fold", "{in}/net.h5", "out.h5", "--quiet"]
    triple = ["out.h5", "out.prototxt", "r.json"]
    return [
        Scenario("fold, fresh", fold, ["out.h5", "out.prototxt"], False),
        Scenario("fold, fresh, report", fold + ["--report", "r.json"], triple, False),
        Scenario("fold, overwriting, report", fold + ["--report", "r.json", "--force"], triple, True),
        Scenario(
            "fold, two folders",
            fold + ["--output-prototxt", "text/out.prototxt", "--force"],
            ["out.h5", "text/out.prototxt"],
            True,
        ),
        Scenario(
            "fold, .caffemodel, gzip",
            ["fold", "{in}/net.h5", "out.caffemodel", "--quiet", "--force"],
            ["out.caffemodel", "out.prototxt"],
            True,
        ),
        Scenario(
            "fold --verify, plot and report",
            fold + ["--verify", "--samples", "1", "--plot", "p.svg", "--report", "r.json", "--force"],
            [*triple, "p.svg"],
            True,
        ),
        Scenario(
            "convert",
            ["convert", "{in}/net.h5", "out.caffemodel", "--prototxt", "{in}/net.prototxt"]
            + ["--output-prototxt", "out.prototxt", "--quiet", "--force"],
            ["out.caffemodel", "out.prototxt"],
            True,
        ),
        Scenario("inspect --dot", ["inspect", "{in}/net.h5", "--dot", "p.dot", "--quiet", "--force"], ["p.dot"], True),
        Scenario(
            "batch, its worker",
            ["batch", "{in}/jobs.jsonl", "--output-dir", "out", "--quiet", "--jobs", "1", "--resume"],
            ["out/1.h5", "out/1.prototxt"],
            False,
            True,
        ),
    ]


class Bench:
    def __init__(self, context):
        self.bnfold = context.bnfold
        self.folder = context.scratch / "faults"
        self.inputs = self.folder / "in"
        self.inputs.mkdir(parents=True)
        self.library = self.folder / "faults.so"
        subprocess.run(
            [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", self.library, SOURCE, "-ldl"], check=True
        )
        self.numbers = itertools.count()
        for name, factor in (("net", 1), ("other", 3)):
            (self.inputs / f"{name}.prototxt").write_text(NET)
            with h5py.File(self.inputs / f"{name}.h5", "w") as file:
                for layer, index, shape, values in (
                    ("conv", 0, (2, 2, 1, 1), [1, 2, 3, 4]),
                    ("conv", 1, (2,), [0.5, -0.5]),
                    ("bn", 0, (2,), [2, -2]),
                    ("bn", 1, (2,), [2, 8]),
                    ("bn", 2, (1,), [2]),
                    ("scale", 0, (2,), [1, 2]),
                    ("scale", 1, (2,), [0, 1]),
                ):
                    file[f"data/{layer}/{index}"] = factor * np.array(values, "f4").reshape(shape)
        (self.inputs / "jobs.jsonl").write_text('{"input": "net.h5", "prototxt": "net.prototxt", "output": "1.h5"}\n')

    def workplace(self):
        place = self.folder / f"run{next(self.numbers)}"
        (place / "text").mkdir(parents=True)
        return place

    def run(self, place, arguments, at=0, action="", sticky=False, reads=False, worker=False, log=None, root=None):
        environment = {"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"}
        if at or log:
            environment |= {"LD_PRELOAD": str(self.library), "BNFOLD_FAULT_ROOT": str((root or place).resolve())}
            environment |= {"BNFOLD_FAULT_AT": str(at), "BNFOLD_FAULT_ACTION": action}
            flags = {"STICKY": sticky, "READS": reads, "WORKER": worker}
            environment |= {f"BNFOLD_FAULT_{name}": "1" for name, isset in flags.items() if isset}
            if log:
                environment["BNFOLD_FAULT_LOG"] = str(log)
        arguments = [argument.replace("{in}", str(self.inputs)) for argument in arguments]
        return subprocess.run(
            [self.bnfold, *arguments], cwd=place, env=environment, capture_output=True, text=True, timeout=60
        )

    def calls(self, scenario, prepare, **options):
        """The names of the calls that count in an undisturbed run, and what it leaves."""
        place, log = self.workplace(), self.folder / f"log{next(self.numbers)}"
        prepare(place)
        done = self.run(place, scenario.arguments, log=log, worker=scenario.worker, **options)
        assert done.returncode == 0, (scenario.name, done)
        names = [line.split(" ", 2)[1] for line in log.read_text().splitlines()]
        contents = read(place, scenario.files)
        shutil.rmtree(place)
        return names, contents


def read(place, files):
    return tuple((place / file).read_bytes() if (place / file).exists() else None for file in files)


def litter(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob(".*"))


def check(context):
    bench = Bench(context)
    thorough = os.environ.get("BNFOLD_FAULTS") == "all"
    table = Table(
        "Calls of the system that fail, and kills before and after each",
        "scenario", "calls", "kills", "errors", "second kills",
    )  # fmt: skip
    failures = []
    totals = [0, 0, 0, 0]
    with ThreadPoolExecutor(WORKERS) as pool:
        for scenario in scenarios():
            counts, found = check_scenario(bench, scenario, pool, thorough)
            failures += [f"{scenario.name}: {failure}" for failure in found]
            table.add(scenario.name, *counts)
            totals = [total + count for total, count in zip(totals, counts)]
            print(f"  {scenario.name}: {sum(counts[1:])} runs", flush=True)
        reads, found = check_reads(bench, pool)
        failures += found
        mixed, found = check_mixed_runs(bench, pool, 2000 if thorough else 150)
        failures += found
    table.total(f"calls {totals[0]}, kills {totals[1]}, errors {totals[2]}, second kills {totals[3]}")
    table.total(f"errors in reading inputs: {reads}; sequences of killed runs for different outputs: {mixed}")
    table.total(f"failures: {len(failures)}")
    table.write(context.output / "faults.txt")
    return failures


def check_scenario(bench, scenario, pool, thorough):
    old = tuple(f"old {file}".encode() for file in scenario.files)

    def prepare(place):
        for file, content in zip(scenario.files, old):
            if scenario.overwrites:
                (place / file).write_bytes(content)

    if not scenario.overwrites:
        old = (None,) * len(scenario.files)
    names, new = bench.calls(scenario, prepare)
    generator = random.Random(f"{SEED} {scenario.name}")
    kills = [(at, action) for at in range(1, len(names) + 1) for action in ("kill-before", "kill-after")]
    errors = [
        (at, name, sticky)
        for at in range(1, len(names) + 1)
        for name in ERRORS
        for sticky in ((False, True) if name == "EIO" else (False,))
        if name != "short" or names[at - 1] == "write"
        # A close that was interrupted cannot be repeated, and Linux does not do so.
        if name != "EINTR" or names[at - 1] != "close"
    ]

    def after_next_run(place, what):
        """Runs again, and looks at what is there."""
        done = bench.run(place, scenario.next_arguments())
        found = read(place, scenario.files)
        if done.returncode not in ((0,) if scenario.worker else (73,) if scenario.overwrites else (0, 73)):
            yield f"{what}: the next run ended with {done.returncode}: {done.stderr}"
        if found != new and (found != old or not scenario.overwrites):
            yield f"{what}: a mixture after the next run: {found}"
        if left := litter(place):
            yield f"{what}: after the next run there is {left}"

    def killed(case):
        at, action = case
        place = bench.workplace()
        prepare(place)
        done = bench.run(place, scenario.arguments, at, action, worker=scenario.worker)
        what = f"{action} call {at} ({names[at - 1]})"
        if not scenario.worker and done.returncode != -signal.SIGKILL:
            yield f"{what}: ended with {done.returncode}"
        state = place.with_name(place.name + "-state")
        shutil.copytree(place, state, symlinks=True)
        yield from after_next_run(place, what)
        shutil.rmtree(place)
        # The second run is killed as well.
        log = bench.folder / f"log{next(bench.numbers)}"
        place = bench.workplace()
        shutil.copytree(state, place, dirs_exist_ok=True)
        bench.run(place, scenario.next_arguments(), log=log)
        shutil.rmtree(place)
        count = len(log.read_text().splitlines()) if log.exists() else 0
        seconds = [(at, action) for at in range(1, count + 1) for action in ("kill-before", "kill-after")]
        if not thorough:
            seconds = generator.sample(seconds, min(2, len(seconds)))
        for second, how in seconds:
            place = bench.workplace()
            shutil.copytree(state, place, dirs_exist_ok=True)
            bench.run(place, scenario.next_arguments(), second, how)
            yield 1
            yield from after_next_run(place, f"{what}, then {how} call {second}")
            shutil.rmtree(place)
        shutil.rmtree(state)

    def failed(case):
        at, name, sticky = case
        place = bench.workplace()
        prepare(place)
        action = "short" if name == "short" else str(ERRORS[name])
        done = bench.run(place, scenario.arguments, at, action, sticky=sticky, worker=scenario.worker)
        what = f"{name}{' from' if sticky else ' at'} call {at} ({names[at - 1]})"
        found = read(place, scenario.files)
        if scenario.worker:
            code = done.returncode
            if code not in (0, 1, 74) or (code == 0 and found != new):
                yield f"{what}: ended with {code}: {done.stderr}"
        elif name in ("EINTR", "short") and done.returncode != 0:
            yield f"{what}: ended with {done.returncode}: {done.stderr}"
        elif done.returncode == 0:
            if found != new:
                yield f"{what}: ended with 0, but there is {found}"
        elif done.returncode != 74:
            yield f"{what}: ended with {done.returncode}: {done.stderr}"
        elif found != old and "in place" not in done.stderr:
            yield f"{what}: ended with 74 and changed {found} without a word: {done.stderr}"
        elif found not in (old, new) and not sticky:
            yield f"{what}: leaves a mixture although only one call failed: {done.stderr}"
        elif "bnfold-new" in done.stderr:
            yield f"{what}: names a file that is not the user's: {done.stderr}"
        yield from after_next_run(place, what)
        shutil.rmtree(place)

    found = [list(found) for found in pool.map(lambda case: list(killed(case)), kills)]
    seconds = sum(item == 1 for items in found for item in items)
    found += [list(found) for found in pool.map(lambda case: list(failed(case)), errors)]
    failures = [item for items in found for item in items if item != 1]
    return (len(names), len(kills), len(errors), seconds), failures


def check_reads(bench, pool):
    """An input that cannot be read is told as that, with 74, by every command."""
    caffemodel = bench.workplace() / "net.caffemodel"
    done = bench.run(bench.inputs, ["convert", "net.h5", str(caffemodel), "--quiet"])
    assert done.returncode == 0, done
    shutil.copy(caffemodel, bench.inputs / "net.caffemodel")
    folded = bench.run(bench.inputs, ["fold", "net.h5", "folded.h5", "--quiet"])
    assert folded.returncode == 0, folded
    np.save(bench.inputs / "x.npy", np.ones((1, 2, 3, 3), "f4"))
    np.savez_compressed(bench.inputs / "x.npz", data=np.ones((1, 2, 3, 3), "f4"))
    commands = [
        ["fold", "{in}/net.h5", "out.h5", "--quiet"],
        ["fold", "{in}/net.caffemodel", "out.h5", "--prototxt", "{in}/net.prototxt", "--quiet"],
        ["inspect", "{in}/net.h5", "--quiet"],
        ["convert", "{in}/net.h5", "out.caffemodel", "--quiet"],
        ["diff", "{in}/net.h5", "{in}/net.caffemodel", "--quiet"],
        ["verify", "{in}/net.h5", "{in}/folded.h5", "--quiet", "--input", "{in}/x.npy"],
        ["verify", "{in}/net.h5", "{in}/folded.h5", "--quiet", "--input", "{in}/x.npz"],
    ]
    cases = []
    for arguments in commands:
        place, log = bench.workplace(), bench.folder / f"log{next(bench.numbers)}"
        done = bench.run(place, arguments, log=log, reads=True, root=bench.inputs)
        assert done.returncode in (0, 1), done
        lines = log.read_text().splitlines()
        cases += [(arguments, at, line) for at, line in enumerate(lines, 1)]

    def failed(case):
        arguments, at, line = case
        place = bench.workplace()
        done = bench.run(place, arguments, at, str(errno.EIO), sticky=True, reads=True, root=bench.inputs)
        shutil.rmtree(place)
        if done.returncode == 74 and "nput/output error" in done.stderr:
            return None
        return f"{' '.join(arguments)}: EIO at {line}: ended with {done.returncode}: {done.stderr}"

    failures = [failure for failure in pool.map(failed, cases) if failure]
    return len(cases), failures


def check_mixed_runs(bench, pool, count):
    """Runs for different outputs that share some of their files, all but the last killed at any call: each file is whole in the end."""
    runs = [
        ["fold", f"{{in}}/{source}.h5", f"{weights}.h5", "--output-prototxt", f"{text}.prototxt", "--quiet", "--force"]
        for source in ("net", "other")
        for weights in ("a", "b")
        for text in ("a", "b")
    ]
    known = set()
    for run in runs:
        place = bench.workplace()
        assert bench.run(place, run).returncode == 0
        known |= {file.read_bytes() for file in place.glob("*.*")}

    def sequence(number):
        generator = random.Random(f"{SEED} {number}")
        place = bench.workplace()
        story = []
        for _ in range(generator.randint(2, 5)):
            run, at = generator.choice(runs), generator.randint(1, 75)
            action = generator.choice(["kill-before", "kill-after", str(errno.EIO)])
            # Kills among the renames and what follows are the ones that matter.
            at = generator.randint(38, 70) if generator.random() < 0.7 else at
            story.append((*run[1:5], at, action))
            bench.run(place, run, at, action)
        for weights in "ab":
            run = ["fold", "{in}/net.h5", f"{weights}.h5", "--output-prototxt", f"{weights}.prototxt", "--quiet"]
            done = bench.run(place, run)
            if done.returncode not in (0, 73):
                yield f"{story}: the last run ended with {done.returncode}: {done.stderr}"
        for file in sorted(place.glob("*.*")):
            if file.is_file() and file.read_bytes() not in known:
                yield f"{story}: {file.name} is no output of any run"
        if left := litter(place):
            yield f"{story}: left {left}"
        shutil.rmtree(place)

    found = pool.map(lambda number: list(sequence(number)), range(count))
    return count, [failure for failures in found for failure in failures]
