"""Where settings come from and which goes before which; what a recipe's file may hold; the recipes that are shipped."""

import shlex
from dataclasses import replace

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes import layers, runs
from emollm_plugin.recipes import run as flow
from emollm_plugin.recipes.layers import PRESETS, overridden, read_recipe, shipped_recipes
from emollm_plugin.recipes.run import finetune

from ...conftest import STACK


def written(path, text):
    path.write_text(text)
    return str(path)


def test_what_is_typed_goes_before_the_environment_and_that_before_the_file(tmp_path):
    file = written(tmp_path / "own.yaml", "epochs: 2\nseed: 3\nbatch: 4\nlearning_rate: 1e-4\n")
    recipe = read_recipe({"SEED": "5", "BATCH": "6"}, file, ["batch=7", "max-steps=9"])
    assert (recipe.epochs, recipe.seed, recipe.batch, recipe.max_steps, recipe.learning_rate) == (2, 5, 7, 9, 1e-4)
    assert overridden({"SEED": "5", "EPOCHS": "2", "ZERO": "3"}, file) == ["SEED=5"]


def test_a_home_folder_in_a_file_is_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    names = ("base_model", "vision_tower", "audio_tower", "resume", "zero", "data_path")
    file = written(tmp_path / "own.yaml", "".join(f"{name}: ~/of mine\n" for name in names))
    recipe = read_recipe({}, file)
    assert {str(getattr(recipe, name)) for name in names} == {str(tmp_path / "of mine")}
    assert read_recipe({"BASE_MODEL": "owner/name"}).base_model == "owner/name"


def test_an_empty_value_takes_out_what_was_said_farther_away(tmp_path):
    file = written(tmp_path / "own.yaml", "epochs: 2\nlora_r: 8\nalign: null\n")
    recipe = read_recipe({}, file, ["lora_r="])
    assert (recipe.epochs, recipe.lora_r, recipe.align) == (2, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 1\nlora_rr: 3\n", "line 2: lora_rr is no setting; is lora_r meant?"),
        ("seed: 1\nxyz: 3\n", "line 2: xyz is no setting; see `emollm settings`"),
        ("# words\nepochs: 1e\n", "line 2: epochs=1e is not a number"),
        ("tune: some\n", "line 1: tune=some is unknown; known: full"),
        ("seed: 1\nseed: 2\n", "line 2: seed stands there a second time"),
        ("seed: {a: 1}\n", "line 1: seed takes a value or a list"),
        ("- seed\n", "holds no settings"),
        ("seed: [1\n", "is no YAML"),
        ("report_to: [tensorboard, board]\n", "report_to=tensorboard,board is unknown"),
    ],
)
def test_a_file_with_a_fault_is_named_with_the_line(tmp_path, text, said):
    file = written(tmp_path / "own.yaml", text)
    with pytest.raises(InputError) as caught:
        read_recipe({}, file)
    line = str(caught.value)
    assert line.startswith(file) and said in line and "\n" not in line


@pytest.mark.parametrize(
    ("recipe", "changes", "said"),
    [
        ("oasi", [], "oasi is no file and no recipe of ours; is oasis meant?"),
        ("oasis", ["fer2013"], "fer2013: only one RECIPE can be given"),
        ("oasis", ["epoch=2"], "epoch=2: epoch is no setting; is epochs meant?"),
        (None, ["seed=x"], "seed=x is not a whole number"),
        (None, ["lora_layers=3"], "lora_layers=3 is not the first and the last decoder layer, such as 15-29"),
    ],
)
def test_a_command_with_a_fault_is_named(recipe, changes, said):
    with pytest.raises(InputError, match=f"^{said}"):
        read_recipe({}, recipe, changes)


def test_lists_and_yes_and_no(tmp_path):
    text = "report_to: [tensorboard, wandb]\nlora_targets: [q_proj, v_proj]\ncheckpointing: true\noverwrite: false\n"
    recipe = read_recipe({}, written(tmp_path / "own.yaml", text + 'host_arguments: [--a, "b c"]\n'), arguments=["--d", "1"])
    assert recipe.report_to == ("tensorboard", "wandb") and recipe.lora_targets == ("q_proj", "v_proj")
    assert recipe.checkpointing and not recipe.overwrite and recipe.host_arguments == ("--a", "b c", "--d", "1")


