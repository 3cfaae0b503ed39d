"""Figures by source, intervals, baselines, open sets, calibration and general ability; and the bugs of others."""

import subprocess
import sys
from importlib.resources import files
from random import Random

import numpy as np
import orjson
import pytest

from emobench_data import InputError
from emobench_data.schema.wheel import load_wheel
from emobench_data.scoring import score, score_general
from emobench_data.scoring.table import score_table
from emobench_data.sources import all_sources

from ..make import write_lines
from .test_scoring import FEELINGS, Case, closed, gold


def test_figures_by_source(tmp_path):
    entries = [gold(i, "emo_c", "happy", source="a" if i < 3 else "b") for i in range(4)]
    figures = Case(tmp_path, entries).score("happy", "happy", "sad", "sad")["tasks"]["emo_c"]
    assert {name: (own["accuracy"], own["n"]) for name, own in figures["sources"].items()} == {
        "a": (pytest.approx(2 / 3), 3),
        "b": (0, 1),
    }


def test_the_table_for_a_terminal(tmp_path):
    entries = [gold(i, "emo_c", "happy", source="a" if i < 3 else "b") for i in range(4)] + [gold(4, "hate", "Yes")]
    lines = score_table(Case(tmp_path, entries).score("happy", "happy", "sad", "sad", "Yes")).splitlines()
    assert lines[0].split()[:4] == ["sub-task", "n", "accuracy", "majority"]
    assert [line.split()[:3] for line in lines[1:-1]] == [
        ["emo_c", "4", "50.0"],
        ["a", "3", "66.7"],
        ["b", "1", "0.0"],
        ["hate", "1", "100.0"],
    ]
    total = lines[-1].split()
    assert total[:3] == ["overall", "75.0", "100.0"] and total[3] == "27.6-95.9"


def test_all_right_is_not_certain(tmp_path):
    """Twenty-four of twenty-four, and six sub-tasks of them; the percentile bootstrap said 100.0-100.0 of both."""
    own = closed(tmp_path, *["happy"] * 24).score(*["happy"] * 24)
    figures = own["tasks"]["emo_c"]
    for name in ("interval", "macro_f1_interval", "uar_interval"):
        assert figures[name] == [pytest.approx(0.862, abs=0.001), 1.0], name
    assert own["overall_interval"] == pytest.approx(figures["interval"])
    assert "86.2-100.0" in score_table(own)
    all_wrong = closed(tmp_path, *["happy"] * 24).score(*["sad"] * 24)["tasks"]["emo_c"]
    assert all_wrong["interval"] == [0.0, pytest.approx(0.138, abs=0.001)]


def test_every_interval_says_how_it_was_made(tmp_path):
    entries = [gold(i, "emo_c", "happy", **({"group": f"g{i // 4}"} if i < 12 else {})) for i in range(14)]
    result = Case(tmp_path, entries + [gold(99, "hate", "Yes")]).score(*["happy"] * 12, "sad", "sad", "Yes")
    figures = result["tasks"]["emo_c"]
    assert (figures["interval_unit"], figures["units"]) == ("group", 5) and 2 < figures["effective_n"] < 14
    single = result["tasks"]["hate"]
    assert (single["interval_unit"], single["units"], single["effective_n"]) == ("question", 1, 1)
    assert result["intervals"]["accuracy"].startswith("Wilson") and result["intervals"]["level"] == 0.95


