import fcntl
import os
import threading
from pathlib import Path

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes import prepare
from emollm_plugin.recipes.prepare import Data, one_at_a_time, prepare_base, prepare_data

from .conftest import read


@pytest.fixture
def ran(monkeypatch):
    """The programs that would have run, as lists of words; what they print is what `answer` says."""
    commands = []

    def run(command):
        commands.append([str(word) for word in command])
        if "--out" in commands[-1]:
            out = Path(commands[-1][commands[-1].index("--out") + 1])
            out.mkdir(parents=True, exist_ok=True)
            (out / "train.json").touch()

    monkeypatch.setattr(prepare, "run_plain", run)
    monkeypatch.setattr(prepare, "answer_of", lambda command: commands.append(command) or "emoprompt_asked")
    return commands


@pytest.mark.parametrize(("parts", "asked"), [(["val_"], "val_"), (["val_", ""], "")])
def test_a_copy_without_a_test_part_is_asked_its_validation_part(tmp_path, capsys, monkeypatch, parts, asked):
    out = tmp_path / "fer2013-seed0"

    def convert(command):
        out.mkdir()
        (out / "train.json").touch()
        for part in parts:
            (out / f"{part}questions.jsonl").touch()

    monkeypatch.setattr(prepare, "run_plain", convert)
    data = prepare_data(read(DATASET="fer2013", DATA_ROOT=tmp_path, DATA_DIR=tmp_path))
    assert data == Data(out / "train.json", tmp_path, out / f"{asked}questions.jsonl", out / f"{asked}gold.jsonl")
    assert ("has no test part" in capsys.readouterr().out) == (asked == "val_")


def test_data_without_a_record_to_train_on_say_where_the_reason_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, "run_plain", lambda command: (tmp_path / "fer2013-seed0").mkdir())
    with pytest.raises(InputError, match=r"^fer2013: no record is left to train on; \S+/fer2013-seed0/DATACARD.md says"):
        prepare_data(read(DATASET="fer2013", DATA_ROOT=tmp_path, DATA_DIR=tmp_path))


@pytest.mark.parametrize(("named", "folder"), [("media", "meld-seed0/media"), ("", ".")])
def test_pictures_that_had_to_be_made_are_looked_for_where_they_are(tmp_path, monkeypatch, named, folder):
    def convert(command):
        (tmp_path / "meld-seed0").mkdir()
        (tmp_path / "meld-seed0/train.json").touch()
        (tmp_path / "meld-seed0/summary.json").write_text(f'{{"image_folder": "{named}"}}')

    monkeypatch.setattr(prepare, "run_plain", convert)
    assert prepare_data(read(DATASET="meld", DATA_ROOT=tmp_path, DATA_DIR=tmp_path)).images == tmp_path / folder


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ({}, "mini-720-144"),
        ({"MINI_TRAIN": "24", "MINI_TEST": "12"}, "mini-24-12"),
        ({"SEED": "3"}, "mini-720-144"),
        ({"VIDEOS": "clips", "RATIONALE": "mixed", "FORM": "guided"}, "mini-720-144-clips-mixed-guided"),
        ({"DATASET": "oasis", "DATA_ROOT": ".", "SEED": "3", "FORM": "guided"}, "oasis-seed3-none-guided"),
        ({"DATASET": "dfew", "DATA_ROOT": ".", "FOLD": "0", "FORM": "guided"}, "dfew-seed0-fold0-none-guided"),
    ],
)
def test_data_that_differ_lie_in_folders_that_differ(tmp_path, ran, settings, folder):
    data = prepare_data(read(DATA_DIR=tmp_path, **settings))
    assert data.train == tmp_path / folder / "train.json"
    (command,) = ran
    assert command[command.index("--out") + 1] == str(tmp_path / folder)
    assert command[command.index("--form") + 1] == settings.get("FORM", "steps")
    assert "--faulty-media" not in command


def test_the_share_of_faulty_media_is_handed_on(tmp_path, ran):
    prepare_data(read(DATA_DIR=tmp_path, DATASET="meld", DATA_ROOT=tmp_path, FAULTY_MEDIA=".1"))
    assert ran[0][-2:] == ["--faulty-media", "0.1"]


@pytest.mark.parametrize("asked", [{"FOLD": "0"}, {"HOLD_OUT": "17,24"}])
def test_what_is_held_out_is_handed_on(tmp_path, ran, asked):
    prepare_data(read(DATA_DIR=tmp_path, DATASET="meld", DATA_ROOT=tmp_path, **asked))
    ((name, value),) = asked.items()
    assert ran[0][ran[0].index(f"--{name.lower().replace('_', '-')}") + 1] == value


def test_the_users_own_files_are_taken_as_they_are(ran):
    data = prepare_data(read(DATA_PATH="t.json", QUESTIONS="q.jsonl", GOLD="g.jsonl"))
    assert data == Data(Path("t.json"), None, Path("q.jsonl"), Path("g.jsonl")) and ran == []


def test_a_dry_run_asks_no_hub_for_the_template(tmp_path, ran):
    assert prepare_base(read(BASE_MODEL="own/model"), dry=True).template == "<emollm template own/model>" and ran == []
    assert prepare_base(read(BASE_MODEL="own/model", TEMPLATE="told")).template == "told" and ran == []
    assert prepare_base(read(BASE_MODEL="own/model")).template == "emoprompt_asked"
    assert prepare_base(read(BASE_MODEL=tmp_path), dry=True).template == "emoprompt_asked"


@pytest.mark.parametrize(("stack", "program"), [("current", "python"), ("classic", "bash")])
def test_the_small_base_is_made_once_and_on_the_classic_stack_by_the_current_one(tmp_path, ran, stack, program):
    recipe = read(MODELS=tmp_path, DOWNLOADS=tmp_path, STACK=stack)
    base = prepare_base(recipe)
    assert base.template == "emoprompt_chatml" and program in ran[0][0] and "get" in ran[0]
    (tmp_path / "smollm2-135m-instruct").mkdir()
    (tmp_path / "smollm2-135m-instruct" / "emollm_base_both.json").touch()
    assert prepare_base(recipe) == base and len(ran) == 1


def test_two_launchers_prepare_into_one_folder_one_after_the_other(tmp_path):
    entered = threading.Event()

    def second():
        with one_at_a_time(tmp_path):
            entered.set()

    with one_at_a_time(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.3)
    assert entered.wait(5)
    thread.join()


def test_a_launcher_that_is_killed_holds_no_folder(tmp_path):
    child = os.fork()
    if child == 0:
        fcntl.flock(open(tmp_path / prepare.LOCK, "a"), fcntl.LOCK_EX)
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    with one_at_a_time(tmp_path):
        pass