def test_a_data_sets_recipe_is_that_of_its_name_however_it_is_asked_for():
    for data in ("oasis", "fer2013"):
        assert read_recipe({"DATASET": data}) == read_recipe({}, data) == read_recipe({}, None, [f"dataset={data}"])
    assert read_recipe({}) == read_recipe({}, "default")


def test_what_a_shipped_recipe_says_for_another_base_or_tuning_follows_anew():
    oasis = read_recipe({"DATASET": "oasis", "PRETRAIN_PROJECTOR": "p"})
    assert (oasis.align, oasis.tune) == (None, "projector")
    full = read_recipe({"TUNE": "full"}, "qlora-24gb")
    assert (full.tune, full.lora_r, full.learning_rate, full.global_batch) == ("full", None, None, 16)
    own = read_recipe({"BASE_MODEL": "own"}, "oasis")
    assert (own.projector, own.align) == (None, None)


def test_what_a_file_of_ones_own_says_stays(tmp_path):
    file = written(tmp_path / "own.yaml", "align: 20\nlora_r: 4\ntune: lora\n")
    recipe = read_recipe({"PRETRAIN_PROJECTOR": "p", "TUNE": "full"}, file)
    assert (recipe.align, recipe.lora_r) == (20, 4), "checks refuse it, in words"


