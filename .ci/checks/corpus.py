"""Every real prototxt is planned without its weights: it goes through, or is refused with the place and the reason."""

import re
from collections import Counter

from corpus_expectations import OPTIONS, REFUSED
from table import Table

# 0 done, 64 usage, 65 malformed input: all that reading a prototxt may end with. A signal is a negative number.
EXIT_CODES = (0, 64, 65)
NORMALISATIONS = ("BatchNorm", "BN")


def check(context):
    table = Table(
        "Plans of real prototxts, without weights",
        "exit",
        "layers",
        "BatchNorm",
        "folded",
        "made Scale",
        "kept",
        "prototxt",
        "reasons, or the error",
    )
    paths = sorted(
        str(path.relative_to(context.shared))
        for folder in ("corpus", "models")
        for path in (context.shared / folder).rglob("*.prototxt")
    )
    failures = [
        f"{path}: is listed as refused, but is no file" for path in REFUSED.keys() | OPTIONS.keys() if path not in paths
    ]
    totals, leftover, kept, exits = Counter(), Counter(), Counter(), Counter()
    for path, run in zip(paths, context.each(inspect, paths, "prototxts")):
        exits[run.exit_code] += 1
        failures += [f"{path}: {failure}" for failure in judge(path, run)]
        if run.exit_code != 0:
            table.add(
                run.exit_code,
                "",
                "",
                "",
                "",
                "",
                path,
                run.first_error.replace(f"{path}:", "").replace("bnfold: error: ", ""),
            )
            continue
        report = run.report()
        outcome = outcome_of(report)
        leftover += outcome["made Scale"]
        kept += outcome["kept"]
        found = {
            "BatchNorm": sum(entry["before"] for entry in report["types"] if entry["type"] in NORMALISATIONS),
            "folded": outcome["folded"],
            "made Scale": outcome["made Scale"].total(),
            "kept": outcome["kept"].total(),
        }
        totals += found
        table.add(0, report["layers"]["before"], *found.values(), path, listed(outcome["made Scale"] + outcome["kept"]))
        if found["BatchNorm"] != found["folded"] + found["made Scale"] + found["kept"]:
            failures.append(f"{path}: a BatchNorm has no verdict, or two: {found}")
    table.total(
        f"{len(paths)} files read: "
        + ", ".join(f"{count} with exit code {code}" for code, count in sorted(exits.items()))
    )
    table.total(
        f"{totals['BatchNorm']} BatchNorms: {totals['folded']} folded, {totals['made Scale']} made Scale,"
        f" {totals['kept']} refused"
    )
    table.total(f"made Scale, by reason: {listed(leftover)}")
    table.total(f"refused, by reason: {listed(kept)}")
    table.total(f"{len(failures)} failures")
    table.write(context.output / "corpus.txt")
    return failures


def inspect(context, path):
    return context.run("inspect", "--prototxt", path, "--json", "--quiet", *OPTIONS.get(path, ()))


def judge(path, run):
    """What is wrong with how the program took a file."""
    if run.exit_code not in EXIT_CODES:
        return [
            f"crashed with signal {-run.exit_code}"
            if run.exit_code < 0
            else f"exit code {run.exit_code}: {run.first_error}"
        ]
    refusal = REFUSED.get(path)
    if refusal is None:
        return [f"is refused: {run.first_error}"] if run.exit_code else []
    if run.exit_code == 0:
        return [f"goes through, in spite of {refusal.reason}"]
    failures = []
    if refusal.has_place and not re.search(rf"{re.escape(path)}:\d+:\d+: ", run.first_error):
        failures.append(f"its error has no line and column: {run.first_error}")
    if refusal.says not in run.first_error:
        failures.append(f"is refused for something else than {refusal.reason}: {run.first_error}")
    return failures


def outcome_of(report):
    """How many normalisations fold, and of the others how many for each reason."""

    def normalisations(layers):
        return sum(layer["type"] in NORMALISATIONS for layer in layers)

    made_scale, kept = Counter(), Counter()
    for leftover in report["scales"]:
        made_scale[leftover["reason"]["name"]] += normalisations(leftover["from"])
    for refused in report["kept"]:
        kept[refused["reason"]["name"]] += normalisations([refused["layer"]])
    return {
        "folded": sum(normalisations(fold["from"]) for fold in report["folds"]),
        "made Scale": +made_scale,
        "kept": +kept,
    }


def listed(reasons):
    return ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"
