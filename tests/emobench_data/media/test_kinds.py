"""Another package adds a kind of medium in one file, and records of it go through the commands."""

import orjson
import pytest

from emobench_data.media.kinds import KINDS, kinds, placeholders

from ..foreign import install, run
from ..make import read_lines, write_picture

CODE = """
from dataclasses import replace

from emobench_data.io.errors import MediumFault
from emobench_data.media.kind import Finding, MediumKind
from emobench_data.schema.records import Medium, Record
from emobench_data.sources import Source


class Melody(MediumKind):
    name, checking, suffixes = "melody", "checking melodies", (".abc",)

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
        yield Record("tunes", str(number), "emo_c", (Medium("melody", f"{number}.abc"),), answer, options=("joy", "sorrow"))


def read_songs(root, skips):
    for one in read(root, skips):
        melody = one.media[0].path
        picture = Medium("image", melody.replace(".abc", ".png"))
        yield replace(one, source="songs", media=(picture, Medium("melody", melody)), text="La la.")


MELODY = Melody()
TUNES = Source(
    name="tunes", title="Tunes", homepage="https://example.org", licence="ours", citation="We, 2026.", obtain="sing it",
    tasks=("emo_c",), labels={"emo_c": ("joy", "sorrow")}, markers=("*.abc",), read=read,
)
SONGS = replace(TUNES, name="songs", read=read_songs)
"""
POINTS = {
    "emobench_data.media": {"melody": "strangers:MELODY"},
    "emobench_data.sources": {"tunes": "strangers:TUNES", "songs": "strangers:SONGS"},
}


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
    assert [kind.name for kind in kinds()] == ["image", "video", "audio"]
    assert {*KINDS} == {"image", "video", "audio"}
    assert placeholders() == {"image": "<image>", "video": "<video>", "audio": "<audio>"}


@pytest.mark.slow
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
    answers = tmp_path / "run/answers.jsonl"
    answers.parent.mkdir()
    answers.write_bytes(b"".join(orjson.dumps({"question_id": one["question_id"], "text": "joy"}) + b"\n" for one in asked))
    files = ("--questions", out / "questions.jsonl", "--gold", out / "gold.jsonl", "--predictions", answers)
    assert "50.0" in command(package, "score", *files, "--out", tmp_path / "run/results.json")
    command(package, "report", tmp_path / "run", "--out", tmp_path / "report", "--media-root", root)
    assert "melody, no picture" in (tmp_path / "report/report.html").read_text()
    refused = command(package, "science-questions", out / "questions.jsonl", tmp_path / "s", code=2)
    assert "is about a medium of kind melody" in refused


@pytest.mark.slow
def test_a_picture_and_a_melody_in_one_record(package, tmp_path):
    out, root = tmp_path / "out", tmp_path / "root"
    for number in range(20):
        write_picture(root / f"{number}.png", colour=(10 * number, 99, 0), size=(32 + number, 32))
    command(package, "convert", "songs", "--root", root, "--out", out, "--test", "0.5")
    trained, asked = orjson.loads((out / "train.json").read_bytes()), read_lines(out / "questions.jsonl")
    first = trained[0]
    assert list(first)[1:3] == ["image", "melody"] and first["image"][:-4] == first["melody"][:-4]
    assert first["conversations"][0]["value"].startswith("<image>\n<melody>\nLa la.\n") and "<" not in asked[0]["text"]
    assert "this image and melody" in asked[0]["text"] and {"image", "melody"} <= asked[0].keys()
    assert "no fault" in command(package, "validate", out / "train.json", "--media-root", root)
    first["conversations"][0]["value"] = first["conversations"][0]["value"].replace("<melody>", "")
    (out / "bare.json").write_bytes(orjson.dumps(trained))
    told = command(package, "validate", out / "bare.json", "--media-root", root, code=1)
    assert "has <melody> 0 times in its questions and 1 media of that kind" in told
    (tmp_path / "c.yaml").write_text("data_root: .\nseed: 1\nsources: {songs: {folder: root, test: 0.5, val: 0}}\n")
    command(package, "build", tmp_path / "c.yaml", "--out", tmp_path / "built", "--no-figures")
    row = read_lines(tmp_path / "built/hf/test.jsonl")[0]
    paths = row["media"].split("\n")
    assert row["modality"] == "image+melody" and [path[-4:] for path in paths] == [".png", ".abc"]
    assert not list((tmp_path / "built/vlmevalkit").glob("*"))
    (root / "3.abc").write_text("a drawing")
    told = command(package, "convert", "songs", "--root", root, "--out", out, code=2)
    assert "3.abc (no melody)" in told and "1 of 40 media" in told


def test_a_broken_one_is_a_faulty_medium_of_its_data_set(package, tmp_path):
    (tmp_path / "root/3.abc").write_text("a drawing")
    told = command(package, "convert", "tunes", "--root", tmp_path / "root", "--out", tmp_path / "out", code=2)
    assert "3.abc (no melody)" in told
