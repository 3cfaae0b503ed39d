"""The launchers: help, dry run, every flag known to the host; a killed run goes on when it is started again."""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.emollm_plugin.conftest import make_clip, make_clip_file, make_data, make_llm, make_tokenizer
from tests.emollm_plugin.trainings import curve, finish

ROOT = Path(__file__).parents[1]
# launcher -> variables and what they must lead to in the host's command
LAUNCHERS = [
    ("finetune_emollm.sh", {"VIDEOS": "clips", "FRAME_CACHE": "/far/frames"}, {"frame_cache": "frames"}),
    ("finetune_emollm.sh", {"ZERO": "none", "GPUS": 2}, {"deepspeed": None, "gradient_accumulation_steps": 4}),
    ("pretrain_projector.sh", {}, {"tune_mm_mlp_adapter": True, "learning_rate": 1e-3, "save_minutes": 30}),
    ("finetune_lora.sh", {"ZERO": "3"}, {"lora_enable": True, "mm_projector_lr": 1e-3, "deepspeed": "zero3.json"}),
    ("finetune_qlora.sh", {}, {"lora_enable": True, "bits": 4, "gradient_checkpointing": True}),
    ("finetune_zero3_offload.sh", {}, {"deepspeed": "zero3_offload.json", "optim": "adamw_torch_fused"}),
    ("finetune_zero3_offload.sh", {"OPTIMIZER": "adamw_torch"}, {"optim": "adamw_torch", "gradient_accumulation_steps": 8}),
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The environment of a launcher that trains the tiny models."""
    root = tmp_path_factory.mktemp("launch")
    make_llm(root / "base", len(make_tokenizer(root / "base")))
    make_clip(root / "clip")
    make_data(root / "data")
    own = {
        "BASE_MODEL": root / "base",
        "VISION_TOWER": root / "clip",
        "DATA_PATH": root / "data" / "train.json",
        "IMAGE_FOLDER": root / "data" / "images",
        "TEMPLATE": "emoprompt_chatml",
        "MAX_LENGTH": 256,
        "DEVICE": "cpu",
        "PRECISION": "fp32",
        "BATCH": 2,
        "GLOBAL_BATCH": 16,
        "OMP_NUM_THREADS": 1,
        "RUN_DIR": root / "run",
    }
    return {**os.environ, **{key: str(value) for key, value in own.items()}}


def launch(name, *arguments, **environment):
    command = ["bash", ROOT / "scripts" / name, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def host_arguments(dry_run):
    """What stands behind the host's module in the first command of a dry run."""
    line = next(line for line in dry_run.stdout.splitlines() if "llava.train.train" in line)
    words = shlex.split(line)
    return words[words.index("llava.train.train") + 1 :]


@pytest.fixture(scope="module")
def parser():
    import transformers

    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train as host

    return transformers.HfArgumentParser((host.ModelArguments, host.DataArguments, host.TrainingArguments))


@pytest.mark.host
@pytest.mark.parametrize(("name", "changes", "wanted"), LAUNCHERS, ids=lambda value: str(value)[:24])
def test_every_flag_of_a_launcher_is_one_that_the_host_knows(name, changes, wanted, settings, parser):
    done = launch(name, "--dry-run", **settings, **{key: str(value) for key, value in changes.items()})
    assert done.returncode == 0, done.stderr
    given = vars(parser.parse_args(host_arguments(done)))  # exits with 2 on a flag or value that the host refuses
    for key, value in wanted.items():
        found = given[key]
        assert (Path(found).name if isinstance(value, str) else found) == value, key


@pytest.mark.parametrize("name", [name for name, _, _ in LAUNCHERS])
def test_help(name):
    done = launch(name, "--help", **os.environ)
    assert done.returncode == 0 and f"bash scripts/{name}" in done.stdout and "TUNE" in done.stdout


def test_a_setting_that_cannot_be_used_ends_with_one_line(settings):
    done = launch("finetune_emollm.sh", **{**settings, "TUNE": "some"})
    said = "error: TUNE=some is unknown; known: full, lora, qlora, projector"
    assert done.returncode == 2 and done.stderr.splitlines() == [said]


@pytest.fixture
def with_clips(settings, tmp_path):
    """Settings that train on pictures and clips, and ask about both; a quarter of each file are clips."""
    data, media = Path(settings["DATA_PATH"]).parent, tmp_path / "media"
    shutil.copytree(data / "images", media)
    records, rows = json.loads((data / "train.json").read_text()), lines(data / "questions.jsonl")
    for index, entry in enumerate([*records[::4], *rows[::4]]):
        entry["video"] = make_clip_file(media / f"{index}.mp4").name
        del entry["image"]
    (tmp_path / "train.json").write_text(json.dumps(records))
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    places = {
        "DATA_PATH": tmp_path / "train.json",
        "IMAGE_FOLDER": media,
        "FRAME_CACHE": tmp_path / "frames",
        "QUESTIONS": tmp_path / "questions.jsonl",
        "GOLD": data / "gold.jsonl",
    }
    return {**settings, "VIDEOS": "clips", **{name: str(place) for name, place in places.items()}}


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.e2e
def test_a_killed_run_with_clips_goes_on_when_it_is_started_again_and_ends_with_scores(with_clips, tmp_path):
    # Two steps an epoch; checkpoints at odd and even steps, in and between the epochs.
    settings = {
        **with_clips,
        "TUNE": "lora",
        "SAVE_STEPS": "3",
        "MAX_STEPS": "24",
        "GLOBAL_BATCH": "8",
        "RUN_DIR": str(tmp_path / "run"),
    }
    out = tmp_path / "run" / "llava-emollm-lora"
    command = ["bash", ROOT / "scripts" / "finetune_emollm.sh"]
    first = subprocess.Popen(command, env=settings, start_new_session=True, stdout=subprocess.DEVNULL)
    kill_when(lambda: (out / "checkpoint-9").is_dir(), first)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "begun"
    assert not left_over(first.pid)
    again = launch("finetune_emollm.sh", **settings)
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    results = json.loads(Path(again.stdout.splitlines()[-1]).read_text())
    assert results["tasks"]["emo_c"]["n"] == 16 and results["tasks"]["emo_c"]["missing"] == 0
    assert "clips came from it" in again.stdout
    step = int(re.search(r"resuming from \S+/checkpoint-(\d+)", again.stdout).group(1))
    assert step >= 9

    arguments = host_arguments(launch("finetune_emollm.sh", "--dry-run", **settings))
    undisturbed = tmp_path / "llava-emollm-lora"
    arguments[arguments.index("--output_dir") + 1] = str(undisturbed)
    # A training that forks from the tests' server cannot fork once more for its data.
    arguments[arguments.index("--dataloader_num_workers") + 1] = "0"
    zero = arguments.index("--deepspeed")
    del arguments[zero : zero + 2]
    assert finish(arguments, out=undisturbed, zero="2").curve() == curve(out)
    history = json.loads((out / "trainer_state.json").read_text())["log_history"]
    assert len([entry for entry in history if "loss" in entry]) > 10


def kill_when(ready, process):
    """`kill -9` to the launcher alone; what it started ends by itself."""
    end = time.monotonic() + 240
    while not ready():
        assert process.poll() is None and time.monotonic() < end, "no checkpoint, or the run ended too early"
        time.sleep(0.01)
    process.kill()
    process.wait()


def left_over(session):
    """The command lines of a session's processes that are not gone, after a moment to go."""
    end = time.monotonic() + 30
    while True:
        listed = subprocess.run(["ps", "-eo", "sess,stat,args"], capture_output=True, text=True).stdout.splitlines()[1:]
        rows = [line.split(None, 2) for line in listed]
        there = [row[2] for row in rows if row[0] == str(session) and not row[1].startswith("Z")]
        if not there or time.monotonic() > end:
            return there
        time.sleep(0.2)
