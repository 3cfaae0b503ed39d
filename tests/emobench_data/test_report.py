"""The report: what it shows, that nothing from outside becomes markup, and that no medium outside is opened."""

import re

import orjson
import pytest
from click.testing import CliRunner

from emobench_data.cli import main
from emobench_data.report.compare import compare, mcnemar
from emobench_data.report.pictures import thumbnail

from .make import write_clip, write_lines, write_picture
from .test_scoring import FEELINGS, gold

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
        answers = [
            {"question_id": e["question_id"], "text": e["answer"] if i < right else EVIL} for i, e in enumerate(entries)
        ]
        folder = tmp_path / name
        folder.mkdir()
        write_lines(folder / "answers.jsonl", answers)
        files = ("--questions", questions, "--gold", golds)
        done = run("score", *files, "--predictions", folder / "answers.jsonl", "--out", folder / "results.json")
        assert done.exit_code == 0, done.output
        done = run("score", "--general", EVIL, "--questions", questions, "--gold", golds,
                   "--predictions", folder / "answers.jsonl", "--out", folder / "general-x.json")  # fmt: skip
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


def test_results_that_do_not_fit_their_answers_are_said(make_run, tmp_path):
    folder = make_run("a", 4)
    stored = orjson.loads((folder / "results.json").read_bytes())
    (folder / "results.json").write_bytes(orjson.dumps(stored | {"overall": 0.9}))
    assert run("report", folder, "--out", tmp_path / "out").exit_code == 0
    assert "results.json says 90.00 overall, the answers beside it give 50.00" in (
        tmp_path / "out/report.html"
    ).read_text()


def test_runs_that_cannot_be_read(make_run, tmp_path):
    folder = make_run("a", 4)
    done = run("report", folder, folder, "--out", tmp_path / "out")
    assert done.exit_code == 2 and "given twice" in done.stderr
    (folder / "results.json").write_text("{}")
    done = run("report", folder, "--out", tmp_path / "out")
    assert done.exit_code == 2 and "--questions" in done.stderr and not (tmp_path / "out").exists()
    done = run("report", tmp_path / "none", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "cannot be read" in done.stderr


def test_thumbnails(tmp_path):
    root = tmp_path / "media"
    write_clip(root / "c.mp4")
    write_picture(tmp_path / "out.jpg")
    (root / "link.jpg").symlink_to(tmp_path / "out.jpg")
    (root / "broken.jpg").write_text("no picture")
    assert thumbnail(root, "c.mp4")[0].startswith("data:image/jpeg;base64,")
    for name in ("link.jpg", "../out.jpg", str(tmp_path / "out.jpg")):
        assert thumbnail(root, name) == ("", "refused: its path leaves the media folder")
    assert thumbnail(root, "broken.jpg") == ("", "not a picture, or too large")
    assert thumbnail(root, "none.jpg") == ("", "missing")


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (0, 4), (3, 9), (10, 10), (700, 800)])
def test_mcnemar_is_the_exact_binomial_test(lost, won):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(lost, lost + won).pvalue if lost + won else 1
    assert mcnemar(lost, won) == pytest.approx(expected)


def test_only_questions_of_both_runs_are_compared():
    first = {"a": ("t", True), "b": ("t", False), "c": ("t", True)}
    found = compare(first, {"a": ("t", True), "b": ("t", True), "d": ("t", True)})
    assert found["tasks"]["t"]["n"] == 2 and found["overall"]["difference"] == 0.5
    assert compare(first, {})["overall"] is None
