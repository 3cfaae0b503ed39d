"""A checkpoint knows what it was trained on: sources, sub-tasks, labels, and whether it ever gave reasons."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from emollm_plugin.checkpoints.card import CARD, FORM, card, card_text, write_card
from emollm_plugin.checkpoints.folders import read_folder
from emollm_plugin.checkpoints.notes import gives_reasons, learned_from, reasoned, sub_tasks, trained_on
from emollm_plugin.cli.commands import main


def record(key, *answers, **more):
    turns = [{"from": who, "value": text} for answer in answers for who, text in (("human", "Which?"), ("gpt", answer))]
    return {"id": key, "conversations": turns, **more}


MINI = [record(f"mini/train-emo_c-{n}/emo_c", label) for n, label in enumerate(("sadness", "happiness", "sadness"))]
MINI += [record("mini/train-hate-1/hate", "Yes"), record("mini/train-hate-2/hate", "No")]
EMOSET = [record("emoset/a/b~2/emo_c", "Scene: a park. This points to awe.\nAnswer: awe")]
OWN = [record("1", "blue"), record("2", "red", "green."), record("3/x", "red")]


def noted(records):
    return {"emollm_training": json.loads(json.dumps(learned_from(records, "train.json")))}


def test_ids_of_emobench_tell_sources_and_sub_tasks():
    config = noted(EMOSET + MINI)
    assert config["emollm_training"]["sources"] == {"mini": 5, "emoset": 1}
    assert sub_tasks(config) == {"emo_c": ["happiness", "sadness"], "hate": ["No", "Yes"]}
    assert trained_on(config) == "EmoBench-mini (rendered drawings), EmoSet-118K, 6 records"
    # The data set's own labels in its own order, whichever of them occurred.
    assert len(config["emollm_training"]["labels"]["emoset"]["emo_c"]) == 8


def test_records_of_ones_own_have_their_answers_for_labels_where_they_are_some():
    assert sub_tasks(noted(OWN)) == {"own": ["blue", "green", "red"]}
    assert trained_on(noted(OWN)) == "train.json, 3 records"
    sentences = [record(str(n), f"A man number {n} who looks out of his window into the rain") for n in range(5)]
    assert sub_tasks(noted(OWN + sentences)) == {"own": []}
    assert sub_tasks(noted([record(str(n), f"word{n}") for n in range(500)])) == {"own": []}


@pytest.mark.parametrize(
    ("answer", "reasons"),
    [
        ("joy", False),
        ("very much of joy", False),
        ("Answer: joy", False),
        ("A smile is seen here.\nAnswer: joy", True),
        ("She smiles because her friend has come back to her at last", True),
    ],
)
def test_reasons_are_told_from_bare_answers(answer, reasons):
    assert gives_reasons(noted([record("1", answer)])) is reasons


def test_which_sub_tasks_have_reasons_and_of_which_form():
    records = [
        record("mini/1/humor", "Words: large\nPicture: small\nClash: yes\nAnswer: Yes"),
        record("mini/2/emo_c", "A smile is seen here.\nAnswer: joy"),
        record("mini/3/intent", "Greet"),
    ]
    assert reasoned(noted(records)) == {"humor": "steps", "emo_c": "guided"}
    assert reasoned({}) is None and reasoned({"emollm_training": {"reasoned": {"emo_c": "x"}}}) == {}


def test_a_checkpoint_of_before_and_a_foreign_note_are_unknown():
    for config in (
        {},
        {"emollm_training": []},
        {"emollm_training": {"sources": 5, "labels": [], "reasons": "x"}},
        {"emollm_training": {"sources": {"mini": 1}, "labels": {"mini": {"emo_c": "x"}}}},
    ):
        assert gives_reasons(config) is None
        assert sub_tasks(config) in ({}, {"emo_c": []})
    assert trained_on({}) is None


@pytest.mark.host
def test_training_notes_it_and_leaves_a_card_in_place_of_pefts_form(tiny, train_arguments, tmp_path):
    from emollm_plugin.__main__ import main as run

    out = tmp_path / "llava-out"
    records = [{**one, "id": f"mini/{one['id']}/emo_c"} for one in json.loads((tiny.data / "train.json").read_text())]
    (tmp_path / "train.json").write_text(json.dumps(records))
    words = train_arguments(output_dir=out, max_steps=1, lora_enable=True, lora_r=4, data_path=tmp_path / "train.json")
    assert run(["llava.train.train", *words]) == 0
    config = json.loads((out / "config.json").read_text())
    assert sub_tasks(config) == {"emo_c": ["joy", "sadness"]} and gives_reasons(config) is False
    text = (out / CARD).read_text()
    assert "- trained on: EmoBench-mini (rendered drawings), 16 records" in text
    assert "- sub-tasks and labels: emo_c: joy, sadness" in text and "- gives reasons: no" in text
    assert FORM not in text and str(tmp_path) not in text and str(tiny.root) not in text
    report = CliRunner().invoke(main, ["inspect", str(out)]).output
    assert "trained on: EmoBench-mini (rendered drawings), 16 records" in report


def test_a_card_names_the_sub_tasks_that_reasons_are_for():
    noted = {"sources": {"mini": 2}, "labels": {"mini": {"emo_c": ["joy"], "hate": []}}, "reasons": 1}
    for tasks, said in (
        ({}, "yes"),
        ({"hate": "steps"}, "for hate; for the others answers alone"),
        ({"hate": "steps", "emo_c": "guided"}, "yes"),
    ):
        assert f"- gives reasons: {said}\n" in card_text({"emollm_training": noted | {"reasoned": tasks}}, None, "", parts={})


def test_a_card_gives_the_sources_of_what_it_says_as_the_page_on_responsible_use_does():
    said = card_text({}, None, "", parts={})
    page = (Path(__file__).parents[3] / "docs/responsible-use.md").read_text(encoding="utf-8")
    given = dict(re.findall(r"\[([^\]]+)\]\((https://[^)]+)\)", said))
    assert [*given] == ["Barrett et al. 2019", "Regulation (EU) 2024/1689", "recital 44"]
    assert not [address for address in given.values() if f"]({address})" not in page]


def test_a_users_own_card_is_left_alone_and_a_foreign_folder_gets_none(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llava_llama", "mm_vision_tower": "/home/u/clip"}))
    (tmp_path / CARD).write_text("# Mine\n")
    write_card(tmp_path)
    assert (tmp_path / CARD).read_text() == "# Mine\n"
    (tmp_path / CARD).write_text(f"---\nbase_model: /home/u/base\n---\n{FORM}")
    write_card(tmp_path)
    assert (tmp_path / CARD).read_text() == card(read_folder(tmp_path)) and "/home" not in (tmp_path / CARD).read_text()
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    write_card(tmp_path)
    assert not list(tmp_path.iterdir())
