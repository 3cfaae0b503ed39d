"""Another package adds a kind of medium in one file, and records of it go through the commands."""

import orjson
import pytest

from emobench_data.media.kinds import KINDS, kinds, placeholders

from ..foreign import install, run
from ..make import read_lines

CODE = """
from emobench_data.io.errors import MediumFault
from emobench_data.media.kind import Finding, MediumKind
from emobench_data.schema.records import Record
from emobench_data.sources import Source


class Melody(MediumKind):
    name, called, checking, suffixes = "melody", "a melody", "checking melodies", (".abc",)

    def version(self, sampling):
        return "check melody, 1"

    def open(self, path, sampling):
        if not path.is_file():
            raise MediumFault(f"{path}: file is missing", "file is missing")
        if not path.read_text().startswith("X:"):
            raise MediumFault(f"{path}: no melody", "no melody")
        return Finding(None, seconds=2.0)


def read(root, skips):
    for number in range(20):
        answer = ("joy", "sorrow")[number % 2]
        yield Record("tunes", str(number), "emo_c", "melody", f"{number}.abc", answer, options=("joy", "sorrow"))


MELODY = Melody()
TUNES = Source(
    name="tunes", title="Tunes", homepage="https://example.org", licence="ours", citation="We, 2026.", obtain="sing it",
    tasks=("emo_c",), labels={"emo_c": ("joy", "sorrow")}, markers=("*.abc",), read=read,
)
"""
POINTS = {"emobench_data.media": {"melody": "strangers:MELODY"}, "emobench_data.sources": {"tunes": "strangers:TUNES"}}


@pytest.fixture
def package(tmp_path):
    for number in range(20):
        (tmp_path / f"root/{number}.abc").parent.mkdir(exist_ok=True)
        (tmp_path / f"root/{number}.abc").write_text(f"X:1\nK:C\nC{'D' * number}|")
    return install(tmp_path / "packages", CODE, POINTS)


def command(package, *arguments, code=0):
    done = run(package, "-m", "emobench_data", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_ours_come_first():
    assert [kind.name for kind in kinds()] == ["image", "video"] == [*KINDS]
    assert placeholders() == {"image": "<image>", "video": "<video>"}


def test_a_kind_of_somebody_elses(package, tmp_path):
    out, root = tmp_path / "out", tmp_path / "root"
    command(package, "convert", "tunes", "--root", root, "--out", out, "--test", "0.5")
    trained, asked = orjson.loads((out / "train.json").read_bytes()), read_lines(out / "questions.jsonl")
    assert trained[0]["melody"].endswith(".abc") and trained[0]["conversations"][0]["value"].startswith("<melody>\n")
    assert "this melody" in asked[0]["text"] and asked[0]["melody"].endswith(".abc")
    assert "no fault" in command(package, "validate", out / "train.json", "--media-root", root)
    (root / trained[0]["melody"]).write_text("a drawing")
    told = command(package, "validate", out / "train.json", "--media-root", root, code=1)
    assert "no melody" in told and "1 fault" in told
    trained[1]["image"] = "a.png"
    (out / "two.json").write_bytes(orjson.dumps(trained[1:]))
    told = command(package, "validate", out / "two.json", "--media-root", root, code=1)
    assert "has an image and a melody; a record has one medium, so make it two records" in told
    answers = tmp_path / "run/answers.jsonl"
    answers.parent.mkdir()
    answers.write_bytes(b"".join(orjson.dumps({"question_id": one["question_id"], "text": "joy"}) + b"\n" for one in asked))
    files = ("--questions", out / "questions.jsonl", "--gold", out / "gold.jsonl", "--predictions", answers)
    assert "50.0" in command(package, "score", *files, "--out", tmp_path / "run/results.json")
    command(package, "report", tmp_path / "run", "--out", tmp_path / "report", "--media-root", root)
    assert "melody, no picture" in (tmp_path / "report/report.html").read_text()
    refused = command(package, "science-questions", out / "questions.jsonl", tmp_path / "s", code=2)
    assert "is about a medium of kind melody" in refused


def test_a_broken_one_is_a_faulty_medium_of_its_data_set(package, tmp_path):
    (tmp_path / "root/3.abc").write_text("a drawing")
    told = command(package, "convert", "tunes", "--root", tmp_path / "root", "--out", tmp_path / "out", code=2)
    assert "3.abc (no melody)" in told
