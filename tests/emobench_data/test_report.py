"""The report: what it shows, that nothing from outside becomes markup, and that no medium outside is opened."""

import base64
import io
import re

import numpy as np
import orjson
import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.cli import main
from emobench_data.report.compare import Verdict, compare, sign_test
from emobench_data.report.pictures import confusion_svg, thumbnail

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
        "| word | 50.0 | 50.0 | 50.0 | 50.0 |", "| synonym | 100.0 |",
        "| Emo-C | 1 | 25.0 | 100.0 | 75.0 |", "## rich: Judge j1", "| emo_o | 2 | 50.0 |",
    ):  # fmt: skip
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
    svg = confusion_svg(confusion, "Many")
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


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"judge": "x"}, "its judge"), ({"judge": [1]}, "its judge"), ({"judge": {"tasks": {}}}, "its judge"),
     ({"judge": {"model": "m", "tasks": {"emo_o": {"n": 3}}}}, "its judge"),
     ({"files": {"questions": "q\0.jsonl"}}, "does not name its questions")],
)  # fmt: skip
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


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (0, 4), (3, 9), (10, 10), (700, 800)])
def test_mcnemar_is_the_exact_binomial_test(lost, won):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(lost, lost + won).pvalue if lost + won else 1
    p, (low, high) = sign_test([1] * won + [-1] * lost + [0] * 5)
    assert p == pytest.approx(expected) and low <= won / max(1, won + lost) <= high


def verdicts(rights, task="t", group=1):
    """Verdicts over questions of which `group` make a unit."""
    return {f"{task}{i}": Verdict(task, float(right), f"{task}{i // group}") for i, right in enumerate(rights)}


def test_intervals_of_differences_lie_around_them():
    """Sub-task t: 60 of 100 won, u: 30 of 100 lost; the overall is the mean of both differences."""
    first = verdicts([0] * 100) | verdicts([1] * 30 + [0] * 70, "u")
    found = compare(first, verdicts([1] * 60 + [0] * 40) | verdicts([0] * 100, "u"))
    own, other, overall = found["tasks"]["t"], found["tasks"]["u"], found["overall"]
    assert (own["won"], own["lost"], own["difference"], other["difference"]) == (60, 0, 0.6, -0.3)
    for part, wanted, error in ((own, 0.6, 0.049), (other, -0.3, 0.0458), (overall, 0.15, 0.0335)):
        low, high = part["interval"]
        assert part["difference"] == pytest.approx(wanted) and (low + high) / 2 == pytest.approx(wanted, abs=0.02)
        assert high - low == pytest.approx(2 * 1.96 * error, rel=0.12)


def test_no_interval_contradicts_its_test():
    """`+0.0 to +50.0, p=1` stood in one row."""
    seen = 0
    for n in (2, 4, 8, 12, 24, 60):
        for both in sorted({0, n // 2, n - 1}):
            for won, lost in ((a, b) for a in range(min(9, n - both) + 1) for b in range(min(3, a, n - both - a) + 1)):
                kept = [1] * both, [0] * (n - both - won - lost)
                found = compare(verdicts([*kept[0], *[0] * won, *[1] * lost, *kept[1]]),
                                verdicts([*kept[0], *[1] * won, *[0] * lost, *kept[1]]))["tasks"]["t"]  # fmt: skip
                assert (found["interval"][0] > 0) == (found["p"] < 0.05), (n, both, won, lost)
                seen += found["p"] < 0.05
    assert seen > 20
    one = compare(verdicts([0, 1]), verdicts([1, 1]))["tasks"]["t"]
    assert one["p"] == 1 and one["interval"][0] < -0.05


def test_runs_on_grouped_questions_are_compared_by_group():
    """Ten dialogues of six, of which four are won whole: by question that was p = 1e-7."""
    found = compare(verdicts([0] * 60, group=6), verdicts([1] * 24 + [0] * 36, group=6))["tasks"]["t"]
    assert (found["won"], found["units"], found["p"]) == (24, 10, 0.125) and found["interval"][0] < 0
    single = compare(verdicts([0] * 60), verdicts([1] * 24 + [0] * 36))["tasks"]["t"]
    assert single["p"] < 1e-6 and single["interval"][0] > 0.2


def test_only_questions_of_both_runs_are_compared():
    first = verdicts([1, 0, 1])
    second = {**{f"t{i}": Verdict("t", 1, f"t{i}") for i in (0, 1)}, "d": Verdict("t", 0, "d")}
    found = compare(first, second)
    assert found["tasks"]["t"]["n"] == 2 and found["overall"]["difference"] == 0.5
    assert compare(first, {})["overall"] is None
