"""Each question with each stimulus, and nothing else changed."""

import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emobench_data.cli.commands import main
from emobench_data.export.stimuli import read_stimuli, write_stimulated
from emobench_data.schema.questions import read_questions

from ..make import read_lines, write_lines
from ..scoring.test_scoring import FEELINGS, gold

ASKED = [
    {"question_id": "q0", "image": "a.jpg", "text": "Which?", "form": "guided", "options": FEELINGS},
    {"question_id": "q1", "text": "And\nthis?", "options": FEELINGS},
]


@pytest.fixture
def files(tmp_path):
    stimuli = tmp_path / "stimuli.txt"
    stimuli.write_text("up\tGo <image>  on.\n\nlow-1 Well ...\n")
    return write_lines(tmp_path / "q.jsonl", ASKED), stimuli, tmp_path / "out"


def test_every_question_is_asked_with_every_stimulus(files):
    assert write_stimulated(*files) == ["plain", "up", "low-1"]
    assert (files[2] / "plain/questions.jsonl").read_bytes() == files[0].read_bytes()
    for name, before in (("up", "Go [image] on."), ("low-1", "Well ...")):
        found = read_lines(files[2] / name / "questions.jsonl")
        assert found == [one | {"text": f"{before}\n{one['text']}", "stimulus": before} for one in ASKED]


def test_a_stimulus_may_stand_after_the_question(files):
    """And the question proper is the same, so that runs are compared."""
    assert write_stimulated(*files, place="after") == ["plain", "up", "low-1"]
    found = read_lines(files[2] / "up" / "questions.jsonl")
    assert [one["text"] for one in found] == ["Which?\nGo [image] on.", "And\nthis?\nGo [image] on."]
    assert [one.plain for one in read_questions(files[2] / "up" / "questions.jsonl")] == ["Which?", "And\nthis?"]


def test_scores_stand_side_by_side_in_the_report(files, tmp_path):
    def run(*arguments):
        done = CliRunner().invoke(main, list(map(str, arguments)))
        assert done.exit_code == 0, done.output
        return done.output

    flags = "--questions", files[0], "--stimuli", files[1], "--out", files[2]
    names = run("stimuli", *flags).split()
    golds = write_lines(tmp_path / "g.jsonl", [gold(0, "emo_c", "happy"), gold(1, "emo_c", "sad")])
    for name, closes_with in zip(names, ("sad", "happy", "sad")):
        folder = files[2] / name
        answers = [{"question_id": "q0", "text": f"So.\nAnswer: {closes_with}"}, {"question_id": "q1", "text": "sad"}]
        own = "--questions", folder / "questions.jsonl", "--gold", golds
        run("score", *own, "--predictions", write_lines(folder / "answers.jsonl", answers), "--out", folder / "results.json")
    run("report", *(files[2] / name for name in names), "--out", tmp_path / "report")
    table = (tmp_path / "report/report.md").read_text()
    assert "| Emo-C | 2 | 0 | 1 | +50.0 |" in table and "| Emo-C | 2 | 0 | 0 | +0.0 |" in table
    assert table.count("## Accuracy") == 1 and "left out" not in table
    assert "| Emo-C | 2 | 50.0 | 100.0 | +50.0 | +100.0 % | 1 |" in table
    assert "| Emo-C | 2 | 50.0 | 50.0 | +0.0 | +0.0 % | 1 |" in table
    assert "Stimuli" in (tmp_path / "report/report.html").read_text()


def test_a_stimulus_that_its_question_does_not_begin_with(tmp_path):
    path = write_lines(tmp_path / "q.jsonl", [ASKED[0] | {"stimulus": "Go on."}])
    with pytest.raises(InputError, match="q.jsonl, line 1: neither the first nor the last line of its text is its stimulus"):
        read_questions(path)


@pytest.mark.parametrize(
    "text", ["", "\n", "alone\n", "plain Text.\n", "a One.\na Two.\n", "../x Text.\n", "a/b Text.\n", "é Text.\n"]
)
def test_what_is_no_list_of_stimuli(files, text):
    files[1].write_text(text)
    with pytest.raises(InputError, match="stimuli.txt"):
        read_stimuli(files[1])
    with pytest.raises(InputError):
        write_stimulated(*files)
    assert not files[2].exists()
