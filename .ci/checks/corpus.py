"""Every real prototxt is planned without its weights, into adjacent layers alone and across the whole graph: it goes
through, or is refused with the place and the reason.
"""

import re
from collections import Counter

from corpus_expectations import OPTIONS, REFUSED
from table import Table

# 0 done, 64 usage, 65 malformed input: all that reading a prototxt may end with. A signal is a negative number.
EXIT_CODES = (0, 64, 65)
NORMALISATIONS = ("BatchNorm", "BN")
AFFINES = (*NORMALISATIONS, "Scale", "Bias", "Power")


def check(context):
    table = Table(
        "Plans of real prototxts, without weights",
        "exit",
        "layers",
        "BatchNorm",
        "folded",
        "left",
        "kept",
        "affine",
        "adjacent",
        "whole graph",
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
    for path, (run, adjacent) in zip(paths, context.each(inspect, paths, "prototxts")):
        exits[run.exit_code] += 1
        failures += [f"{path}: {failure}" for failure in judge(path, run)]
        if run.exit_code != 0:
            table.add(
                run.exit_code,
                *("",) * 8,
                path,
                run.first_error.replace(f"{path}:", "").replace("bnfold: error: ", ""),
            )
            continue
        report = run.report()
        outcome = outcome_of(report)
        leftover += outcome["left"]
        kept += outcome["kept"]
        found = {
            "BatchNorm": affines(report, "before", NORMALISATIONS),
            "folded": outcome["folded"],
            "left": outcome["left"].total(),
            "kept": outcome["kept"].total(),
            "affine": affines(report, "before"),
            "adjacent": affines(adjacent.report(), "after"),
            "whole graph": affines(report, "after"),
        }
        totals += found
        table.add(0, report["layers"]["before"], *found.values(), path, listed(outcome["left"] + outcome["kept"]))
        if found["whole graph"] > found["adjacent"]:
            failures.append(f"{path}: more affine layers are left than by adjacent folding: {found}")
        if found["BatchNorm"] != found["folded"] + found["left"] + found["kept"]:
            failures.append(f"{path}: a BatchNorm has no verdict, or two: {found}")
    table.total(
        f"{len(paths)} files read: "
        + ", ".join(f"{count} with exit code {code}" for code, count in sorted(exits.items()))
    )
    table.total(
        f"{totals['BatchNorm']} BatchNorms: {totals['folded']} folded, {totals['left']} left in part or"
        f" whole as Scale or Bias, {totals['kept']} refused"
    )
    table.total(
        f"{totals['affine']} affine layers (BatchNorm, BN, Scale, Bias, Power): {totals['adjacent']} left by adjacent folding,"
        f" {totals['whole graph']} across the whole graph"
    )
    table.total(f"left, by reason: {listed(leftover)}")
    table.total(f"refused, by reason: {listed(kept)}")
    table.total(f"{len(failures)} failures")
    table.write(context.output / "corpus.txt")
    return failures


def inspect(context, path):
    arguments = ("inspect", "--prototxt", path, "--json", "--quiet", *OPTIONS.get(path, ()))
    return context.run(*arguments), context.run(*arguments, "--only-adjacent")


def affines(report, when, types=AFFINES):
    return sum(entry[when] for entry in report["types"] if entry["type"] in types)


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
    """How many normalisations go, and of the others how many stay for each reason; one whose parts go several ways counts
    once, as left if a part of it is.
    """

    def normalisations(layers):
        return {layer["name"] for layer in layers if layer["type"] in NORMALISATIONS}

    left, kept, seen = Counter(), Counter(), set()
    for leftover in report["scales"]:
        names = normalisations(leftover["from"]) - seen
        left[leftover["reason"]["name"]] += len(names)
        seen |= names
    for refused in report["kept"]:
        kept[refused["reason"]["name"]] += len(normalisations([refused["layer"]]))
    gone = normalisations(layer for fold in report["folds"] for layer in fold["from"])
    return {
        "folded": len((gone | normalisations(report["dropped"])) - seen),
        "left": +left,
        "kept": +kept,
    }


def listed(reasons):
    return ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"
