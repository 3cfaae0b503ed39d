"""Another package, the one in the docs, adds a data set, a task, its type and a metric, and the commands know them."""

import orjson
import pytest

from emobench_data.io.errors import InputError
from emobench_data.io.registry import Registry

from .foreign import example, install, run
from .make import read_lines, write_lines, write_picture

POINTS = {
    "emobench_data.sources": {"album": "strangers:ALBUM", "broken": "strangers:NOTHING", "oasis": "strangers:ALBUM"},
    "emobench_data.tasks": {"rating": "strangers:RATING", "wrong": "strangers:STARS"},
    "emobench_data.task_types": {"stars": "strangers:STARS"},
    "emobench_data.metrics": {"bias": "strangers:BIAS", "late": "nowhere:METRIC"},
}


@pytest.fixture
def package(tmp_path):
    return install(tmp_path / "packages", example("data"), POINTS)


def command(package, *arguments, code=0):
    done = run(package, "-m", "emobench_data", *arguments)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.slow
def test_one_of_each_through_the_commands(package, tmp_path):
    for number in range(40):
        write_picture(tmp_path / "root" / f"{number}.png")
    rows = [f"{number}.png,{1 + number % 5}" for number in range(40)]
    (tmp_path / "root" / "ratings.csv").write_text("\n".join(["file,stars", *rows, "40.png,many"]))
    assert "album" in command(package, "sources").stdout
    out = tmp_path / "out"
    command(package, "convert", "album", "--root", tmp_path / "root", "--out", out, "--test", "0.5", "--no-check-media")
    asked, gold = (read_lines(out / name) for name in ("questions.jsonl", "gold.jsonl"))
    assert asked[0]["text"].endswith("How good is this image? Give one to five stars, as a number.")
    reasons = ("--form", "guided", "--rationale", "mixed", "--no-check-media")
    command(package, "convert", "album", "--root", tmp_path / "root", "--out", tmp_path / "guided", *reasons)
    assert {line["form"] for line in read_lines(tmp_path / "guided" / "questions.jsonl")} == {"guided"}
    own = [{"question_id": "own", "answer": 3, "type": "stars"}]
    write_lines(out / "gold.jsonl", gold + own)
    write_lines(out / "questions.jsonl", [*asked, {"question_id": "own", "text": "?"}])
    said = [{"question_id": one["question_id"], "text": f"{one['answer'] - 1}"} for one in gold + own]
    files = ("--questions", out / "questions.jsonl", "--gold", out / "gold.jsonl")
    scored = command(package, "score", *files, "--predictions", write_lines(tmp_path / "a.jsonl", said), "--json")
    figures = orjson.loads(scored.stdout)["families"]["number"]
    assert figures["rating"]["bias"] == figures["own"]["bias"] == -1 and len(figures["rating"]["bias_interval"]) == 2
    assert figures["rating"]["out_of_range"] == sum(one["answer"] == 1 for one in gold)
    assert scored.stderr.count("\n") == 2 and "metric 'late' (nowhere:METRIC, of the package strangers)" in scored.stderr
    command(package, "lmms-eval-tasks", "--out", tmp_path / "tasks")
    assert (tmp_path / "tasks/emobench_rating.yaml").is_file() and (tmp_path / "tasks/_stars_yaml").is_file()


@pytest.mark.slow
def test_what_cannot_be_used_is_named_in_one_line_and_stops_nothing(package, tmp_path):
    told = [line for line in command(package, "sources").stderr.splitlines() if line.startswith("data set")]
    assert len(told) == 2
    for line, name, reason in zip(told, ("broken", "oasis"), ("cannot be loaded (AttributeError", "calls itself 'album'")):
        assert line.startswith(f"data set {name!r} (strangers:") and "of the package strangers" in line and reason in line
    refused = command(package, "convert", "broken", "--root", tmp_path, "--out", tmp_path / "out", code=2)
    assert "error: data set 'broken' (strangers:NOTHING, of the package strangers): cannot be loaded" in refused.stderr
    assert "oasis" in command(package, "sources").stdout
    gold = [{"question_id": 1, "task": "wrong", "answer": "a"}]
    files = ("--questions", write_lines(tmp_path / "q.jsonl", [{"question_id": 1, "text": "?"}]))
    files += ("--gold", write_lines(tmp_path / "g.jsonl", gold), "--predictions", write_lines(tmp_path / "a.jsonl", []))
    refused = command(package, "score", *files, code=2)
    assert "sub-task 'wrong' (strangers:STARS, of the package strangers): is Stars, not Task" in refused.stderr


def test_a_registry_without_a_group_knows_its_own_alone():
    registry = Registry("thing")
    registry.add("a", 1)
    with pytest.raises(InputError, match="unknown thing 'b'; known: a"):
        registry.get("b")
    assert "b" not in registry and registry.values() == [1]
