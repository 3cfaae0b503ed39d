"""`emollm inspect` says what a folder is, and the command it prints is one that works."""

import json
import os
import shlex

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main

pytestmark = pytest.mark.host


def inspect(folder):
    done = CliRunner().invoke(main, ["inspect", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_printed_command_evaluates_what_the_launcher_evaluated(lora_folder, llava_model, tiny, tmp_path, monkeypatch):
    # As the launcher's run folder.
    files = {"questions": "q.jsonl", "media": os.path.relpath(tiny.data / "images", tmp_path)}
    (tmp_path / "results.json").write_text(json.dumps({"files": files}))
    asked = (tiny.data / "questions.jsonl").read_text().splitlines()[:3]
    (tmp_path / "q.jsonl").write_text("\n".join(asked))
    report = inspect(lora_folder)
    assert (report["kind"], report["complete"], report["base"]) == ("lora", True, str(tiny.base))
    assert report["projector"] == "multiperspective:perspectives=objects+relations+atmosphere+layout,slots=2,width=16,frames=8"
    assert report["vision_tower"] == str(tiny.clip) and report["template"] == "emoprompt_chatml"
    assert report["projector_parameters"] == sum(p.numel() for p in llava_model.get_model().mm_projector.parameters())
    program, *arguments = shlex.split(report["evaluate"])
    assert program == "emollm" and not any(word.isupper() for word in arguments)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 3


def test_without_such_results_the_command_has_places_to_fill_in(lora_folder):
    command = inspect(lora_folder)["evaluate"]
    assert [word for word in shlex.split(command) if word.split(".")[0].isupper()] == ["QUESTIONS.jsonl", "IMAGES"]


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
        (lora_folder / name).write_text((lora_folder / name).read_text().replace(str(tiny.root), "/gone"))
    report = inspect(lora_folder)
    assert "--model-base BASE_MODEL --vision-tower VISION_TOWER" in report["evaluate"]
    assert "names /gone/base" in report["obstacle"] and "the vision tower /gone/clip, which is not here" in report["obstacle"]
    assert (report["base"], report["vision_tower"]) == ("/gone/base", "/gone/clip")


def refused(folder):
    done = CliRunner().invoke(main, ["inspect", str(folder)])
    assert done.exit_code == 2 and not done.stdout and len(done.stderr.splitlines()) == 1
    return done.stderr


def test_what_is_no_model_is_one_line(tiny, tmp_path):
    assert "does not exist" in refused(tmp_path / "none")
    assert "is no model that is known: it has no config.json and no weights" in refused(tiny.data)
    # A run's folder holds a model, and is none.
    assert f"there is one in it: {tiny.base}" in refused(tiny.root)
