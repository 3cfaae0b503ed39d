"""The report: what it shows, that nothing from outside becomes markup, and that no medium outside is opened."""

import base64
import io
import re

import numpy as np
import orjson
import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.cli.commands import main
from emobench_data.report import page, write_report
from emobench_data.report.confusion import matrix
from emobench_data.report.pictures import thumbnail

from ..make import read_lines, write_clip, write_lines, write_picture
from ..scoring.test_scoring import FEELINGS, gold

EVIL = "<script>alert(1)</script>"


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def make_run(tmp_path):
    """Make a run folder over eight questions, of which the first `right` are answered right."""
    entries = [gold(i, "emo_c", FEELINGS[i % 3]) for i in range(8)]
    media = ["a.jpg", "a.jpg", "../secret.jpg", "gone.jpg", *["a.jpg"] * 4]
    asked = [{"question_id": e["question_id"], "text": f"{EVIL}?", "image": m} for e, m in zip(entries, media)]
    questions, golds = write_lines(tmp_path / "q.jsonl", asked), write_lines(tmp_path / "g.jsonl", entries)
    write_picture(tmp_path / "media/a.jpg")
    write_picture(tmp_path / "secret.jpg", (1, 2, 3))

    def make(name, right):
        answers = [{"question_id": e["question_id"], "text": e["answer"] if i < right else EVIL} for i, e in enumerate(entries)]
        folder = tmp_path / name
        folder.mkdir()
        write_lines(folder / "answers.jsonl", answers)
        files = ("--questions", questions, "--gold", golds)
        done = run("score", *files, "--predictions", folder / "answers.jsonl", "--out", folder / "results.json")
        assert done.exit_code == 0, done.output
        done = run(
            "score",
            "--general",
            EVIL,
            "--questions",
            questions,
            "--gold",
            golds,
            "--predictions",
            folder / "answers.jsonl",
            "--out",
            folder / "general-x.json",
        )
        assert done.exit_code == 0, done.output
        return folder

    return make


def test_the_page_and_the_table(make_run, tmp_path):
    runs = make_run("before", 2), make_run("after", 6)
    done = run("report", *runs, "--out", tmp_path / "out", "--media-root", tmp_path / "media")
    assert done.exit_code == 0, done.output
    page, table = ((tmp_path / "out" / name).read_text() for name in ("report.html", "report.md"))
    assert "<script" not in page and "&lt;script&gt;" in page and "<script" not in table
    assert not re.findall(r"(?:src|href)=[\"'](?!data:image/jpeg)", page)
    assert "data:image/jpeg;base64," in page and "<svg" in page
    assert "refused: its path leaves the media folder" in page and "missing" in page
    assert "General ability" in page and "25.0 (" in table and "75.0 (" in table
    assert "| Emo-C | 8 | 0 | 4 | +50.0 |" in table and "| 0.125 |" in table


@pytest.fixture
def rich_run(tmp_path):
    """A run with all that it can have: three kinds of sub-task, probabilities, a judge, conditions, a media folder."""
    entries = [gold(i, "emo_c", "happy") for i in range(7)] + [gold(7, "emo_o", "joy"), gold(8, "emo_o", "joy")]
    entries += [gold(i, "hate", answer) for i, answer in ((9, "Yes"), (10, "No"), (11, "No"))]
    said = ["sad", "sad", "fear", "bored", "sad or fear", "happy, sad", "happy", "glee", "joy", "Yes", "Yes", None]
    lines = [{"question_id": e["question_id"], "text": text} for e, text in zip(entries, said) if text]
    lines[6]["metadata"] = {"probabilities": {"happy": 0.75, "sad": 0.25}}
    asked = [{"question_id": e["question_id"], "image": "a.jpg", "text": f"{e['task']}?"} for e in entries]
    folder = tmp_path / "rich"
    write_picture(folder / "media/a.jpg")
    files = {"questions": write_lines(folder / "q.jsonl", asked), "gold": write_lines(folder / "g.jsonl", entries)}
    files["predictions"] = write_lines(folder / "answers.jsonl", lines)
    options = [word for name, path in files.items() for word in (f"--{name}", path)]
    assert run("score", *options, "--out", folder / "results.json").exit_code == 0
    stored = orjson.loads((folder / "results.json").read_bytes())
    stored["files"]["media"] = "media"
    stored["judge"] = {"model": "j1", "tasks": {"emo_o": {"n": 2, "accuracy": 0.5}}}
    (folder / "results.json").write_bytes(orjson.dumps({**stored, "conditions": {"settings": {"seed": "77"}}}))
    return folder