@pytest.fixture
def dry(tmp_path, monkeypatch, capsys):
    """Words of the host's training and the recipe, for a recipe by name with a made folder for its base, on a CPU."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "base" / "pytorch_model.bin").write_bytes(b"")
    (tmp_path / "train.json").write_text('[{"id": "1", "conversations": []}]')
    monkeypatch.setattr(runs, "ROOT", tmp_path / "clone")
    # The host's own parser, which takes seconds to be asked, see host/test_arguments.py.
    monkeypatch.setattr(flow, "run_plain", lambda command: None)
    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)

    def go(name, *changes, arguments=(), gpus=1):
        own = [f"data_path={tmp_path / 'train.json'}", f"base_model={tmp_path / 'base'}", "template=chatml", "device=cpu"]
        finetune({}, name, [*own, f"gpus={gpus}", *changes], arguments, dry=True)
        shown = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("== ")]
        return shlex.split(shown[0])

    return go


def value(words, name):
    return words[words.index(f"--{name}") + 1]


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_runs_dry(dry, name):
    recipe = read_recipe({}, name)
    words = dry(name)
    assert value(words, "num_train_epochs") == "1" and value(words, "model_max_length") == "2048"
    if recipe.global_batch:
        assert int(value(words, "gradient_accumulation_steps")) * int(value(words, "per_device_train_batch_size")) == (
            recipe.global_batch
        )
    text = (PRESETS / f"{name}.yaml").read_text()
    assert text.startswith("# "), "a recipe says what it is for and where its facts are from"


@pytest.mark.parametrize("gpus", [1, 4, 8, 16])
def test_llavas_recipe_takes_a_batch_of_128_on_any_number_of_gpus(dry, gpus):
    words = dry("vicuna-7b-clip-l", gpus=gpus)
    parts = int(value(words, "per_device_train_batch_size")) * int(value(words, "gradient_accumulation_steps"))
    assert parts * gpus == 128 and value(words, "deepspeed").endswith("zero3.json")
    # The rates that its authors give, for full tuning and, where that is asked for, for LoRA.
    assert value(words, "learning_rate") == "2e-05"
    lora = dry("vicuna-7b-clip-l", "tune=lora", f"pretrain_projector={__file__}", gpus=gpus)
    assert (value(lora, "learning_rate"), value(lora, "mm_projector_lr")) == ("0.0002", "2e-05")
    assert value(words, "group_by_modality_length") == "True"


def test_what_stands_behind_the_dashes_is_handed_on_and_refused_where_it_contradicts(dry):
    words = dry("default", arguments=["--weight_decay", "0.1", "--lr_scheduler_type=linear", "--seed", "0"])
    assert words[-4:] == ["0.1", "--lr_scheduler_type=linear", "--seed", "0"]
    assert words.count("--weight_decay") == 1 and "cosine" not in words
    for given, setting in (("--learning_rate 3", "learning_rate"), ("--output_dir x", "run_dir"), ("--lora_r=3", "lora_r")):
        with pytest.raises(InputError, match=f"behind -- contradicts the recipe, which has a setting for it: {setting}"):
            dry("default", arguments=given.split())
    for recipe in ("default", "vicuna-7b-clip-l"):  # whose own arguments end in a value
        with pytest.raises(InputError, match="^-- 3: is no argument"):
            dry(recipe, arguments=["3"])


@pytest.mark.parametrize(
    ("launcher", "more", "begins", "holds"),
    [
        ("deepspeed", [], "-m deepspeed.launcher.launch --world_info=", "--master_port=29500"),
        (
            "torchrun",
            [],
            "-m torch.distributed.run --nnodes=1 --nproc_per_node=2",
            "--master_port=29500 --module emollm_plugin",
        ),
        (
            "torchrun",
            ["nodes=2", "node_rank=1", "master_addr=first", "master_port=7"],
            "-m torch.distributed.run --nnodes=2 --nproc_per_node=2 --node_rank=1",
            "--master_addr=first --master_port=7",
        ),
        (
            "srun",
            ["nodes=2", "master_addr=first"],
            "srun --nodes=2 --ntasks=2 --ntasks-per-node=1",
            "--nnodes=2 --nproc_per_node=2 --rdzv_id=emollm --rdzv_backend=c10d --rdzv_endpoint=first:29500",
        ),
    ],
)
def test_launchers(dry, monkeypatch, launcher, more, begins, holds):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    shown = " ".join(dry("default", f"launcher={launcher}", *more, gpus=2))
    assert begins in shown and holds in shown and "llava.train.train --model_name_or_path" in shown


def test_what_trainers_offer_is_passed_on(dry):
    words = dry(
        None, "workers=3", "warmup=.1", "optimizer=adafactor", "lora_targets=q_proj,v_proj", "save_limit=4", "save_minutes=10"
    )
    warmup = "warmup_steps" if STACK == "current" else "warmup_ratio"
    names = ("dataloader_num_workers", warmup, "optim", "lora_targets", "save_total_limit", "save_minutes", "save_strategy")
    assert [value(words, name) for name in names] == ["3", "0.1", "adafactor", "q_proj,v_proj", "4", "10", "no"]
    assert "--save_minutes" not in dry(None, "save_steps=5") and "--save_minutes" not in dry(None, "save_steps=0")


def test_the_recipe_of_a_run_is_saved_and_makes_it_again(tmp_path):
    from emollm_plugin.recipes.resolved import resolved, save

    from .conftest import CPU, Base, filled

    recipe = filled(FAULTY_MEDIA=".1", LORA_R=8, REPORT_TO="none", HOST_ARGUMENTS="--a 'b c'", DATASET="fer2013")
    save(tmp_path / "recipe.yaml", resolved(recipe, Base("base", "chatml"), CPU))
    again = read_recipe({}, str(tmp_path / "recipe.yaml"))
    assert again == replace(recipe, template="chatml", device="cpu", precision="fp32", save_steps=None)


def test_an_earlier_name_of_a_setting_is_taken_and_said_once(tmp_path, caplog):
    layers._say_renamed.cache_clear()
    file = tmp_path / "old.yaml"
    file.write_text("beside: 0.3\n")
    assert read_recipe({}, str(file)).align_residual == 0.3
    assert read_recipe({"BESIDE": "0.4"}, str(file)).align_residual == 0.4
    assert read_recipe({"BESIDE": "0.4", "ALIGN_RESIDUAL": "0.5"}).align_residual == 0.5
    assert read_recipe({}, None, ["beside=0.6"]).align_residual == 0.6
    assert [record.message for record in caplog.records] == ["BESIDE is called ALIGN_RESIDUAL now"]
