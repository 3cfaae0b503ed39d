"""Question files of both forms, and answer files made one."""

import json
from itertools import chain

import pytest
from click.testing import CliRunner

from emobench_data.cli.commands import main
from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import read_training
from emobench_data.schema import questions
from emobench_data.schema.medium import Medium
from emobench_data.schema.questions import Question, answer_tokens, chunk, merge_answers, read_questions, write_science
from emobench_data.schema.tasks import get_task

ROWS = [
    {"question_id": "a", "image": "1.png", "text": "Which?", "options": ["joy", "fear"]},
    {"question_id": "b", "text": "Say\nmore."},
    {"question_id": 3, "image": "2.png", "text": "Why?", "form": "guided"},
]


@pytest.fixture
def write(tmp_path):
    def build(name, rows):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return build


def answers(*ids):
    return [{"question_id": key, "text": f"answer {key}"} for key in ids]


def test_both_forms_say_the_same(write, tmp_path):
    asked = read_questions(write("questions.jsonl", ROWS))
    assert asked[0] == Question("a", "Which?", (Medium("image", "1.png"),), ("joy", "fear"), line=1)
    assert asked[1].image is None
    write_science(asked, tmp_path / "science.json")
    again = read_questions(tmp_path / "science.json")
    parts = [[(one.id, one.image, one.text, one.form) for one in each] for each in (asked, again)]
    assert parts[0] == parts[1] and [one.form for one in again] == ["direct", "direct", "guided"]
    first = json.loads((tmp_path / "science.json").read_text())[0]
    assert first["conversations"][0] == {"from": "human", "value": "<image>\nWhich?"}


def test_who_shows_pictures_and_clips_refuses_other_media(write, monkeypatch):
    monkeypatch.setattr(questions, "placeholders", lambda: {"image": "<image>", "audio": "<audio>"})
    path = write("questions.jsonl", [ROWS[0], {**ROWS[1], "image": "1.png", "audio": "1.wav"}])
    assert [one.kind for one in read_questions(path)[1].media] == ["image", "audio"]
    with pytest.raises(InputError, match="line 2: is about a medium of kind audio"):
        questions.read_visual(path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no question"),
        ([{"question_id": 1}], "line 1"),
        ([ROWS[0], ROWS[0]], "line 2: question_id 'a' occurs twice, first in line 1"),
        ([ROWS[2], {**ROWS[2], "question_id": "3"}], "line 2: question_id '3' occurs twice"),
        ([{**ROWS[0], "video": "1.mp4"}], "has an image and a video; a question has one of them"),
        ([{**ROWS[0], "options": "joy"}], "different words"),
        ([{**ROWS[0], "image": 4}], "image folder"),
        ([{**ROWS[0], "options": ["joy", "joy"]}], "different words"),
        ([{**ROWS[0], "answer_id": "x"}], "an answer"),
        ([{**ROWS[0], "form": "free"}], "line 1: unknown form"),
    ],
)
def test_questions_that_cannot_be_asked(write, rows, said):
    with pytest.raises(InputError, match=said):
        read_questions(write("questions.jsonl", rows))


@pytest.mark.parametrize("chunks", [1, 2, 3, 4, 7])
def test_chunks_hold_every_item_once_and_are_cut_as_llava_cuts_them(chunks):
    items = list(range(5))
    parts = [chunk(items, chunks, index) for index in range(chunks)]
    assert [*chain.from_iterable(parts)] == items
    size = -(-len(items) // chunks)
    assert [part for part in parts if part] == [items[start : start + size] for start in range(0, len(items), size)]
    with pytest.raises(InputError, match="chunk-idx"):
        chunk(items, chunks, chunks)


def test_merged_answers_stand_in_the_questions_order(write, tmp_path):
    parts = [write("0.jsonl", answers(3)), write("1.jsonl", answers("b", "a")), write("2.jsonl", [])]
    command = ["merge", *map(str, parts), "--questions", str(write("questions.jsonl", ROWS)), "--out"]
    done = CliRunner().invoke(main, [*command, str(tmp_path / "all.jsonl")])
    assert done.exit_code == 0 and "3 answers" in done.output
    merged = [json.loads(line)["question_id"] for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert merged == ["a", "b", 3]


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (("a", "b"), "not answered: 3"),
        (("a", "b", 3, "a"), "answered twice: 'a'"),
        (("a", "b", 3, "c"), "not asked: 'c'"),
        (("a", "b", "3"), "not asked: '3'"),
    ],
)
def test_answers_that_are_missing_doubled_or_unknown_are_named(write, tmp_path, ids, said):
    part, questions = write("part.jsonl", answers(*ids)), write("questions.jsonl", ROWS)
    with pytest.raises(InputError, match=said):
        merge_answers(questions, [part], tmp_path / "all.jsonl")
    assert not (tmp_path / "all.jsonl").exists()


def test_a_question_about_a_clip(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question_id": 1, "text": "Joy?", "video": "a.mp4"}')
    (question,) = read_questions(file)
    assert (question.medium, question.video, question.image, question.line) == ("a.mp4", "a.mp4", None, 1)
    with pytest.raises(InputError, match="question 1 is about a clip"):
        write_science([question], tmp_path / "science.json")
    file.write_text('{"question_id": 1, "text": "Joy?", "video": "a.mp4", "image": "a.png"}')
    with pytest.raises(InputError, match="line 1: has an image and a video"):
        read_questions(file)


def test_a_byte_order_mark_does_not_count_in_questions_and_is_named_in_training_json(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text('\ufeff{"question_id": 1, "text": "a"}\n', encoding="utf-8")
    assert [one.text for one in read_questions(path)] == ["a"]
    (tmp_path / "train.json").write_text("\ufeff[]", encoding="utf-8")
    with pytest.raises(InputError, match="begins with a byte order mark"):
        read_training(tmp_path / "train.json")


def test_the_room_of_answers_follows_from_form_and_task():
    def room(*keys, form="direct"):
        return answer_tokens([Question(key, text="?", form=form) for key in keys])

    assert room(1, "mini/1/hate", "own/nothing") == 16
    assert room("mini/1/hate", "esconv/1/reply") == get_task("reply").type.limit > 16
    assert room("mini/1/hate", form="steps") == 192 and room("esconv/1/reply", form="steps") == 192
