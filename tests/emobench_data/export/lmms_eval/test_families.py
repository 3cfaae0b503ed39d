"""Tasks of every type in lmms-eval: their files name what can be computed, and the figures are those of `score`."""

import pytest

from emobench_data.export.lmms_eval import tasks as lmms
from emobench_data.export.lmms_eval.files import files
from emobench_data.schema import tasks
from emobench_data.schema.task import Task, Wording
from emobench_data.schema.types import TYPES, get_type
from emobench_data.scoring import score

from ...make import write_lines
from ...scoring.test_families import CASES, OPTIONS

pytest.importorskip("datasets")
NUMBERS = [(0.5, "0.4"), (0.1, "0.3"), (0.9, "0.8"), (0.7, "hm")]


@pytest.fixture(params=["number", *CASES])
def kind(request, monkeypatch):
    """A type, of which there is a task `made_up`."""
    name = request.param
    pytest.importorskip("sacrebleu") if name == "response" else None
    ask = Wording(("What is it?",), "Look.")
    found = get_type("number:low=0,high=1" if name == "number" else name)
    monkeypatch.setitem(tasks._TASKS._things, "made_up", Task("made_up", "Made up", found, ask, ask, ask))
    return found


def test_the_figures_are_those_of_score(kind, tmp_path, monkeypatch):
    pairs = NUMBERS if kind.name == "number" else CASES[kind.name][0]
    gold = [
        {"question_id": f"{number}/made_up", "task": "made_up", "answer": answer, "options": OPTIONS.get(kind.name, [])}
        for number, (answer, _) in enumerate(pairs)
    ]
    said = [text or "" for _, text in pairs]
    write_lines(tmp_path / "gold.jsonl", gold)
    write_lines(tmp_path / "questions.jsonl", [{"question_id": one["question_id"], "text": "?"} for one in gold])
    answers = [{"question_id": one["question_id"], "text": text} for one, text in zip(gold, said)]
    monkeypatch.setenv(lmms.DATA, str(tmp_path))
    paths = (tmp_path / "questions.jsonl", tmp_path / "gold.jsonl", write_lines(tmp_path / "answers.jsonl", answers))
    ours = score(*paths)["families"][kind.family]["made_up"]
    documents = list(lmms.made_up(None))
    assert [one["answer"] for one in documents] == [str(one["answer"]) for one in documents]
    counted = [lmms.process_results(one, [text]) for one, text in zip(documents, said)]
    for name in kind.aggregates:
        assert getattr(lmms, name)([one[name] for one in counted]) == pytest.approx(ours[name]), name


def test_the_files_name_the_figures_of_the_type(kind):
    made = files(["made_up"])
    common = made[f"_{kind.name}_yaml"]
    assert f"include: _{kind.name}_yaml" in made["emobench_made_up.yaml"]
    assert all(f"- metric: {name}\n" in common and hasattr(lmms, name) for name in kind.aggregates)
    assert f"max_new_tokens: {kind.limit}" in common and {*TYPES} >= {kind.name}
