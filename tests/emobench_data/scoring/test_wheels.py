"""Sets of words by a folder of wheels as MER2025 has it, here a made-up one, down to the report."""

import orjson
import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emobench_data.cli.commands import main
from emobench_data.schema.wheel_folder import read_wheel_folder

from ..make import write_lines

openpyxl = pytest.importorskip("openpyxl")

# The word `glad` is a synonym of both `bright` and `joyful`, and is itself on the first wheel.
ROUND = [("Happy", "Joyful", "Glad"), (None, None, "Merry"), (None, "Calm", "Easy"), ("Sad", "Low", "Blue")]
SQUARE = [("Bad", "Angry", "Cross"), ("Good", "Bright", "Sunny"), (None, "Joyful", "Merry")]
SYNONYMS = [("Joyful", "glad, jolly"), ("bright", "Glad, clever"), ("angry", "furious"), ("Low", "down-hearted")]
FORMS = [
    ("jolly", "jolly,jollity"),
    ("glad", "glad,gladly"),
    ("furious", "fury"),
    ("down-hearted", "down-heartedly"),
    ("joyful", ""),
]


def sheet(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


@pytest.fixture
def folder(tmp_path):
    own = tmp_path / "wheels"
    own.mkdir()
    sheet(own / "wheel1.xlsx", [("level1", "level2", "level3"), *ROUND])
    sheet(own / "wheel2.xlsx", [("level1", "level2", "level3"), *SQUARE])
    sheet(own / "synonym.xlsx", [("word_run1", "synonym_run1"), *SYNONYMS])
    (own / "format.csv").write_text("name,format\n" + "".join(f'{name},"{forms}"\n' for name, forms in FORMS))
    return own


@pytest.mark.parametrize(
    ("word", "wheel", "level", "official", "group"),
    [
        ("jollity", "wheel1", 1, False, "happy"),
        ("jollity", "wheel1", 2, False, "joyful"),
        ("glad", "wheel1", 2, True, "joyful"),
        ("glad", "wheel2", 2, True, "bright"),
        ("gladly", "wheel2", 2, False, "bright"),
        ("merry", "wheel2", 2, False, "joyful"),
        ("merry", "wheel2", 2, True, None),  # it has no row among the forms
        ("happy", "wheel1", 2, False, "calm"),  # a name of the first level, the first below it by alphabet
        ("down heartedly", "wheel1", 1, True, "sad"),
        ("fury", "wheel1", 1, True, None),
        ("fury", "wheel2", 1, True, "bad"),
        ("nothing", "wheel1", 1, False, None),
    ],
)
def test_where_a_word_belongs(folder, word, wheel, level, official, group):
    assert read_wheel_folder(folder).group(word, wheel, level, official=official) == group


def test_folders_that_are_none(folder, tmp_path):
    for break_it, fault in (
        (lambda: sheet(folder / "synonym.xlsx", [("word_run1",), ("joyful",)]), "synonym.xlsx: has no column synonym_run1"),
        (lambda: sheet(folder / "synonym.xlsx", [("a",), ("joyful",)]), "synonym.xlsx: has no column word_..."),
        (lambda: (folder / "format.csv").unlink(), "format.csv: cannot be read"),
        (lambda: (folder / "wheel2.xlsx").write_text("no book"), "cannot be read as a workbook"),
        (lambda: sheet(folder / "wheel1.xlsx", [("a", "b")]), "has no columns level1"),
    ):
        break_it()
        read_wheel_folder.cache_clear()
        with pytest.raises(InputError, match=fault):
            read_wheel_folder(folder)
    with pytest.raises(InputError, match=r"holds no wheel\*.xlsx"):
        read_wheel_folder(tmp_path)


def test_from_answers_to_the_report(folder, tmp_path):
    gold = [(["glad"], "jollity, blue"), (["fury"], "merry"), (["strange"], "merry"), (["easy"], "nothing at all")]
    lines = [{"question_id": number, "answer": answer, "type": "open_set"} for number, (answer, _) in enumerate(gold)]
    run = tmp_path / "run"
    run.mkdir()
    write_lines(run / "answers.jsonl", [{"question_id": number, "text": said} for number, (_, said) in enumerate(gold)])
    questions = write_lines(tmp_path / "q.jsonl", [{"question_id": number, "text": "?"} for number in range(len(gold))])
    common = ["score", "--questions", str(questions), "--gold", str(write_lines(tmp_path / "g.jsonl", lines))]
    common += ["--predictions", str(run / "answers.jsonl"), "--wheels", str(folder)]
    told = CliRunner().invoke(main, [*common, "--out", str(run / "results.json")])
    assert told.exit_code == 0 and "your wheels, own (the nearest word): level 1 f1" in told.output, told.output
    own = orjson.loads((run / "results.json").read_bytes())["families"]["open_set"]["own"]["wheels"]
    # First wheel: {happy} against {happy, sad}; `easy` unanswered; fury and strange are not on it.
    wanted = {"n": 2, "precision": 0.25, "recall": 0.5, "f1": 2 * 0.25 * 0.5 / 0.75}
    assert own["level1"]["by_wheel"]["wheel1"] == pytest.approx(wanted)
    # Second wheel: {good} against {good}, {bad} against {good}.
    assert own["level1"]["by_wheel"]["wheel2"] == pytest.approx({"n": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5})
    assert own["level1"]["f1"] == pytest.approx((1 / 3 + 0.5) / 2) and own["level1"]["hit_rate"] == pytest.approx(0.5)
    low, high = own["level1"]["f1_interval"]
    assert 0 <= low < own["level1"]["f1"] < high <= 1
    report = CliRunner().invoke(main, ["report", str(run), "--out", str(tmp_path / "report")])
    assert report.exit_code == 0, report.output
    page = (tmp_path / "report" / "report.md").read_text()
    assert "mean over the user's wheels, by the nearest word" in page and f"{own['level2']['f1']:.4f}" in page
    official = CliRunner().invoke(main, [*common, "--official-wheels", "--json"])
    assert orjson.loads(official.output)["families"]["open_set"]["own"]["wheels"]["official"] is True


@pytest.mark.parametrize(("word", "f1"), [("fury", "1.0000"), ("strange", "undefined")])
def test_a_wheel_without_a_word_of_the_gold_counts_for_nothing(folder, tmp_path, word, f1):
    run = tmp_path / "run"
    run.mkdir()
    write_lines(run / "answers.jsonl", [{"question_id": 1, "text": word}])
    questions = write_lines(tmp_path / "q.jsonl", [{"question_id": 1, "text": "?"}])
    gold = write_lines(tmp_path / "g.jsonl", [{"question_id": 1, "answer": [word], "type": "open_set"}])
    common = ["--questions", str(questions), "--gold", str(gold), "--predictions", str(run / "answers.jsonl")]
    told = CliRunner().invoke(main, ["score", *common, "--wheels", str(folder), "--out", str(run / "results.json")])
    assert told.exit_code == 0 and f"level 1 f1 {f1}, precision {f1}, recall {f1}, hit_rate {f1}" in told.output, told.output
    report = CliRunner().invoke(main, ["report", str(run), "--out", str(tmp_path / "report")])
    assert report.exit_code == 0 and f"| {f1} | {f1} | {f1} | {f1} |" in (tmp_path / "report" / "report.md").read_text()


def test_options_that_do_not_go_together(folder, tmp_path):
    lines = [
        write_lines(tmp_path / name, [line])
        for name, line in (
            ("q.jsonl", {"question_id": 1, "text": "?"}),
            ("g.jsonl", {"question_id": 1, "answer": "joy", "options": ["joy", "fear"]}),
            ("a.jsonl", {"question_id": 1, "text": "joy"}),
        )
    ]
    common = ["score", "--questions", str(lines[0]), "--gold", str(lines[1]), "--predictions", str(lines[2])]
    for options, fault in (
        (["--official-wheels"], "also give --wheels FOLDER"),
        (["--wheels", str(folder)], "no question asks for a set of words"),
        (["--wheels", str(folder), "--general", "x"], "need no judge and no wheels"),
    ):
        refused = CliRunner().invoke(main, [*common, *options])
        assert refused.exit_code == 2 and fault in refused.output
