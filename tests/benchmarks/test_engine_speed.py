"""Measurements of several programs: none is made twice, none counts half, and each is told with its conditions."""

import json
from argparse import Namespace

import pytest

from benchmarks import engine_speed


@pytest.fixture
def given(tmp_path):
    lines = [json.dumps({"question_id": f"q{number}", "image": "a.jpg", "text": "?"}) for number in range(7)]
    (tmp_path / "questions.jsonl").write_text("\n".join([*lines, json.dumps({"question_id": "t", "text": "no picture"})]))
    how = {"items": 3, "rounds": 2, "tokens": 16, "dtype": "float32", "engines": "emollm eval,vllm"}
    return Namespace(questions=str(tmp_path / "questions.jsonl"), images=str(tmp_path), out=tmp_path / "out", **how)


@pytest.fixture
def made(monkeypatch):
    """Which programs were measured; the last question has another answer of vLLM."""
    calls = []

    def answer(engine, given, questions, out):
        assert not out.exists(), "what an ended measurement left is not gone on with"
        ids = [json.loads(line)["question_id"] for line in questions.read_text().splitlines()]
        texts = ["joy"] * (len(ids) - 1) + ["joy" if engine == engine_speed.OURS else "fear"]
        out.write_text("".join(json.dumps({"question_id": i, "text": t}) + "\n" for i, t in zip(ids, texts)))
        out.with_name(f"{out.name}.json").write_text(json.dumps({"load": 1.0, "seconds": 1.5, "cpu": 2.0}))
        calls.append(engine)

    monkeypatch.setattr(engine_speed, "ENGINES", dict.fromkeys(("emollm eval", "vllm"), answer))
    monkeypatch.setattr(engine_speed, "_packages", lambda: {"vllm": "1"})
    return calls


def test_a_measurement_that_is_there_is_not_made_again(given, made):
    first = engine_speed.run(given)
    assert made == ["emollm eval", "vllm"] * 2
    rows = given.out / "rows.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))  # as if it was ended in the last
    again = engine_speed.run(given)
    assert made[4:] == ["vllm"] and [row["key"] for row in again] == [row["key"] for row in first]
    given.tokens = 8
    engine_speed.run(given)
    assert len(made) == 9, "under other conditions it is another measurement"


def test_the_table_tells_speed_and_equal_answers(given, made):
    rows = engine_speed.run(given)
    assert all(row["commit"] and row["packages"]["torch"] and row["machine"]["cores"] and row["data_sha256"] for row in rows)
    lines = engine_speed.table(rows).splitlines()[2:]
    assert [line.split("|")[6].strip() for line in lines] == ["2.00"] * 4
    assert [line.split("|")[8].strip() for line in lines] == ["3", "2"] * 2
    assert set(rows[0]["answers"]) == {"q0", "q2", "q4"}, "spread over the file, and only about pictures"
