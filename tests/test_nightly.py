"""What is run at night: every extra that the docs name, and the page; a failure is none that exits with 0."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from . import nightly
from .conftest import ROOT
from .pages import PAGES


def test_every_extra_of_the_docs_and_of_the_scripts_is_run():
    named = {name for page in PAGES for name in re.findall(r"\bEXTRA=([\w-]+)", page.read_text())}
    offered = re.search(r"known, on the current stack: ([\w, -]+)\\n", (ROOT / "scripts/lib.sh").read_text())[1]
    assert named == {*offered.split(", ")} == {*nightly.blocks()} - {"serve"}
    assert {*nightly.blocks()} == {*nightly.EXTRAS}


@pytest.mark.parametrize("name", nightly.EXTRAS)
def test_a_block_is_run_on_the_small_run_and_makes_the_environment_that_it_enters(name):
    block = nightly.blocks()[name]
    script = nightly.reduced(block, Path("/small"))
    assert "/small/run/llava-emollm-lora" in script and "runs/" not in script and " data/" not in script
    entered = re.search(r"source (\S+)/bin/activate", script)[1]
    made = ["bash", "-c", 'source scripts/lib.sh; echo "$VENV"']
    extra = "" if name == "serve" else name
    done = subprocess.run(made, cwd=ROOT, env={"EXTRA": extra, "PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert Path(done.stdout.strip()) == ROOT / entered


ROW = "|emobench           |none  |      |accuracy|↑  |0.3333|±  |N/A   |N/A       |"


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (f"echo '{ROW}'", None),
        (f"echo '{ROW}'; exit 3", "exit code 3"),
        ("true", "no line like"),
        (f"echo '{ROW}'; echo \"ModuleNotFoundError: No module named 'filelock._api'\" >&2", "No module named"),
        (f"echo '{ROW}'; false; echo more", "exit code 1"),
        (f"echo '{ROW}'; sleep 60", "exit code 124"),
    ],
)
def test_what_counts_as_failed(script, fault):
    found = nightly.fault_of(nightly.EXTRAS["lmms-eval"], script, longest=5)
    assert found is None if fault is None else fault in found


def test_a_page_that_does_not_answer():
    found = nightly.fault_of(nightly.EXTRAS["serve"], "echo http://127.0.0.1:1; sleep 60", longest=30)
    assert "does not answer" in found
    assert "exit code 0, but no line" in nightly.fault_of(nightly.EXTRAS["serve"], "true")
