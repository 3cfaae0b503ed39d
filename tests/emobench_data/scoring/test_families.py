"""Answers that are no single label, from the gold file to the tables: the accuracies beside them stay what they are."""

import orjson
import pytest
from click.testing import CliRunner

from emobench_data.cli.commands import main
from emobench_data.schema import tasks
from emobench_data.schema.task import Task, Wording
from emobench_data.schema.types import get_type

from ..make import write_lines

SUPPORT = ["Question", "Providing Suggestions", "Others"]
LABELS = ["anger", "joy", "love"]
STARS = ["1: bad", "2: middling", "3: good"]
# Type -> (gold, what was said) of each question; what each figure then is, by hand.
CASES = {
    "multi": (
        [(["joy"], "joy, love"), (["anger", "joy"], "anger and joy"), ([], "none"), ([], "hm"), (["love"], "love, hate")],
        {"jaccard": (0.5 + 1 + 1) / 5, "micro_f1": 2 * 3 / (4 + 4), "unparsed": 1, "outside": 1, "read": 3, "majority": 2 / 5},
    ),
    "ordinal": (
        [("1: bad", "1"), ("2: middling", "3: good"), ("3: good", "good"), ("3: good", "7"), ("1: bad", "1: good")],
        {"accuracy": 2 / 5, "mae": 1 / 3, "outside": 1, "ambiguous": 1, "kappa_some": None, "majority": 2 / 5},
    ),
    "open_set": (
        [(["happy", "sad"], "glad"), (["angry"], "furious, happy"), (["xyzzy"], "sad"), (["fear"], "who can say what it is")],
        {"precision": (1 + 0.5 + 0) / 3, "recall": (0.5 + 1 + 0) / 3, "word_f1": 0, "unparsed": 1, "hit_rate": None},
    ),
    "strategy": (
        [("Question", "Question"), ("Others", "Question"), ("Question", "Others"), ("Others", "what?"), ("Others", "Others")],
        {"macro_f1": (0.5 + 0.4) / 2, "weighted_f1": (0.5 * 2 + 0.4 * 3) / 5, "macro_f1_without_others": 0.5, "bias": None},
    ),
    "detection": (
        [("Yes", "Yes"), ("No", "Yes"), ("No", "No"), ("Yes", None)],
        {"f1_yes": 0.5, "f1_no": 2 / 3, "weighted_f1": (0.5 + 2 / 3) / 2, "missing": 1, "ap": 0.75, "ap_trapezoid": 11 / 24},
    ),
    "response": (
        [("I am sorry to hear that.", "I am sorry to hear that."), ("Why is that so?", ""), ("Go on, please.", None)],
        {"rouge_l": 1 / 3, "dist_1": 1, "unparsed": 1, "missing": 1, "read": 1, "words": 2},
    ),
}
OPTIONS = {"multi": LABELS, "ordinal": STARS, "strategy": SUPPORT}
SURE = {0: 0.9, 1: 0.4, 2: 0.1}


@pytest.fixture
def run(tmp_path):
    """Score questions of one's own, whose files it writes, and return what was printed."""

    def score(kind, pairs, *options, extra=()):
        gold = [
            {"question_id": number, "answer": answer, "type": kind, "options": OPTIONS.get(kind.split(":")[0], [])}
            for number, (answer, _) in enumerate(pairs)
        ]
        said = [{"question_id": number, "text": text} for number, (_, text) in enumerate(pairs) if text is not None]
        for one in said if kind == "detection" else ():
            one["metadata"] = {"probabilities": {"Yes": SURE[one["question_id"]]}}
        gold, said = [*gold, *(one for one, _ in extra)], [*said, *(one for _, one in extra)]
        questions = write_lines(tmp_path / "q.jsonl", [{"question_id": one["question_id"], "text": "?"} for one in gold])
        files = ("--questions", questions, "--gold", write_lines(tmp_path / "g.jsonl", gold))
        predictions = write_lines(tmp_path / "answers.jsonl", said)
        result = CliRunner().invoke(main, list(map(str, ("score", *files, "--predictions", predictions, *options))))
        assert result.exit_code == 0, result.output
        return result.output

    return score


