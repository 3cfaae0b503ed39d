"""Which GPUs a run takes: by what DeepSpeed's own launcher makes of the command."""

import json
import os
import sys
from pathlib import Path

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes import devices
from emollm_plugin.recipes.devices import MASK, choose_devices
from emollm_plugin.recipes.launchers import start_words

from .conftest import read

RANK = """
import json, os, sys
names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "CUDA_VISIBLE_DEVICES", "MASTER_PORT", "MASTER_ADDR")
with open(os.environ["OUT"] + os.environ["RANK"], "w") as file:
    json.dump({name: os.environ.get(name) for name in names} | {"arguments": sys.argv[1:]}, file)
"""


@pytest.fixture
def gpus(monkeypatch):
    """Makes the machine have so many GPUs behind the mask, as torch counts them."""

    def have(count, mask=None):
        monkeypatch.setattr(devices, "answer_of", lambda command: f"{count} fp32")
        monkeypatch.delenv(MASK, raising=False)
        if mask is not None:
            monkeypatch.setenv(MASK, mask)

    return have


def ranks_of(words, tmp_path):
    """What every rank sees that DeepSpeed's launcher starts by the command that begins with `words`."""
    from ..trainings import launched

    (tmp_path / "rank_probe.py").write_text(RANK)
    log, mask = tmp_path / "launch.log", os.environ.get(MASK, "")
    # On a machine without a GPU too, the launcher is to think of GPUs.
    environment = {"DS_ACCELERATOR": "cuda", "OUT": f"{tmp_path}/rank", "PYTHONPATH": str(tmp_path), MASK: mask}
    assert launched([*words[1:], "rank_probe", "--a", "b"], log, **environment) == 0, log.read_text()[-2000:]
    return [json.loads((tmp_path / f"rank{rank}").read_text()) for rank in range(len(list(tmp_path.glob("rank[0-9]"))))]


@pytest.mark.host
@pytest.mark.parametrize(
    ("mask", "found", "asked", "taken"),
    [
        ("4,5", 2, {}, "4,5"),
        ("5,4,7", 3, {"GPUS": 2}, "5,4"),
        (None, 8, {"GPUS": 2}, "0,1"),
        ("GPU-8,GPU-1", 2, {}, "GPU-8,GPU-1"),
    ],
)
def test_training_takes_the_gpus_of_the_mask_and_no_other(gpus, tmp_path, mask, found, asked, taken):
    gpus(found, mask)
    recipe = read(**asked)
    chosen = choose_devices(recipe)
    ranks = ranks_of(start_words(recipe, chosen, port=29777), tmp_path)
    count = taken.count(",") + 1
    assert [rank["RANK"] for rank in ranks] == [rank["LOCAL_RANK"] for rank in ranks] == [*map(str, range(count))]
    assert {rank[MASK] for rank in ranks} == {taken} and {rank["WORLD_SIZE"] for rank in ranks} == {str(count)}
    assert {rank["MASTER_PORT"] for rank in ranks} == {"29777"} and ranks[0]["arguments"][-2:] == ["--a", "b"]
    # Alignment and evaluation, which take what they see.
    assert chosen.environment == {MASK: taken} and chosen.world == count and chosen.precision == "bf16"


@pytest.mark.host
def test_each_of_several_machines_gives_its_own_gpus(gpus, tmp_path):
    gpus(2, "6,7")
    recipe = read(NODES=2, NODE_RANK=1, MASTER_ADDR="127.0.0.1")
    chosen = choose_devices(recipe)
    assert chosen.world == 4
    (tmp_path / "rank0").write_text("{}"), (tmp_path / "rank1").write_text("{}")
    ranks = ranks_of(start_words(recipe, chosen), tmp_path)[2:]
    assert [(rank["RANK"], rank["LOCAL_RANK"], rank["WORLD_SIZE"]) for rank in ranks] == [("2", "0", "4"), ("3", "1", "4")]
    assert {rank[MASK] for rank in ranks} == {"6,7"} and {rank["MASTER_PORT"] for rank in ranks} == {"29500"}