def test_everything_that_a_run_has_is_shown(rich_run, tmp_path):
    assert run("report", rich_run, "--out", tmp_path / "out").exit_code == 0
    page, table = ((tmp_path / "out" / name).read_text() for name in ("report.html", "report.md"))
    for row in (
        "| baseline: majority | 88.9 | 100.0 | 100.0 | 66.7 |",  # (1 + 1 + 2/3) / 3
        "| baseline: random | 61.1 | 33.3 | 100.0 | 50.0 |",
        "| word | 50.0 | 50.0 | 50.0 | 50.0 |",
        "| synonym | 100.0 |",
        "| Emo-C | 1 | 25.0 | 100.0 | 75.0 |",
        "## rich: Judge j1",
        "| emo_o | 2 | 50.0 |",
    ):
        assert row in table, table
    counted = {line.split(" | ")[0]: line.split(" | ")[-3:] for line in table.splitlines() if line.startswith("| ")}
    assert counted["| Emo-C"] != counted["| Hate"] and counted["| Hate"] == ["0", "0", "1 |"]
    assert re.search(r"\| Emo-C \| 7 \| .* \| 1 \| 2 \| 0 \|", table)
    worst = re.findall(r"<p>(\w+ taken for .*?)</p>", page)
    assert worst[:2] == ["happy taken for sad: 2 times", "happy taken for (ambiguous): 2 times"]
    assert not any(re.match(r"(\w+) taken for \1", line) for line in worst)
    opened = re.findall(r"<details(.*?)><summary><b>(.*?)</b>", page)
    assert opened == [(" open", "Emo-C"), (" open", "Emo-O"), ("", "Hate")]
    assert page.count("may show hateful content") == 1 and "data:image/jpeg;base64," in page
    assert "<td>settings.seed</td><td>77</td>" in page and "<td>hate?</td>" in page
    assert "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in page


def test_questions_given_on_the_command_line_go_before_those_of_the_run(rich_run, tmp_path):
    fewer = write_lines(tmp_path / "q.jsonl", [orjson.loads(line) for line in (rich_run / "q.jsonl").open("rb")][:7])
    kept = [orjson.loads(line) for line in (rich_run / "answers.jsonl").open("rb")][:7]
    write_lines(rich_run / "answers.jsonl", kept)
    assert run("report", rich_run, "--out", tmp_path / "out", "--questions", fewer).exit_code == 0
    assert "Emo-O" not in (tmp_path / "out/report.md").read_text()


def test_a_matrix_of_many_labels():
    confusion = {f"label{i:02}": {f"label{i:02}": 40 - i, "(unparsed)": 1} for i in range(20)}
    svg = page._template().make_module({"runs": [], "sections": []}).matrix(matrix(confusion, "Many"))
    names = re.findall(r">([^<>]+)</text>", svg)
    assert names.count("(other)") == 2 and names.count("(unparsed)") == 1 and names.count("label13") == 2
    assert "label14" not in names and "<title>label00 → label00: 40</title>" in svg
    assert f"<title>(other) → (other): {sum(40 - i for i in range(14, 20))}</title>" in svg
    cells = re.findall(r", ([\d.]+)\)\"><title>(label00 → [^:]+)", svg)
    shades = {name: float(shade) for shade, name in cells}
    assert shades["label00 → label00"] == pytest.approx(0.04 + 0.9 * 40 / 41, abs=0.001)
    assert shades["label00 → label01"] == 0.04


def test_results_that_do_not_fit_their_answers_are_said(make_run, tmp_path):
    folder = make_run("a", 4)
    stored = orjson.loads((folder / "results.json").read_bytes())
    (folder / "results.json").write_bytes(orjson.dumps(stored | {"overall": 0.9}))
    assert run("report", folder, "--out", tmp_path / "out").exit_code == 0
    assert "results.json says 90.00 overall, the answers beside it give 50.00" in (tmp_path / "out/report.html").read_text()


def test_runs_that_cannot_be_read(make_run, tmp_path):
    folder = make_run("a", 4)
    done = run("report", folder, folder, "--out", tmp_path / "out")
    assert done.exit_code == 2 and "given twice" in done.stderr
    (folder / "results.json").write_text("{}")
    done = run("report", folder, "--out", tmp_path / "out")
    assert done.exit_code == 2 and "--questions" in done.stderr and not (tmp_path / "out").exists()
    done = run("report", tmp_path / "none", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"judge": "x"}, "its judge"),
        ({"judge": [1]}, "its judge"),
        ({"judge": {"tasks": {}}}, "its judge"),
        ({"judge": {"model": "m", "tasks": {"emo_o": {"n": 3}}}}, "its judge"),
        ({"files": {"questions": "q\0.jsonl"}}, "does not name its questions"),
    ],
)
def test_results_that_were_meddled_with(make_run, tmp_path, changes, said):
    folder = make_run("a", 4)
    stored = orjson.loads((folder / "results.json").read_bytes())
    (folder / "results.json").write_bytes(orjson.dumps(stored | changes))
    done = run("report", folder, "--out", tmp_path / "out")
    assert done.exit_code == 2 and said in done.stderr and not (tmp_path / "out").exists()


