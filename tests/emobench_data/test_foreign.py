"""Another package, the one in the docs, adds a data set, a task, its type, a metric and a kind of medium, and the commands
know them; what cannot be used of yet another is said."""

import orjson
import pytest

from emobench_data.io.errors import InputError
from emobench_data.io.registry import Registry

from .foreign import install, page_files, run
from .make import read_lines, write_lines, write_picture

POINTS = {
    "emobench_data.sources": {"broken": "strangers:NOTHING", "oasis": "strangers:ALBUM"},
    "emobench_data.tasks": {"wrong": "strangers:STARS"},
    "emobench_data.metrics": {"late": "nowhere:METRIC"},
}


@pytest.fixture
def package(tmp_path):
    return install(tmp_path / "packages", page_files()["extra_data.py"], POINTS)


def command(package, *arguments, code=0):
    done = run(package, "-m", "emobench_data", *arguments)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.slow
def test_one_of_each_through_the_commands(extras, tmp_path):
    for number in range(40):
        write_picture(tmp_path / "root" / f"{number}.png")
    rows = [f"{number}.png,{1 + number % 5}" for number in range(40)]
    (tmp_path / "root" / "ratings.csv").write_text("\n".join(["file,stars", *rows, "40.png,many"]))
    assert "album" in command(extras, "sources").stdout
    out = tmp_path / "out"
    command(extras, "convert", "album", "--root", tmp_path / "root", "--out", out, "--test", "0.5", "--no-check-media")
    asked, gold = (read_lines(out / name) for name in ("questions.jsonl", "gold.jsonl"))
    assert asked[0]["text"].endswith("How good is this image? Give one to five stars, as a number.")
    reasons = ("--form", "guided", "--rationale", "mixed", "--no-check-media")
    command(extras, "convert", "album", "--root", tmp_path / "root", "--out", tmp_path / "guided", *reasons)
    assert {line["form"] for line in read_lines(tmp_path / "guided" / "questions.jsonl")} == {"guided"}
    own = [{"question_id": "own", "answer": 3, "type": "stars"}]
    write_lines(out / "gold.jsonl", gold + own)
    write_lines(out / "questions.jsonl", [*asked, {"question_id": "own", "text": "?"}])
    said = [{"question_id": one["question_id"], "text": f"{one['answer'] - 1}"} for one in gold + own]
    files = ("--questions", out / "questions.jsonl", "--gold", out / "gold.jsonl")
    scored = command(extras, "score", *files, "--predictions", write_lines(tmp_path / "a.jsonl", said), "--out", tmp_path / "r")
    assert "bias of rating: -1.000, 95 %-interval -1.000 to -1.000" in scored.stdout and not scored.stderr
    figures = orjson.loads((tmp_path / "r").read_bytes())["families"]["number"]
    assert figures["rating"]["bias"] == figures["own"]["bias"] == -1 and len(figures["rating"]["bias_interval"]) == 2
    assert figures["rating"]["out_of_range"] == sum(one["answer"] == 1 for one in gold)
    command(extras, "lmms-eval-tasks", "--out", tmp_path / "tasks")
    assert (tmp_path / "tasks/emobench_rating.yaml").is_file() and (tmp_path / "tasks/_stars_yaml").is_file()
    (tmp_path / "root/tune.abc").write_text("X:1")
    turns = [{"from": "human", "value": "<melody>\nWhat?"}, {"from": "gpt", "value": "joy"}]
    records = [{"id": name, "melody": name, "conversations": turns} for name in ("tune.abc", "0.png", "none.abc")]
    (tmp_path / "heard.json").write_bytes(orjson.dumps(records))
    told = command(extras, "validate", tmp_path / "heard.json", "--media-root", tmp_path / "root", code=1).stdout
    assert "'0.png': no melody" in told and "'none.abc': missing" in told and "tune.abc" not in told


@pytest.mark.slow
def test_what_cannot_be_used_is_named_in_one_line_and_stops_nothing(package, tmp_path):
    told = [line for line in command(package, "sources").stderr.splitlines() if line.startswith("data set")]
    assert len(told) == 2
    for line, name, reason in zip(told, ("broken", "oasis"), ("cannot be loaded (AttributeError", "calls itself 'album'")):
        assert line.startswith(f"data set {name!r} (strangers:") and "of the package strangers" in line and reason in line
    refused = command(package, "convert", "broken", "--root", tmp_path, "--out", tmp_path / "out", code=2)
    assert "error: data set 'broken' (strangers:NOTHING, of the package strangers): cannot be loaded" in refused.stderr
    assert "oasis" in command(package, "sources").stdout
    files = ("--questions", write_lines(tmp_path / "q.jsonl", [{"question_id": 1, "text": "?"}]))
    files += ("--predictions", write_lines(tmp_path / "a.jsonl", []), "--gold")
    gold = write_lines(tmp_path / "number.jsonl", [{"question_id": 1, "answer": 3, "type": "number"}])
    told = command(package, "score", *files, gold).stderr
    assert told.count("\n") == 2 and "metric 'late' (nowhere:METRIC, of the package strangers)" in told
    gold = write_lines(tmp_path / "wrong.jsonl", [{"question_id": 1, "task": "wrong", "answer": "a"}])
    refused = command(package, "score", *files, gold, code=2)
    assert "sub-task 'wrong' (strangers:STARS, of the package strangers): is Stars, not Task" in refused.stderr


def test_a_registry_without_a_group_knows_its_own_alone():
    registry = Registry("thing")
    registry.add("a", 1)
    with pytest.raises(InputError, match="unknown thing 'b'; known: a"):
        registry.get("b")
    assert "b" not in registry and registry.values() == [1]
