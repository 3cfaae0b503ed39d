"""A whole run with programs that only note that they ran: what is done, gone on from, re-used, and refused."""

import json
import os

import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.sharding import write_shards
from emollm_plugin.recipes import run as flow
from emollm_plugin.recipes import runs
from emollm_plugin.recipes.process import Failed

from .machine import Machine, record


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path)
    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)  # the suite runs in both formats
    monkeypatch.setattr(runs, "ROOT", tmp_path / "clone")
    monkeypatch.setattr(flow, "run_logged", made.logged)
    monkeypatch.setattr(flow, "run_plain", made.plain)
    monkeypatch.setattr(flow, "write_page", lambda *what: made.pages.append([word for word, _ in made.ran]))
    monkeypatch.setattr(flow, "check_host_arguments", lambda recipe: None)  # asks the host, see host/test_arguments.py
    return made


ALL = ["training", "evaluation", "score"]


def test_the_same_command_trains_once(machine, capsys):
    assert machine.go() == ALL and machine.folder.is_dir()
    assert machine.go() == ["evaluation", "score"] and "training: re-used" in capsys.readouterr().out
    assert machine.go(MAX_LENGTH=20000) == ALL, "a setting of five digits, which once passed for a port"
    assert [one.name for one in sorted(machine.folder.parent.iterdir())] == [machine.folder.name, f"{machine.folder.name}-2"]


def test_shards_are_trained_from_as_they_are(machine):
    """They were taken for a JSON that holds no list."""
    shards = machine.root / "shards"
    write_shards(machine.settings["DATA_PATH"], shards, 2)
    assert machine.go(DATA_PATH=shards / "shards.json") == ALL
    command = next(words for what, words in machine.ran if what == "training")
    assert command[command.index("--data_path") + 1] == str(shards / "shards.json")
    assert machine.go(DATA_PATH=shards / "shards.json") == ["evaluation", "score"]


def test_a_page_is_written_when_it_is_trained_and_again_with_its_scores(machine):
    machine.go()
    assert machine.pages == [["training"], ALL]


def test_the_saved_recipe_makes_the_run_again_and_finds_it(machine, monkeypatch, capsys):
    changes = {"ALIGN": 3, "LEARNING_RATE": "3e-4", "SAVE_LIMIT": 5, "VIDEOS": "clips"}
    arguments = ("--lora_dropout", "0.1")
    assert machine.go(arguments=arguments, **changes) == ["word alignment", *ALL]
    saved, first = machine.folder / "recipe.yaml", machine.ran[1][1]
    assert machine.go(recipe=saved) == ["evaluation", "score"], "the same run, which has ended"
    assert machine.go(recipe=saved, RUN_DIR=machine.root / "elsewhere") == ["word alignment", *ALL]
    again = machine.ran[1][1]
    assert len(first) == len(again) and "--lora_dropout" in again
    monkeypatch.chdir(machine.root)
    capsys.readouterr()
    assert machine.go(recipe=saved, LEARNING_RATE="5e-4", SEED=0, ZERO="") == ["word alignment", *ALL]
    said = capsys.readouterr().out
    assert (
        f"the environment goes before {saved}: LEARNING_RATE=5e-4" in said and "LEARNING_RATE=0.0003 there, 0.0005 here" in said
    )


def test_arguments_for_the_host_make_another_run(machine, capsys):
    assert machine.go() == ALL
    assert machine.go(arguments=("--weight_decay", "0.1")) == ALL
    assert "HOST_ARGUMENTS=none there, --weight_decay 0.1 here" in capsys.readouterr().out
    assert machine.go(arguments=("--weight_decay", "0.1")) == ["evaluation", "score"]


def test_a_run_that_is_never_resumed_takes_a_folder_of_its_own(machine, capsys):
    assert machine.go() == ALL and machine.go(RESUME="never") == ALL
    assert "it is the same, and RESUME=never begins anew" in capsys.readouterr().out
    with pytest.raises(InputError, match="RUN_DIR=.* holds another run: it is the same, and RESUME=never"):
        machine.go(RESUME="never", RUN_DIR=machine.folder)


