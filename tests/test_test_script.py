"""`scripts/test.sh` covers both stacks and both number formats on any machine."""

import os
import shutil
import subprocess

import pytest
import yaml

from .conftest import ROOT

# Stands for the environment's Python: says what it was started with, and fails or finds no test where it is told to.
PYTHON = """#!/usr/bin/env bash
echo "RUN $STACK $EMOLLM_CPU_DTYPE $*"
[[ "$STACK $EMOLLM_CPU_DTYPE" != "${FAILING:-}" ]] || { echo "1 failed"; exit "${WITH:-1}"; }
"""


@pytest.fixture
def scripts(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    with open(tmp_path / "scripts" / "lib.sh", "a") as lib:
        lib.write("setup_env() { :; }\n")
    (tmp_path / "scripts" / "check.sh").write_text('echo CHECK; exit "${CHECKED:-0}"\n')
    for name in (".venv", ".venv-classic"):
        python = tmp_path / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON)
        python.chmod(0o755)
    return tmp_path / "scripts"


def run(scripts, *arguments, **settings):
    kept = {key: value for key, value in os.environ.items() if key not in ("STACK", "VENV", "EMOLLM_CPU_DTYPE")}
    command = ["bash", str(scripts / "test.sh"), *arguments]
    done = subprocess.run(command, env={**kept, **settings}, capture_output=True, text=True, timeout=60)
    return done, [line[4:] for line in done.stdout.splitlines() if line.startswith("RUN ")]


def test_all_stacks_take_both_number_formats_and_say_which(scripts):
    done, runs = run(scripts, "--all-stacks", "-k", "projector")
    assert done.returncode == 0, done.stderr
    assert [line.split(" -m pytest ")[0] for line in runs] == ["current float32", "current bfloat16", "classic bfloat16"]
    assert all((ROOT / word).exists() for word in runs[2].split() if word.startswith("tests/"))
    assert runs[1].endswith("tests/emollm_plugin -k projector -m both_formats")
    assert all(line.endswith("-k projector") for line in (runs[0], runs[2]))
    assert "== tests on the classic stack, models in bfloat16" in done.stdout


@pytest.mark.parametrize("failing", ["current float32", "current bfloat16", "classic bfloat16"])
def test_a_failure_in_any_part_is_told_last_and_the_others_run(scripts, failing):
    done, runs = run(scripts, "--all-stacks", FAILING=failing)
    assert (done.returncode, len(runs)) == (1, 3)
    assert done.stdout.splitlines()[-2:] == [f"== {failing.replace(' ', ' stack, ')}", "1 failed"]


def test_no_test_for_the_given_words_in_one_part_is_no_failure(scripts):
    done, runs = run(scripts, "--all-stacks", FAILING="current bfloat16", WITH="5")
    assert (done.returncode, len(runs)) == (0, 3)


def test_the_quick_tier_checks_first_and_runs_what_needs_no_host(scripts):
    done, runs = run(scripts, "--quick", "-x")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "CHECK" and len(runs) == 1
    assert "tests/emobench_data tests/emollm_plugin/checkpoints " in runs[0]
    assert runs[0].endswith("tests/test_test_script.py -m not host and not e2e and not slow -x")
    assert all((ROOT / word).exists() for word in runs[0].split() if word.startswith("tests/"))
    done, runs = run(scripts, "--quick", CHECKED="1")
    assert (done.returncode, runs) == (1, [])


def test_ci_and_the_commit_hook_check_first():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if "scripts/" in line]
    assert lines == ["bash scripts/check.sh", "exec bash scripts/test.sh --all-stacks"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [(repo["repo"], hook["entry"]) for repo in hooks for hook in repo["hooks"]] == [("local", "bash scripts/check.sh")]


def test_the_classic_stack_alone_runs_what_all_stacks_run_on_it(scripts):
    _, (*_, classic) = run(scripts, "--all-stacks")
    _, (alone,) = run(scripts, STACK="classic")
    assert alone.split(" -m pytest ")[1] == classic.split(" -m pytest ")[1]
    _, (current,) = run(scripts)
    assert "tests/" not in current


def test_one_stack_takes_the_format_that_is_set(scripts):
    done, runs = run(scripts, "-q", STACK="classic")
    assert runs[0].startswith("classic  -m pytest") and "models in float32" in done.stdout
    done, runs = run(scripts, "-q", EMOLLM_CPU_DTYPE="bfloat16")
    assert runs[0].startswith("current bfloat16 -m pytest") and "models in bfloat16" in done.stdout
