"""A place for runs among whose calls of the system some fail, and the commands that are run so.

The library that lets calls fail is Tests/CommandTests/Faults/faults.c.
"""

import itertools
import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass

import h5py
import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "Tests/CommandTests/Faults/faults.c"
# Nothing here takes so long; a run that hangs is a failure.
LONGEST_RUN = 300
NET = """name: "tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
"""
BLOBS = (
    ("conv", 0, (2, 2, 1, 1), [1, 2, 3, 4]),
    ("conv", 1, (2,), [0.5, -0.5]),
    ("bn", 0, (2,), [2, -2]),
    ("bn", 1, (2,), [2, 8]),
    ("bn", 2, (1,), [2]),
    ("scale", 0, (2,), [1, 2]),
    ("scale", 1, (2,), [0, 1]),
)
# The newest format that HDF5 1.10 knows.
NEWER = ("v110", "v110")


@dataclass
class Scenario:
    name: str
    # Arguments of the run; `{in}` is the folder of inputs, the working directory that of outputs.
    arguments: list
    files: list
    # Whether there are old files to be overwritten.
    overwrites: bool
    # The first argument of the process whose calls count, where it is not the one that is started.
    process: str | None = None

    def next_arguments(self):
        """The next run: without --force it tidies up, and writes only where nothing is."""
        return [argument for argument in self.arguments if argument != "--force"]


def scenarios():
    """Commands that differ in what they write, and by which code."""
    return [
        Scenario(
            "fold, fresh, report",
            ["fold", "{in}/net.h5", "out.h5", "--quiet", "--report", "r.json"],
            ["out.h5", "out.prototxt", "r.json"],
            False,
        ),
        Scenario(
            "fold, overwriting, two folders, gzip",
            ["fold", "{in}/net.h5", "out.h5", "--output-prototxt", "text/out.prototxt"]
            + ["--compress", "1", "--quiet", "--force"],
            ["out.h5", "text/out.prototxt"],
            True,
        ),
        Scenario(
            "fold, a .caffemodel edited",
            ["fold", "{in}/net.caffemodel", "out.caffemodel", "--prototxt", "{in}/net.prototxt", "--quiet", "--force"],
            ["out.caffemodel", "out.prototxt"],
            True,
        ),
        Scenario(
            "fold --verify, plot and report",
            ["fold", "{in}/net.h5", "out.h5", "--verify", "--samples", "1"]
            + ["--plot", "p.svg", "--report", "r.json", "--quiet", "--force"],
            ["out.h5", "out.prototxt", "r.json", "p.svg"],
            True,
        ),
        Scenario(
            "convert to .caffemodel",
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
            "batch-worker",
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
            self.write_weights(f"{name}.h5", factor)
        # What only libhdf5 reads, by a process of its own.
        self.write_weights("newer.h5", 1, libver=NEWER)
        (self.inputs / "newer.prototxt").write_text(NET)
        self.expect(["convert", "{in}/net.h5", "{in}/net.caffemodel", "--quiet"])
        (self.inputs / "jobs.jsonl").write_text('{"input": "net.h5", "prototxt": "net.prototxt", "output": "1.h5"}\n')

    def write_weights(self, name, factor, **options):
        chunks = {"chunks": True, "compression": "gzip"} if options else {}
        with h5py.File(self.inputs / name, "w", **options) as file:
            for layer, index, shape, values in BLOBS:
                numbers = factor * np.array(values, "f4").reshape(shape)
                file.create_dataset(f"data/{layer}/{index}", data=numbers, **chunks)

    def workplace(self):
        place = self.folder / f"run{next(self.numbers)}"
        (place / "text").mkdir(parents=True)
        return place

    def new_log(self):
        return self.folder / f"log{next(self.numbers)}"

    def environment(self, root, at=0, action="", sticky=False, reads=False, process=None, log=None):
        variables = {"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1", "LD_PRELOAD": str(self.library)}
        variables |= {"BNFOLD_FAULT_ROOT": str(root.resolve()), "BNFOLD_FAULT_AT": str(at)}
        variables |= {"BNFOLD_FAULT_ACTION": action}
        variables |= {f"BNFOLD_FAULT_{name}": "1" for name, isset in (("STICKY", sticky), ("READS", reads)) if isset}
        if process:
            variables["BNFOLD_FAULT_PROCESS"] = process
        if log:
            variables["BNFOLD_FAULT_LOG"] = str(log)
        return variables

    def command(self, arguments):
        return [self.bnfold, *(argument.replace("{in}", str(self.inputs)) for argument in arguments)]

    def run(self, place, arguments, at=0, action="", root=None, **options):
        """Runs the program in a folder; the calls that count are those for files below `root`, or else below that folder."""
        return subprocess.run(
            self.command(arguments),
            cwd=place,
            env=self.environment(root or place, at, action, **options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_RUN,
            # The short way to start a process.
            close_fds=False,
        )

    def expect(self, arguments, codes=(0,), **options):
        """A run that must end well, in a folder that is removed."""
        place = self.workplace()
        done = self.run(place, arguments, **options)
        assert done.returncode in codes, (arguments, done)
        shutil.rmtree(place)

    def logged(self, log):
        """The names of the calls that a run has logged, and what they were about."""
        if not log.exists():
            return []
        calls = [tuple(line.split(" ", 2)[1:]) for line in log.read_text().splitlines()]
        log.unlink()
        return calls


def read(place, files):
    return tuple((place / file).read_bytes() if (place / file).exists() else None for file in files)


def litter(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob(".*"))
