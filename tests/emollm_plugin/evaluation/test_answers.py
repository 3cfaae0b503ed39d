"""The answer file: what it takes over, and that a file which is none of this run's stays as it is."""

import json

import pytest

from emobench_data.io.errors import InputError
from emobench_data.schema.questions import Question
from emollm_plugin.evaluation.answers import Answers

ASKED = [Question(index, "Which?") for index in range(3)]


@pytest.fixture
def open_answers(tmp_path):
    return lambda run="r": Answers(tmp_path / "answers.jsonl", ASKED, model_id="m", run=run)


def ids(path):
    return [json.loads(line)["question_id"] for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kept", [1, 5, 40, -1])
def test_an_answer_that_was_cut_off_is_given_again(open_answers, tmp_path, kept):
    file = open_answers()
    file.add(ASKED[2], "joy")
    file.add(ASKED[0], "joy")
    file.close()
    path = tmp_path / "answers.jsonl"
    whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(whole + last[:kept])
    file = open_answers()
    assert file.done == {2}
    file.add(ASKED[1], "joy")
    file.add(ASKED[0], "joy")
    file.close()
    assert ids(path) == [0, 1, 2]


@pytest.mark.parametrize(
    "content",
    [
        b'[{"id": 1}]',
        b"notes",
        b"notes\nmore",
        b'{"question_id":0,"text":"Which?"}',
        b"\xe9\xff\n",
        b"{}\n{}",
        b'{"question_id":0,"text":"Which?"}\n{"question_id":1,"te',
    ],
)
def test_a_file_of_something_else_stays_as_it_is(open_answers, tmp_path, content):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="answers.jsonl"):
        open_answers()
    assert path.read_bytes() == content


def test_one_process_writes_at_a_time(open_answers, tmp_path):
    first = open_answers()
    first.add(ASKED[0], "joy")
    with pytest.raises(InputError, match="answers.jsonl: another process writes to it"):
        open_answers()
    for question in ASKED[1:]:
        first.add(question, "joy")
    first.close()
    assert ids(tmp_path / "answers.jsonl") == [0, 1, 2]
    again = open_answers()
    assert again.done == {0, 1, 2}
    again.close()


def test_answers_of_another_run_stay_as_they_are(open_answers, tmp_path):
    file = open_answers()
    file.add(ASKED[0], "joy")
    file.close()
    path = tmp_path / "answers.jsonl"
    path.write_bytes(path.read_bytes() + b'{"question_id":1,"pro')
    before = path.read_bytes()
    with pytest.raises(InputError, match="another run"):
        open_answers("other")
    assert path.read_bytes() == before
    path.write_bytes(before.splitlines(keepends=True)[0] * 2)
    with pytest.raises(InputError, match="answered twice"):
        open_answers()


def test_without_an_answer_there_is_no_file(open_answers, tmp_path):
    open_answers().close()
    assert not (tmp_path / "answers.jsonl").exists()
    Answers(tmp_path / "empty.jsonl", [], model_id="m", run="r").close()
    assert (tmp_path / "empty.jsonl").read_bytes() == b""


def test_a_folder_is_no_answer_file(tmp_path):
    with pytest.raises(InputError, match="no plain file"):
        Answers(tmp_path, ASKED, model_id="m", run="r")
