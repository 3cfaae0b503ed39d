"""What the card of an exported model says, and what it does not: a form to fill in, or where things lay."""

import json
import re

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from emollm_plugin.hf.export import export

pytestmark = pytest.mark.host

TRAINED = {
    "data": "train.json",
    "records": 480,
    "sources": {"mini": 300, "emoset": 120, "memotion": 60},
    "reasons": 0,
    "labels": {"mini": {"emo_c": ["joy", "sadness"]}, "emoset": {}},
}
SCORED = {
    "overall": 0.75,
    "overall_interval": [0.5, 0.875],
    "overall_majority": 0.25,
    "tasks": {"emo_c": {"accuracy": 0.75, "interval": [0.5, 0.875], "majority": 0.25, "n": 24}},
}


def test_it_says_data_recipe_scores_and_licences(make, tmp_path):
    checkpoint = make(kind="lora", emollm_training=TRAINED, emollm_clips=False)
    (tmp_path / "results.json").write_text(json.dumps(SCORED))
    (tmp_path / "run.json").write_text(json.dumps({"fingerprint": {"TUNE": "lora", "LORA_R": 4, "PRECISION": "fp32"}}))
    export(checkpoint, tmp_path / "hf")
    card = (tmp_path / "hf" / "README.md").read_text()
    for said in (
        "EmoBench-mini (rendered drawings)",
        "480 records",
        "LORA_R: 4",
        "emo_c: joy, sadness",
        "| emo_c | 0.750 | 0.500 to 0.875 | 0.250 | 24 |",
        "| overall | 0.750",
        "trust_remote_code=True",
        "free of licences",
        "Article 5(1)(f)",
        "hateful words and pictures (Memotion 7k)",
        "code of the projector and of this folder: Apache-2.0",
    ):
        assert said in card, said
    assert str(tmp_path) not in card and "More Information Needed" not in card
    assert re.search(r'model="hf"', card)
    assert card.startswith('---\npipeline_tag: "image-text-to-text"\n')


def test_what_is_not_known_is_said(make, tmp_path):
    export(make(projector="mlp2x_gelu"), tmp_path / "hf")
    card = (tmp_path / "hf" / "README.md").read_text()
    assert "None are noted" in card and "Not noted in the checkpoint" in card and "trust_remote_code" not in card
    assert "hateful" not in card and "Article 5(1)(f)" in card


def test_a_file_without_scores_is_one_line(make, tmp_path):
    checkpoint = make()
    (tmp_path / "none.json").write_text("{}")
    command = ["export", str(checkpoint), "--out", str(tmp_path / "hf"), "--results", str(tmp_path / "none.json")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2 and "holds no scores" in done.output and not (tmp_path / "hf").exists()


def test_push_uploads_the_folder_and_says_why_not(make, tmp_path, monkeypatch):
    import huggingface_hub

    calls = []
    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", lambda self, name, **how: calls.append(name))
    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", lambda self, **how: calls.append(how) or "https://hub/emo")
    command = ["export", str(make()), "--out", str(tmp_path / "hf"), "--push", "me/emo"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0 and "https://hub/emo" in done.output
    assert calls == ["me/emo", {"repo_id": "me/emo", "folder_path": tmp_path / "hf"}]

    def nobody(*_, **__):
        raise OSError("Token is required\nand more")

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", nobody)
    command[3] = str(tmp_path / "again")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2 and "--push me/emo failed: Token is required; log in" in done.output
