"""Numbers: read strictly, measured apart from the accuracies, from a data set's records to the report."""

from random import Random

import orjson
import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emobench_data import sources as data_sets
from emobench_data.cli.commands import main
from emobench_data.export.lmms_eval.files import files
from emobench_data.schema import tasks
from emobench_data.schema.items import AMBIGUOUS, UNPARSED
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.tasks import Task, Wording
from emobench_data.schema.types import get_type
from emobench_data.schema.types.number import OUT_OF_RANGE, Number

from ...make import read_lines, write_lines, write_picture
from . import test_types as every

NUMBER = get_type("number:low=0,high=10")


@pytest.fixture
def case(monkeypatch):
    monkeypatch.setitem(every.CASES, "number", (7.5, 2.0, ()))


def test_what_holds_for_every_type(case):
    every.test_what_is_trained_is_read_as_right_and_the_other_answer_as_wrong("number")
    every.test_the_checker_knows_its_own_question_and_what_may_be_answered("number")
    every.test_the_figures_have_the_columns_of_their_table("number")


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("7.5", 7.5),
        ("It is 7.", 7),
        ("**8**", 8),
        ("Answer: 3\n", 3),
        ("I first thought 2.\nAnswer: 3", 3),
        ("7 of 10", 7),
        ("7/10", 7),
        ("7 out of 10.", 7),
        ("10/10", 10),
        (".5", 0.5),
        ("7, that is 7", 7),
        ("+4", 4),
        ("", UNPARSED),
        ("high", UNPARSED),
        ("seven", UNPARSED),
        ("70%", UNPARSED),
        ("70 %", UNPARSED),
        ("7,5", UNPARSED),
        ("1.2.3", UNPARSED),
        ("B2", UNPARSED),
        ("7th", UNPARSED),
        ("1e1", UNPARSED),
        ("1e-1", UNPARSED),
        ("<think>7", UNPARSED),
        ("6-7", AMBIGUOUS),
        ("6 or 7", AMBIGUOUS),
        ("7 of 8", AMBIGUOUS),
        ("11", OUT_OF_RANGE),
        ("-1", OUT_OF_RANGE),
        ("\u22121", OUT_OF_RANGE),
    ],
)
def test_strict_reading(said, value):
    assert NUMBER.read(every.gold_of(NUMBER, 5, ()), "?", said) == (5, value)


def test_no_zero_has_a_sign():
    assert get_type("number:low=-1,high=1,decimals=1").written(-0.04) == "0.0"


def test_what_is_no_answer():
    for answer in ("7", None, True, float("nan"), float("inf"), [7]):
        assert "is not a number" in NUMBER.answer_fault(answer, (answer,), ())
    assert "is not from 0 to 10" in NUMBER.answer_fault(10.5, (10.5,), ())
    assert "neither options" in NUMBER.answer_fault(5, (5, 6), ())
    for options in ("low=a", "low=9,high=1", "decimals=1.5", "steps=3", "low=nan"):
        with pytest.raises(InputError, match="task type 'number"):
            get_type(f"number:{options}")
    with pytest.raises(InputError, match="low=9, high=1 and decimals=1; low must be below high"):
        get_type("number:low=9,high=1")
    assert [NUMBER.stratum(answer) for answer in (0, 0.99, 1, 10)] == ["0 to 1", "0 to 1", "1 to 2", "9 to 10"]


