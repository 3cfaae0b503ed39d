"""Several ranks: the first decides for all, and a folder that not all of them share is refused before anything is loaded."""

import json
import os
import time
from pathlib import Path

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.checkpoints.folders import COMPLETE, is_complete
from emollm_plugin.recipes.recipe import DEEPSPEED
from emollm_plugin.training.ranks import check_shared, from_first
from emollm_plugin.training.resume import last_complete
from emollm_plugin.training.saving import _publish, finish_run

from ..training_worker import CPU, run
from ..trainings import SERVER, finish, free_port

pytestmark = pytest.mark.host


def environments(ranks=2):
    together = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(ranks)}
    return [{**CPU, **together, "RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_SIZE": str(ranks)} for rank in range(ranks)]


def started(target, arguments):
    """Exit codes of processes, one for each of `arguments`."""
    processes = [SERVER.Process(target=target, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    codes = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
    return codes


def write_and_finish(environment, base, out):
    """In a process of its own: write config.json, the second rank a second late, and finish the run."""
    import torch.distributed as dist

    os.environ.update(environment)
    dist.init_process_group("gloo")
    time.sleep(dist.get_rank())
    Path(out, "config.json").write_text(json.dumps({"emollm_base": base}))
    finish_run(Path(out))
    Path(out, f"seen-{dist.get_rank()}.json").write_bytes(Path(out, "config.json").read_bytes())


def agree(environment, own, out):
    """In a process of its own: what the first rank has; then what it refuses; then whether all see a folder."""
    import torch.distributed as dist

    os.environ.update(environment)
    dist.init_process_group("gloo")
    rank, said = dist.get_rank(), {"own": from_first(lambda: own)}

    def refuse():
        raise InputError(f"rank {rank} refuses")

    for name, work in (
        ("refused", lambda: from_first(refuse)),
        ("shared", lambda: check_shared(Path(out))),
        ("apart", lambda: check_shared(Path(out) / f"of-{rank}")),
    ):
        try:
            work()
        except InputError as error:
            said[name] = str(error)
    Path(out, f"said-{rank}.json").write_text(json.dumps(said))
    os._exit(0)


@pytest.mark.current_stack
def test_the_first_rank_decides_and_its_refusal_is_everybodys(tmp_path):
    codes = started(agree, [(environment, f"rank {rank}'s", str(tmp_path)) for rank, environment in enumerate(environments())])
    said = [json.loads((tmp_path / f"said-{rank}.json").read_text()) for rank in (0, 1)]
    assert codes == [0, 0]
    for rank, each in enumerate(said):
        assert each["own"] == "rank 0's" and each["refused"] == "rank 0 refuses" and "shared" not in each
        assert f"of-{rank}: rank 1 of 2 does not see what rank 0 writes there" in each["apart"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["said-0.json", "said-1.json"], "no mark is left"


def test_a_run_is_finished_when_its_last_rank_has_written(tmp_path):
    base, out = tmp_path / "base", tmp_path / "out"
    for folder in (base, out):
        folder.mkdir()
    (base / "config.json").write_text("{}")
    codes = started(write_and_finish, [(environment, str(base), str(out)) for environment in environments()])
    assert codes == [0, 0]
    seen = [json.loads((out / name).read_text())["emollm_base"] for name in ("config.json", "seen-0.json", "seen-1.json")]
    assert seen == ["../base"] * 3, "what the late rank wrote is finished too, and no rank goes on before"


@pytest.mark.current_stack
@pytest.mark.parametrize("deepspeed", [[], ["--deepspeed", str(DEEPSPEED / "zero2.json")]])
def test_machines_with_folders_of_their_own_stop_with_one_line_each(deepspeed, train_arguments, tmp_path):
    logs = [tmp_path / f"{rank}.log" for rank in (0, 1)]
    started(
        run,
        [
            (
                "llava.train.train",
                [*train_arguments(output_dir=tmp_path / f"machine-{rank}" / "out"), *deepspeed],
                environment,
                str(logs[rank]),
                None,
            )
            for rank, environment in enumerate(environments())
        ],
    )
    for log in logs:
        errors = [line for line in log.read_text().splitlines() if line.startswith("error: ")]
        assert len(errors) == 1 and "rank 1 of 2 does not see" in errors[0] and "Traceback" not in log.read_text()
    assert not list(tmp_path.glob("machine-*/out"))


def parts(folder, ranks, *, shards=None, state=None):
    """A checkpoint as DeepSpeed and the trainer write it, with the parts of so many ranks."""
    (folder / "global_step5").mkdir(parents=True)
    for rank in range(ranks if shards is None else shards):
        (folder / "global_step5" / f"bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt").write_text("shard")
    for rank in range(ranks if state is None else state):
        (folder / f"rng_state_{rank}.pth").write_text("state")
    return folder


@pytest.mark.parametrize(
    ("lacks", "named"),
    [
        ({"shards": 1}, "optim_states.pt is there for 1 of 2 ranks"),
        ({"state": 1}, "rng_state_[*].pth is there for 1 of 2 ranks"),
    ],
)
def test_a_checkpoint_that_lacks_the_parts_of_a_rank_is_not_published(lacks, named, tmp_path):
    final = tmp_path / "checkpoint-5"
    with pytest.raises(InputError, match=f"checkpoint-5: .*{named}; name an --output_dir that all machines share"):
        _publish(parts(tmp_path / ".partial" / "checkpoint-5", 2, **lacks), final, ranks=2)
    assert not final.exists() and last_complete(tmp_path) is None


def test_a_complete_checkpoint_has_the_parts_of_all_its_ranks(tmp_path):
    final = tmp_path / "checkpoint-5"
    _publish(parts(tmp_path / ".partial" / "checkpoint-5", 2), final, ranks=2)
    assert is_complete(final) and last_complete(tmp_path) == final
    marker = json.loads((final / COMPLETE).read_text())
    assert marker["ranks"] == 2 and marker["files"]["rng_state_1.pth"] == 5
    # One that was put together of parts, with a list that fits them.
    (final / COMPLETE).write_text(json.dumps({**marker, "ranks": 4}))
    assert not is_complete(final)


def test_a_checkpoint_of_before_whose_list_says_no_ranks_still_counts(tmp_path):
    checkpoint = parts(tmp_path / "checkpoint-5", 2)
    (checkpoint / COMPLETE).write_text(json.dumps({"rng_state_0.pth": 5, "rng_state_1.pth": 5}))
    assert is_complete(checkpoint)


def test_deepspeed_on_other_ranks_than_before_is_one_line(train_arguments, tmp_path):
    out = tmp_path / "llava-out"
    arguments = train_arguments(tune_mm_mlp_adapter=True, max_steps=2, save_strategy="steps", save_steps=1)
    finish(arguments, out=out, zero="2", ranks=2)
    with pytest.raises(AssertionError, match="error: .*checkpoint-2 was written by 2 ranks.*cannot go on from it with 1"):
        finish(arguments, out=out, zero="2", ranks=1)
