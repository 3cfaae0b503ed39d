"""How a rank is started for every device: by DeepSpeed's launcher, PyTorch's, or SLURM's with PyTorch's on each machine."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from emobench_data.io.errors import InputError

from .devices import Devices
from .process import say
from .recipe import Recipe

_ports: list[TextIO] = []  # open, and with that locked, until this process ends
PORT = 29500  # of PyTorch and of DeepSpeed, where none is named


def check_launcher(recipe: Recipe, environment: Mapping[str, str] = os.environ, *, dry: bool = False) -> None:
    """Whether the launcher is here and goes with the other settings.

    Args:
        dry: whether nothing is to be started.

    Raises:
        InputError: it is not, or does not.
    """
    if recipe.launcher != "deepspeed" and recipe.hostfile:
        raise InputError(f"HOSTFILE={recipe.hostfile} is DeepSpeed's; with LAUNCHER={recipe.launcher} give NODES")
    if recipe.master_port and not recipe.several_machines and not dry and not _is_free(recipe.master_port):
        raise InputError(f"MASTER_PORT={recipe.master_port} is taken on this machine; name another, or none")
    if recipe.launcher != "srun":
        return
    if recipe.node_rank is not None:
        raise InputError(f"NODE_RANK={recipe.node_rank} is for a command on each machine; LAUNCHER=srun starts all from one")
    if dry:
        return
    if not environment.get("SLURM_JOB_ID") or not shutil.which("srun"):
        raise InputError("LAUNCHER=srun starts from within a job of SLURM, and this is none; use sbatch or salloc")
    there = int(environment.get("SLURM_JOB_NUM_NODES") or recipe.nodes)
    if recipe.nodes > there:
        raise InputError(f"NODES={recipe.nodes}, but the job has {there}; give at most that")


def free_port(recipe: Recipe, first: int = PORT) -> int:
    """The port that ranks meet at: MASTER_PORT, or 29500, which a firewall can be told.

    Where another run on this machine has it, or is about to, the next that is free, which is said.
    """
    if recipe.master_port or recipe.several_machines:
        return recipe.master_port or first
    for port in range(first, first + 1000):
        if not _is_free(port) or not _held(port):
            continue
        if port != first:
            say(f"port {first} is taken; the ranks meet at {port} (MASTER_PORT names another)")
        return port
    raise InputError(f"no port is free from {first} on; name one with MASTER_PORT")


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
    return True


def _held(port: int) -> bool:
    """Take a port until this process ends: between the asking and the ranks' listening another launcher finds it free too."""
    file = open(Path(tempfile.gettempdir()) / f"emollm-{os.getuid()}-port-{port}", "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    _ports.append(file)
    return True


def start_words(recipe: Recipe, devices: Devices, port: int | None = None) -> list[str]:
    """The beginning of a command that starts a rank for every device; a module and its arguments follow."""
    words = {"deepspeed": _deepspeed, "torchrun": _torchrun, "srun": _srun}
    return words[recipe.launcher](recipe, devices, port or recipe.master_port or PORT)


def _deepspeed(recipe: Recipe, devices: Devices, port: int) -> list[str]:
    """DeepSpeed's own launcher.

    On one machine, or where each is told its number, it is the part of it that starts ranks: the one before only reads
    a list of machines, and drops CUDA_VISIBLE_DEVICES or takes no names but numbers from it.
    """
    end = [f"--master_port={port}", "--log_level=error", "--module"]
    if recipe.hostfile:
        address = [f"--master_addr={recipe.master_addr}"] if recipe.master_addr else []
        runner = [str(Path(sys.executable).with_name("deepspeed")), f"--hostfile={recipe.hostfile.resolve()}"]
        return [*runner, *address, *end]
    launcher = [sys.executable, "-m", "deepspeed.launcher.launch", f"--world_info={_world(recipe, devices)}"]
    address = [f"--master_addr={recipe.master_addr}", f"--node_rank={recipe.rank}"] if recipe.nodes > 1 else []
    return [*launcher, *address, *end]


def _world(recipe: Recipe, devices: Devices) -> str:
    """Machine -> devices, as DeepSpeed hands it on; of other machines it counts how many."""
    machines = [f"machine-{number}" for number in range(recipe.nodes)]
    return base64.urlsafe_b64encode(json.dumps(dict.fromkeys(machines, devices.here)).encode()).decode()


def _torchrun(recipe: Recipe, devices: Devices, port: int) -> list[str]:
    size = [f"--nnodes={recipe.nodes}", f"--nproc_per_node={len(devices.here)}"]
    place = [f"--node_rank={recipe.rank}", f"--master_addr={recipe.master_addr or '127.0.0.1'}", f"--master_port={port}"]
    return [sys.executable, "-m", "torch.distributed.run", *size, *place, "--module"]


def _srun(recipe: Recipe, devices: Devices, port: int) -> list[str]:
    """One torchrun a machine; they agree among themselves which is the first, at a port of the machine that runs this."""
    machines = ["srun", f"--nodes={recipe.nodes}", f"--ntasks={recipe.nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    size = [f"--nnodes={recipe.nodes}", f"--nproc_per_node={len(devices.here)}"]
    meeting = [f"--rdzv_id={os.environ.get('SLURM_JOB_ID', 'emollm')}", "--rdzv_backend=c10d"]
    endpoint = f"--rdzv_endpoint={recipe.master_addr or socket.gethostname()}:{port}"
    return [*machines, sys.executable, "-m", "torch.distributed.run", *size, *meeting, endpoint, "--module"]
