"""The wheel: everything that the packages read is inside, and it works where no clone is."""

import json
import os
import shutil
import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from emollm_plugin import __version__

from .pages import LINK, ROOT, blocks
from .pythons import MINORS, find_python

PACKAGES = ("emobench_data", "emollm_plugin")
# What the scripts of a clone set, or a developer: who has no clone has none of it.
OURS = {"PYTHONPATH", "STACK", "VENV", "DOWNLOADS", "MODELS", "TORCH_EXTENSIONS_DIR", "HF_HUB_OFFLINE", "EMOLLM_CPU_DTYPE"}
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, as building leaves folders in its source; by setuptools alone, as nothing is to be downloaded."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "PACKAGE.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-c", BUILD, str(out)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (found,) = out.glob("*.whl")
    return found


def metadata(wheel):
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return HeaderParser().parsestr(archive.read(name).decode())


def test_every_file_of_the_packages_is_inside(wheel):
    own = {path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()}
    own = {name for name in own if "__pycache__" not in name}
    with ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith(PACKAGES) and ".dist-info/" not in name}
    assert inside == own


def test_its_version_is_the_one_of_the_code(wheel):
    assert metadata(wheel)["Version"] == __version__ and wheel.name.startswith(f"emollm_llava-{__version__}-")


def test_it_asks_for_no_model_stack(wheel):
    """Data can be prepared and scored without: `emollm setup` brings it."""
    asked = [Requirement(line) for line in metadata(wheel).get_all("Requires-Dist")]
    assert not {"torch", "transformers", "llava-torch"} & {one.name for one in asked if one.marker is None}


def test_it_names_the_pythons_that_it_is_for(wheel):
    named = [line for line in metadata(wheel).get_all("Classifier") if line.startswith("Programming Language :: Python :: 3.")]
    assert named == [f"Programming Language :: Python :: 3.{minor}" for minor in MINORS]


def test_its_page_on_an_index_is_whole_by_itself(wheel):
    """A relative link or a picture of the clone leads nowhere there."""
    page = ROOT / "PACKAGE.md"
    assert metadata(wheel).get_payload().strip() == page.read_text(encoding="utf-8").strip()
    text = page.read_text(encoding="utf-8")
    assert "![" not in text and all(link.startswith("https://") for link in LINK.findall(text))
    ((_, commands),) = blocks("sh", pages=[page])
    assert commands in [block for _, block in blocks("sh", pages=[ROOT / "docs/index.md"])]


def run(*command, cwd=ROOT, **environment):
    """Run a command as somebody would who has no clone: its output; fails where the command does."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | environment
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_a_python_is_found_where_one_lies_and_starts(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_python(sys.version_info[1]) == sys.executable
    assert find_python(99) is None
    # What starts nothing, as a name of pyenv's without its Python, is passed over.
    lying = tmp_path / ".pyenv/versions/3.99.0/bin/python3.99"
    lying.parent.mkdir(parents=True)
    for place, code in ((tmp_path / "python3.99", 127), (lying, 0)):
        place.write_text(f"#!/bin/sh\nexit {code}\n")
        place.chmod(0o755)
    assert find_python(99) == str(lying)


@pytest.mark.nightly
@pytest.mark.parametrize("minor", MINORS)
def test_it_installs_and_works_outside_of_the_clone(wheel, minor):
    """In an environment of its own, with packages of the registry; without torch."""
    python = find_python(minor) or pytest.skip(f"no Python 3.{minor} here")
    said = run("bash", ROOT / "scripts/try_wheel.sh", wheel, PYTHON=python)
    assert f"works outside of the clone: {wheel.name}, Python 3.{minor}." in said.splitlines()[-1]


@pytest.mark.nightly
def test_an_index_can_show_its_page(wheel, tmp_path):
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", "twine")
    assert "PASSED" in run(python, "-m", "twine", "check", "--strict", wheel)


@pytest.mark.nightly
def test_setup_brings_what_a_training_needs_outside_of_the_clone(wheel, tmp_path):
    """As the docs say for those who have no clone, with a training of one step; the classic stack needs another numpy."""
    python = find_python(11) or pytest.skip("no Python 3.11 here")
    programs, outside = tmp_path / "venv/bin", tmp_path / "elsewhere"
    outside.mkdir()
    run(python, "-m", "venv", programs.parent)
    run(programs / "python", "-m", "pip", "install", "--quiet", f"{wheel}[video,plot]")

    def emollm(*words):
        return run(programs / "emollm", *words, cwd=outside, PATH=f"{programs}:{os.environ['PATH']}")

    assert "installs torch==" in emollm("setup")
    assert "nothing to do" in emollm("setup")
    assert emollm("doctor").splitlines()[-1] == "all is well"
    small = ("max_steps=1", "mini_train=24", "mini_test=12", "batch=4", "global_batch=4", "align=3", "device=cpu")
    results = Path(emollm("train", *small).splitlines()[-1])
    assert results.is_relative_to(outside / "runs")
    assert json.loads(results.read_text())["conditions"]["emollm"] == __version__
