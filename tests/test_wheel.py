"""The wheel: everything that the packages read is inside, and it works where no clone is."""

import os
import shutil
import subprocess
import sys
from email.parser import HeaderParser
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from emollm_plugin import __version__

from .conftest import ROOT

PACKAGES = ("emobench_data", "emollm_plugin")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, as building leaves folders in its source; by setuptools alone, as nothing is to be downloaded."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
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


@pytest.mark.nightly
def test_it_installs_and_works_outside_of_the_clone(wheel):
    """In an environment of its own, with packages of the registry; without torch."""
    command = ["bash", str(ROOT / "scripts/try_wheel.sh"), str(wheel)]
    done = subprocess.run(command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert f"works outside of the clone: {wheel.name}" in done.stdout.splitlines()[-1]