def test_all_gpus_are_taken_where_nothing_is_said(gpus):
    gpus(4)
    chosen = choose_devices(read())
    assert (chosen.kind, chosen.here, chosen.world, chosen.environment) == ("cuda", ("0", "1", "2", "3"), 4, {})


@pytest.mark.parametrize(
    ("mask", "asked", "said"),
    [("4,5", {"GPUS": 3}, f"GPUS=3, but {MASK}=4,5 leaves 2"), (None, {"GPUS": 3}, "GPUS=3, but this machine has 2")],
)
def test_more_gpus_than_there_are(gpus, mask, asked, said):
    gpus(2, mask)
    with pytest.raises(InputError, match=said):
        choose_devices(read(**asked))


def test_a_gpu_recipe_without_a_gpu(gpus):
    gpus(0)
    for settings in ({"DEVICE": "cuda"}, {"BASE_MODEL": "own"}):
        with pytest.raises(InputError, match="no CUDA GPU was found"):
            choose_devices(read(**settings))
        assert [choose_devices(read(**settings, **more), dry=True).world for more in ({}, {"GPUS": 8})] == [1, 8]
    gpus(0, "2,3")
    assert choose_devices(read(DEVICE="cuda"), dry=True).here == ("2", "3")
    with pytest.raises(InputError, match="GPUS=4, but .*=2,3 leaves 2"):
        choose_devices(read(DEVICE="cuda", GPUS=4), dry=True)
    gpus(1)
    assert choose_devices(read(DEVICE="cuda", GPUS=8, NODES=2, NODE_RANK=0, MASTER_ADDR="a"), dry=True).world == 16


def test_on_a_cpu_nothing_is_asked_and_no_gpu_is_seen(monkeypatch):
    monkeypatch.setattr(devices, "answer_of", lambda command: pytest.fail("torch is loaded to no purpose"))
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)
    chosen = choose_devices(read(DEVICE="cpu", GPUS=2))
    assert (chosen.kind, chosen.precision, chosen.world) == ("cpu", "fp32", 2)
    assert chosen.environment[MASK] == "" and chosen.environment["OMP_NUM_THREADS"] == "3"
    assert chosen.of_a_rank == chosen.environment  # a number of threads that the user gave is kept
    assert choose_devices(read(DEVICE="cpu", PRECISION="bf16")).precision == "bf16"


@pytest.mark.parametrize(("settings", "ranks", "threads"), [({}, 1, "5"), ({"PROCESSES": 2}, 2, "2"), ({"GPUS": 8}, 8, "1")])
def test_ranks_on_a_cpu_share_the_cores(monkeypatch, settings, ranks, threads):
    """Each had all of them: two ranks on two cores ran with four threads."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(devices, "cores", lambda: 5)
    chosen = choose_devices(read(DEVICE="cpu", **settings))
    assert chosen.world == ranks and chosen.of_a_rank["OMP_NUM_THREADS"] == threads
    assert chosen.environment["OMP_NUM_THREADS"] == "5"  # alignment and evaluation are one process


def test_on_a_cpu_gpus_go_before_the_processes_of_a_recipe():
    assert choose_devices(read(DEVICE="cpu", GPUS=1, PROCESSES=2)).world == 1


@pytest.mark.parametrize(("mask", "refused"), [("4,5", True), ("0,1", False), (None, False)])
def test_a_mask_that_the_machines_of_a_hostfile_would_not_see(gpus, tmp_path, mask, refused):
    gpus(2, mask)
    (tmp_path / "hosts").write_text("# two\n\nworker-1 slots=2\nworker-2 slots=3\n")
    recipe = read(HOSTFILE=tmp_path / "hosts")
    if refused:
        with pytest.raises(InputError, match=f"{MASK}=4,5 does not reach the machines of HOSTFILE"):
            choose_devices(recipe)
    else:
        assert choose_devices(recipe).world == 5
        program, hosts = start_words(recipe, choose_devices(recipe))[:2]
        assert Path(program) == Path(sys.executable).with_name("deepspeed") and hosts == f"--hostfile={tmp_path / 'hosts'}"
