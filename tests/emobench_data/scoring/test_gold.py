"""Gold files: what a line needs, and that a faulty one is named."""

from itertools import product
from pathlib import Path

import pytest

from emobench_data import InputError
from emobench_data.schema.questions import Question
from emobench_data.schema.types import TYPES
from emobench_data.scoring import score, score_general
from emobench_data.scoring.gold import _gold
from emobench_data.scoring.table import score_table

from ..make import write_lines
from .test_scoring import Case, closed, gold


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "mood"},
        {"task": []},
        {"answer": None},
        {"references": ["sad"]},
        {"references": "happy"},
        {"options": ["sad"]},
    ],
)
def test_bad_gold(tmp_path, changes):
    with pytest.raises(InputError, match="gold.jsonl, line 1"):
        Case(tmp_path, [gold(0, "emo_c", "happy") | changes]).score("happy")


ODD = [None, 1, 2.5, True, "", "joy", "1", [], [1, 2, 3], ["joy", "fear"], ["joy", None], [["joy"]], {}, {"a": 1}, 10**18]


@pytest.mark.parametrize("name", list(TYPES))
def test_whatever_a_line_holds_is_gold_or_a_fault_in_one_line(name):
    asked = Question("0", "Which?")
    for answer, references, options in product(ODD, [*ODD, "absent"], ODD):
        line = {"type": name, "answer": answer, "options": options}
        line |= {} if references == "absent" else {"references": references}
        try:
            gold_of = _gold(Path("gold.jsonl"), 1, line, asked)
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert isinstance(gold_of.references, frozenset)


def test_a_reply_may_have_its_reference_as_a_text(tmp_path):
    reply = "I am here for you today"
    entry = {"question_id": 1, "type": "response", "answer": reply}
    figures = [
        Case(tmp_path, [entry | more]).score(reply)["families"]["response"]["own"]
        for more in ({}, {"references": reply}, {"references": [reply]})
    ]
    assert figures[0] == figures[1] == figures[2] and figures[0]["rouge_l"] == 1


def test_one_is_not_true(tmp_path):
    common = {"type": "number:low=0,high=4"}
    entries = [{"question_id": 0, "answer": 1, **common}, {"question_id": 1, "answer": True, **common}]
    with pytest.raises(InputError, match="gold.jsonl, line 2"):
        Case(tmp_path, entries).score("1", "1")


def test_references_under_their_name_of_before(tmp_path):
    entry = gold(0, "emo_c", "happy", references=["happy", "sad"])
    case = Case(tmp_path, [entry])
    scored = case.score("sad")
    entry["accepted"] = entry.pop("references")
    assert Case(tmp_path, [entry]).score("sad") == scored and scored["overall"] == 1


def test_whole_number_ids(tmp_path):
    case = Case(tmp_path, [gold(0, "hate", "Yes", question_id=840006160660983809)])
    assert case.score("Yes")["overall"] == 1


def test_questions_of_ones_own_need_an_answer_and_options(tmp_path):
    """They needed a task of ours; now they have a sub-task of their own, which is no part of the overall."""
    entries = [{"question_id": i, "answer": "calm", "options": ["calm", "tense"]} for i in range(4)]
    entries += [{"question_id": 9, "answer": "No", "options": ["no", "Yes"]}]
    result = Case(tmp_path, entries).score("calm", "It is tense.", "B", "bored", "There is no doubt")
    figures = result["tasks"]["own"]
    assert (figures["n"], figures["accuracy"], figures["unparsed"]) == (5, 0.2, 3)
    assert result["overall"] is result["overall_interval"] is result["overall_majority"] is None
    lines = score_table(result).splitlines()
    assert len(lines) == 2 and lines[1].split()[:3] == ["own", "5", "20.0"]
    with_ours = Case(tmp_path, [*entries, gold(10, "hate", "Yes")]).score(*["calm"] * 5, "Yes")
    assert with_ours["overall"] == 1 and list(with_ours["tasks"]) == ["hate", "own"]


def test_the_options_may_stand_with_the_question(tmp_path):
    case = Case(tmp_path, [{"question_id": "q", "answer": "calm"}])
    write_lines(case.questions, [{"question_id": "q", "text": "?", "options": ["calm", "tense"]}])
    assert case.score("Calm.")["tasks"]["own"]["accuracy"] == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"answer": "x"}, "no options, here or with the question; .*--general NAME"),
        (
            {"answer": "x", "task": "emoc"},
            "unknown sub-task 'emoc'; known: emo_c, emo_o, intent, hate, .*; leave",
        ),
        ({"answer": "x", "options": ["y", "z"]}, "the answer 'x' is not among the options"),
        ({"answer": "x", "options": ["x", "X."]}, "two of the options"),
        ({"answer": "maybe", "task": "hate"}, "the answer 'maybe' is not among the options"),
        ({"answer": 3, "options": ["x"]}, "not a gold answer; it needs a string under 'answer'"),
    ],
)
def test_what_is_wrong_with_a_gold_line_is_said(tmp_path, line, said):
    with pytest.raises(InputError, match=f"gold.jsonl, line 1: {said}"):
        Case(tmp_path, [{"question_id": "q", **line}]).score("x")


def test_paths_may_be_text(tmp_path):
    case = closed(tmp_path, "happy")
    answers = write_lines(tmp_path / "a.jsonl", [{"question_id": "q0", "text": "happy"}])
    assert score(str(case.questions), str(case.gold), str(answers))["overall"] == 1
    general = score_general("x", str(case.questions), str(case.gold), str(answers))
    assert general["general"]["x"]["accuracy"] == 1
