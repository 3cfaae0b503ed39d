"""Texts alone train in LLaVA's own trainer: dialogues of any order, numbers and sets, in one run."""

import json

import pytest

from emobench_data.export.llava import show, training_entry
from emobench_data.rationale.steps import steps_of
from emobench_data.schema.beyond.support import so_far
from emobench_data.schema.records import Record
from emobench_data.schema.steps import written
from emobench_data.sources.esconv import STRATEGIES

from ..trainings import finish

# The listener begins, and the speaker says two things in a row.
TURNS = [
    ("Listener", "Hello."),
    ("Speaker", "I lost my job."),
    ("Speaker", "Today."),
    ("Listener", "Oh no."),
    ("Speaker", "Yes."),
]


def records():
    for number in range(8):
        text, item = so_far(TURNS[: 1 + number % 5], situation=f"A bad day, number {number}."), str(number)
        attributes = {"emotion": "sadness", "strategy": STRATEGIES[number]}
        yield Record("esconv", item, "strategy", (), STRATEGIES[number], options=STRATEGIES, text=text)
        yield Record("esconv", item, "reply", (), f"What is it, {number}?", text=text, attributes=attributes)
        yield Record("emobank", item, "emobank_valence", (), 1 + number / 2, text=f'Text: "Number {number}."')
        yield Record("goemotions", item, "e_c", (), ("joy", "love")[: number % 3], options=("joy", "love"), text="Comment: so")


@pytest.fixture
def texts(tmp_path):
    entries = []
    for one in records():
        reasons = written(steps_of(one)) if one.task == "reply" else ""
        entries.append(training_entry(show(one, (), training=True, form="steps" if reasons else "direct"), reasons))
    (tmp_path / "texts.json").write_text(json.dumps(entries))
    return tmp_path / "texts.json"


def test_a_dialogue_that_does_not_alternate_is_one_question_and_one_answer(texts):
    entries = json.loads(texts.read_text())
    assert len(entries) == 32 and all([turn["from"] for turn in one["conversations"]] == ["human", "gpt"] for one in entries)
    reply = next(one for one in entries if one["id"] == "esconv/4/reply")
    asked, said = (turn["value"] for turn in reply["conversations"])
    lines = asked.split("Dialogue:\n")[1].split("\n")[:4]
    assert lines == ["Listener: Hello.", "Speaker: I lost my job. Today.", "Listener: Oh no.", "Speaker: Yes."]
    assert said == "Feeling: sadness\nStrategy: affirmation and reassurance\nAnswer: What is it, 4?"


@pytest.mark.host
@pytest.mark.parametrize("grouped", ["group_by_modality_length", "group_by_question"])
def test_texts_of_all_kinds_train(grouped, texts, train_arguments, tmp_path):
    arguments = {"data_path": texts, "max_steps": 8, "model_max_length": 1024, grouped: True}
    done = finish(train_arguments(**arguments), out=tmp_path / "llava-out")
    losses = [loss for _, loss in done.curve()]
    assert len(losses) == 8 and losses[-1] < losses[0]
    assert any("mm_projector." in name for name in done.parameters("trained")), "it takes part in every step"
