"""The lines of docs/pytorch.md, run as they stand there on nets that PyTorch's users write: exported by both exporters, folded, and compared with PyTorch's
own outputs.
"""

import json
import pathlib
import re
import shutil
import subprocess

from table import Table

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/pytorch.md"
EXPORTERS = ("dynamo", "torchscript")

# Where one exporter writes what folds to more: a MatMul, which has no place for a shift.
EXCEPTIONS = {("linear-no-bias", "torchscript"): 1}


def lines():
    """The lines that export, for each exporter; the commands that fold; the lines that compare."""
    fences = re.findall(r"^```(python|sh)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if [kind for kind, _ in fences] != ["python", "python", "sh", "python"]:
        raise ValueError(f"{PAGE.name} has other blocks than two that export, one that folds and one that compares")
    return {exporter: text for exporter, (_, text) in zip(EXPORTERS, fences)}, fences[2][1].strip(), fences[3][1]


def is_installed(python):
    """Whether a Python has what the lines need."""
    command = [python, "-c", "import onnxruntime, onnxscript, torch"]
    return python is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


class Judge:
    """PyTorch and onnxruntime, in an environment of their own."""

    def __init__(self, python):
        self.process = subprocess.Popen(
            [python, pathlib.Path(__file__).with_name("pytorch_judge.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        self.told = json.loads(self.process.stdout.readline())

    def ask(self, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check(context):
    exports, command, comparison = lines()
    program, *arguments = command.split()
    if program != "bnfold":
        return [f"{PAGE.name} folds by {program}"]
    failures, judge = [], Judge(context.onnx)
    table = Table("Lines of docs/pytorch.md", "net", "exporter", "BatchNorms", "affines", "left", "expected", "remark")
    agreed = 0
    try:
        for net, wanted in judge.told["nets"].items():
            for exporter in EXPORTERS:
                folder = context.scratch / "pytorch"
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                name, job = f"{net} by {exporter}", {"net": net, "folder": str(folder)}
                made = judge.ask(do="export", lines=exports[exporter], model="net.onnx", **job)
                if "error" in made:
                    failures.append(f"{name}: the export: {made['error']}")
                    continue
                run = context.run(*arguments, folder=folder)
                if run.exit_code != 0:
                    failures.append(f"{name}: exit code {run.exit_code}: {run.first_error}")
                    continue
                found = judge.ask(do="compare", lines=comparison, model="out.onnx", **job)
                remark = found.get("error", "")
                limit = EXCEPTIONS.get((net, exporter), wanted)
                if remark:
                    failures.append(f"{name}: {remark}")
                elif found["affines"] > limit:
                    failures.append(f"{name}: {found['affines']} affines are left, expected {limit}")
                else:
                    agreed += 1
                table.add(net, exporter, made["normalizations"], made["affines"], found.get("affines"), limit, remark[:90])
    finally:
        judge.close()
    table.total(f"PyTorch {judge.told['torch']}: {agreed} of {len(EXPORTERS) * len(judge.told['nets'])} exports folded, and agree with PyTorch")
    table.write(context.output / "pytorch.txt")
    return failures
