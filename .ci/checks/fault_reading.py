"""Inputs whose reading fails, or never ends.

An error of the disk is told as that, with 74, whichever call of whichever command meets it; and one signal ends a command that waits for a
disk, a pipe or the process that reads an HDF5 file for it.
"""

import errno
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass

import h5py
import numpy as np
from fault_bench import BLOBS, NEWER

# How long a command may go on after a signal, in seconds; a batch lets its workers end what they do.
PROMPT = 5
PROMPT_BATCH = 15
READER = "--hdf5-reader"
# What a process of ours must not leave: longer than it may take to notice that its parent is gone.
LINGERING = 5


def make_inputs(bench):
    """Samples, lists and results beside the weights that are there."""
    inputs = bench.inputs
    samples = np.ones((1, 2, 3, 3), "f4")
    np.save(inputs / "x.npy", samples)
    np.savez_compressed(inputs / "x.npz", data=samples)
    np.savez(inputs / "plain.npz", data=samples)
    with h5py.File(inputs / "x.h5", "w") as file:
        file["data"] = samples
    with h5py.File(inputs / "newer-x.h5", "w", libver=NEWER) as file:
        file.create_dataset("data", data=samples, chunks=True, compression="gzip")
    # What the library has to look at in other ways: links, strings, many links and many chunks, a user block.
    with h5py.File(inputs / "rich.h5", "w", libver=NEWER, userblock_size=512) as file:
        for layer, index, shape, values in BLOBS:
            numbers = np.array(values, "f4").reshape(shape)
            file.create_dataset(f"data/{layer}/{index}", data=numbers, chunks=shape, maxshape=(None,) * len(shape))
        file["alias"] = h5py.SoftLink("/data/conv")
        file["text"] = "a string of variable length"
        for number in range(12):
            file[f"many/{number}"] = np.arange(4, dtype="f4")
    shutil.copy(inputs / "net.prototxt", inputs / "rich.prototxt")
    # A data layer whose shape its data file tells.
    data_layer = 'layer { name: "data" type: "HDF5Data" top: "data" hdf5_data_param { source: "list.txt" batch_size: 1 } }'
    text = (inputs / "net.prototxt").read_text().splitlines()
    (inputs / "data.prototxt").write_text("\n".join([text[0], data_layer, *text[2:]]) + "\n")
    (inputs / "list.txt").write_text(f"{inputs}/x.h5\n")
    (inputs / "tree/run").mkdir(parents=True)
    shutil.copy(inputs / "net.h5", inputs / "tree/run")
    (inputs / "tree/link").symlink_to("run")
    bench.expect(["fold", "{in}/net.h5", "{in}/folded.h5", "--quiet"])
    bench.expect(["batch", "{in}/jobs.jsonl", "--output-dir", "{in}/done", "--quiet", "--jobs", "1"])
    os.replace(inputs / "done/results.jsonl", inputs / "results.jsonl")


@dataclass(frozen=True)
class Reading:
    """A command that reads inputs, some of which cannot be read."""

    arguments: tuple
    # The file among the inputs whose calls count; all of them count without one.
    file: str = ""
    # The first argument of the process whose calls count, where it is not the one that is started.
    process: str | None = None

    def root(self, bench):
        return bench.inputs / self.file if self.file else bench.inputs

    def __str__(self):
        return " ".join(self.arguments) + (f", in {self.process}" if self.process else "")


def readings():
    """Every kind of input."""
    fold = ("fold", "{in}/net.h5", "out.h5", "--quiet")
    newer = ("fold", "{in}/newer.h5", "out.h5", "--quiet")
    verify = ("verify", "{in}/net.h5", "{in}/folded.h5", "--quiet", "--input")
    batch = ("batch", "{in}/jobs.jsonl", "--output-dir", "out", "--quiet", "--jobs", "1")
    binary = ("{in}/net.caffemodel", "out.caffemodel", "--prototxt", "{in}/net.prototxt", "--quiet")
    return [
        Reading(fold),
        Reading(("fold", *binary)),
        Reading((*fold, "--verify", "--prototxt", "{in}/net.prototxt")),
        Reading((*fold, "--prototxt", "{in}/data.prototxt"), "x.h5"),
        Reading((*fold, "--prototxt", "{in}/data.prototxt"), "list.txt"),
        Reading(newer),
        Reading(newer, process=READER),
        Reading(("inspect", "{in}/rich.h5", "--quiet"), process=READER),
        Reading(("convert", "{in}/net.h5", "out.caffemodel", "--quiet")),
        Reading(("diff", "{in}/net.h5", "{in}/net.caffemodel", "--quiet")),
        Reading((*verify, "{in}/x.npy")),
        Reading((*verify, "{in}/x.npz"), "x.npz"),
        Reading((*verify, "{in}/plain.npz"), "plain.npz"),
        Reading((*verify, "{in}/x.h5"), "x.h5"),
        Reading((*verify, "{in}/newer-x.h5"), "newer-x.h5", READER),
        Reading(batch),
        Reading(batch, process="batch-worker"),
        Reading(("batch", "{in}/tree", "--output-dir", "out", "--dry-run", "--quiet")),
        Reading(("batch", "--merge-reports", "{in}/results.jsonl", "--output", "all.jsonl", "--quiet")),
    ]


