#!/usr/bin/env python3
"""Runs bnfold over the shared data and lets independent engines judge what it wrote. Ends with 1 and a list when
anything fails.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time
import traceback

# Before the checks import numpy: with two processes at work, a pool of threads in each only gets in the way.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
sys.dont_write_bytecode = True

import bombs  # noqa: E402
import calibration  # noqa: E402
import cases  # noqa: E402
import constant_channels  # noqa: E402
import corpus  # noqa: E402
import dialects  # noqa: E402
import equalization  # noqa: E402
import faults  # noqa: E402
import half_precision  # noqa: E402
import keras_hostile  # noqa: E402
import keras_models  # noqa: E402
import keras_mutations  # noqa: E402
import leftovers  # noqa: E402
import models  # noqa: E402
import mutations  # noqa: E402
import onnx_models  # noqa: E402
import onnx_mutations  # noqa: E402
import preparation  # noqa: E402
import pytorch  # noqa: E402
import random_nets  # noqa: E402
import reference  # noqa: E402
import samples  # noqa: E402
import tutorial  # noqa: E402
import verify  # noqa: E402
import wire  # noqa: E402
import zoo  # noqa: E402
from context import Context  # noqa: E402

# A fault that shows in each layer of a net would bury the others: the rest stands in failures.txt.
MOST_FAILURES_SHOWN = 20

# The judge itself is judged first.
CHECKS = {
    "reference": reference.check,
    "zoo": zoo.check,
    "wire": wire.check,
    "models": models.check,
    "verify": verify.check,
    "random": random_nets.check,
    "preparation": preparation.check,
    "leftovers": leftovers.check,
    "constant-channels": constant_channels.check,
    "equalization": equalization.check,
    "half": half_precision.check,
    "dialects": dialects.check,
    "corpus": corpus.check,
    "faults": faults.check,
    "bombs": bombs.check,
    "mutations": mutations.check,
    "cases": cases.check,
    "calibration": calibration.check,
    "samples": samples.check,
    "tutorial": tutorial.check,
    "keras-hostile": keras_hostile.check,
    "keras-mutations": keras_mutations.check,
    "onnx-mutations": onnx_mutations.check,
    "keras": keras_models.check,
    "onnx": onnx_models.check,
    "pytorch": pytorch.check,
}

# Run with --only, for it takes minutes.
ON_REQUEST = {"bombs"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bnfold", type=pathlib.Path, required=True, help="the built program")
    parser.add_argument("--shared", type=pathlib.Path, required=True, help="the folder with zoo, corpus, models and cases")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="where the tables go")
    parser.add_argument("--keras3", type=pathlib.Path, help="a Python with Keras 3, which switches the check of its files on")
    parser.add_argument("--keras2", type=pathlib.Path, help="a Python with Keras 2, for files of its time")
    parser.add_argument(
        "--onnx", type=pathlib.Path,
        help="a Python with onnx and onnxruntime, which switches the check of ONNX on, and with onnxsim and onnxslim for the comparison",
    )
    parser.add_argument("--whole", action="store_true", help="run every mutation, not a part of each kind: takes hours")
    parser.add_argument("--only", choices=CHECKS, action="append", help="run just this check (repeatable)")
    arguments = parser.parse_args()
    for folder, pattern in (
        ("zoo", "digits-*/test_net.prototxt"),
        ("corpus", "**/*.prototxt"),
        ("models", "*/*.prototxt"),
        ("cases", "*/*.prototxt"),
    ):
        if not any((arguments.shared / folder).glob(pattern)):
            sys.exit(f"{arguments.shared / folder} holds no {pattern}: without the shared data nothing is checked")
    arguments.output.mkdir(parents=True, exist_ok=True)

    failures, shown = [], []
    with tempfile.TemporaryDirectory(prefix="bnfold-checks-") as scratch:
        context = Context(
            arguments.bnfold.resolve(),
            arguments.shared.resolve(),
            arguments.output.resolve(),
            pathlib.Path(scratch),
            arguments.whole,
            {version: path for version, path in ((3, arguments.keras3), (2, arguments.keras2)) if path},
            arguments.onnx,
        )
        left_out = (set() if 3 in context.keras else {"keras"}) | (set() if context.onnx else {"onnx"})
        # PyTorch is large: its check runs where it is installed beside onnxruntime.
        left_out |= set() if pytorch.is_installed(context.onnx) else {"pytorch"}
        named = arguments.only or [name for name in CHECKS if name not in ON_REQUEST]
        if left_out & set(named):
            print(f"left out, for want of a Python that judges them: {', '.join(sorted(left_out & set(named)))}", flush=True)
        for name in named:
            if name in left_out:
                continue
            print(f"{name} ...", flush=True)
            start = time.monotonic()
            try:
                found = CHECKS[name](context)
            except Exception:
                found = [f"broke off:\n{traceback.format_exc()}"]
            failures += [f"{name}: {failure}" for failure in found]
            shown += [f"{name}: {failure}" for failure in found[:MOST_FAILURES_SHOWN]]
            print(
                f"{name}: {f'{len(found)} failures' if found else 'passed'} in {time.monotonic() - start:.0f} s",
                flush=True,
            )
    (arguments.output / "failures.txt").write_text("".join(f"{failure}\n" for failure in failures), encoding="utf-8")
    if failures:
        rest = len(failures) - len(shown)
        shown += [f"... and {rest} more in {arguments.output / 'failures.txt'}"] if rest else []
        sys.exit(f"\n{len(failures)} failures:\n" + "\n".join(shown))


if __name__ == "__main__":
    main()
