"""`emollm inspect` says what a folder is, and the command it prints is one that works."""

import json
import shlex
import shutil

import pytest
import torch
from click.testing import CliRunner

from emollm_plugin.cli import main
from emollm_plugin.host import main as run_host

pytestmark = pytest.mark.host


def inspect(folder):
    done = CliRunner().invoke(main, ["inspect", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def keep_initialisers(monkeypatch):
    """The host's scripts switch off these two for the whole process."""
    for layer in (torch.nn.Linear, torch.nn.LayerNorm):
        monkeypatch.setattr(layer, "reset_parameters", layer.reset_parameters)


def test_the_printed_command_evaluates(lora_folder, llava_model, tiny, tmp_path, monkeypatch, keep_initialisers):
    report = inspect(lora_folder)
    assert (report["kind"], report["complete"], report["base"]) == ("lora", True, str(tiny.base))
    assert report["projector"] == "multiperspective:perspectives=objects+relations+atmosphere+layout,slots=2,width=16,frames=8"
    assert report["vision_tower"] == str(tiny.clip) and report["template"] == "emoprompt_chatml"
    assert report["projector_parameters"] == sum(p.numel() for p in llava_model.get_model().mm_projector.parameters())
    python, m, door, *arguments = shlex.split(report["evaluate"])
    assert (python, m, door) == ("python", "-m", "emollm_plugin")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny.data / "images", tmp_path / "images")
    asked = (tiny.data / "questions.jsonl").read_text().splitlines()[:3]
    (tmp_path / "questions.jsonl").write_text("\n".join(asked))
    monkeypatch.setattr("sys.argv", [])
    assert run_host(arguments) == 0
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 3


def test_a_folder_that_cannot_be_evaluated_says_why(lora_folder, tiny):
    (lora_folder / "non_lora_trainables.bin").unlink()
    report = inspect(lora_folder)
    assert report["evaluate"] is None and not report["complete"]
    assert report["faults"] == ["no non_lora_trainables.bin"]
    base = inspect(tiny.base)
    assert (base["kind"], base["evaluate"]) == ("base", None)
    text = CliRunner().invoke(main, ["inspect", str(lora_folder)])
    assert "fault: no non_lora_trainables.bin" in text.stdout and "evaluate:" not in text.stdout


def test_without_its_base_the_command_has_a_place_for_it(lora_folder, tiny):
    for name in ("config.json", "adapter_config.json"):
        (lora_folder / name).write_text((lora_folder / name).read_text().replace(str(tiny.base), "gone"))
    report = inspect(lora_folder)
    assert "--model-base BASE_MODEL" in report["evaluate"] and "names gone" in report["obstacle"]


def test_a_folder_that_is_not_there(tmp_path):
    done = CliRunner().invoke(main, ["inspect", str(tmp_path / "none")])
    assert done.exit_code == 2 and "does not exist" in done.output
