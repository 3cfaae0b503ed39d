"""A training that PyTorch's launcher starts on two ranks, by the words of a recipe, with TensorBoard; checkpoints; ports."""

import socket
import subprocess
import sys
from importlib.util import find_spec

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.checkpoints.folders import is_complete
from emollm_plugin.recipes.commands import train_command
from emollm_plugin.recipes.devices import Devices
from emollm_plugin.recipes.launchers import PORT, check_launcher, free_port
from emollm_plugin.recipes.prepare import Base, Data
from emollm_plugin.recipes.run import trackers_environment
from emollm_plugin.recipes.runs import Run

from ...conftest import STACK
from .conftest import filled, read


@pytest.mark.host
def test_torchrun_trains_on_two_ranks(tiny, tmp_path):
    from ..trainings import curve, launched

    board = find_spec("tensorboard") is not None
    settings = {
        "LAUNCHER": "torchrun",
        "ZERO": "none",
        "BASE_MODEL": tiny.base,
        "VISION_TOWER": tiny.clip,
        "PROJECTOR": "multiperspective:slots=2,width=16",
        "MAX_STEPS": 5,
        "BATCH": 2,
        "GLOBAL_BATCH": 8,
        "MAX_LENGTH": 256,
        "ALIGN": 0,
        "WORKERS": 0,
        "SAVE_MINUTES": "0.0001",
        "REPORT_TO": "tensorboard" if board else "none",
        "STACK": STACK,
    }
    recipe = filled(2, **settings)
    devices = Devices("cpu", "fp32", ("0", "1"), 2)
    data = Data(tiny.data / "train.json", tiny.data / "images", None, None)
    run = Run(tmp_path / "run", "lora", {}, trained=False)
    words = train_command(recipe, Base(str(tiny.base), "emoprompt_chatml"), data, devices, run, free_port(recipe))
    assert "torch.distributed.run" in words
    alone = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu", **trackers_environment(recipe, run)}
    assert launched(words[1:], tmp_path / "launch.log", **alone) == 0, (tmp_path / "launch.log").read_text()[-3000:]
    assert len(curve(run.checkpoint)) == 1 and (run.checkpoint / "non_lora_trainables.bin").is_file()
    assert is_complete(run.checkpoint / "checkpoint-5")
    if board:
        assert list((run.folder / "tensorboard").rglob("events.out.*")) and not (run.checkpoint / "runs").exists()


def test_the_port_is_a_fixed_one_unless_another_run_has_it(capsys):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("", 0))
        other.listen()
        taken = read(MASTER_PORT=other.getsockname()[1])
        with pytest.raises(InputError, match=f"MASTER_PORT={taken.master_port} is taken on this machine; name another"):
            check_launcher(taken)
        check_launcher(taken, dry=True)
        taken = other.getsockname()[1]
        assert taken < free_port(read(), first=taken) < taken + 1000
        assert f"port {taken} is taken" in capsys.readouterr().out
        assert free_port(read(MASTER_PORT=taken)) == taken
    assert free_port(read(NODES=2, NODE_RANK=0, MASTER_ADDR="a")) == PORT == 29500


def test_two_launchers_that_ask_at_once_do_not_get_one_port():
    """The first's ranks do not listen yet when the second asks."""
    first = free_port(read())
    code = "from emollm_plugin.recipes.launchers import free_port; from emollm_plugin.recipes.layers import read_recipe"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(free_port(read_recipe({{}})))"], capture_output=True, text=True
    )
    assert done.returncode == 0 and int(done.stdout.split()[-1]) != first, done.stderr


def test_srun_starts_from_a_job_that_is_large_enough(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    check_launcher(read(LAUNCHER="srun", NODES=2), {"SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2"})
    with pytest.raises(InputError, match="NODES=3, but the job has 2"):
        check_launcher(read(LAUNCHER="srun", NODES=3), {"SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2"})
    with pytest.raises(InputError, match="LAUNCHER=srun starts from within a job"):
        check_launcher(read(LAUNCHER="srun"), {})
