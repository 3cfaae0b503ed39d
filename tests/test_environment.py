"""One virtual environment for several clones: each runs its own code from there, and none breaks it for another."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path

import pytest

from .conftest import STACK
from .test_locks import asked_by

ROOT = Path(__file__).parents[1]
# Stands for Python and pip: it notes what it is asked for, and makes an environment of itself.
PYTHON = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$CALLS"
[[ "$1 $2" != "-m venv" ]] || { mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; }
"""


@pytest.fixture
def clones(tmp_path):
    """Makes clones, and runs `setup_env` in one of them with the environment that they share."""
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)

    class Clones:
        calls = tmp_path / "calls"

        def make(self, name):
            clone = tmp_path / name
            shutil.copytree(ROOT / "scripts", clone / "scripts")
            shutil.copytree(ROOT / "emollm_plugin/stacks", clone / "emollm_plugin/stacks")
            shutil.copy(ROOT / "setup.cfg", clone)
            return clone

        def set_up(self, clone):
            self.calls.write_text("")
            environment = {
                **os.environ,
                "VENV": tmp_path / "venv",
                "PYTHON": tmp_path / "python",
                "CALLS": self.calls,
                "STACK": "current",
                "DOWNLOADS": tmp_path / "downloads",
            }
            environment.pop("PYTHONPATH", None)
            code = f'source "{clone}/scripts/lib.sh"; setup_env; echo "$PYTHONPATH"'
            return subprocess.run(["bash", "-c", code], env=environment, capture_output=True, text=True, check=False)

        def installed(self):
            return "pip install" in self.calls.read_text()

    return Clones()


def test_a_second_clone_installs_nothing_and_finds_its_own_packages(clones):
    first, second = clones.make("first"), clones.make("second")
    assert clones.set_up(first).returncode == 0 and clones.installed()
    done = clones.set_up(second)
    assert done.returncode == 0 and not clones.installed() and done.stdout.splitlines() == [str(second)]
    assert clones.set_up(first).returncode == 0 and not clones.installed()


def test_the_current_stack_has_what_its_tests_ask_for(clones):
    """Without one of these they would be skipped, in CI too: the page's and the endpoint's, the linters and the site."""
    clones.set_up(clones.make("clone"))
    extras = re.search(r"\[([\w,-]+)\]$", clones.calls.read_text(), flags=re.MULTILINE)[1].split(",")
    assert {"video", "test", "serve", "endpoint", "docs"} <= {*extras}
    if STACK == "current":
        asked = {one.name for extra in extras for one in asked_by(extra)}
        assert not [name for name in sorted(asked) if not [*distributions(name=name)]]


def test_two_that_set_it_up_at_once_make_it_once(clones, tmp_path):
    """Two pips in one environment spoil it; the second waits, and finds it made."""
    python = tmp_path / "python"
    python.write_text(python.read_text().replace("|| {", "|| { sleep 1;"))
    clone = clones.make("clone")
    with ThreadPoolExecutor(2) as both:
        done = [*both.map(clones.set_up, [clone, clone])]
    assert [one.returncode for one in done] == [0, 0], done
    assert clones.calls.read_text().count("-m venv") == 1
    assert sum("waiting for its end" in one.stdout for one in done) == 1


def test_a_clone_that_needs_other_packages_does_not_take_them_from_another(clones):
    first, other = clones.make("first"), clones.make("other")
    clones.set_up(first)
    (other / "setup.cfg").write_text("[metadata]\nname = other\n")
    done = clones.set_up(other)
    assert done.returncode == 2 and not clones.installed()
    assert done.stderr.startswith("error: VENV=") and f"was made by {first}" in done.stderr
    assert clones.set_up(first).returncode == 0 and not clones.installed()


def test_the_clone_that_made_it_renews_it_and_so_does_any_when_that_one_is_gone(clones):
    first, other = clones.make("first"), clones.make("other")
    clones.set_up(first)
    (first / "setup.cfg").write_text("[metadata]\nname = renewed\n")
    assert clones.set_up(first).returncode == 0 and clones.installed()
    shutil.rmtree(first)
    assert clones.set_up(other).returncode == 0 and clones.installed()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EPOCH", "3", "is EPOCHS meant?"),
        ("LORA_RANK", "8", "is no setting"),
        ("TUNE", "some", "full, lora, qlora"),
        ("EPOCHS", "3", None),
        ("epochs", "x", "is not a number"),
        ("epochs", "3", None),
    ],
)
def test_settings_that_cannot_be_read_are_said_before_an_environment_is_made(tmp_path, name, value, said):
    """By a Python that has no package; this one also stops where an environment would be made."""
    python, venv = tmp_path / "python", tmp_path / "venv"
    python.write_text(f'#!/usr/bin/env bash\n[[ "$2" != venv ]] || exit 9\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    environment = {**os.environ, "VENV": str(venv), "PYTHON": str(python), "STACK": "current"}
    environment |= {} if name.islower() else {name: value}
    environment.pop("PYTHONPATH", None)
    typed = [f"{name}={value}"] if name.islower() else []
    command = ["bash", str(ROOT / "scripts/finetune_emollm.sh"), *typed]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if said is None:
        assert done.returncode == 9 and "setting up" in done.stdout
    else:
        assert done.returncode == 2 and done.stdout == "" and not venv.exists()
        assert done.stderr.startswith(f"error: {name}={value} ") and said in done.stderr and done.stderr.count("\n") == 1


def test_a_python_and_an_environment_may_have_odd_paths(clones, tmp_path):
    """A folder typed with the slash that completion adds, whose lock belongs beside it; a Python below a name with a space."""
    (tmp_path / "my python").mkdir()
    python = shutil.copy(tmp_path / "python", tmp_path / "my python" / "python")
    clone = clones.make("clone")
    environment = {**os.environ, "VENV": f"{tmp_path}/new/venv/", "PYTHON": python, "CALLS": str(clones.calls)}
    environment |= {"STACK": "current", "DOWNLOADS": str(tmp_path / "downloads")}
    code = f'source "{clone}/scripts/lib.sh"; setup_env; echo "$VENV"'
    done = subprocess.run(["bash", "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == f"{tmp_path}/new/venv", done.stderr
    assert (tmp_path / "new" / "venv.lock").is_file() and (tmp_path / "new/venv/bin/python").is_file()


@pytest.mark.parametrize("package", ["emollm_plugin", "emobench_data"])
def test_the_path_of_a_clone_comes_before_what_is_installed(tmp_path, package):
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("")
    command = [sys.executable, "-c", f"import {package}; print({package}.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).parent == tmp_path / package
