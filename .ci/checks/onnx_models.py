"""Folds every sample, export and real file of ONNX, and lets onnxruntime load and run the results, its optimisations off.

The numbers of affine nodes that are left stand beside those that an exact folder can leave, and beside what other tools leave in the same run.
"""

import json
import pathlib
import subprocess

from table import Table

# Random nets add and subtract what nearly cancels out.
RANDOM = 3e-4

# The largest difference of outputs, and of what a last sigmoid or softmax reads, relative to the largest.
SINGLE, HALF = 3e-5, 2e-3

# Where more is left than EXPECT.tsv asks for, and why.
EXCEPTIONS = {
    "conv_bn_bf16": (1, "no runtime on a CPU computes it, so that nothing could be judged: told by name, and left"),
}


class Judge:
    """onnxruntime, in an environment of its own."""

    def __init__(self, python):
        self.process = subprocess.Popen(
            [python, pathlib.Path(__file__).with_name("onnx_judge.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self.read()["onnxruntime"]

    def read(self):
        for line in self.process.stdout:
            # Libraries print whatever they like.
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError("onnxruntime died")

    def ask(self, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def expectations(shared):
    """The fewest affine nodes that an exact folder can leave, by sample."""
    rows = (shared / "onnx/EXPECT.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {row.split("\t")[0]: int(row.split("\t")[1]) for row in rows if row.strip()}


def cases(shared):
    """Folder and file, and the samples that belong to it."""
    for folder in ("samples", "torch", "real"):
        for path in sorted((shared / "onnx" / folder).glob("*.onnx")):
            samples = [path.with_name(path.name + ".npz"), path.with_name(path.stem + ".torch.npz")]
            yield folder, path, next((each for each in samples if each.exists()), None)


def fold(context, path):
    output = context.scratch / "folded.onnx"
    for old in context.scratch.glob("folded*"):
        old.unlink()
    return context.run("fold", path, output, "--force", "--quiet", "--report", "-"), output


def check(context):
    failures = []
    table = Table(
        "Files of ONNX, folded and judged by onnxruntime: affine nodes left",
        *("file", "before", "after", "expected", "onnxsim", "onnxslim", "onnxruntime basic", "difference", "remark"),
    )
    expected = expectations(context.shared)
    judge = Judge(context.onnx)
    worst, folded, gone, total, before, after, met, wanted_files = 0.0, 0, 0, 0, 0, 0, 0, 0
    sums = {"onnxsim": 0, "onnxslim": 0, "onnxruntime basic": 0}
    try:
        for folder, path, samples in cases(context.shared):
            name = f"{folder}/{path.name}"
            run, output = fold(context, path)
            others = judge.ask(do="peers", name=name, original=str(path))
            columns = [others.get(tool, "") for tool in sums]
            wanted = expected.get(path.stem) if folder == "samples" else None
            if run.exit_code != 0:
                reason = run.first_error.split("error: ")[-1]
                # A refusal has a reason that is no fault of bnfold.
                if run.exit_code not in (64, 65):
                    failures.append(f"{name}: exit code {run.exit_code}: {reason}")
                table.add(name, None, None, wanted, *columns, None, f"refused ({run.exit_code}): {reason[:90]}")
                continue
            result = judge.ask(
                do="compare", name=name, original=str(path), folded=str(output), samples=samples and str(samples)
            )
            if "error" in result:
                failures.append(f"{name}: {result['error']}")
                table.add(name, None, None, wanted, *columns, None, result["error"][:90])
                continue
            limit, remark = wanted, result.get("unjudged", "")
            if path.stem in EXCEPTIONS:
                limit, remark = EXCEPTIONS[path.stem]
            if limit is not None and result["after"] > max(limit, 0):
                failures.append(f"{name}: {result['after']} affine nodes are left, expected {limit}")
            difference = result.get("difference")
            bound = HALF if "f16" in name else SINGLE
            if difference is not None and not difference <= bound:
                failures.append(f"{name}: the outputs differ by {difference:.1e}")
            if difference is not None and bound == SINGLE:
                worst = max(worst, difference)
            folded += 1
            total += result["normalizations"]
            gone += result["normalizations"] - result["left"]
            before, after = before + result["before"], after + result["after"]
            if wanted is not None:
                wanted_files, met = wanted_files + 1, met + (result["after"] <= wanted)
            for tool in sums:
                sums[tool] += int(others[tool]) if others.get(tool, "").isdigit() else result["before"]
            table.add(name, result["before"], result["after"], wanted, *columns, difference, remark)
        wrong, summary = random_models(context, judge)
        failures += wrong
    finally:
        judge.close()
    table.total(
        f"onnxruntime {judge.version}: {folded} files, {total} normalisations, {gone} gone, worst difference {worst:.1e}"
    )
    table.total(f"affine nodes: {before} -> {after}; {met} of {wanted_files} files leave no more than expected")
    table.total("others, where what one cannot read counts as before: " + ", ".join(f"{tool} leaves {left}" for tool, left in sums.items()))
    table.total(summary)
    table.write(context.output / "onnx.txt")
    return failures


def random_models(context, judge, first=0, count=None):
    """Models from seeds: what is folded loads, and computes the same."""
    failures, judged, before, after, worst = [], 0, 0, 0, 0.0
    count = count or (2000 if context.is_whole else 200)
    for seed in range(first, first + count):
        path = context.scratch / "random.onnx"
        judge.ask(do="make", name=str(seed), seed=seed, path=str(path))
        run, output = fold(context, path)
        if run.exit_code != 0:
            failures.append(f"random model {seed}: exit code {run.exit_code}: {run.first_error}")
            continue
        result = judge.ask(do="compare", name=str(seed), original=str(path), folded=str(output), samples=None)
        if "error" in result:
            failures.append(f"random model {seed}: {result['error']}")
        elif "unjudged" not in result:
            judged += 1
            before, after = before + result["before"], after + result["after"]
            worst = max(worst, result["difference"])
            if not result["difference"] <= RANDOM:
                failures.append(f"random model {seed}: the outputs differ by {result['difference']:.1e}")
    if judged < count * 0.9:
        failures.append(f"onnxruntime judged only {judged} of {count} random models")
    return failures, f"{count} random models from seed {first}, {judged} judged: {before} -> {after} affine nodes, worst difference {worst:.1e}"
