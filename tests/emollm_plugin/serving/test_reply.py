"""`emollm reply`: a dialogue is asked as its records are trained, and its steps are read off."""

import json

import pytest
from click.testing import CliRunner

from emobench_data.export.llava import show
from emobench_data.io.errors import InputError
from emobench_data.rationale.steps import steps_of
from emobench_data.schema.beyond.support import so_far
from emobench_data.schema.records import Record
from emobench_data.schema.steps import written
from emollm_plugin.cli.commands import main
from emollm_plugin.serving.reply import NO_STEPS, UNREADABLE, Dialogue, read_dialogue, reply, turns_of

from .test_ask import noting

TURNS = [("Speaker", "I lost my job."), ("Listener", "Oh no."), ("Speaker", "Yes."), ("Speaker", "Today.")]
SAID = "Feeling: sadness\nStrategy: question\nAnswer: What happened, if I may ask?"


def in_steps(text="", **more):
    attributes = {"emotion": "sadness", "strategy": "question"}
    return Record("esconv", "1", "reply", (), "What happened, if I may ask?", text=text, attributes=attributes, **more)


def test_turns_that_are_typed_alternate_and_end_with_the_speaker():
    assert turns_of(["a", "b", "c"]) == [("Speaker", "a"), ("Listener", "b"), ("Speaker", "c")]
    assert turns_of(["a", "b"])[0] == ("Listener", "a")
    with pytest.raises(InputError, match="a turn is empty"):
        turns_of(["a", " "])


def test_a_dialogue_is_read_from_text_and_from_json_lines(tmp_path):
    file = tmp_path / "talk.txt"
    file.write_text("Speaker: I lost my job.\n\nlistener: Oh no.\n", encoding="utf-8-sig")
    assert read_dialogue(file) == Dialogue(TURNS[:2])
    lines = tmp_path / "talk.jsonl"
    rows = [{"role": "speaker", "text": "So."}, {"role": "speaker", "text": "", "video": "a.mp4"}]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_dialogue(lines) == Dialogue([("Speaker", "So.")], tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "", "holds no turn"),
        ("a.txt", "Speaker: So.\nWell", "line 2: expected 'Speaker"),
        ("a.txt", "Nurse: So.", "line 1: expected 'Speaker"),
        ("a.jsonl", '{"role": "nurse", "text": "a"}', "line 1: expected role"),
        ("a.jsonl", '{"role": "speaker", "text": " "}', "line 1: the turn is empty"),
        ("a.jsonl", '{"role": "speaker", "text": "a", "image": "a", "video": "b"}', "at most one of image, video"),
        (
            "a.jsonl",
            '{"role": "speaker", "text": "a", "image": "a"}\n{"role": "speaker", "text": "b"}',
            "line 2: only the last",
        ),
    ],
)
def test_a_dialogue_of_another_form_is_one_clear_error(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said):
        read_dialogue(tmp_path / name)


@pytest.fixture
def predictor(checkpoint):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(checkpoint))


@pytest.fixture
def heard(predictor, monkeypatch):
    """The texts of the questions that are asked; each is answered by `SAID`."""
    texts, keep = [], predictor.prompter.question_ids
    monkeypatch.setattr(predictor.prompter, "question_ids", lambda text, **how: texts.append(text) or keep(text, **how))
    monkeypatch.setattr(predictor, "answer_batch", lambda rows, *, max_new_tokens: [SAID] * len(rows))
    return texts


@pytest.mark.host
def test_it_asks_in_the_form_that_was_trained_and_reads_the_steps(predictor, heard):
    predictor.model.config.emollm_training = noting(("esconv/1/reply", SAID))
    report = reply(predictor, Dialogue(TURNS), situation="A bad week.")
    record = in_steps(so_far(TURNS, situation="A bad week."))
    assert heard == [show(record, (), training=False, form="steps").prompt]
    assert f"{written(steps_of(record))}\nAnswer: {record.answer}" == SAID
    assert (report["emotion"], report["strategy"]) == ("sadness", "question")
    assert report["reply"] == "What happened, if I may ask?" and report["note"] == ""


@pytest.mark.host
def test_one_that_learned_replies_alone_is_asked_for_one(predictor, heard, monkeypatch):
    predictor.model.config.emollm_training = noting(("empathetic_dialogues/1/reply", "I see."))
    monkeypatch.setattr(predictor, "answer_batch", lambda *_, **__: ["I see, that is hard."])
    report = reply(predictor, Dialogue(TURNS))
    assert "Answer with the reply only.\nDialogue:\n" in heard[0] and "Feeling" not in heard[0]
    assert (report["reply"], report["emotion"], report["note"]) == ("I see, that is hard.", "", NO_STEPS)


@pytest.mark.host
def test_words_without_steps_are_a_reply_with_a_note(predictor, heard, monkeypatch):
    monkeypatch.setattr(predictor, "answer_batch", lambda *_, **__: ["Oh dear."])
    report = reply(predictor, Dialogue(TURNS))
    assert (report["reply"], report["note"]) == ("Oh dear.", UNREADABLE)


@pytest.mark.host
def test_a_picture_of_who_speaks_goes_before_the_dialogue(predictor, heard, asked):
    reply(predictor, Dialogue(TURNS, asked / "images" / "0.png"))
    assert heard[0].startswith("Dialogue:\nSpeaker: I lost my job.\nListener: Oh no.\nSpeaker: Yes. Today.\n")


@pytest.mark.host
def test_the_command_prints_what_the_tiny_model_says(checkpoint, tmp_path):
    done = CliRunner().invoke(main, ["reply", str(checkpoint), "I lost my job.", "--json"])
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert set(report) == {"emotion", "strategy", "steps", "reply", "note", "trained_on"}
    for arguments in (["a", "--dialogue", "b.txt"], []):
        assert CliRunner().invoke(main, ["reply", str(checkpoint), *arguments]).exit_code == 2