def test_a_run_that_begins_from_a_checkpoint_of_another(machine):
    part = machine.root / "other" / "checkpoint-7"
    part.mkdir(parents=True)
    (part / "config.json").write_text("{}")
    (part / "emollm_complete.json").write_text('{"ranks": 1, "files": {"config.json": 2}}')
    assert machine.go() == ALL and "--resume_from_checkpoint" not in machine.ran[0][1]
    assert machine.go(RESUME=part) == ALL, "weights follow from it, so it is another run"
    words = machine.ran[0][1]
    assert words[words.index("--resume_from_checkpoint") + 1] == str(part)


def test_the_loss_on_held_out_records_of_ones_own(machine):
    file = machine.root / "faces" / "held-out.json"
    file.write_text(json.dumps([record("a.png", "joy")]))
    assert machine.go(EVAL_STRATEGY="epoch", EVAL_DATA=file) == ALL
    words = machine.ran[0][1]
    assert words[words.index("--eval_data_path") + 1] == str(file)
    assert machine.go() == ["evaluation", "score"], "what is looked at changes no weights"


@pytest.mark.parametrize("what", ["picture", "base"])
def test_an_old_result_is_not_given_as_new(machine, what):
    assert machine.go(ALIGN=3) == ["word alignment", *ALL]
    if what == "picture":
        Image.new("RGB", (8, 8), "red").save(machine.root / "faces" / "images" / "a.png")
        os.utime(machine.root / "faces" / "images" / "a.png", ns=(5, 5))
    else:
        (machine.root / "base" / "pytorch_model.bin").write_bytes(b"others")
    assert machine.go(ALIGN=3) == ["word alignment", *ALL], "neither alignment nor training is re-used"


def test_a_note_of_what_was_asked_that_was_cut_off_is_none(machine):
    assert machine.go() == ALL
    (note,) = machine.root.rglob("evaluated.json")
    note.write_text("")
    assert machine.go() == ["evaluation", "score"] and json.loads(note.read_text())["gold"]


def test_a_stopped_run_goes_on_and_does_not_align_again(machine):
    machine.fail = "training"
    with pytest.raises(Failed):
        machine.go(ALIGN=3)
    assert [what for what, _ in machine.ran] == ["word alignment", "training"]
    machine.fail = None
    assert machine.go(ALIGN=3) == ALL


def test_an_alignment_that_failed_is_done_again(machine):
    machine.fail = "word alignment"
    with pytest.raises(Failed):
        machine.go(ALIGN=3)
    machine.fail = None
    assert machine.go(ALIGN=3) == ["word alignment", *ALL]


def test_a_run_that_failed_before_it_made_anything_leaves_its_folder_free(machine):
    own = machine.root / "own"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    machine.fail = "word alignment"
    with pytest.raises(Failed):
        machine.go(ALIGN=3, RUN_DIR=own)
    assert not (own / "run.json").exists() and not (own / "recipe.yaml").exists()
    machine.fail = None
    assert machine.go(ALIGN=4, RUN_DIR=own) == ["word alignment", *ALL]
    assert (own / "notes.txt").read_text() == "mine" and (own / "run.json").is_file()


def test_a_run_that_failed_with_something_made_keeps_its_folder(machine):
    own = machine.root / "own"
    machine.fail = "training"
    with pytest.raises(Failed):
        machine.go(ALIGN=3, RUN_DIR=own)
    machine.fail = None
    with pytest.raises(InputError, match="holds another run: ALIGN=3 there, 4 here"):
        machine.go(ALIGN=4, RUN_DIR=own)
    assert machine.go(ALIGN=3, RUN_DIR=own) == ALL
    machine.fail = "training"  # a trained run that is begun again, and has nothing of its own to take back
    with pytest.raises(Failed):
        machine.go(RUN_DIR=own, ALIGN=3, SEED=1, OVERWRITE=1)
    assert (own / "run.json").is_file() and (own / "aligned").is_dir()


def without_labels(machine):
    (machine.root / "faces" / "train.json").write_text(json.dumps([record("a.png", "One may see that it is a joke.")]))