def run(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.output


def test_questions_of_ones_own(tmp_path):
    """No number, two and one outside the range are counted apart; the accuracies beside them stay what they are."""
    gold = [{"question_id": i, "answer": float(i), "type": "number:low=0,high=10"} for i in range(8)]
    gold += [{"question_id": 8, "answer": "joy", "options": ["joy", "fear"]}]
    said = ["1", "2", "3", "4", "hm", "6 or 7", "60", None, "joy"]
    questions = write_lines(tmp_path / "q.jsonl", [{"question_id": one["question_id"], "text": "?"} for one in gold])
    given = [{"question_id": i, "text": text} for i, text in enumerate(said) if text is not None]
    files_ = ("--questions", questions, "--gold", write_lines(tmp_path / "g.jsonl", gold))
    result = orjson.loads(run("score", *files_, "--predictions", write_lines(tmp_path / "a.jsonl", given), "--json"))
    own = result["families"]["number"]["own"]
    assert (own["n"], own["read"], own["mae"], own["rmse"], own["pearson"]) == (8, 4, 1, 1, pytest.approx(1))
    assert [own[key] for key in ("unparsed", "ambiguous", "out_of_range", "missing")] == [1, 1, 1, 1]
    assert result["tasks"]["own"]["n"] == 1 and result["overall"] is None
    write_lines(tmp_path / "g.jsonl", [{**gold[0], "answer": "7"}, *gold[1:]])
    refused = CliRunner().invoke(main, ["score", *map(str, files_), "--predictions", str(tmp_path / "a.jsonl")])
    assert refused.exit_code == 2 and "line 1: the answer '7' is not a number" in refused.output


@pytest.fixture
def source(monkeypatch, tmp_path):
    """A data set of pictures with a valence, and its task, both registered."""
    ask = Wording(("How pleasant is this {medium}?",), "Look at the light.")
    task = Task("valence", "Valence", Number(1, 9, 2), ask, ask, ask)
    monkeypatch.setitem(tasks._TASKS._things, "valence", task)
    draw = Random(0)

    def read(root, skips):
        for number in range(60):
            yield Record("rated", str(number), "valence", (Medium("image", f"{number}.png"),), round(draw.uniform(1, 9), 3))

    facts = dict.fromkeys(("title", "homepage", "licence", "citation", "obtain"), "Rated")
    made = data_sets.Source(name="rated", tasks=("valence",), labels={}, markers=("*.png",), read=read, **facts)
    known = {**data_sets.all_sources(), "rated": made}
    monkeypatch.setattr("emobench_data.sources.all_sources", lambda: known)
    for number in range(60):
        write_picture(tmp_path / "rated" / f"{number}.png")
    return tmp_path / "rated"


def test_from_a_data_set_to_the_report(source, tmp_path):
    composition = tmp_path / "composition.yaml"
    composition.write_text(
        '{"data_root": ".", "missing": "error", "sources": {"rated": {"test": 0.5, "val": 0, "balance": ["train"]}}}'
    )
    run("build", composition, "--out", tmp_path / "out")
    out = tmp_path / "out"
    trained = orjson.loads((out / "train.json").read_bytes())
    assert trained[0]["conversations"][0]["value"].endswith("Answer with a number from 1 to 9, with 2 decimals only.")
    assert "no fault" in run("validate", out / "train.json", "--media-root", tmp_path)
    trained[0]["conversations"][1]["value"] = "9.5"
    (out / "wrong.json").write_bytes(orjson.dumps(trained))
    refused = CliRunner().invoke(main, ["validate", str(out / "wrong.json"), "--media-root", str(tmp_path)])
    assert refused.exit_code and "'9.5' is none of the numbers that its question allows" in refused.output
    gold = read_lines(out / "gold.jsonl")
    assert all(isinstance(one["answer"], float) for one in gold)
    answers = [{"question_id": one["question_id"], "text": f"{max(one['answer'] - 0.5, 1):.2f}"} for one in gold]
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    for name, given in (("first", answers), ("second", [{**one, "text": "5"} for one in answers])):
        predictions = write_lines(tmp_path / name / "answers.jsonl", given)
        told = run(
            *("score", "--questions", out / "questions.jsonl", "--gold", out / "gold.jsonl"),
            *("--predictions", predictions, "--out", tmp_path / name / "results.json"),
        )
        assert "Pearson" in told and ("undefined" in told) == (name == "second") and "accuracy" not in told
    run("report", tmp_path / "first", tmp_path / "second", "--out", tmp_path / "report")
    for file in ("report.md", "report.html"):
        page = (tmp_path / "report" / file).read_text()
        assert "Number, not part of the overall; Pearson counts" in page and "MAE of the median" in page
    assert "Valence" in (out / "README.md").read_text()
    made = files(["valence"])
    assert "tasks.mae" in made["_number_yaml"] and "include: _number_yaml" in made["emobench_valence.yaml"]
