#!/usr/bin/env python3
"""Runs inside an environment with PyTorch and onnxruntime. Reads jobs, one JSON object a line, from standard input: for a net, the lines of a page that export
it, then those that compare what was folded with PyTorch's own outputs. What the lines print goes nowhere; what they raise is the result.
"""

import contextlib
import json
import os
import sys
import traceback
import warnings

import onnx
import onnx_judge
import pytorch_nets
import torch


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    answers = os.fdopen(os.dup(1), "w")
    silent = open(os.devnull, "w")
    os.dup2(silent.fileno(), 1)
    os.dup2(silent.fileno(), 2)
    print(json.dumps({"torch": torch.__version__, "nets": {name: net[2] for name, net in pytorch_nets.NETS.items()}}), file=answers, flush=True)
    names = {}
    for line in sys.stdin:
        job = json.loads(line)
        os.chdir(job["folder"])
        result = {}
        try:
            if job["do"] == "export":
                model, x = pytorch_nets.make(job["net"])
                names = {"model": model, "x": x}
            with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
                exec(compile(job["lines"], job["do"], "exec"), names)
            model = onnx.load(job["model"])
            result = {"affines": onnx_judge.affines(model), "normalizations": onnx_judge.normalizations(model)}
        except Exception:  # noqa: BLE001 - whatever the lines raise is the result
            result = {"error": traceback.format_exc().strip().splitlines()[-1][:300]}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
