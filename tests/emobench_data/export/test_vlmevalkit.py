"""TSV as VLMEvalKit reads it: one right letter, at most 26 options."""

import csv

import pytest

from emobench_data.building.benchmark import build
from emobench_data.export.llava import show
from emobench_data.export.vlmevalkit import choices, header, line, task_file
from emobench_data.schema import tasks
from emobench_data.schema.task import Task, Wording
from emobench_data.schema.tasks import TASKS
from emobench_data.schema.types import get_type
from emobench_data.sources.intentonomy import LABELS

from ..compose import composition, data_sets
from ..make import record
from ..sources.helpers import put

FILES = {task: task_file(task) for task in TASKS}


@pytest.fixture
def tables(tmp_path):
    build(composition(data_sets(tmp_path / "sets")), tmp_path / "out", figures=False)
    read = {}
    for task, name in FILES.items():
        if (tmp_path / "out" / name).exists():
            with open(tmp_path / "out" / name, newline="") as file:
                read[task] = list(csv.DictReader(file, delimiter="\t"))
    return read


def test_the_answer_is_the_letter_of_the_right_option(tables):
    assert {task: len(rows) for task, rows in tables.items()} == {"emo_c": 8, "emo_o": 8, "intent": 8, "hate": 8}
    for row in tables["hate"]:
        assert (row["A"], row["B"]) == ("Yes", "No") and row["answer"] in "AB" and "Answer Yes" not in row["question"]
    for row in tables["emo_c"]:
        assert row[row["answer"]] in row["question_id"] and "Choose one of" not in row["question"]
    assert [row["index"] for row in tables["intent"]] == [str(n) for n in range(8)]
    assert "A" not in tables["emo_o"][0] and tables["emo_o"][0]["answer"] in ("awe", "anger")


def test_there_is_a_column_for_every_option_of_labels_that_stand_in_the_data_alone(tmp_path):
    names = [f"place {letter}" for letter in "abcdefghijkl"]
    root = data_sets(tmp_path / "sets")
    put(root, "emoset/info.json", {"scene": {"label2idx": {name.replace(" ", "_"): n for n, name in enumerate(names)}}})
    for n in range(32, 40):
        label = ("awe", "anger", "awe")[(n - 32) % 3]
        put(root, f"emoset/annotation/{label}/{label}_{n:05}.json", {"scene": names[n % 12].replace(" ", "_")})
    build(composition(root, sources={"emoset": {"tasks": ["scene"]}}), tmp_path / "out", figures=False)
    with open(tmp_path / "out" / task_file("scene"), newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 8 and all(None not in row and row[row["answer"]] in names for row in rows)
    assert all(row["question_id"].endswith("/scene") for row in rows)


def test_the_name_tells_vlmevalkit_which_questions_are_open():
    """Its rule: an unknown file is multiple choice unless `openended` is in its name."""
    assert FILES["emo_o"].endswith("/EmoBench_emo_o_openended.tsv")
    assert [task for task, name in FILES.items() if "openended" in name.lower()] == ["emo_o"]


def test_pandas_reads_every_cell_as_vlmevalkit_has_it_read(tmp_path):
    pandas = pytest.importorskip("pandas")
    one = record(task="emo_c", text='He said: "no"\tand\nleft', options=("joy", "none", "fear"), answer="fear")
    shown = show(one, one.media, training=False)
    (tmp_path / "x.tsv").write_bytes(header("emo_c", 4) + line(shown, 0, 4) + line(shown, 1, 4))
    data = pandas.read_csv(tmp_path / "x.tsv", sep="\t")
    assert list(data["index"]) == [0, 1] and list(data["answer"]) == ["C", "C"] and data["D"].isna().all()
    assert data["question"][0].startswith('He said: "no"\tand\nleft')
    assert not data[["A", "B", "C"]].isna().any(axis=None)


def test_of_several_right_answers_one_is_offered_and_of_28_options_26():
    one = record(task="intent", options=LABELS, answer=LABELS[20], references=(LABELS[3], LABELS[20]))
    offered = choices(one)
    assert len(offered) == 26 and LABELS[20] in offered and LABELS[3] not in offered
    assert offered == [label for label in LABELS if label in offered] == choices(one)


def test_line_breaks_and_tabs_stay_in_their_cell():
    one = record(text='a\t"b"\nc <image>')
    text = (header("sarcasm", 0) + line(show(one, one.media, training=False), 0, 0)).decode()
    (row,) = csv.DictReader(text.splitlines(keepends=True), delimiter="\t")
    assert row["question"].startswith('a\t"b"\nc [image]\nIs this image') and row["answer"] == "A"


@pytest.mark.parametrize(
    ("kind", "answer", "written"),
    [("ordinal", "1: glad", "B"), ("strategy", "1: glad", "B"), ("multi", ("1: glad",), "1: glad")],
)
def test_types_beyond_one_label_in_the_forms_that_there_are(kind, answer, written, monkeypatch):
    """Classes and strategies are multiple choice, what may be several is open."""
    ask = Wording(("How is it?",), "Look.")
    monkeypatch.setitem(tasks._TASKS._things, "made_up", Task("made_up", "Made up", get_type(kind), ask, ask, ask))
    one = record(task="made_up", options=("0: neither", "1: glad"), answer=answer)
    head, cells = (
        next(csv.reader([text.decode()], delimiter="\t"))
        for text in (header("made_up", 2), line(show(one, one.media, training=False), 0, 2))
    )
    row = dict(zip(head, cells))
    assert row["answer"] == written and ("A" in row) == (written == "B") == ("openended" not in task_file("made_up"))
    assert ("lowest to highest" in row["question"]) is False and ("all that apply" in row["question"]) == (kind == "multi")
