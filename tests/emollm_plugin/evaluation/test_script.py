"""`scripts/eval_emobench.sh` on a tiny checkpoint: each evaluator, in chunks, scored."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from emollm_plugin.recipes.layers import read_recipe
from emollm_plugin.recipes.prepare import prepare_data

from ..started_here import started_here

ROOT = Path(__file__).parents[3]


def evaluate(*arguments, **environment):
    """The script, as a user starts it."""
    settings = {**os.environ, "DEVICE": "cpu", "OMP_NUM_THREADS": "1"} | {k: str(v) for k, v in environment.items()}
    command = ["bash", str(ROOT / "scripts" / "eval_emobench.sh"), *map(str, arguments)]
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=300)


@pytest.fixture
def here(monkeypatch):
    """A function that does what the script does in this process, and so do the programs that it would start."""
    started_here(monkeypatch)

    def run(*arguments, **environment):
        settings = {"DEVICE": "cpu", "OMP_NUM_THREADS": "1"} | {name: str(value) for name, value in environment.items()}
        done = CliRunner().invoke(main, ["benchmark", *map(str, arguments)], env=settings)
        return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    return run


def asked(tiny):
    """Questions, gold and pictures as variables."""
    files = {"QUESTIONS": tiny.data / "questions.jsonl", "GOLD": tiny.data / "gold.jsonl"}
    return {**files, "IMAGE_FOLDER": tiny.data / "images"}


@pytest.mark.e2e
@pytest.mark.both_stacks
def test_chunks_are_answered_merged_and_scored(checkpoint, tiny, tmp_path):
    check_chunks(evaluate, checkpoint, tiny, tmp_path, "emollm")


@pytest.mark.host
def test_chunks_of_the_hosts_own_evaluator(checkpoint, tiny, tmp_path, here):
    check_chunks(here, checkpoint, tiny, tmp_path, "model_vqa_loader")


def check_chunks(evaluate, checkpoint, tiny, tmp_path, evaluator, chunks=2):
    done = evaluate(
        checkpoint,
        EVALUATOR=evaluator,
        CHUNKS=chunks,
        OUT_DIR=tmp_path,
        **asked(tiny),
        MAX_NEW_TOKENS=3,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == str(tmp_path / "results.json")
    ids = [json.loads(line)["question_id"] for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert ids == [str(index) for index in range(16)]
    assert sorted(path.name for path in tmp_path.glob("chunk-*.jsonl")) == [
        f"chunk-{index}-of-{chunks}.jsonl" for index in range(chunks)
    ]
    settings = json.loads((tmp_path / "results.json").read_text())["conditions"]["settings"]
    assert settings["evaluator"] == evaluator and settings["template"] == "emoprompt_chatml"


@pytest.mark.host
def test_stimuli_are_compared_with_the_plain_questions(checkpoint, tiny, tmp_path, here):
    (tmp_path / "stimuli.txt").write_text("up Take heart.\n")
    stimuli = {"STIMULI": tmp_path / "stimuli.txt", "STIMULI_PLACE": "after"}
    done = here(checkpoint, OUT_DIR=tmp_path / "out", MAX_NEW_TOKENS=1, **asked(tiny), **stimuli)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    prompts = {
        name: [json.loads(line)["prompt"] for line in (tmp_path / "out" / name / "answers.jsonl").open()]
        for name in ("plain", "up")
    }
    assert prompts["up"] == [f"{prompt}\nTake heart." for prompt in prompts["plain"]]
    assert "up" in (tmp_path / "out/report/report.md").read_text()


@pytest.mark.host
def test_general_questions_and_the_checkpoint_before(checkpoint, tiny, tmp_path, here):
    general = tmp_path / "vqa.jsonl"
    general.write_text(json.dumps({"question_id": 1, "image": "0.png", "text": "Is it a picture?"}) + "\n")
    (tmp_path / "gold.jsonl").write_text(json.dumps({"question_id": 1, "answer": "yes"}) + "\n")
    settings = {
        "OUT_DIR": tmp_path / "out",
        "MAX_NEW_TOKENS": 3,
        **asked(tiny),
        "GENERAL_QUESTIONS": general,
        "GENERAL_GOLD": tmp_path / "gold.jsonl",
        "GENERAL_IMAGES": tiny.data / "images",
    }
    done = here(checkpoint, **settings)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == str(tmp_path / "out" / "results.json")
    found = json.loads((tmp_path / "out" / "general-vqa.json").read_text())
    assert found["general"]["vqa"]["n"] == 1 and found["general"]["vqa"]["missing"] == 0
    assert len((tmp_path / "out" / "answers.jsonl").read_text().splitlines()) == 16
    without = {name: value for name, value in settings.items() if not name.startswith("GENERAL")}
    planned = here(checkpoint, "--dry-run", **without, BEFORE=checkpoint, BEFORE_TEMPLATE="vicuna_v1")
    commands = [line for line in planned.stdout.splitlines() if "emollm_plugin.cli eval" in line]
    assert ["out/before" in line for line in commands] == [False, True]
    assert ["vicuna_v1" in line for line in commands] == [False, True]


@pytest.mark.e2e
def test_help_and_a_folder_that_is_not_there(tmp_path):
    shown = evaluate("--help")
    assert shown.returncode == 0 and "EVALUATOR" in shown.stdout
    done = evaluate(tmp_path / "none")
    assert done.returncode == 2 and "is no folder" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_settings_that_cannot_be_used(tmp_path, here):
    for words, changes, said in (
        ([], {}, "which CHECKPOINT"),
        (["--dryrun"], {}, "unknown argument"),
        ([tmp_path], {"EVALUATOR": "some"}, "model_vqa_science"),
        ([tmp_path], {"CHUNKS": "0"}, "CHUNKS=0 is not"),
        ([tmp_path], {"BATCH": "many"}, "BATCH=many is not"),
        ([tmp_path], {"LIKELIHOOD": "2"}, "0 or 1"),
        ([tmp_path], {"MINI_TEST": "some"}, "MINI_TEST=some is not"),
        ([tmp_path], {"OUT_DIR": f"{__file__}/out", "QUESTIONS": __file__}, "OUT_DIR="),
        ([tmp_path], {"EVALUATOR": "model_vqa", "LIKELIHOOD": 1}, "needs EVALUATOR=emollm"),
        ([tmp_path], {"EVALUATOR": "model_vqa", "NUMBERS": "expectation"}, "needs EVALUATOR=emollm"),
        ([tmp_path], {"STIMULI_PLACE": "within"}, "known: before, after"),
        ([tmp_path], {"GENERAL_QUESTIONS": __file__}, "must both be files"),
        ([tmp_path], {"BEFORE": "none"}, "no folder"),
    ):
        done = here(*words, **changes)
        assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.host
def test_without_questions_it_asks_what_the_launcher_asks_and_leaves_its_data_as_they_are(checkpoint, tmp_path, here):
    small = {"DATA_DIR": str(tmp_path), "MINI_TRAIN": "12", "MINI_TEST": "6"}
    prepare_data(read_recipe(small))
    folder = tmp_path / "mini-12-6"
    before = {path.name: path.read_bytes() for path in folder.glob("*.json*")}
    assert before["questions.jsonl"].count(b'"form":"steps"') == 3
    done = here(checkpoint, "--dry-run", OUT_DIR=tmp_path / "out", **small)
    assert done.returncode == 0 and str(folder / "questions.jsonl") in done.stdout, done.stdout + done.stderr
    assert {path.name: path.read_bytes() for path in folder.glob("*.json*")} == before
