"""The patch makes a LLaVA load the plug-in by itself, and comes off again to the byte."""

import filecmp
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from emollm_plugin.cli import main
from emollm_plugin.recipes.recipe import DEEPSPEED

from ..trainings import free_port, launched

pytestmark = pytest.mark.host

ROOT = Path(__file__).parents[3]
PATCH = ROOT / "emollm_plugin" / "host" / "patch" / "llava.patch"
PYTHON = Path(sys.executable)


def patch(target, *arguments):
    command = ["bash", str(ROOT / "patches" / "apply.sh"), str(target), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def tree(tmp_path):
    """A copy of the installed host, as a source tree."""
    copy_host(tmp_path)
    return tmp_path


def copy_host(folder):
    installed = importlib.util.find_spec("llava").submodule_search_locations[0]
    shutil.copytree(installed, folder / "llava", ignore=shutil.ignore_patterns("__pycache__"))


def test_only_our_own_lines_stand_in_the_patch():
    lines = [line for line in PATCH.read_text().splitlines() if not line.startswith(("diff ", "--- ", "+++ "))]
    assert all(line.startswith(("@@ -0,0 +1,3 @@", "+")) for line in lines)
    added = {line for line in lines if line.startswith("+")}
    assert all("emollm" in line.lower() for line in added), added


def test_the_command_does_the_same(tree):
    def patched(*arguments):
        return CliRunner().invoke(main, ["patch", str(tree), *arguments]).exit_code

    assert (patched("--check"), patched(), patched("--check"), patched("--reverse")) == (1, 0, 0, 0)
    assert patch(tree, "--check").stdout == "not applied\n"


def test_apply_check_and_reverse(tree, tmp_path):
    copy_host(tmp_path / "before")
    assert (patch(tree, "--check").stdout, patch(tree, "--check").returncode) == ("not applied\n", 1)
    assert patch(tree).returncode == 0
    for target in (tree, tree / "llava"):
        assert (patch(target, "--check").stdout, patch(target, "--check").returncode) == ("applied\n", 0)
    once = (tree / "llava" / "train" / "train.py").read_bytes()
    assert "applied already" in patch(tree).stdout
    assert (tree / "llava" / "train" / "train.py").read_bytes() == once
    assert patch(tree, "--reverse").returncode == 0
    assert identical(tree / "llava", tmp_path / "before" / "llava")
    assert "not applied already" in patch(tree, "--reverse").stdout


def identical(first, second):
    names = [str(path.relative_to(first)) for path in sorted(first.rglob("*")) if path.is_file()]
    same, _, _ = filecmp.cmpfiles(first, second, names, shallow=False)
    return same == names and len(names) == sum(path.is_file() for path in second.rglob("*"))


def test_a_tree_in_between_is_left_as_it_is(tree):
    patch(tree)
    file = tree / "llava" / "train" / "train_mem.py"
    file.write_text(file.read_text().replace('llava.train.train")', 'llava.train.other")'))
    for arguments in ((), ("--check",), ("--reverse",)):
        done = patch(tree, *arguments)
        assert done.returncode == 2 and "train_mem.py names emollm_plugin" in done.stderr
    assert "emollm_plugin" in (tree / "llava" / "__init__.py").read_text()
    file.write_text(file.read_text().split("\n", 3)[3])
    done = patch(tree, "--check")
    assert done.returncode == 2 and "6 files have the patch's lines, 1 have not" in done.stderr


def test_a_folder_without_llava_is_refused(tmp_path):
    done = patch(tmp_path)
    assert done.returncode == 2 and "holds no package llava" in done.stderr


@pytest.fixture
def patched(tree):
    assert patch(tree).returncode == 0

    def run(*command):
        environment = {
            **os.environ,
            "PYTHONPATH": str(tree),
            "DS_ACCELERATOR": "cpu",
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.run(list(map(str, command)), cwd=tree, env=environment, capture_output=True, text=True, timeout=300)

    return run


def test_the_hosts_own_commands_train_and_evaluate(patched, tree, train_arguments, tiny, tmp_path):
    """DeepSpeed on train_mem.py, then the evaluation module; both name no plug-in, and both need it."""
    launch = ["-m", "deepspeed.launcher.runner", "--num_gpus", "1", "--master_port", free_port()]
    zero = ["--deepspeed", DEEPSPEED / "zero2.json"]
    out, log = tmp_path / "trained", tmp_path / "log"
    words = [*launch, tree / "llava/train/train_mem.py", *zero, *train_arguments(output_dir=out, max_steps=3)]
    assert launched(words, log, PYTHONPATH=str(tree)) == 0, log.read_text()[-3000:]
    history = json.loads((out / "trainer_state.json").read_text())["log_history"]
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert len(losses) == 3 and 0 < losses[-1] < losses[0]
    answers = tmp_path / "answers.jsonl"
    done = patched(
        PYTHON,
        "-m",
        "llava.eval.model_vqa_loader",
        "--model-path",
        out,
        "--question-file",
        tiny.data / "questions.jsonl",
        "--image-folder",
        tiny.data / "images",
        "--answers-file",
        answers,
        "--conv-mode",
        "emoprompt_chatml",
        "--temperature",
        "0",
        "--max_new_tokens",
        "4",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(answers.read_text().splitlines()) == len((tiny.data / "questions.jsonl").read_text().splitlines())


def test_the_hosts_training_script_has_the_preflight(patched, train_arguments):
    done = patched(PYTHON, "llava/train/train.py", *train_arguments(mm_projector_type="multiperspektive"))
    assert done.returncode == 2, done.stderr[-3000:]
    assert [line for line in done.stderr.splitlines() if line.startswith("error: ")] == [
        "error: unknown projector type 'multiperspektive'; known: linear, identity, mlp2x_gelu, multiperspective"
    ]
