"""What every check gets: the program, the shared data, and places to write."""

import json
import pathlib
import subprocess
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

# CI has two cores; each check's own work and the program's runs share them.
WORKERS = 2


@dataclass
class Run:
    """One run of the program."""

    exit_code: int
    output: str
    errors: str

    @property
    def first_error(self):
        """The message itself, not the warnings before it."""
        lines = [line for line in self.errors.splitlines() if line.strip()]
        return next((line for line in lines if "error:" in line), lines[0] if lines else "")

    def report(self):
        return json.loads(self.output)


@dataclass
class Context:
    bnfold: pathlib.Path
    shared: pathlib.Path
    output: pathlib.Path
    scratch: pathlib.Path
    # Whether checks that run a part of their cases run them all.
    is_whole: bool = False
    # Pythons that have Keras, by its version.
    keras: dict = field(default_factory=dict)
    # A Python that has onnx and onnxruntime.
    onnx: pathlib.Path | None = None

    def run(self, *arguments, folder=None):
        """Runs the program in a folder; HDF5Data sources of the zoo are found from there."""
        done = subprocess.run(
            [self.bnfold, *map(str, arguments)],
            cwd=folder or self.shared,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def fold(self, weights, prototxt, output, *options, folder=None):
        """Folds a pair into `output` and `output`.prototxt; standard output is the JSON report."""
        return self.run(
            "fold",
            weights,
            output,
            "--prototxt",
            prototxt,
            "--output-prototxt",
            f"{output}.prototxt",
            "--force",
            "--quiet",
            "--report",
            "-",
            *options,
            folder=folder,
        )

    def each(self, work, cases, what):
        """The results of `work(context, case)` in the order of the cases, with progress on the way."""
        cases = list(cases)
        results = []
        with ProcessPoolExecutor(WORKERS) as pool:
            for result in pool.map(work, [self] * len(cases), cases):
                results.append(result)
                if len(results) % 50 == 0 or len(results) == len(cases):
                    print(f"  {what}: {len(results)} of {len(cases)}", flush=True)
        return results