@dataclass(frozen=True)
class Undisturbed:
    """What a command does when nothing fails."""

    # Name and object of each call that counts.
    calls: list
    exit_code: int
    files: list


def undisturbed(bench, reading):
    place, log = bench.workplace(), bench.new_log()
    done = bench.run(
        place, reading.arguments, log=log, reads=True, process=reading.process, root=reading.root(bench)
    )
    assert done.returncode in (0, 1), (reading, done)
    calls = bench.logged(log)
    assert calls, reading
    files = files_in(place)
    shutil.rmtree(place)
    return Undisturbed(calls, done.returncode, files)


def check_reads(bench, pool):
    """Every call fails with EIO, alone and with all that follow; and with EINTR and short reads, which are no errors."""
    cases = []
    for reading in readings():
        normal = undisturbed(bench, reading)
        cases += [
            (reading, normal, at, call, name, sticky)
            for at, call in enumerate(normal.calls, 1)
            for name, sticky in (("EIO", False), ("EIO", True), ("EINTR", False), ("short", False))
            if name != "short" or call[0] == "read"
        ]

    def failed(case):
        reading, normal, at, call, name, sticky = case
        place = bench.workplace()
        action = "short" if name == "short" else str(getattr(errno, name))
        done = bench.run(
            place, reading.arguments, at, action,
            sticky=sticky, reads=True, process=reading.process, root=reading.root(bench),
        )  # fmt: skip
        left = files_in(place)
        shutil.rmtree(place)
        is_normal = (done.returncode, done.stderr, left) == (normal.exit_code, "", normal.files)
        # The batch goes on with its other jobs.
        code, rest = (1, ["out/results.jsonl"]) if reading.process == "batch-worker" else (74, [])
        is_told = (done.returncode, left) == (code, rest) and "nput/output error" in done.stderr
        # Some looks at a file tell nothing but its size, for the report.
        # The list of a batch looks at weights for the places of their outputs. The worker reads them, and tells what is wrong.
        looks = [place for place, (_, *rest) in enumerate(normal.calls, 1) if " ".join(rest).endswith(".h5")]
        is_list = reading.arguments[0] == "batch" and reading.process != "batch-worker"
        only_looks = is_list and looks and at >= looks[0]
        if is_told and name == "EIO" or is_normal and (name != "EIO" or call[0] == "stat" or only_looks):
            return None
        what = f"{reading}: {name} {'from' if sticky else 'at'} call {at} ({' '.join(call)})"
        return f"{what}: ended with {done.returncode}, left {left}: {done.stderr}"

    failures = [failure for failure in pool.map(failed, cases) if failure]
    return len(cases), failures


def files_in(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def is_alive(process):
    """One that has ended may wait for being asked how."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return ") Z " not in file.read()
    except OSError:
        return False


def check_waits(bench, pool):
    """One signal ends a command that waits at any call for ever, and its processes with it."""
    cases = []
    for reading in readings():
        seen = set()
        for at, call in enumerate(undisturbed(bench, reading).calls, 1):
            # The first call of its kind for each file stands for the others.
            if call not in seen:
                cases.append((reading, at, call, (signal.SIGTERM, signal.SIGINT)[at % 2]))
            seen.add(call)

    def stopped(case):
        reading, at, call, number = case
        place, log = bench.workplace(), bench.new_log()
        run = subprocess.Popen(
            bench.command(reading.arguments),
            cwd=place,
            env=bench.environment(
                reading.root(bench), at, "wait", reads=True, process=reading.process, log=log
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        what = f"{reading}: waiting at call {at} ({' '.join(call)})"
        # The log tells that it waits.
        deadline = time.monotonic() + 20
        while not (log.exists() and len(log.read_text().splitlines()) >= at):
            if time.monotonic() > deadline:
                run.kill()
                return f"{what}: never came there"
            time.sleep(0.01)
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(run.pid)], capture_output=True, text=True)
        run.send_signal(number)
        try:
            code = run.wait(PROMPT_BATCH if reading.arguments[0] == "batch" else PROMPT)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            return f"{what}: did not end by signal {number}"
        if code != -number:
            return f"{what}: ended with {code} instead of signal {number}"
        deadline = time.monotonic() + LINGERING
        for child in children.stdout.split():
            while is_alive(child):
                if time.monotonic() > deadline:
                    return f"{what}: its process lives on"
                time.sleep(0.02)
        left = files_in(place)
        shutil.rmtree(place)
        if set(left) - {"out/results.jsonl"}:
            return f"{what}: left {left}"
        return None

    failures = [failure for failure in pool.map(stopped, cases) if failure]
    return len(cases), failures
