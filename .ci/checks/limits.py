"""Runs of the program whose memory and time are measured, and what each may take.

A process that starts another one hands its own largest memory on as that of the other (Linux counts it across exec). So runs are
started by a small process of its own: this file, run as a program, takes requests as lines of JSON.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

# What docs/limits.md promises for every input below 5 MB.
MOST_BYTES, MOST_SECONDS = 512 << 20, 20
# A program that does not end is ended: after processor time that tells "slow" from "never", or when it waits for something.
MOST_PROCESSOR_SECONDS, PATIENCE = 60, 900
# And one that takes what others need gets no more.
MOST_ADDRESSES = 6 << 30
# What the README lists for inputs that are wrong, or right. 70 is a fault of bnfold, 74 a broken disk: no file's content leads there.
CODES = {0, 1, 2, 64, 65, 66, 69, 73}
KINDS = ("crashes", "over 512 MiB", "over 20 s", "wrong codes")
WORKERS = 2


class Measured:
    """How one run ended. `exit_code` is negative for a signal, `seconds` are those of the processor."""

    def __init__(self, exit_code, seconds, bytes, errors):
        self.exit_code, self.seconds, self.bytes, self.errors = exit_code, seconds, bytes, errors

    def faults(self, codes=CODES):
        """What no input may lead to: pairs of a kind and a sentence."""
        found = []
        if self.exit_code < 0:
            is_slow = self.seconds >= MOST_PROCESSOR_SECONDS - 2
            found.append(("over 20 s" if is_slow else "crashes", f"ended by {signal.Signals(-self.exit_code).name}"))
        elif self.exit_code not in codes:
            found.append(("wrong codes", f"ended with {self.exit_code}: {self.errors.strip()[:300]}"))
        if self.seconds > MOST_SECONDS and self.exit_code >= 0:
            found.append(("over 20 s", f"took {self.seconds:.0f} s"))
        if self.bytes > MOST_BYTES:
            found.append(("over 512 MiB", f"took {self.bytes >> 20} MiB"))
        return found

    @property
    def line(self):
        """The message in short."""
        return self.errors.strip()[:160].replace("\n", " | ")


class Runner:
    """Starts programs, one at a time."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments, folder):
        """Runs a program in a folder; its memory is the largest of any process that it started, its time that of all together."""
        self.process.stdin.write(json.dumps([list(map(str, arguments)), str(folder)]) + "\n")
        self.process.stdin.flush()
        return Measured(*json.loads(self.process.stdout.readline()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


_local = threading.local()


def measured(arguments, folder):
    """Runs a program by the runner of this thread."""
    if not hasattr(_local, "runner"):
        _local.runner = Runner()
    return _local.runner.run(arguments, folder)


def side_by_side(work, cases):
    """The results of `work(case)` in the order of the cases, of which only those at work are kept in memory."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(WORKERS) as pool:
        waiting = []
        for case in cases:
            waiting.append(pool.submit(work, case))
            if len(waiting) > 2 * WORKERS:
                yield waiting.pop(0).result()
        for each in waiting:
            yield each.result()


def _limit():
    # A core file for each crash would fill the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_PROCESSOR_SECONDS, MOST_PROCESSOR_SECONDS + 1))


def _run(arguments, folder):
    path = os.path.join(folder, "errors.txt")
    with open(path, "wb") as errors:
        child = subprocess.Popen(
            arguments,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            preexec_fn=_limit,
        )
        # A run that never ends is killed with all that it started.
        timer = threading.Timer(PATIENCE, _kill, (child.pid,))
        timer.daemon = True
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
    with open(path, "rb") as errors:
        text = errors.read(4000).decode("utf-8", "replace")
    return [child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, text]


def _kill(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_run(*json.loads(line))), flush=True)