def test_alignment_is_left_out_where_there_are_no_labels_unless_it_was_asked_for(machine, monkeypatch, capsys):
    without_labels(machine)
    with pytest.raises(InputError, match="word alignment needs pictures with at least two labels"):
        machine.go(ALIGN=3)
    data = flow.Data(machine.root / "faces" / "train.json", machine.root / "faces" / "images", None, None)
    monkeypatch.setattr(flow, "prepare_data", lambda recipe: data)
    settings = dict.fromkeys(["DATA_PATH", "QUESTIONS", "GOLD", "IMAGE_FOLDER"]) | {"DATASET": "mini"}
    assert machine.go(**settings) == ["training"]
    # Rates are those of a projector that starts from nothing.
    assert "left out: word alignment needs" in capsys.readouterr().out and machine.option("mm_projector_lr") == "0.001"


def test_results_on_ones_own_data_name_them(machine):
    machine.go()
    assert "dataset=faces/train.json" in machine.ran[-1][1]


def test_other_questions_keep_the_results_of_the_ones_before(machine):
    machine.go()
    questions = machine.root / "faces" / "questions.jsonl"
    questions.write_text(questions.read_text().splitlines()[0] + "\n")
    assert machine.go() == ["evaluation", "score"]
    assert (machine.folder / "results-1.json").read_text() == "3" and (machine.folder / "results.json").read_text() == "2"
    machine.go()
    assert not (machine.folder / "results-2.json").exists()


def test_json_lines_and_byte_order_marks_reach_the_host_in_its_own_form(machine, capsys):
    lines = [json.dumps(one) for one in (record("a.png", "joy"), record("b.png", "anger"))]
    (machine.root / "faces" / "train.json").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    questions = machine.root / "faces" / "questions.jsonl"
    questions.write_text("\ufeff" + questions.read_text(), encoding="utf-8")
    machine.go()
    train, evaluation = machine.ran[0][1], machine.ran[1][1]
    assert len(json.load(open(train[train.index("--data_path") + 1]))) == 2
    asked = evaluation[evaluation.index("--question-file") + 1]
    assert [json.loads(line)["question_id"] for line in open(asked)] == ["a.png", "b.png"]
    assert capsys.readouterr().out.count("in the form that LLaVA reads") == 2


@pytest.mark.parametrize("fault", ["gold", "questions", "picture"])
def test_what_cannot_be_read_later_stops_before_anything_is_trained(machine, fault):
    if fault == "picture":
        (machine.root / "faces" / "images" / "a.png").write_text("none")
    else:
        (machine.root / "faces" / f"{fault}.jsonl").write_text("{}\n")
    with pytest.raises(InputError):
        machine.go()
    assert machine.ran == [] and not machine.folder.exists()


@pytest.mark.parametrize(("questions", "lines"), [(True, 2), (False, 1)])
def test_a_dry_run_prints_the_two_commands_or_the_one(machine, capsys, questions, lines):
    assert machine.go(dry=True, **({} if questions else {"QUESTIONS": None, "GOLD": None})) == []
    shown = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("== ")]
    assert len(shown) == lines and "llava.train.train" in shown[0] and not machine.folder.parent.exists()


def test_without_questions_it_says_where_the_checkpoint_is(machine, capsys):
    assert machine.go(QUESTIONS=None, GOLD=None) == ["training"]
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"checkpoint: {machine.folder}/llava-emollm-lora")


def test_a_machine_that_is_not_the_first_notes_nothing(machine, capsys):
    assert machine.go(NODES=2, NODE_RANK=1, MASTER_ADDR="a") == ["training"]
    assert "machine 1 is done" in capsys.readouterr().out and not (machine.folder / "run.json").exists()


def test_what_was_taken_is_said(machine, capsys):
    machine.go(GPUS=3, BATCH=4)
    assert "training: lora, seed 0, on 3 cpu, fp32, 12 samples a step" in capsys.readouterr().out


def test_the_command_says_a_failure_once_with_the_programs_code(machine, monkeypatch):
    from emollm_plugin.cli.commands import main

    machine.fail = "training"
    environment = {name: str(value) for name, value in machine.settings.items()}
    done = CliRunner().invoke(main, ["train"], env=environment)
    assert done.exit_code == 1 and done.stderr == "error: training failed\n"


def test_what_contradicts_the_recipe_behind_the_dashes_is_refused_before_anything_runs(machine):
    with pytest.raises(InputError, match="--output_dir x behind -- contradicts the recipe"):
        machine.go(arguments=["--output_dir", "x"], ALIGN=3)
    assert machine.ran == []
