"""Guided answers: the closing line alone counts."""

import pytest

from emobench_data import InputError

from ..make import write_lines
from .test_scoring import Case, closed, gold


def guided(folder, *answers):
    """Questions that ask for reasons, with gold `answers`."""
    case = closed(folder, *answers)
    lines = [{"question_id": entry["question_id"], "text": "?", "form": "guided"} for entry in case.entries]
    write_lines(case.questions, lines)
    return case


@pytest.mark.parametrize(
    ("answer", "guess"),
    [
        ("A smile.\nAnswer: happy", "happy"),
        ("A smile, which is not sad and no fear.\nAnswer: A", "(unparsed)"),  # no letters are shown
        ("A smile, so happy.\nAnswer: sad", "sad"),
        ("happy", "(unparsed)"),  # no closing
        ("It is happy. A smile.", "(unparsed)"),  # a label in the reasons only
        ("It is happy.\nAnswer: unsure", "(unparsed)"),
        ("Answer: sad\nAnswer: happy", "(unparsed)"),  # two closings
        ("Answer: happy\nor perhaps sad", "(unparsed)"),  # it goes on
        ("A smile.\nAnswer: happy or sad", "(ambiguous)"),
    ],
)
def test_a_guided_answer_counts_by_its_closing_line_alone(tmp_path, answer, guess):
    figures = guided(tmp_path, "happy").score(answer)["tasks"]["emo_c"]
    assert figures["confusion"] == {"happy": {guess: 1}}


def test_reasons_that_name_every_word_gain_nothing_in_an_open_set(tmp_path):
    case = Case(tmp_path, [gold(0, "emo_o", "joy", references=["joy", "glee"])])
    write_lines(case.questions, [{"question_id": "q0", "text": "?", "form": "guided"}])
    assert case.score("joy and glee, full of joy")["overall"] == 0
    assert case.score("A smile.\nAnswer: glee")["overall"] == 1


def test_a_form_that_nobody_knows_is_refused(tmp_path):
    case = closed(tmp_path, "happy")
    write_lines(case.questions, [{"question_id": "q0", "text": "?", "form": "free"}])
    with pytest.raises(InputError, match="questions.jsonl, line 1: unknown form 'free'"):
        case.score("happy")
