"""The check as a command, and what it cannot use."""

import orjson
import pytest

from emobench_data.validation import validate

from ..cli.test_cli import refused, run
from .conftest import entry


def test_mini_is_sound(tmp_path):
    run("mini", "--out", tmp_path, "--train", 6, "--test", 6)
    arguments = ("validate", tmp_path / "train.json", "--media-root", tmp_path / "media")
    result = run(*arguments, "--questions", tmp_path / "questions.jsonl", "--context", 2048)
    assert result.exit_code == 0 and result.output.splitlines() == [f"{tmp_path / 'train.json'}: no fault in 6 records"]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[NaN]", b"\xff", b"[" * 3000, b'{"id": 1}\n{"id": 2}\n', b'"\\ud800"'])
def test_files_that_cannot_be_used(tmp_path, content):
    path = tmp_path / "t.json"
    path.write_bytes(content)
    assert str(path) in refused("validate", path, "--media-root", tmp_path)


def test_other_input_that_cannot_be_used(tmp_path):
    (tmp_path / "t.json").write_text("[]")
    assert "t.json: holds no record" in refused("validate", tmp_path / "t.json", "--media-root", tmp_path)
    (tmp_path / "t.json").write_bytes(orjson.dumps([entry()]))
    line = refused("validate", tmp_path / "t.json", "--media-root", tmp_path, "--tokenizer", tmp_path)
    assert "counts against a context; give --context too" in line
    assert "none: no such folder" in refused("validate", tmp_path / "t.json", "--media-root", tmp_path / "none")
    assert "cannot be read" in refused("validate", tmp_path / "none.json", "--media-root", tmp_path)
    (tmp_path / "q.jsonl").write_text('{"question_id": "a"}\n')
    line = refused("validate", tmp_path / "t.json", "--media-root", tmp_path, "--questions", tmp_path / "q.jsonl")
    assert "q.jsonl, line 1: no string under 'text'" in line


def test_the_command(tmp_path, media):
    path = tmp_path / "train.json"
    path.write_bytes(orjson.dumps([entry("\x1b[31mred"), entry("2", image="gone.jpg"), entry("2", answer="")]))
    result = run("validate", path, "--media-root", media)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{path}, record 2 (id '2'): image 'gone.jpg': missing; put the file below {media} or get it again",
        f"{path}, record 3 (id '2'): has an empty answer; there is nothing to learn from it",
        f"{path}, record 3 (id '2'): has the id of record 2; give each its own",
        f"{path}: 3 faults in 2 of 3 records",
        "  1 id: ids that are missing or occur twice",
        "  1 media: media that are missing, broken or outside the folder",
        "  1 answer: empty answers",
    ]
    result = run("validate", path, "--media-root", media, "--json")
    assert result.exit_code == 1
    assert orjson.loads(result.stdout)["summary"] == {"id": 1, "media": 1, "answer": 1}
    assert orjson.loads(result.stdout)["faults"][0]["record"] == 2


def test_a_stopped_check_goes_on(tmp_path, media, monkeypatch):
    path, cache = tmp_path / "train.json", tmp_path / "cache.jsonl"
    path.write_bytes(orjson.dumps([entry()]))
    validate(path, media, cache=cache)
    monkeypatch.setattr("emobench_data.media.check.examine", lambda *_: pytest.fail("opened again"))
    assert validate(path, media, cache=cache).faults == ()
