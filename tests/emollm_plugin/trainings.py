"""Real trainings in processes of their own, forked from one server that has imported everything: seconds, not tens.

One process a rank, as DeepSpeed's launcher starts them; a process can be killed at any moment.
"""

import json
import multiprocessing
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from emollm_plugin.recipes.recipe import DEEPSPEED

from .training_worker import CPU, run, run_program

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([f"{__package__}.training_preload"])
ZERO = {stage: DEEPSPEED / f"zero{stage}.json" for stage in ("0", "2", "3", "3_offload")}


@dataclass
class Training:
    """A running or finished training: `wait()` for its exit code, then `log`, `moved` and `curve()`."""

    out: Path
    processes: list
    log: Path
    notes: Path

    def wait(self, timeout=180):
        """The exit code of the rank that failed, or 0; a training that hangs is killed and raises."""
        end = time.monotonic() + timeout
        for process in self.processes:
            process.join(max(end - time.monotonic(), 0.1))
        hung = [rank for rank, process in enumerate(self.processes) if process.exitcode is None]
        self.kill()
        assert not hung, f"ranks {hung} hang after {timeout} s: {self.tail()}"
        return next((process.exitcode for process in self.processes if process.exitcode), 0)

    def kill(self):
        for process in self.processes:
            process.kill()
            process.join()

    def tail(self):
        return self.log.read_text(errors="replace")[-3000:]

    def parameters(self, kind):
        """Names of the parameters that `moved`, or were `trained`."""
        return {name for name, yes in json.loads(self.notes.read_text())[kind].items() if yes}

    def kinds(self):
        """Parameter name -> its number format after training."""
        return json.loads(self.notes.read_text())["kinds"]

    def rotary(self):
        """Frequencies of the rotary embeddings after training: name -> number format and values."""
        return json.loads(self.notes.read_text())["rotary"]

    def logits(self):
        """What the trained model said to `probe`."""
        return torch.load(self.notes.with_suffix(".pt"))

    def curve(self):
        """(step, loss) at every logging step, over all runs that the checkpoint came through."""
        return curve(self.out)


def curve(out):
    history = json.loads((out / "trainer_state.json").read_text())["log_history"]
    return [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]


def weights(folder):
    """All model tensors saved in a folder."""
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        found.update(load_file(file))
    for name in ("non_lora_trainables.bin", "mm_projector.bin"):
        if (folder / name).is_file():
            found.update(torch.load(folder / name, weights_only=True))
    return found


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def start(arguments, *, out, zero=None, ranks=1, module="llava.train.train", probe=None, **environment):
    """Start `module` with `arguments` on `ranks` processes; `zero` names a DeepSpeed configuration of `scripts/`.

    `probe` is a batch that the model answers to when it is trained; further keywords are its environment.
    """
    arguments = [*map(str, arguments), *(["--deepspeed", str(ZERO[zero])] if zero else [])]
    log, notes = out.with_name(f"{out.name}.log"), out.with_name(f"{out.name}.json")
    if probe is not None:
        torch.save(probe, notes.with_suffix(".pt"))
    together = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(ranks)}
    processes = []
    for rank in range(ranks):
        place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_SIZE": str(ranks)}
        given = {**CPU, **environment, **(together | place if zero or ranks > 1 else {})}
        processes.append(SERVER.Process(target=run, args=(module, arguments, given, str(log), str(notes))))
        processes[-1].start()
    return Training(out, processes, log, notes)


def finish(arguments, **how):
    """Start and wait; fails with the log's end if the training did."""
    training = start(arguments, **how)
    code = training.wait()
    assert code == 0, f"code {code}: {training.tail()}"
    return training


def launched(words, log, limit=300, **environment):
    """The exit code of `python WORDS`, such as a launcher, in a process of the server; what it starts are whole programs."""
    process = SERVER.Process(target=run_program, args=([*map(str, words)], {**CPU, **environment}, str(log)))
    process.start()
    process.join(limit)
    hung = process.exitcode is None
    process.kill()
    assert not hung, f"{words} hangs: {log.read_text(errors='replace')[-3000:]}"
    return process.exitcode


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
