"""Files of Keras that are broken on purpose, one thing each: every one must be refused with 65 or 66, by a message that names the
file and the place, within the limits of docs/limits.md, and nothing may be left where the output would be.
"""

import json
import pathlib
import shutil
import tempfile

from keras_hostile_archives import archives
from keras_hostile_case import Samples
from keras_hostile_models import models, texts
from keras_hostile_weights import apart, whole_models
from limits import measured, side_by_side
from table import Table

# What no broken file may take: far less than what docs/limits.md grants.
MOST_BYTES, MOST_SECONDS = 256 << 20, 10


def cases(samples):
    for each in (whole_models, apart, texts, models, archives):
        yield from each(samples)


def run_hostile(context, case):
    folder = pathlib.Path(tempfile.mkdtemp(dir=context.scratch))
    try:
        for name, content in case.files.items():
            (folder / name).write_bytes(content)
        before = set(folder.iterdir()) | {folder / "errors.txt", folder / "report.json"}
        output = "out" + case.input[1:]
        result = measured([context.bnfold, case.input, output, "--report", "report.json", *case.options], folder)
        faults = []
        places = (case.place,) if isinstance(case.place, str) else case.place
        if result.exit_code not in case.codes:
            faults.append(f"ends with {result.exit_code}, not {' or '.join(map(str, case.codes))}")
        elif result.exit_code == 0:
            report = json.loads((folder / "report.json").read_text())
            if any(fold["into"]["name"] in places for fold in report["folds"]):
                faults.append(f"was folded, although '{case.place}' makes no sense")
        else:
            if not any(name in result.errors for name in (case.input, *case.options[1:])):
                faults.append("the message names no file")
            if case.is_told and "prototxt" in result.errors:
                faults.append("the message speaks of another framework's files")
            if not any(place in result.errors for place in places):
                faults.append(f"the message does not name '{case.place}'")
            left = set(folder.iterdir()) - before
            if left:
                faults.append(f"left {sorted(path.name for path in left)}")
        if result.bytes > MOST_BYTES:
            faults.append(f"took {result.bytes >> 20} MiB")
        if result.seconds > MOST_SECONDS:
            faults.append(f"took {result.seconds:.0f} s")
        if faults:
            place = context.output / "hostile" / "".join(each if each.isalnum() else "-" for each in case.name)[:80]
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place)
        return case, result, faults
    finally:
        shutil.rmtree(folder)


def check(context):
    table = Table("Files of Keras that are broken on purpose", "what", "code", "MiB", "s", "message")
    samples = Samples(context.shared, context.scratch)
    failures, count, most, longest = [], 0, 0, 0.0
    for case, result, faults in side_by_side(lambda each: run_hostile(context, each), cases(samples)):
        count += 1
        most, longest = max(most, result.bytes), max(longest, result.seconds)
        message = result.line.removeprefix("bnfold: error: ")
        table.add(case.name, result.exit_code, result.bytes >> 20, f"{result.seconds:.1f}", message)
        failures += [f"{case.name}: {fault}: {result.line}" for fault in faults]
    table.total(f"{count} files, at most {most >> 20} MiB and {longest:.1f} s; {len(failures)} failures")
    table.write(context.output / "keras-hostile.txt")
    return failures