def test_the_report_is_written_whole_or_not_at_all(make_run, tmp_path):
    (tmp_path / "out/report.md").mkdir(parents=True)
    done = run("report", make_run("a", 4), "--out", tmp_path / "out")
    assert done.exit_code == 2 and "no plain file" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.md"]


def test_thumbnails(tmp_path):
    root = tmp_path / "media"
    write_clip(root / "c.mp4")
    write_picture(tmp_path / "out.jpg")
    (root / "link.jpg").symlink_to(tmp_path / "out.jpg")
    (root / "broken.jpg").write_text("no picture")
    shown = thumbnail(root, "c.mp4")[0]
    middle = Image.open(io.BytesIO(base64.b64decode(shown.removeprefix("data:image/jpeg;base64,"))))
    assert middle.size == (96, 64) and 90 < np.asarray(middle).mean() < 140  # greys from 0 to 225
    for name in ("link.jpg", "../out.jpg", str(tmp_path / "out.jpg")):
        assert thumbnail(root, name) == ("", "refused: its path leaves the media folder")
    assert thumbnail(root, "broken.jpg") == ("", "text, not a picture")
    assert thumbnail(root, "none.jpg") == ("", "missing")


def test_runs_that_were_asked_other_questions_stand_in_tables_of_their_own(make_run, tmp_path):
    """One table held rows of different questions, with the baselines of the first."""
    runs = [make_run(name, right) for name, right in (("first", 4), ("second", 6), ("other", 8))]
    asked = read_lines(tmp_path / "q.jsonl")
    stored = orjson.loads((runs[2] / "results.json").read_bytes())
    write_lines(tmp_path / "q2.jsonl", [{**line, "text": "Another?"} if i < 3 else line for i, line in enumerate(asked)])
    files = stored["files"] | {"questions": "../q2.jsonl"}
    (runs[2] / "results.json").write_bytes(orjson.dumps(stored | {"files": files}))
    assert run("report", *runs, "--out", tmp_path / "out").exit_code == 0
    page, table = ((tmp_path / "out" / name).read_text() for name in ("report.html", "report.md"))
    heads = [line for line in table.splitlines() if line.startswith("## Accuracy")]
    assert [head.split(": ")[1] for head in heads] == ["8 questions of first, second", "8 questions of other"]
    assert table.count("| baseline: majority |") == 2
    for text in (page, table):
        assert "not comparable with these" in text and "Questions left out: 3 with other words." in text
    assert "| Emo-C | 8 | 0 | 2 |" in table and "| Emo-C | 5 | 0 | 4 |" in table


def test_runs_with_nothing_in_common_say_so(make_run, tmp_path):
    runs = make_run("first", 4), make_run("other", 8)
    stored = orjson.loads((runs[1] / "results.json").read_bytes())
    for name, key in (("q", "questions"), ("g", "gold")):
        lines = [{**line, "question_id": "x" + line["question_id"]} for line in read_lines(tmp_path / f"{name}.jsonl")]
        write_lines(tmp_path / f"{name}2.jsonl", lines)
        stored["files"][key] = f"../{name}2.jsonl"
    write_lines(runs[1] / "answers.jsonl", [{"question_id": f"xq{i}", "text": "sad"} for i in range(8)])
    (runs[1] / "general-x.json").unlink()
    (runs[1] / "results.json").write_bytes(orjson.dumps(stored))
    assert run("report", *runs, "--out", tmp_path / "out").exit_code == 0
    assert "Questions left out: 16 asked of one run alone." in (tmp_path / "out/report.md").read_text()


def test_a_sub_task_of_one_source_has_one_row(make_run, tmp_path):
    """The same answers had two rows, with two intervals."""
    assert run("report", make_run("a", 4), "--out", tmp_path / "out").exit_code == 0
    rows = [line for line in (tmp_path / "out/report.md").read_text().splitlines() if line.startswith(("| Emo-C", "| – "))]
    assert len(rows) == 1 and "50.0" in rows[0]


def test_paths_may_be_text(make_run, tmp_path):
    assert all(path.is_file() for path in write_report([str(make_run("a", 4))], str(tmp_path / "out")))
