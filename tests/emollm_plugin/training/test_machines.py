"""Several machines with DeepSpeed's own launcher: two launchers on loopback, on the CPU."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FINETUNE = ROOT / "scripts" / "finetune_emollm.sh"

# Stands for pdsh and ssh: every command runs here, with DeepSpeed's %n as the machine's number; none is ended by name.
PDSH = """#!/usr/bin/env bash
[[ "$*" != *pkill* ]] || exit 0
while [[ "$1" == -* ]]; do [[ "$1" == -S ]] && shift || { [[ "$1" == -w ]] && hosts="$2"; shift 2; }; done
count="$(tr ',' '\\n' <<<"$hosts" | wc -l)"
for ((n = 0; n < count; n++)); do bash -c "${*//\\%n/$n}" & jobs+=("$!"); done
for job in "${jobs[@]}"; do wait "$job" || code=$?; done
exit "${code:-0}"
"""
SSH = """#!/usr/bin/env bash
[[ "$*" == *hostname* ]] && echo 127.0.0.1
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def settings(tiny, tmp_path):
    return {
        **os.environ,
        "DEVICE": "cpu",
        "PRECISION": "fp32",
        "OMP_NUM_THREADS": "1",
        "BASE_MODEL": tiny.base,
        "VISION_TOWER": tiny.clip,
        "DATA_PATH": tiny.data / "train.json",
        "IMAGE_FOLDER": tiny.data / "images",
        "TEMPLATE": "emoprompt_chatml",
        "PROJECTOR": "multiperspective:slots=2,width=16",
        "TUNE": "full",
        "MAX_STEPS": "2",
        "BATCH": "2",
        "GLOBAL_BATCH": "8",
        "MAX_LENGTH": "256",
        "RUN_DIR": tmp_path / "run",
        "MASTER_PORT": free_port(),
    }


def start(settings, *arguments, **changes):
    environment = {key: str(value) for key, value in {**settings, **changes}.items()}
    command = ["bash", str(FINETUNE), *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, start_new_session=True, **pipes)


def ended(process):
    try:
        out, err = process.communicate(timeout=400)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, err


def check_one_checkpoint(run):
    checkpoint = run / "llava-emollm-full"
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    assert state["global_step"] == 2
    # 16 records in steps of 8 are one epoch: the two machines shared every batch.
    assert state["epoch"] == pytest.approx(1.0)
    assert len(list(run.rglob("model.safetensors"))) == 1


def begun(log):
    end = time.monotonic() + 200
    while not log.is_file():
        assert time.monotonic() < end, log
        time.sleep(0.2)


@pytest.mark.e2e
def test_two_machines_without_ssh(settings, tmp_path):
    """The second is first at their folder, which is to the first no run of unknown make."""
    records = tmp_path / "one-by-line.jsonl"  # not as LLaVA reads it, so that each machine writes a copy
    records.write_text("".join(json.dumps(record) + "\n" for record in json.loads(settings["DATA_PATH"].read_text())))
    machines = {"NODES": 2, "MASTER_ADDR": "127.0.0.1", "DATA_PATH": records}
    second = start(settings, NODE_RANK=1, **machines)
    begun(tmp_path / "run" / "train-1.log")
    first = start(settings, NODE_RANK=0, **machines)
    results = [ended(first)]
    if results[0][0]:
        os.killpg(second.pid, signal.SIGKILL)  # it would wait for the first
    results.append(ended(second))
    assert [code for code, _, _ in results] == [0, 0], results
    assert sorted(path.name for path in (tmp_path / "run").glob("inputs*")) == ["inputs", "inputs-1"]
    assert "on 2 cpu" in results[0][1] and "machine 1 is done" in results[1][1]
    check_one_checkpoint(tmp_path / "run")


@pytest.mark.e2e
@pytest.mark.nightly
def test_two_machines_from_a_hostfile(settings, tmp_path):
    for name, text in (("pdsh", PDSH), ("ssh", SSH)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "hosts").write_text("# two machines\n\nworker-1 slots=1\nworker-2 slots=1\n")
    path = f"{tmp_path}:{os.environ['PATH']}"
    code, out, err = ended(start(settings, HOSTFILE=tmp_path / "hosts", PATH=path))
    assert code == 0, out[-2000:] + err[-3000:]
    assert "on 2 cpu" in out
    check_one_checkpoint(tmp_path / "run")


@pytest.mark.e2e
def test_machines_that_do_not_fit_stop_with_one_line(settings, tmp_path):
    code, _, err = ended(start(settings, "--dry-run", NODES=3, NODE_RANK=0, MASTER_ADDR="a"))
    assert code == 2 and err.count("error: ") == 1 and "BATCH x ranks on all machines = 2 x 3" in err, err
