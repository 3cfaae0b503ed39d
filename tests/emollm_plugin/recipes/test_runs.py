"""No run deletes what another made: whatever changes, a marked file in the earlier run's checkpoint is still there."""

import json
import os
import shutil
from dataclasses import replace

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes import fingerprint as prints
from emollm_plugin.recipes import runs
from emollm_plugin.recipes.fingerprint import fingerprint
from emollm_plugin.recipes.inputs import media_of, read_records
from emollm_plugin.recipes.prepare import Base, Data
from emollm_plugin.recipes.runs import claim, set_aside, wait_for_writer

from .conftest import CPU, filled, read

RECORDS = [{"image": "a.png", "conversations": []}, {"image": "b.png", "conversations": []}]


class Place:
    """A machine with data, a base model and run folders; `run` begins one, as the launcher does."""

    def __init__(self, root):
        self.root, self.devices = root, CPU
        (root / "images").mkdir()
        for name in ("a.png", "b.png"):
            (root / "images" / name).write_bytes(name.encode())
        (root / "base").mkdir()
        (root / "base" / "model.safetensors").write_bytes(b"weights")
        (root / "train.json").write_text(json.dumps(RECORDS))
        (root / "zero.json").write_text('{"zero_optimization": {"stage": 2}}')
        (root / "mm_projector.bin").write_bytes(b"start")
        self.base = Base(str(root / "base"), "chatml")
        self.data = Data(root / "train.json", root / "images", None, None)
        self.settings = {
            "BASE_MODEL": self.base.name,
            "DATA_PATH": self.data.train,
            "ZERO": root / "zero.json",
            "PRETRAIN_PROJECTOR": root / "mm_projector.bin",
        }

    def mark(self, **changes):
        recipe = filled(self.devices.world, **{**self.settings, **changes})
        return fingerprint(recipe, self.base, self.data, media_of(read_records(self.data.train)), self.devices)

    def run(self, **changes):
        settings = {**self.settings, **changes}
        return claim(read(**settings), filled(self.devices.world, **settings), self.mark(**changes), self.devices.world)

    def trained(self, **changes):
        """A run that has ended, with a file in its checkpoint."""
        run = self.run(**changes)
        run.checkpoint.mkdir(parents=True)
        (run.checkpoint / "marked").write_text("made in a week")
        run.finished()
        return run


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "ROOT", tmp_path / "clone")
    return Place(tmp_path)


def other_picture(place):
    (place.root / "images" / "a.png").write_bytes(b"a.PNG")
    os.utime(place.root / "images" / "a.png", ns=(1, 1))
    return {}


def written(file, content):
    file.write_text(content)
    return {}


def changed(place, **fields):
    vars(place).update(fields)
    return {}


