"""Every call of the operating system by which outputs are written is made to fail, and the process is killed before and after it.

Whatever happens, the files of a run are the old ones or the new ones, never a mixture, when the next run has ended; no other file is left;
the exit code tells what came of it; and messages name the files that the user named.
"""

import errno
import os
import random
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

from context import WORKERS
from fault_bench import Bench, litter, read, scenarios
from fault_reading import check_reads, check_waits, make_inputs
from table import Table

SEED = 13
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR, "short": None}
# Runs that wait take no time of a core.
WAITING_AT_ONCE = 8


def check(context):
    bench = Bench(context)
    make_inputs(bench)
    thorough = os.environ.get("BNFOLD_FAULTS") == "all"
    table = Table(
        "Calls of the system that fail, and kills before and after each",
        "scenario", "calls", "kills", "errors", "second kills", "failures",
    )  # fmt: skip
    failures = []
    totals = [0, 0, 0, 0]
    with ThreadPoolExecutor(WORKERS) as pool, ThreadPoolExecutor(WAITING_AT_ONCE) as waiting:
        for scenario in scenarios():
            counts, found = ScenarioCheck(bench, scenario, thorough).run(pool)
            failures += [f"{scenario.name}: {failure}" for failure in found]
            table.add(scenario.name, *counts, len(found))
            totals = [total + count for total, count in zip(totals, counts)]
            print(f"  {scenario.name}: {sum(counts[1:])} runs, {len(found)} failures", flush=True)
        reads, found = check_reads(bench, pool)
        print(f"  reading: {reads} runs, {len(found)} failures", flush=True)
        failures += found
        waits, found = check_waits(bench, waiting)
        print(f"  waiting: {waits} runs, {len(found)} failures", flush=True)
        failures += found
        mixed, found = check_mixed_runs(bench, pool, 2000 if thorough else 150)
        failures += found
    table.total(f"calls {totals[0]}, kills {totals[1]}, errors {totals[2]}, second kills {totals[3]}")
    table.total(f"errors in reading inputs: {reads}; runs that were stopped while they waited: {waits}")
    table.total(f"sequences of killed runs for different outputs: {mixed}")
    table.total(f"failures: {len(failures)}")
    table.write(context.output / "faults.txt")
    return failures


class ScenarioCheck:
    """One command, whose calls fail one after the other."""

    def __init__(self, bench, scenario, thorough):
        self.bench, self.scenario, self.thorough = bench, scenario, thorough
        self.old = tuple(f"old {file}".encode() if scenario.overwrites else None for file in scenario.files)
        place, log = self.prepared(), bench.new_log()
        done = bench.run(place, scenario.arguments, log=log, process=scenario.process)
        assert done.returncode == 0, (scenario.name, done)
        self.names = [name for name, _ in bench.logged(log)]
        self.new = read(place, scenario.files)
        shutil.rmtree(place)

    def prepared(self):
        """A folder with the old files."""
        place = self.bench.workplace()
        for file, content in zip(self.scenario.files, self.old):
            if content is not None:
                (place / file).write_bytes(content)
        return place

    def run(self, pool):
        calls = range(1, len(self.names) + 1)
        kills = [(at, action) for at in calls for action in ("kill-before", "kill-after")]
        errors = [
            (at, name, sticky)
            for at in calls
            for name in ERRORS
            for sticky in ((False, True) if name == "EIO" else (False,))
            if name != "short" or self.names[at - 1] == "write"
            # A close that was interrupted cannot be repeated, and Linux does not do so.
            if name != "EINTR" or self.names[at - 1] != "close"
        ]
        found = [item for items in pool.map(lambda case: list(self.killed(*case)), kills) for item in items]
        seconds = sum(item is None for item in found)
        found += [item for items in pool.map(lambda case: list(self.failed(*case)), errors) for item in items]
        return (len(calls), len(kills), len(errors), seconds), [item for item in found if item is not None]

    def after_next_run(self, place, what, log=None):
        """Runs again, and looks at what is there."""
        scenario = self.scenario
        done = self.bench.run(place, scenario.next_arguments(), log=log)
        found = read(place, scenario.files)
        if done.returncode not in ((0,) if scenario.process else (73,) if scenario.overwrites else (0, 73)):
            yield f"{what}: the next run ended with {done.returncode}: {done.stderr}"
        if found != self.new and (found != self.old or not scenario.overwrites):
            yield f"{what}: a mixture after the next run: {found}"
        if scenario.process and litter(place):
            # --resume leaves alone what is finished: only a run for these files clears away what a disk that failed has kept.
            self.bench.run(place, ["--force" if word == "--resume" else word for word in scenario.arguments])
        if left := litter(place):
            yield f"{what}: after the next run there is {left}"

    def killed(self, at, action):
        """Kills a run, then the next one as well; yields `None` for each second kill."""
        bench, scenario = self.bench, self.scenario
        place = self.prepared()
        done = bench.run(place, scenario.arguments, at, action, process=scenario.process)
        what = f"{action} call {at} ({self.names[at - 1]})"
        if not scenario.process and done.returncode != -signal.SIGKILL:
            yield f"{what}: ended with {done.returncode}"
        state = place.with_name(place.name + "-state")
        shutil.copytree(place, state, symlinks=True)
        log = bench.new_log()
        yield from self.after_next_run(place, what, log)
        shutil.rmtree(place)
        count = len(bench.logged(log))
        seconds = [(second, how) for second in range(1, count + 1) for how in ("kill-before", "kill-after")]
        if not self.thorough:
            seconds = random.Random(f"{SEED} {scenario.name} {what}").sample(seconds, min(2, len(seconds)))
        for second, how in seconds:
            place = bench.workplace()
            shutil.copytree(state, place, dirs_exist_ok=True)
            bench.run(place, scenario.next_arguments(), second, how)
            yield None
            yield from self.after_next_run(place, f"{what}, then {how} call {second}")
            shutil.rmtree(place)
        shutil.rmtree(state)

    def failed(self, at, name, sticky):
        bench, scenario = self.bench, self.scenario
        place = self.prepared()
        action = "short" if name == "short" else str(ERRORS[name])
        done = bench.run(place, scenario.arguments, at, action, sticky=sticky, process=scenario.process)
        what = f"{name}{' from' if sticky else ' at'} call {at} ({self.names[at - 1]})"
        found = read(place, scenario.files)
        if scenario.process:
            if done.returncode not in (0, 1, 74) or (done.returncode == 0 and found != self.new):
                yield f"{what}: ended with {done.returncode}: {done.stderr}"
        elif name in ("EINTR", "short") and done.returncode != 0:
            yield f"{what}: ended with {done.returncode}: {done.stderr}"
        elif done.returncode == 0:
            if found != self.new:
                yield f"{what}: ended with 0, but there is {found}"
        elif done.returncode != 74:
            yield f"{what}: ended with {done.returncode}: {done.stderr}"
        elif found != self.old and "in place" not in done.stderr:
            yield f"{what}: ended with 74 and changed {found} without a word: {done.stderr}"
        elif found not in (self.old, self.new) and not sticky:
            yield f"{what}: leaves a mixture although only one call failed: {done.stderr}"
        if ".bnfold-" in done.stderr:
            yield f"{what}: names a file that is not the user's: {done.stderr}"
        yield from self.after_next_run(place, what)
        shutil.rmtree(place)


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
