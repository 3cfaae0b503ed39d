"""`emollm doctor` finds the cause that the host's bare except hides, and exits 0 only when all is well."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from emollm_plugin.cli import doctor, setup
from emollm_plugin.cli.commands import main

pytestmark = pytest.mark.host

STACKS = Path(__file__).parents[3] / "emollm_plugin" / "stacks"


def examine():
    done = CliRunner().invoke(main, ["doctor", "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_all_is_well_here():
    code, report = examine()
    assert (code, report["problems"]) == (0, [])
    assert report["stack"] in doctor.STACKS and report["host"] == "imports" and report["attached"]
    assert report["attention_in_half_precision"] in ("sdpa", "flash_attention_2")
    shown = CliRunner().invoke(main, ["doctor"]).stdout
    assert "all is well" in shown and "`emollm plan RECIPE`" in shown


@pytest.fixture
def broken_host(tmp_path, monkeypatch):
    """A copy of the host, which fails in a module that its bare except covers."""
    installed = importlib.util.find_spec("llava").submodule_search_locations[0]
    shutil.copytree(installed, tmp_path / "llava", ignore=shutil.ignore_patterns("__pycache__", "eval", "serve"))
    arch = tmp_path / "llava" / "model" / "llava_arch.py"
    arch.write_text("raise ImportError('libcudart.so.11.0: cannot open shared object file')\n" + arch.read_text())
    monkeypatch.syspath_prepend(tmp_path)
    with mock.patch.dict(sys.modules):
        for name in [name for name in sys.modules if name.split(".")[0] == "llava"]:
            del sys.modules[name]
        yield


def test_the_cause_behind_the_bare_except_is_shown(broken_host):
    code, report = examine()
    assert code == 1 and report["host"] == "fails"
    found = [item["problem"] for item in report["problems"]]
    assert any("llava_llama" in line and "libcudart.so.11.0" in line for line in found), found
    assert all(item["way_out"] for item in report["problems"])


def test_a_missing_package_is_a_problem_with_a_way_out(monkeypatch):
    real = doctor.package_version
    monkeypatch.setattr(doctor, "package_version", lambda name: None if name == "peft" else real(name))
    code, report = examine()
    assert code == 1
    assert report["problems"] == [{"problem": "peft is not installed", "way_out": doctor.SETUP}]


@pytest.mark.parametrize(("stack", "minor", "fits"), [("current", 10, False), ("classic", 10, True), ("classic", 13, False)])
def test_the_python_is_held_against_the_stack_that_is_wanted(stack, minor, fits):
    found = [item for item in doctor.examine(stack, (3, minor))["problems"] if item["problem"].startswith("Python")]
    wanted = {"problem": setup.wrong_python(stack, (3, minor)), "way_out": setup.ANOTHER}
    assert found == ([] if fits else [wanted])


def test_another_stack_than_the_one_that_is_wanted_is_a_problem():
    here = doctor.examine()["stack"]
    (other,) = {*doctor.STACKS} - {here}
    done = CliRunner().invoke(main, ["doctor"], env={"STACK": other})
    assert done.exit_code == 1 and f"the stack here is {here}, and {other} is wanted" in done.stdout
    assert CliRunner().invoke(main, ["doctor", "--stack", here]).exit_code == 0


def test_a_gpu_that_this_pytorch_has_no_code_for_is_a_problem(monkeypatch):
    def kernel(index):
        if index:
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors")

    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda index: f"card {index}")
    monkeypatch.setattr(doctor, "_first_kernel", kernel)
    (found,) = doctor.examine()["problems"]
    assert found["problem"] == "GPU 1, card 1: CUDA error: no kernel image is available for execution on the device"
    assert "install a build of torch" in found["way_out"]


@pytest.mark.parametrize("stack", doctor.STACKS)
def test_the_stacks_are_those_that_setup_installs(stack):
    if not (STACKS / f"{stack}.txt").is_file():
        pytest.skip(f"no {stack}.txt")
    assert f"transformers=={doctor.STACKS[stack]}\n" in (STACKS / f"{stack}.txt").read_text()
