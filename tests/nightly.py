"""Run what the docs say about each extra and about the page, as it stands there: its environment is made, and it must answer.

    python3 -m tests.nightly [lmms-eval] [vllm] [serve]

Needs a package registry and some minutes, so it is no part of the tests: to be run at night, or before a release. It trains
the default run in small first, whose checkpoint and data stand for those that the docs name. Exit code 1: a command
failed, or ended well without what it is to print (lmms-eval exits with 0 whatever happened).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from . import pages
from .pages import ROOT

MAKES = re.compile(r"^EXTRA=(\S+) bash scripts/setup\.sh|^bash scripts/setup\.sh .*\nemollm (serve) ")
FAILED = re.compile(r"Traceback \(most recent call last\)|^Error during evaluation|No module named", re.MULTILINE)
TRAIN, TEST = 24, 12
SMALL = {"MINI_TRAIN": TRAIN, "MINI_TEST": TEST, "MAX_STEPS": 2, "BATCH": 4, "GLOBAL_BATCH": 4, "ALIGN": 3}
LONGEST = 1800  # seconds of a block, with the making of its environment


class Extra(NamedTuple):
    """What tells that an extra's commands worked."""

    sign: str  # a regular expression for a line that they print
    page: bool = False  # the line is the address of a page: it must answer, and is then ended


EXTRAS = {
    "lmms-eval": Extra(r"\|\s*emobench\s*\|(.*\|)?\s*[01]?\.\d+\s*\|.*"),  # the group's score
    "vllm": Extra(r"overall\s.*"),
    "serve": Extra(r"(http://\S+)", page=True),
}


def blocks() -> dict[str, str]:
    """Extra, or `serve` -> the code block of the docs that begins with making its environment."""
    return {begins[begins.lastindex]: block for _, block in pages.blocks("sh") if (begins := MAKES.match(block))}


def reduced(block: str, folder: Path) -> str:
    """A block about the checkpoint of the default run in small, which `train` made in `folder`, and as few questions."""
    block = block.replace("runs/mini-seed0/", f"{folder}/run/")
    block = block.replace("data/mini-720-144", f"{folder}/data/mini-{TRAIN}-{TEST}")
    block = block.replace("mini --out data/mini", f"mini --train {TRAIN} --test {TEST} --out {folder}/asked")
    return block.replace("EMOBENCH_DATA=data/mini", f"EMOBENCH_DATA={folder}/asked")


def train(folder: Path) -> None:
    """The README's first command in small; raises `CalledProcessError`."""
    settings = {**os.environ, **{name: str(value) for name, value in SMALL.items()}}
    settings |= {"DATA_DIR": f"{folder}/data", "RUN_DIR": f"{folder}/run"}
    subprocess.run(["bash", "scripts/finetune_emollm.sh"], cwd=ROOT, env=settings, check=True)


def fault_of(extra: Extra, script: str, longest: float = LONGEST) -> str | None:
    """Run a block of commands, with its output passed on; what is wrong with what they gave, or None."""
    # `timeout` ends all that the block started, a page too; in a session of its own it ends nothing else.
    command = ["timeout", "--kill-after=10", str(longest), "bash", "-euo", "pipefail", "-c", script]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    printed, signs = [], []
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **pipes) as job:
        for line in job.stdout:
            sys.stdout.write(line)
            printed.append(line)
            if found := re.fullmatch(extra.sign, line.strip()):
                signs.append(found)
                if extra.page:
                    fault = _answers(found[1])
                    os.killpg(job.pid, signal.SIGTERM)
                    return fault
    code = job.returncode
    if code:
        return f"exit code {code}"
    if failed := FAILED.search("".join(printed)):
        return f"exit code 0, but it printed: {failed[0]}"
    return None if signs else f"exit code 0, but no line like {extra.sign}"


def _answers(address: str) -> str | None:
    try:
        with urllib.request.urlopen(address, timeout=60) as page:
            return None if b"EmoLLM" in page.read() else f"{address} answers with another page"
    except OSError as error:
        return f"{address} does not answer: {error}"


def main(names: list[str]) -> int:
    found, faults = blocks(), []
    if unknown := {*names} - {*EXTRAS}:
        print(f"error: {', '.join(sorted(unknown))}: no extra; known: {', '.join(EXTRAS)}", file=sys.stderr)
        return 2
    with TemporaryDirectory(prefix="emollm-nightly-") as folder:
        train(Path(folder))
        for name in names or EXTRAS:
            print(f"== {name}\n{found[name]}", flush=True)
            if fault := fault_of(EXTRAS[name], reduced(found[name], Path(folder))):
                faults.append(f"{name}: {fault}")
    print("\n".join(faults) or "all that the docs say of extras works")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