def test_questions_that_hang_together_count_as_fewer(tmp_path):
    """Forty themes of five, each right or wrong as a whole: by question the interval was less than half as wide."""
    entries = [gold(i, "emo_c", "happy", group=f"g{i // 5}") for i in range(200)]
    said = ["happy" if i // 5 % 4 else "sad" for i in range(200)]
    widths = {}
    for name, lines in (("grouped", entries), ("single", [{**entry, "group": ""} for entry in entries])):
        figures = Case(tmp_path, lines).score(*said)["tasks"]["emo_c"]
        widths[name] = {key: np.diff(figures[key])[0] for key in ("interval", "macro_f1_interval", "uar_interval")}
    assert widths["grouped"]["interval"] == pytest.approx(np.sqrt(5) * widths["single"]["interval"], rel=0.08)
    assert widths["grouped"]["uar_interval"] > 1.9 * widths["single"]["uar_interval"]


def test_a_group_is_one_of_its_source(tmp_path):
    entries = [gold(i, "emo_c", "happy", group="g", source=f"s{i}") for i in range(6)]
    assert Case(tmp_path, entries).score(*["happy"] * 6)["tasks"]["emo_c"]["units"] == 6
    with pytest.raises(InputError, match="line 1: the group 3 is no string"):
        Case(tmp_path, [gold(0, "emo_c", "happy", group=3)]).score("happy")


def test_two_sub_tasks_about_the_same_items_are_no_surer_than_one(tmp_path):
    widths = {}
    for name, item in (("same", "s/{}/{}"), ("apart", "s/{}-{}/x")):
        entries = [gold(0, task, "Yes", question_id=item.format(i, task)) for i in range(60) for task in ("hate", "humor")]
        found = Case(tmp_path, entries).score(*["Yes" if i // 2 % 3 else "No" for i in range(120)])
        widths[name] = np.diff(found["overall_interval"])[0]
        assert widths[name] > 0.8 * np.diff(found["tasks"]["hate"]["interval"])[0] / np.sqrt(2)
    assert widths["same"] == pytest.approx(np.sqrt(2) * widths["apart"], rel=0.05)


def test_the_overall_interval_is_that_of_the_mean_of_the_sub_tasks(tmp_path):
    """Two sub-tasks of 200 at one half each: the standard error of their mean is 0.5 / sqrt(400)."""
    entries = [gold(i, task, "Yes") for i, task in enumerate(["hate", "humor"] * 200)]
    found = Case(tmp_path, entries).score(*["Yes", "Yes", "No", "No"] * 100)
    low, high = found["overall_interval"]
    assert high - low == pytest.approx(2 * 1.96 * 0.025, rel=0.02) and (low + high) / 2 == pytest.approx(0.5, abs=0.004)


def test_the_interval_does_not_hang_on_other_parts_of_the_file(tmp_path):
    entries = [gold(i, "emo_c", FEELINGS[i % 3]) for i in range(12)]
    answers = ["happy"] * 12
    alone = Case(tmp_path, entries).score(*answers)
    more = Case(tmp_path, [*entries, gold(99, "hate", "Yes")]).score(*answers, "No")
    assert alone["tasks"]["emo_c"] == more["tasks"]["emo_c"]
    assert alone["overall_interval"] == pytest.approx(alone["tasks"]["emo_c"]["interval"])


def test_the_same_answers_have_one_interval(tmp_path):
    """A sub-task of one source: its two rows had two intervals."""
    figures = closed(tmp_path, *FEELINGS * 8).score(*["happy", "sad"] * 12)["tasks"]["emo_c"]
    (source,) = figures["sources"].values()
    for name in ("interval", "macro_f1_interval", "uar_interval"):
        assert source[name] == figures[name]


def test_baselines_count_what_is_accepted(tmp_path):
    entries = [gold(i, "emo_c", answer, references=[answer, "fear"]) for i, answer in enumerate(["happy", "sad"])]
    figures = Case(tmp_path, entries).score("happy", "sad")["tasks"]["emo_c"]
    assert (figures["majority"], figures["random"]) == (1, pytest.approx(2 / 3))
    yes_no = Case(tmp_path, [gold(i, "hate", "No") for i in range(3)]).score("No", "No", "No")["tasks"]["hate"]
    assert (yes_no["majority"], yes_no["random"]) == (1, 0.5)
    named = [gold(i, "emo_o", answer) for i, answer in enumerate(["joy", "joy", "grief", "awe"])]
    opened = Case(tmp_path, named).score("joy", "joy", "joy", "joy")["tasks"]["emo_o"]
    assert (opened["majority"], opened["random"]) == (0.5, pytest.approx(1 / 3))  # of the gold's different answers


def test_ids_of_what_has_no_label(tmp_path):
    result = closed(tmp_path, *["happy"] * 4).score("happy", "bored", "happy or sad", None)
    assert [result[f"{kind}_ids"] for kind in ("unparsed", "ambiguous", "missing")] == [["q1"], ["q2"], ["q3"]]


def test_the_last_word_is_not_the_prediction(tmp_path):
    """Emotion-LLaMA's bug."""
    assert closed(tmp_path, "happy").score("happy, which is the opposite of what I call sad")["overall"] == 0
    assert closed(tmp_path, "sad").score("happy, which is the opposite of what I call sad")["overall"] == 0


def test_no_hit_and_several_hits_are_no_alphabetically_last_label(tmp_path):
    """Emotion-Qwen's bug."""
    figures = closed(tmp_path, "sad", "sad").score("boredom", "sad or happy")["tasks"]["emo_c"]
    assert figures["accuracy"] == 0 and figures["confusion"] == {"sad": {"(ambiguous)": 1, "(unparsed)": 1}}


def test_rows_in_another_order_of_questions_change_nothing(tmp_path):
    """MMAFFBen slices predictions by row number."""
    entries = [gold(i, "emo_c" if i % 2 else "hate", "happy" if i % 2 else "Yes") for i in range(6)]
    case = Case(tmp_path, entries)
    lines = [{"question_id": e["question_id"], "text": e["answer"]} for e in entries]
    assert case.score_lines(lines[::-1])["overall"] == case.score_lines(lines[3:] + lines[:3])["overall"] == 1


def test_the_same_answers_score_the_same_twice(tmp_path):
    """AffectGPT has labels drawn out by a model at temperature 0.7."""
    case = closed(tmp_path, *FEELINGS * 5)
    answers = Random(0).choices(FEELINGS, k=15)
    assert orjson.dumps(case.score(*answers)) == orjson.dumps(case.score(*answers))


def test_open_set_levels(tmp_path):
    entries = [gold(i, "emo_o", "happiness", references=["happiness", "joy"]) for i in range(4)]
    answers = ["joy", "cheerful", "amusement and sadness", "purple"]
    figures = Case(tmp_path, entries).score(*answers)["tasks"]["emo_o"]
    levels = figures["open_set"]["levels"]
    assert figures["accuracy"] == levels["word"]["accuracy"] == 0.25  # the accepted list is what counts
    assert levels["synonym"]["accuracy"] == levels["family"]["accuracy"] == 0.5
    assert levels["word"]["recall"] == 0.125 and levels["synonym"]["recall"] == 0.5
    assert levels["family"]["precision"] == pytest.approx((1 + 1 + 1 / 2) / 4)
    assert levels["family"]["f1"] == pytest.approx((1 + 1 + 2 / 3) / 4)
    assert figures["open_set"]["out_of_vocabulary"] == 0.25
    assert figures["open_set"]["wheel_version"] == load_wheel().version


def test_the_wheel_knows_the_labels_of_every_source():
    labels = {label for source in all_sources().values() for label in source.labels.get("emo_c", ())}
    assert labels - set(load_wheel().emotions) <= {"positive", "negative"}  # valence is no emotion


def test_every_word_of_the_wheel_stands_in_one_place():
    table = orjson.loads(files("emobench_data.schema").joinpath("wheel.json").read_bytes())
    words = [word for family in table["families"].values() for group in family.values() for word in group]
    assert len(words) == len(set(words)) == len(load_wheel().emotions)


def lines_with(*probabilities):
    return [
        {"question_id": f"q{i}", "text": "happy", "metadata": {"probabilities": own}} for i, own in enumerate(probabilities)
    ]


def test_calibration(tmp_path):
    """What is sure is the likeliest label, whatever the text says; the last bin holds 1."""
    case = closed(tmp_path, "happy", "happy", "sad", "sad", "sad")
    shares = [{"happy": 0.9, "sad": 0.1}, {"happy": 0.7, "sad": 0.3}, {"happy": 0.9, "sad": 0.1}, {"sad": 1.0}]
    found = case.score_lines([*lines_with(*shares), {"question_id": "q4", "text": "sad"}])
    sure = found["tasks"]["emo_c"]["calibration"]
    assert sure["n"] == 4 and sure["accuracy"] == 0.75 and sure["confidence"] == pytest.approx(3.5 / 4)
    assert sure["ece"] == pytest.approx((3 * abs(2 / 3 - 2.8 / 3) + abs(1 - 0.7)) / 4)
    assert [(own["from"], own["to"], own["n"]) for own in sure["bins"]] == [(0.7, 0.8, 1), (0.9, 1.0, 3)]
    assert "calibration" not in case.score(*["happy"] * 5)["tasks"]["emo_c"]


@pytest.mark.parametrize("bad", [{}, {"happy": 1.2}, {"happy": -0.1}, {"happy": "1"}, {"happy": 0.8, "sad": 0.8}, []])
def test_bad_probabilities(tmp_path, bad):
    with pytest.raises(InputError, match="line 1: metadata.probabilities"):
        closed(tmp_path, "happy").score_lines(lines_with(bad))


def general(folder, golds, *answers):
    ids = [entry["question_id"] for entry in golds]
    questions = write_lines(folder / "q.jsonl", [{"question_id": i, "text": "?"} for i in ids])
    lines = [{"question_id": i, "text": text} for i, text in zip(ids, answers) if text is not None]
    return score_general("vqa", questions, write_lines(folder / "g.jsonl", golds), write_lines(folder / "a", lines))


def test_general_ability(tmp_path):
    golds = [{"question_id": 1, "answer": "Two"}, {"question_id": 2, "answers": ["a dog", "dog"]}]
    golds += [{"question_id": 3, "answer": "red"}, {"question_id": 4, "answer": "red"}]
    result = general(tmp_path, golds, " two. ", "A dog it may be.\nAnswer: Dog", "red or blue", None)
    figures = result["general"]["vqa"]
    assert (figures["accuracy"], figures["majority"], figures["n"], figures["missing"]) == (0.5, 0.5, 4, 1)
    assert result["missing_ids"] == ["4"] and result["overall"] is None and result["tasks"] == {}
    assert 0 <= figures["interval"][0] < 0.5 < figures["interval"][1] <= 1


def leave_one_out(answer, annotators):
    """VQA accuracy as its definition says it."""
    others = [annotators[:i] + annotators[i + 1 :] for i in range(len(annotators))]
    return np.mean([min(own.count(answer) / 3, 1) for own in others])


@pytest.mark.parametrize("same", range(1, 11))
def test_an_answer_counts_as_far_as_annotators_gave_it(tmp_path, same):
    """One of ten annotators was enough for a whole point."""
    said = ["red"] * same + [f"other{i}" for i in range(10 - same)]
    figures = general(tmp_path, [{"question_id": 1, "answers": said}], "Red.")["general"]["vqa"]
    assert figures["accuracy"] == pytest.approx(leave_one_out("red", said))
    assert figures["annotated"] == 1


def test_which_lists_are_annotators(tmp_path):
    ten = [f"a{i}" for i in range(10)]
    golds = [
        {"answers": ["red", "crimson", "scarlet"]},  # ways to say it
        {"answers": ["red", "red"]},
        {"annotators": ["red", "red", "blue", "blue"]},
        {"answers": ["red", "red", "blue", "blue"]},
        {"answers": [{"answer": word, "answer_id": i} for i, word in enumerate(["red", *ten[1:]])]},
        {"answers": ["red", *ten[1:]]},
    ]
    golds = [{"question_id": i, **gold} for i, gold in enumerate(golds)]
    figures = general(tmp_path, golds, *["red"] * 6)["general"]["vqa"]
    assert figures["annotated"] == 4
    half = leave_one_out("red", ["red", "red", "blue", "blue"])
    assert figures["accuracy"] == figures["majority"] == pytest.approx((1 + 1 + 2 * half + 2 * 0.3) / 6)
    with pytest.raises(InputError, match="line 1: 3 annotators"):
        general(tmp_path, [{"question_id": 0, "annotators": ["red"] * 3}], "red")


def test_questions_about_one_picture_are_one_unit(tmp_path):
    golds = [{"question_id": i, "answer": "red", "group": f"{i // 5}.jpg"} for i in range(20)]
    figures = general(tmp_path, golds, *["red"] * 20)["general"]["vqa"]
    assert (figures["units"], figures["interval_unit"]) == (4, "group") and figures["interval"][0] < 0.55


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"answer": 3},
        {"answers": []},
        {"answers": ["x", " "]},
        {"answers": [{"x": 1}]},
        {"annotators": "x"},
        {"answers": {"answer": "x"}},
    ],
)
def test_bad_general_gold(tmp_path, bad):
    with pytest.raises(InputError, match="g.jsonl, line 1: no answer"):
        general(tmp_path, [{"question_id": 1} | bad], "x")


def test_plain_gold_needs_the_option(tmp_path):
    case = Case(tmp_path, [{"question_id": "q0", "answer": "two"}])
    with pytest.raises(InputError, match="--general NAME"):
        score(case.questions, case.gold, write_lines(tmp_path / "a", []))


def test_scoring_on_the_command_line_loads_no_torch():
    code = "import sys; from emollm_plugin.cli.commands import main; print('score' in main.commands, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
