"""Run a host module as its own program would, with the plug-in attached: the way behind every door that starts one."""

from __future__ import annotations

import importlib
import logging
import runpy
import sys
from contextlib import nullcontext

from emobench_data.io.errors import InputError

from ..attach import register
from .absent import absent
from .lifetime import end_with_the_launcher

USAGE = "usage: python -m emollm_plugin <host module, such as llava.train.train> [its arguments]"
# Modules whose `__main__` only calls a function: called by import, so that post-import hooks reach their names.
CALLED = {"llava.train.train": "train"}
_started: set[str] = set()


def main(argv: list[str]) -> int:
    """Run the module `argv[0]` with `argv[1:]`; returns the exit code, 2 for bad input."""
    end_with_the_launcher()
    # DeepSpeed's launcher puts its --local_rank before the module's name.
    own = [arg for arg in argv[:1] if arg.startswith("--local_rank")]
    argv = argv[len(own) :]
    if not argv or argv[0].startswith("-"):
        sys.stderr.write(USAGE + "\n")
        return 2
    module, sys.argv = argv[0], [argv[0], *own, *argv[1:]]
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    register()
    try:
        run(module)
    except InputError as error:
        sys.stderr.write(f"error: {own_words(str(error))}\n")
        return 2
    except ModuleNotFoundError as error:
        line = absent(module, error)
        if line is None:
            raise
        sys.stderr.write(f"error: {line}\n")
        return 2
    return 0


def own_words(said: str) -> str:
    """What an error said, where PyTorch has put the traceback of a data loader's worker before it."""
    if not said.startswith("Caught ") or "\n" not in said:
        return said
    return said.strip().rpartition("\n")[2].partition(": ")[2]


def run(module: str) -> None:
    """Run a host module as its own script would; without a GPU, the host's hard-coded `cuda` means the CPU."""
    _started.add(module)
    if module in CALLED:
        getattr(importlib.import_module(module), CALLED[module])()
        return
    from ..compat.cpu import host_on_cpu
    from ..compat.notices import drop_workers_of_the_host
    from ..compat.pictures import as_people_see_them
    from ..evaluation.check import check_evaluation
    from .prompts import asked_for_template

    asks = module.startswith("llava.eval.model_vqa")
    if asks:
        check_evaluation(sys.argv[1:])
        drop_workers_of_the_host()
    with host_on_cpu(), as_people_see_them(), asked_for_template(sys.argv[1:]) if asks else nullcontext():
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def take_over(name: str, module: str) -> None:
    """What `patches/` adds at the top of a host's script: started as a program, it runs through the plug-in and ends.

    Args:
        name: the script's `__name__`; imported as a module it is left alone.
        module: the host module to run in its place, usually itself.
    """
    if name == "__main__" and module not in _started:
        sys.exit(main([module, *sys.argv[1:]]))
