"""What a user types, and what comes back."""

import subprocess
import sys

import orjson
import pytest
from click.testing import CliRunner

from emobench_data.building.preparation import MEDIA_CACHE
from emobench_data.cli.commands import main
from emobench_data.sources import all_sources

from ..make import read_lines, write_lines, write_picture


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(*arguments):
    """Run, expect bad input, and return its one line."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.fixture
def oasis(tmp_path):
    """A made-up OASIS of 30 pictures in 10 themes."""
    root, valences = tmp_path / "oasis", (2, 4, 6)
    rows = [
        {"image": f"{theme}_{j}.jpg", "theme": theme, "category": "Object", "valence": valences[i % 3]}
        for i, theme in enumerate("ABCDEFGHIJ")
        for j in range(3)
    ]
    for number, row in enumerate(rows):
        write_picture(root / "images" / row["image"], colour=(8 * number, 30, 30))
    (root / "labels.json").write_bytes(orjson.dumps([*rows, {"image": "x.jpg", "theme": "x", "valence": None}]))
    return root


def test_mini(tmp_path):
    result = run("mini", "--out", tmp_path, "--train", 6, "--test", 6)
    assert result.exit_code == 0, result.output
    assert f"written to {tmp_path}" in result.output
    assert "train sarcasm: 1 (" in result.output


def test_forms_and_rationales(oasis, tmp_path):
    given = write_lines(
        tmp_path / "r.jsonl", [{"id": f"oasis/{theme}_0/emo_c", "rationale": "Wide and bright."} for theme in "ABCDEFGHIJ"]
    )
    flags = "convert", "oasis", "--root", oasis, "--out", tmp_path / "out"
    result = run(*flags, "--rationale", "only", "--rationales", given, "--form", "guided", "--keep-records")
    assert result.exit_code == 0 and "trained: 7, of which with a rationale: 7" in result.output
    assert {line["form"] for line in read_lines(tmp_path / "out/questions.jsonl")} == {"guided"}
    assert len(read_lines(tmp_path / "out/records.jsonl")) == 21
    assert "--rationale only, mixed or all" in refused(*flags, "--rationales", given)
    write_lines(given, [{"id": "1", "rationale": ""}])
    assert "r.jsonl, line 1" in refused(*flags, "--rationale", "only", "--rationales", given)


def test_mini_too_small(tmp_path):
    assert "train=5" in refused("mini", "--out", tmp_path / "out", "--train", 5)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_is_not_written_to(oasis, tmp_path):
    for out, file, command in (
        ("a", "summary.json", ("mini", "--train", 6, "--test", 6)),
        ("b", "media/manifest.json", ("mini", "--train", 6, "--test", 6)),
        ("c", "summary.json", ("convert", "oasis", "--root", oasis)),
        ("d", "build.json", ("build", "small", "--data-root", oasis.parent, "--skip-missing", "--no-figures")),
    ):
        path = tmp_path / out / file
        path.parent.mkdir(parents=True)
        path.write_text('{"mine": 1}')
        (tmp_path / out / "train.json").write_text("[]")
        refused(*command, "--out", tmp_path / out)
        assert path.read_text() == '{"mine": 1}' and (tmp_path / out / "train.json").read_text() == "[]"


def test_a_refused_mini_keeps_the_one_that_is_there(tmp_path):
    run("mini", "--out", tmp_path, "--train", 6, "--test", 6)
    before = sorted(tmp_path.rglob("*"))
    refused("mini", "--out", tmp_path, "--train", 5)
    assert sorted(tmp_path.rglob("*")) == before


def test_convert(oasis, tmp_path):
    result = run("convert", "oasis", "--root", oasis, "--out", tmp_path / "out", "--seed", 3, "--val", 0.2)
    assert result.exit_code == 0, result.output
    assert "left out 1: no valence between 1 and 7 (such as labels.json, entry 31)" in result.output
    assert orjson.loads((tmp_path / "out/summary.json").read_bytes())["seed"] == 3
    assert (tmp_path / "out/val_gold.jsonl").exists()


def test_convert_unknown_source(tmp_path):
    line = refused("convert", "oassis", "--root", tmp_path, "--out", tmp_path / "out")
    assert "unknown data set 'oassis'; known: " in line and "oasis" in line.split("known: ")[1]


def test_convert_absent(tmp_path):
    assert "download OASIS" in refused("convert", "oasis", "--root", tmp_path / "none", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_convert_missing_picture(oasis, tmp_path):
    (oasis / "images/A_0.jpg").unlink()
    arguments = ("convert", "oasis", "--root", oasis, "--out", tmp_path / "out")
    line = refused(*arguments)
    assert "1 of 30 media" in line and "images/A_0.jpg (missing); --faulty-media 0.02 lets" in line
    assert [path.name for path in (tmp_path / "out").iterdir()] == [MEDIA_CACHE]
    result = run(*arguments, "--faulty-media", 0.05)
    assert result.exit_code == 0
    assert "left out 1 of 30 media that are missing or broken (" in result.output
    assert "images/A_0.jpg (missing)" in result.output and f"image folder: {oasis}\n" in result.output
    assert run(*arguments, "--no-check-media").exit_code == 0


def test_convert_impossible_share(oasis, tmp_path):
    assert "split shares" in refused("convert", "oasis", "--root", oasis, "--out", tmp_path / "out", "--test", 1)


def test_a_folder_that_cannot_be_written(oasis, tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refused("convert", "oasis", "--root", oasis, "--out", tmp_path / "file/out")


@pytest.fixture
def answered(oasis, tmp_path):
    """The options of a `score` command whose model always says neutral."""
    run("convert", "oasis", "--root", oasis, "--out", tmp_path / "out")
    questions = tmp_path / "out/questions.jsonl"
    lines = [{"question_id": line["question_id"], "text": "Neutral."} for line in read_lines(questions)]
    predictions = write_lines(tmp_path / "answers.jsonl", lines)
    return ("score", "--questions", questions, "--gold", tmp_path / "out/gold.jsonl", "--predictions", predictions)


def test_score(answered, tmp_path):
    result = run(*answered, "--out", tmp_path / "results/r.json")
    assert result.exit_code == 0, result.output
    head, row, overall = result.output.splitlines()
    assert head.split()[:4] == ["sub-task", "n", "accuracy", "majority"]
    assert row.split()[0] == "emo_c" and overall.split()[0] == "overall"
    assert row.split()[2] == overall.split()[1]
    written = orjson.loads((tmp_path / "results/r.json").read_bytes())
    assert written.pop("files")["gold"] == "../out/gold.jsonl"
    assert written == orjson.loads(run(*answered, "--json").stdout)
    assert f"{100 * written['overall']:.1f}" == row.split()[2]


def test_a_file_of_somebody_is_not_replaced_and_one_of_an_earlier_call_is(answered, tmp_path):
    _, _, questions, _, _, _, answers = answered
    (tmp_path / "run").mkdir()
    (tmp_path / "run/answers.jsonl").write_bytes(answers.read_bytes())
    (tmp_path / "words.txt").write_text("a Take heart.\n")
    assert run(*answered, "--out", tmp_path / "run/results.json").exit_code == 0
    commands = {
        "notes.json": (*answered, "--out"),
        "all.jsonl": ("merge", answers, "--questions", questions, "--out"),
        "science.json": ("science-questions", questions),
        "a/questions.jsonl": ("stimuli", "--questions", questions, "--stimuli", tmp_path / "words.txt", "--out"),
        "report.md": ("report", tmp_path / "run", "--out"),
        "emobench.yaml": ("lmms-eval-tasks", "--out"),
    }
    for name, command in commands.items():
        path = tmp_path / "out" / command[0] / name
        path.parent.mkdir(parents=True)
        path.write_text("My own notes.\n")
        out = path if "--out" not in command or command[0] in ("score", "merge") else tmp_path / "out" / command[0]
        assert f"{path}: is there already and is not replaced" in refused(*command, out)
        assert path.read_text() == "My own notes.\n"
        path.unlink()
        for _ in range(2):
            result = run(*command, out)
            assert result.exit_code == 0 and path.is_file(), result.output
    # What begins alike is somebody's too.
    report, notes = tmp_path / "out/report/report.html", tmp_path / "notes"
    report.write_text(report.read_text().replace("EmoBench report", "EmoBench report? No", 1))
    refused(*commands["report.md"], report.parent)
    refused(*commands["all.jsonl"], tmp_path / "out/gold.jsonl")
    refused(*commands["science.json"], tmp_path / "out/train.json")
    refused(
        "stimuli",
        "--questions",
        tmp_path / "out/stimuli/a/questions.jsonl",
        *commands["a/questions.jsonl"][3:],
        tmp_path / "out/stimuli",
    )
    assert refused(*answered, "--general", "mine", "--out", tmp_path / "run/results.json")
    notes.write_text("My own notes.\n")
    refused("validate", tmp_path / "out/train.json", "--media-root", tmp_path, "--cache", notes)
    assert notes.read_text() == "My own notes.\n"


def test_score_with_a_wrong_file(answered, tmp_path):
    write_lines(tmp_path / "answers.jsonl", [{"question_id": "other", "text": "x"}])
    assert "line 1: question 'other'" in refused(*answered, "--out", tmp_path / "r.json")
    assert not (tmp_path / "r.json").exists()


def test_score_with_files_in_each_others_place(answered, tmp_path):
    gold = tmp_path / "out/gold.jsonl"
    before = gold.read_bytes()
    assert "files that are read" in refused(*answered, "--out", gold)
    assert gold.read_bytes() == before
    assert "the questions themselves" in refused(*answered[:-1], tmp_path / "out/questions.jsonl")


def test_an_error_of_a_library_keeps_its_words(oasis, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("no such model on the hub")

    monkeypatch.setattr("emobench_data.cli.commands.convert_source", fail)
    assert "no such model on the hub" in refused("convert", "oasis", "--root", oasis, "--out", tmp_path / "out")


def test_sources(oasis):
    text = run("sources").output
    assert "oasis: OASIS, emo_c, licence: " in text and "  found: " not in text
    for source in all_sources().values():
        assert source.homepage in text and source.obtain in text
    assert f"found: {oasis}" in run("sources", "--root", oasis.parent).output
    assert f"found: {oasis}" in run("sources", "--root", oasis).output


def test_sources_in_no_folder(tmp_path):
    assert "no such folder" in refused("sources", "--root", tmp_path / "none")


def test_sources_as_json(oasis, tmp_path):
    (tmp_path / "empty").mkdir()
    for root, found in ((oasis.parent, [str(oasis)]), (tmp_path / "empty", [])):
        listed = {entry["name"]: entry for entry in orjson.loads(run("sources", "--json", "--root", root).stdout)}
        assert listed["oasis"]["found"] == found
        assert listed["oasis"]["labels"] == {"emo_c": ["negative", "neutral", "positive"]}


def test_as_a_module(tmp_path):
    command = [
        sys.executable,
        "-m",
        "emobench_data",
        "convert",
        "oasis",
        "--root",
        "none",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("error: OASIS") and done.stderr.count("\n") == 1


def test_importing_the_package_is_light():
    heavy = ("numpy", "PIL", "av", "decord", "sklearn", "torch")
    code = f"import sys, emobench_data; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scoer"], "no such command 'scoer'"),
        (["--quite"], "unknown argument --quite; see"),
        (["score", "--question", "q.jsonl"], "unknown argument --question; is --questions meant?; see"),
        (["score"], "missing option '--questions'; see"),
        (["mini", "--out", "m", "--train", "many"], "invalid value for '--train': 'many' is not a valid integer; see"),
        (["merge", "--questions", "q", "--out", "o"], "missing argument 'PARTS...'; see"),
    ],
    ids=str,
)
def test_words_that_no_command_knows_are_one_line(words, said):
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert done.stderr.lower().startswith(f"error: {said}".lower()) and done.stderr.rstrip().endswith("--help")


def test_help_is_no_error():
    done = CliRunner().invoke(main, [])
    assert "Usage:" in done.output and "error:" not in done.output
