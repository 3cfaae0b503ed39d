"""What a run is on: devices, their number format, ranks and machines."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from emobench_data.io.errors import InputError

from .defaults import default_precision
from .process import answer_of, say
from .recipe import Recipe

MASK = "CUDA_VISIBLE_DEVICES"
THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Devices:
    """Devices of all machines.

    Args:
        kind: `cpu` or `cuda`.
        precision: `bf16` or `fp32`.
        here: what this machine gives, as CUDA names them; on a CPU a number for each process.
        world: ranks on all machines.
        environment: what every program of the run is given beside the environment at hand.
    """

    kind: str
    precision: str
    here: tuple[str, ...]
    world: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The devices in words, for the line that says what is trained."""
        named = f" ({', '.join(self.here)})" if self.kind == "cuda" and MASK in self.environment else ""
        return f"{self.world} {self.kind}{named}"

    @property
    def of_a_rank(self) -> dict[str, str]:
        """As `environment`, with its share of the cores for each of the ranks that train side by side on a CPU."""
        if self.kind == "cuda" or os.environ.get(THREADS):
            return self.environment
        return {**self.environment, THREADS: str(max(1, cores() // len(self.here)))}


def choose_devices(recipe: Recipe, *, dry: bool = False) -> Devices:
    """The devices of a run: those that CUDA_VISIBLE_DEVICES leaves, and of these the first GPUS.

    With `dry`, where a recipe needs more GPUs than are here, as if these were there: the commands are for another machine.

    Raises:
        InputError: there are not so many, or none for a recipe that needs one.
    """
    found = gpus_found(recipe.device)
    kind = recipe.device
    if kind == "auto":
        kind = "cuda" if found or recipe.base_model else "cpu"
    if kind == "cuda" and dry:
        found = _as_if(recipe, found)
    if kind == "cuda" and not found:
        raise InputError("this is a GPU recipe and no CUDA GPU was found; DEVICE=cpu trains on the CPU, slowly")
    here, environment = _gpus(recipe, found) if kind == "cuda" else _processes(recipe)
    world = slots(recipe.hostfile) if recipe.hostfile else len(here) * recipe.nodes
    return Devices(kind, recipe.precision or default_precision(kind), here, world, environment)


def _as_if(recipe: Recipe, found: int) -> int:
    """GPUS, or those of the mask, or one, where fewer are here: the commands are for another machine, which is said."""
    wanted = len(gpu_names(0)) or recipe.gpus or 1
    if found >= wanted or recipe.hostfile:
        return max(found, 1)
    each = f" on each of {recipe.nodes} machines" if recipe.nodes > 1 else ""
    say(f"{found} CUDA GPUs are here: the commands are those for {wanted}{each}; GPUS says how many")
    return wanted


def gpus_found(device: str) -> int:
    """How many GPUs there are for `DEVICE`, by a process of its own: one that has asked CUDA cannot be forked."""
    return 0 if device == "cpu" else int(answer_of([sys.executable, "-m", "emollm_plugin.cli", "device"]).split()[0])


def gpu_names(found: int) -> list[str]:
    """The GPUs by the names that CUDA_VISIBLE_DEVICES gives them, or by their numbers."""
    mask = os.environ.get(MASK)
    return [name.strip() for name in mask.split(",")] if mask else [str(index) for index in range(found)]


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1  # not on macOS


def _gpus(recipe: Recipe, found: int) -> tuple[tuple[str, ...], dict[str, str]]:
    mask, names = os.environ.get(MASK), gpu_names(found)
    wanted = recipe.gpus or found
    if wanted > found:
        shown = f"{MASK}={mask} leaves" if mask else "this machine has"
        raise InputError(f"GPUS={wanted}, but {shown} {found}; give at most that")
    here = tuple(names[:wanted])
    # Alignment and evaluation take no other GPU than training.
    return here, {MASK: ",".join(here)} if mask or recipe.gpus else {}


def _processes(recipe: Recipe) -> tuple[tuple[str, ...], dict[str, str]]:
    here = tuple(str(index) for index in range(recipe.gpus or recipe.processes))
    threads = os.environ.get(THREADS) or str(cores())
    return here, {"DS_ACCELERATOR": "cpu", MASK: "", THREADS: threads, "MALLOC_ARENA_MAX": "2"}


def slots(hostfile: Path) -> int:
    """GPUs on all machines of a hostfile; raises `InputError`."""
    text = hostfile.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|$)", line)]
    total = sum(int(slots) for line in lines for slots in re.findall(r"slots=(\d+)", line))
    if not total:
        raise InputError(f"HOSTFILE={hostfile} lists no machine; write a line such as: worker-1 slots=8")
    mask = os.environ.get(MASK)
    if mask and mask != ",".join(map(str, range(mask.count(",") + 1))):
        raise InputError(
            f"{MASK}={mask} does not reach the machines of HOSTFILE, whose slots are GPUs from 0 on; start the command on "
            "each with NODES, or unset it"
        )
    return total