@pytest.mark.parametrize("kind", CASES)
def test_a_table_of_its_own(kind, run, tmp_path):
    pairs, wanted = CASES[kind]
    pytest.importorskip("sacrebleu") if kind == "response" else None
    label = ({"question_id": "l", "answer": "joy", "options": LABELS}, {"question_id": "l", "text": "joy"})
    result = orjson.loads(run(kind, pairs, "--json", extra=[label]))
    own = result["families"][kind]["own"]
    assert {name: own[name] for name in wanted} == pytest.approx(wanted)
    assert own["n"] == len(pairs) and result["tasks"]["own"]["n"] == 1 and result["overall"] is None
    assert own["sources"]["(unnamed)"].items() <= own.items()
    told = run(kind, pairs, "--out", tmp_path / "results.json")
    assert all(head in told for head in get_type(kind).columns.values()) and "accuracy  majority  95" not in told
    report = CliRunner().invoke(main, ["report", str(tmp_path), "--out", str(tmp_path / "report")])
    assert report.exit_code == 0, report.output
    head = f"{kind.replace('_', ' ').capitalize()}, not part of the overall"
    assert all(head in (tmp_path / "report" / name).read_text() for name in ("report.md", "report.html"))


def test_a_mean_over_the_parts_of_a_task(monkeypatch, tmp_path):
    """The mean of the correlations by emotion, not the correlation of all: here 1 and -1."""
    ask = Wording(("How strong is it?",), "Look.")
    for name in ("joy", "fear"):
        task = Task(f"reg_{name}", f"Intensity of {name}", get_type("number:low=0,high=1"), ask, ask, ask, part_of="reg")
        monkeypatch.setitem(tasks._TASKS._things, task.name, task)
    asked = [(task, value) for task in ("reg_joy", "reg_fear") for value in (0.1, 0.5, 0.9)]
    gold = [{"question_id": f"{task}{value}", "answer": value, "task": task} for task, value in asked]
    told = [value if task == "reg_joy" else 1 - value for task, value in asked]
    said = [{"question_id": one["question_id"], "text": f"{value:.1f}"} for one, value in zip(gold, told)]
    files = [write_lines(tmp_path / f"{name}.jsonl", lines) for name, lines in (("gold", gold), ("said", said))]
    questions = write_lines(tmp_path / "q.jsonl", [{"question_id": one["question_id"], "text": "?"} for one in gold])
    common = ["score", "--questions", str(questions), "--gold", str(files[0]), "--predictions", str(files[1])]
    result = orjson.loads(CliRunner().invoke(main, [*common, "--json"]).output)
    assert result["means"] == {"reg": {"family": "number", "tasks": ["reg_fear", "reg_joy"], "pearson": pytest.approx(0)}}
    assert "reg, mean of reg_fear, reg_joy: Pearson" in CliRunner().invoke(main, common).output


def test_published_code_for_replies(run, monkeypatch):
    """Beside our figures, and with the way out where its data are missing."""
    nltk = pytest.importorskip("nltk")
    pytest.importorskip("sacrebleu")
    monkeypatch.setattr(nltk, "word_tokenize", lambda text: text.replace(".", " .").split())
    pairs = [("i am sorry to hear that.", "i am so sorry."), ("why?", "i am so so sorry.")]
    own = orjson.loads(run("response:code=esconv", pairs, "--json"))["families"]["response"]["own"]
    # Words i am so sorry . i am so so sorry . ; their two-word pairs without the last of each: 3 and 4, of which 4 differ.
    assert own["published"]["esconv"]["dist_2"] == pytest.approx(4 / 7) and own["dist_2"] == pytest.approx(4 / 7)
    assert own["published"]["esconv"]["dist_1"] == pytest.approx(5 / 11) and own["dist_1"] == pytest.approx(4 / 9)

    def missing(text):
        raise LookupError("punkt_tab")

    monkeypatch.setattr(nltk, "word_tokenize", missing)
    with pytest.raises(AssertionError, match="python -m nltk.downloader punkt_tab"):
        run("response:code=esconv", pairs)
