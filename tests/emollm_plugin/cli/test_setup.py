"""`emollm setup` says what it does, does nothing twice, changes no package that is there, and stops where things do not fit."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from emobench_data.io.errors import InputError
from emollm_plugin.cli import main, setup
from emollm_plugin.cli.setup import STACKS, carry_out, make_plan, wrong_python

FITS = {"current": (3, 11), "classic": (3, 10)}
LIGHT = {"numpy": "1.26.4", "click": "8.1.0", "setuptools": "65.5.0"}


def complete(stack):
    """What an environment has in which all was installed."""
    lines = [
        *setup._lines(STACKS / f"{stack}.lock"),
        *setup._lines(STACKS / f"{stack}.txt"),
        *setup._lines(STACKS / "host.txt"),
    ]
    return {one.name.lower().replace("_", "-"): str(one.specifier).strip("=><") for one in lines}


@pytest.mark.parametrize("stack", FITS)
def test_a_fresh_environment_gets_the_stack_and_the_host_on_top(stack):
    plan = make_plan(stack, LIGHT, FITS[stack])
    assert any(one.startswith("torch==") for one in plan.packages) and any(one.startswith("llava-torch==") for one in plan.host)
    pins = {Requirement(one).name: one for one in plan.pins if Requirement(one).marker is None}
    assert pins["numpy"] == "numpy==1.26.4" and pins["tqdm"].startswith("tqdm==")  # what is here stays, what comes is locked
    assert all(one in str(plan) for one in [*plan.packages, *plan.host])


@pytest.mark.parametrize("stack", FITS)
def test_where_all_is_there_nothing_is_to_be_done(stack):
    plan = make_plan(stack, complete(stack), FITS[stack])
    assert not plan and "nothing to do" in str(plan)


@pytest.mark.parametrize(("stack", "minor"), [("current", 10), ("current", 13), ("classic", 9), ("classic", 13)])
def test_a_python_that_the_stack_does_not_run_on(stack, minor):
    with pytest.raises(InputError, match=rf"^Python 3\.{minor}: the stack {stack} runs on .* make an environment"):
        make_plan(stack, LIGHT, (3, minor))


def test_another_version_is_refused_and_a_build_of_the_same_is_not():
    others = {**LIGHT, "torch": "2.13.0+cpu", "transformers": "4.40.0"}
    with pytest.raises(InputError, match=r"has transformers 4\.40\.0, but transformers==\S+ is wanted; nothing was changed"):
        make_plan("current", others, (3, 11))
    plan = make_plan("current", {**LIGHT, "torch": "2.13.0+cpu"}, (3, 11))
    assert "torch==2.13.0+cpu" in plan.pins and not any(one.startswith("torch=") for one in plan.packages)


@pytest.fixture
def pip(monkeypatch):
    """The commands that pip was called with, and the constraints that it read."""
    calls = []

    def run(command, **_):
        pins = open(command[command.index("--constraint") + 1]).read() if "--constraint" in command else ""
        calls.append((command, pins))
        return subprocess.CompletedProcess(command, pip.code)

    def pip():
        return calls

    pip.code = 0
    monkeypatch.setattr(setup.subprocess, "run", run)
    return pip


def test_pip_is_asked_once_with_pins_and_once_without_dependencies(pip, tmp_path):
    plan = make_plan("current", LIGHT, (3, 11))
    carry_out(plan, tmp_path)
    (stack, pins), (host, none) = pip()
    assert stack[:4] == [sys.executable, "-m", "pip", "install"] and pins.split() and none == ""
    assert stack[-len(plan.packages) :] == [*plan.packages] and host[-len(plan.host) :] == [*plan.host]
    assert "--no-deps" in host and "--no-deps" not in stack and str(tmp_path) in stack


def test_what_pip_cannot_do_is_one_line(pip, tmp_path):
    pip.code = 1
    with pytest.raises(InputError, match="pip could not install torch==.*without a network"):
        carry_out(make_plan("current", LIGHT, (3, 11)), tmp_path)
    assert len(pip()) == 1


@pytest.mark.parametrize(("here", "words", "calls"), [(LIGHT, ["--dry-run"], 0), (LIGHT, [], 2), (None, [], 0)])
def test_the_command(pip, monkeypatch, here, words, calls):
    monkeypatch.setattr(setup, "installed_here", lambda: here or complete("current"))
    monkeypatch.setattr(setup, "make_plan", lambda stack, installed: make_plan(stack, installed, (3, 11)))
    done = CliRunner().invoke(main, ["setup", "--stack", "current", *words])
    assert done.exit_code == 0 and len(pip()) == calls and ("installs torch" in done.stdout) == (here is not None)


@pytest.mark.parametrize("stack", FITS)
def test_the_launchers_take_the_pythons_that_setup_takes(stack, tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/usr/bin/env bash\n{sys.executable} -S -c "import sys; sys.version_info = (3, $MINOR); $2"\n')
    python.chmod(0o755)
    command = ["bash", "-c", f'source "{STACKS.parents[1]}/scripts/lib.sh"; find_python']
    for minor in range(9, 15):
        environment = {**os.environ, "STACK": stack, "PYTHON": str(python), "MINOR": str(minor)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        wrong = wrong_python(stack, (3, minor))
        assert done.returncode == (2 if wrong else 0), done.stderr
        assert not wrong or f"no {wrong.partition(' runs on ')[2]} found" in done.stderr
