"""The commands of the tutorials in docs: each is run as it stands there, and prints what stands there.

A block of commands (```sh) may be followed by what they print (```text); there a line of three dots stands for any lines. A command that is to end with another
code than 0 says so in a comment: "# ends with 2". Commands run in a fresh folder that has `fixtures` in it and `bnfold` on its path.
"""

import os
import pathlib
import re
import subprocess

from table import Table

ROOT = pathlib.Path(__file__).resolve().parents[2]
TUTORIALS = ["docs/repair.md"]


def check(context):
    failures = []
    table = Table("Commands of the tutorials", "page", "blocks", "commands", "failed")
    for page in TUTORIALS:
        folder = context.scratch / pathlib.Path(page).stem
        folder.mkdir(parents=True)
        (folder / "fixtures").symlink_to(ROOT / "fixtures")
        (folder / "bnfold").symlink_to(pathlib.Path(context.bnfold).resolve())
        blocks = list(read(ROOT / page))
        wrong = [problem for block in blocks for problem in run(block, folder)]
        failures += [f"{page}: {problem}" for problem in wrong]
        table.add(page, len(blocks), sum(len(commands) for commands, _ in blocks), len(wrong))
        if not blocks:
            failures.append(f"{page}: holds no commands")
    table.total(f"{len(TUTORIALS)} pages, {len(failures)} failures")
    table.write(context.output / "tutorial.txt")
    return failures


def read(page):
    """Each block of commands, with what it prints, or None."""
    fences = re.findall(r"^```(sh|text)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    for index, (kind, text) in enumerate(fences):
        if kind == "sh":
            commands = text.replace("\\\n", " ").strip().splitlines()
            follows = fences[index + 1] if index + 1 < len(fences) else ("", "")
            yield commands, follows[1] if follows[0] == "text" else None


def run(block, folder):
    commands, expected = block
    printed = ""
    environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
    for command in commands:
        outcome = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )
        # How far a command is shows only where it is slow.
        printed += re.sub(r"^bnfold: \d+ %.*\n", "", outcome.stdout, flags=re.MULTILINE)
        code = re.search(r"# ends with (\d+)", command)
        if outcome.returncode != (int(code[1]) if code else 0):
            yield f"`{command}` ends with {outcome.returncode}: {outcome.stdout.strip()}"
    if expected is None:
        return
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + "\n" for line in expected.splitlines()
    )
    if not re.fullmatch(pattern, printed):
        yield f"`{commands[-1]}` prints\n{printed}where the page has\n{expected}"