# What is changed -> what the line says that differs.
CHANGES = {
    "a setting": (lambda place: {"LEARNING_RATE": "3e-4"}, "LEARNING_RATE=0.0002 there, 0.0003 here"),
    "what is tuned": (lambda place: {"TUNE": "full", "RUN_DIR": None}, ""),
    "the seed": (lambda place: {"SEED": 1, "RUN_DIR": None}, ""),
    "a record": (lambda place: written(place.data.train, json.dumps(RECORDS[:1])), "training data, media"),
    "a picture of the same name and size": (other_picture, "media"),
    "the base's weights": (lambda place: written(place.root / "base" / "model.safetensors", "others"), "base model"),
    "the ZeRO stage's file": (lambda place: written(place.root / "zero.json", '{"zero_optimization": {"stage": 3}}'), "ZERO"),
    "the projector to start from": (lambda place: written(place.root / "mm_projector.bin", "x"), "PRETRAIN_PROJECTOR"),
    "the template": (lambda place: changed(place, base=replace(place.base, template="plain")), "TEMPLATE=chatml there"),
    "the number format": (lambda place: changed(place, devices=replace(CPU, precision="bf16")), "PRECISION=fp32 there"),
    "the batch": (lambda place: changed(place, devices=replace(CPU, world=2)), "GLOBAL_BATCH=8 there, 16 here"),
    "long samples": (lambda place: {"TOO_LONG": "drop"}, "TOO_LONG=none there, drop here"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_differs_takes_a_folder_of_its_own_and_says_why(place, capsys, change):
    first = place.trained()
    do, said = CHANGES[change]
    changes = {name: value for name, value in do(place).items() if value is not None}
    other = place.run(**changes)
    assert other.folder != first.folder and not other.trained
    assert (first.checkpoint / "marked").read_text() == "made in a week"
    lines = capsys.readouterr().out.splitlines()
    if said:
        assert other.folder.name == f"{first.folder.name}-2"
        assert len(lines) == 1 and lines[0].startswith(f"== {first.folder} holds another run: ") and said in lines[0]
    assert place.run(**changes).folder == other.folder, "the same command finds its own folder again"


@pytest.mark.parametrize("change", [change for change, (_, said) in CHANGES.items() if said])
def test_a_run_folder_that_was_given_is_refused(place, change):
    given = {"RUN_DIR": place.root / "own"}
    first = place.trained(**given)
    do, said = CHANGES[change]
    changes = do(place)
    with pytest.raises(InputError, match=f"^RUN_DIR={first.folder} holds another run: .*OVERWRITE=1") as caught:
        place.run(**given, **changes)
    assert said in str(caught.value) and (first.checkpoint / "marked").is_file()


SAME = {
    "nothing": {},
    "where frames are kept": {"FRAME_CACHE": "frames"},
    "checkpoints": {"SAVE_STEPS": 7},
    "smaller pieces of the same batch": {"BATCH": 4},
    "recomputing": {"CHECKPOINTING": 1},
    "a port": {"MASTER_PORT": 7},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME.keys())
def test_what_changes_no_weights_is_re_used(place, changes):
    first = place.trained()
    assert place.run(**changes) == replace(first, record=place.run(**changes).record, trained=True)


def test_as_many_samples_a_step_on_more_devices_are_the_same_run(place):
    first = place.trained(BATCH=4)
    place.devices = replace(CPU, world=2)
    again = place.run(BATCH=4)
    assert again.folder == first.folder and again.trained


def test_code_that_differs_is_the_same_run_and_another_version_of_a_package_is_not(place, monkeypatch, capsys):
    first = place.trained()
    version = prints.package_version
    monkeypatch.setattr(prints, "package_version", lambda name: "0.1" if name == "torch" else version(name))
    assert place.run().folder != first.folder
    assert f"torch {version('torch')} there, 0.1 here" in capsys.readouterr().out
    assert not any("sha" in name or name.endswith(".py") for name in place.mark()["packages"])


def test_an_interrupted_run_goes_on_in_its_folder(place):
    begun = place.run()
    (begun.checkpoint / "checkpoint-50").mkdir(parents=True)
    again = place.run()
    assert again.folder == begun.folder and not again.trained and (begun.checkpoint / "checkpoint-50").is_dir()


def test_a_run_that_was_stopped_on_other_ranks_is_left_alone(place, capsys):
    begun = place.run(BATCH=4)
    part = begun.checkpoint / "checkpoint-50"
    part.mkdir(parents=True)
    (part / "emollm_complete.json").write_text("{}")
    place.devices = replace(CPU, world=2)
    assert place.run(BATCH=4).folder != begun.folder
    assert "was stopped on 1 ranks and goes on with as many, now 2" in capsys.readouterr().out
    assert place.run(BATCH=4, ZERO="none").folder != begun.folder  # that is another run anyway


def test_a_folder_of_an_earlier_version_or_of_somebody_else_is_left_alone(place, capsys):
    folder = runs.default_folder(read(**place.settings))
    for left in ("llava-emollm-lora/model.safetensors", "trained.txt", "results.json"):
        shutil.rmtree(folder, ignore_errors=True)
        (folder / left).parent.mkdir(parents=True)
        (folder / left).write_text("x")
        assert place.run().folder.name == f"{folder.name}-2" and (folder / left).read_text() == "x"
        assert "it has no run.json" in capsys.readouterr().out


def test_a_record_that_was_cut_off_counts_as_another_run(place):
    first = place.trained()
    (first.folder / "run.json").write_text('{"state": "tra')
    assert place.run().folder != first.folder and (first.checkpoint / "marked").is_file()


def test_only_overwrite_deletes_and_only_what_a_run_made(place, capsys):
    first = place.trained()
    (first.folder / "notes.txt").write_text("mine")
    (first.folder / "train.log").write_text("loss")
    again = place.run(SEED=0, LEARNING_RATE="3e-4", OVERWRITE=1)
    assert again.folder == first.folder and not again.trained and not first.checkpoint.exists()
    assert (first.folder / "notes.txt").is_file() and (first.folder / "train.log").is_file()
    assert "OVERWRITE=1: deleting the run in" in capsys.readouterr().out
    assert place.trained(LEARNING_RATE="3e-4", OVERWRITE=1, SEED=4).folder != first.folder


def test_overwrite_deletes_nothing_where_no_record_says_that_a_run_made_it(place):
    own = place.root / "own"
    (own / "inputs").mkdir(parents=True)
    (own / "inputs" / "photos.json").write_text("mine")
    with pytest.raises(InputError, match="it has no run.json .*name another RUN_DIR, or move away what lies there"):
        place.run(RUN_DIR=own, OVERWRITE=1)
    assert (own / "inputs" / "photos.json").read_text() == "mine"


@pytest.mark.parametrize("name", ["RESUME", "PRETRAIN_PROJECTOR"])
def test_overwrite_does_not_delete_what_the_new_run_begins_from(place, name):
    first = place.trained()
    start = first.checkpoint / "checkpoint-5" if name == "RESUME" else first.checkpoint / "mm_projector.bin"
    start.mkdir() if name == "RESUME" else start.write_bytes(b"start")
    with pytest.raises(InputError, match=f"OVERWRITE=1 would delete {name}={start}"):
        place.run(RUN_DIR=first.folder, OVERWRITE=1, LEARNING_RATE="3e-4", **{name: start})
    assert (first.checkpoint / "marked").is_file()


def test_overwrite_re_uses_a_run_that_is_the_same(place):
    first = place.trained()
    assert place.run(OVERWRITE=1).trained and (first.checkpoint / "marked").is_file()


def test_a_folder_with_files_but_no_run_is_taken(place):
    (place.root / "own").mkdir()
    (place.root / "own" / "notes.txt").write_text("mine")
    assert place.run(RUN_DIR=place.root / "own").folder == place.root / "own"


def test_two_that_begin_at_once_take_two_folders(place, monkeypatch):
    held = runs._held

    def late(folder):  # another launcher notes its run between our look and our note
        found = held(folder)
        if found is None and not hasattr(late, "done"):
            late.done = True
            runs._note(folder, {"state": "begun", "ranks": 1, "fingerprint": {"SEED": 9}})
        return found

    monkeypatch.setattr(runs, "_held", late)
    run = place.run()
    assert run.folder.name.endswith("-2")
    assert json.loads((run.folder.with_name(run.folder.name[:-2]) / "run.json").read_text())["fingerprint"] == {"SEED": 9}


def test_several_machines_take_no_numbered_folder(place):
    machines = {"NODES": 2, "NODE_RANK": 0, "MASTER_ADDR": "a"}
    first = place.trained(**machines)
    with pytest.raises(InputError, match="holds another run"):
        place.run(**machines, LEARNING_RATE="3e-4")
    assert (first.checkpoint / "marked").is_file()


def test_a_training_that_still_writes_is_waited_for(place, monkeypatch):
    import fcntl

    run = place.trained()
    monkeypatch.setattr(runs, "WAIT", 0.3)
    with open(run.checkpoint / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another training"):
            wait_for_writer(run.checkpoint)
    wait_for_writer(run.checkpoint)


def test_an_earlier_evaluation_is_kept(tmp_path):
    names = ("answers.jsonl", "results.json")
    for number in (1, 2):
        (tmp_path / "results.json").write_text(str(number))
        set_aside(tmp_path, names)
    set_aside(tmp_path, names)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"results-1.json": "1", "results-2.json": "2"}
