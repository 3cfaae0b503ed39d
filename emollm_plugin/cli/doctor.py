"""What `emollm doctor` looks at: packages, the host's hidden import errors, the GPU and what training would use."""

from __future__ import annotations

import importlib
import importlib.util
import platform
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from emobench_data.io.errors import InputError

from ..host.absent import SETUP
from ..recipes.conditions import PACKAGES, package_version, stack_here
from .setup import ANOTHER, wrong_python

NEEDED = ("torch", "transformers", "accelerate", "peft", "deepspeed", "llava-torch")
# transformers decides what else fits (emollm_plugin/stacks/).
STACKS = {"current": "5.23.0", "classic": "4.37.2"}
HOST_PACKAGES = ("llava", "llava.model", "llava.model.language_model")
HOST_MODELS = tuple(f"llava.model.language_model.llava_{name}" for name in ("llama", "mpt", "mistral"))
PRESENT = "weights present"
PLAN = "what a training needs, and on which GPUs it fits: `emollm plan RECIPE`"


def examine(stack: str | None = None, python: tuple[int, int] = sys.version_info[:2]) -> dict[str, Any]:
    """Look at everything; the answer is ready for JSON, and all is well when `problems` is empty.

    Each problem is a dictionary with `problem` (with the real cause) and `way_out`.

    Args:
        stack: that is wanted here, `current` or `classic`; None for the one that is installed.
        python: the version of this Python.
    """
    problems: list[dict[str, str]] = []
    versions = {name: package_version(name) for name in PACKAGES}
    report: dict[str, Any] = {"python": platform.python_version(), "packages": versions, "stack": _stack(versions)}
    if wrong := wrong_python(stack or stack_here(), python):
        _add(problems, wrong, ANOTHER)
    if stack and report["stack"] in {*STACKS} - {stack}:
        _add(problems, f"the stack here is {report['stack']}, and {stack} is wanted", ANOTHER)
    for name in NEEDED:
        if versions[name] is None:
            _add(problems, f"{name} is not installed", SETUP)
    if _import(problems, "torch", SETUP):
        report.update(_machine(problems))
    for name in ("transformers", "accelerate", "peft", "deepspeed"):
        if versions[name] is not None:
            _import(problems, name, SETUP)
    if versions["flash-attn"] is not None:
        _import(problems, "flash_attn", "build flash-attn for this torch, or uninstall it: attention is then PyTorch's")
    report["host"] = _host(problems)
    report["attached"] = _attached(problems) if report["host"] == "imports" else False
    report["vision_towers"] = _towers(problems)
    report["problems"] = problems
    return report


def _add(problems: list, problem: str, way_out: str) -> None:
    problems.append({"problem": problem, "way_out": way_out})


def _cause(error: BaseException) -> str:
    """The innermost cause, on one line."""
    while before := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        error = before
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _import(problems: list, name: str, way_out: str) -> ModuleType | None:
    # An import of somebody else's package can fail with anything; that it fails, and with what, is the answer here.
    try:
        return importlib.import_module(name)
    except Exception as error:
        _add(problems, f"`import {name}` fails: {_cause(error)}", way_out)
        return None


def _stack(versions: dict[str, str | None]) -> str:
    found = versions["transformers"]
    known = next((name for name, wanted in STACKS.items() if wanted == found), None)
    return known or f"untested: transformers {found}; tested are {' and '.join(STACKS.values())}"


def _machine(problems: list) -> dict[str, Any]:
    import torch

    from ..training.attention import attention_here

    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    for index, name in enumerate(names):
        try:
            _first_kernel(index)
        except RuntimeError as error:  # that it has no code for this GPU PyTorch says only here
            way_out = f"install a build of torch {package_version('torch')} for this GPU, see docs/troubleshooting.md"
            _add(problems, f"GPU {index}, {name}: {str(error).splitlines()[0]}", way_out)
    attention = attention_here(half_precision=True)
    return {"gpus": names, "cuda": torch.version.cuda, "attention_in_half_precision": attention}


def _first_kernel(index: int) -> None:
    import torch

    torch.ones(1, device=f"cuda:{index}").add(1).item()


def _host(problems: list) -> str:
    """Import LLaVA; where it fails, import what its bare except hides one by one, for the real cause of each."""
    found = importlib.util.find_spec("llava")
    if found is None:
        return "missing"
    from ..attach import register

    try:
        register()
        for name in (*HOST_MODELS, "llava.model.builder", "llava.train.train"):
            importlib.import_module(name)
        return "imports"
    except Exception as error:
        seen = _cause(error)
    hidden = _behind_the_bare_except(found.submodule_search_locations or [])
    for name, cause in hidden.items():
        _add(problems, f"LLaVA hides that `import {name}` fails: {cause}", SETUP)
    if not hidden:
        _add(problems, f"`import llava` fails: {seen}", SETUP)
    return "fails"


def _behind_the_bare_except(folders: Sequence[str]) -> dict[str, str]:
    """Host model module, below `folders` -> why it fails to import, with the packages' own `__init__` files left out."""
    for package in (package for package in HOST_PACKAGES if package not in sys.modules):
        empty = ModuleType(package)
        empty.__path__ = [f"{folder}/{'/'.join(package.split('.')[1:])}" for folder in folders]
        sys.modules[package] = empty
    causes: dict[str, list] = {name: [] for name in HOST_MODELS}
    for name, found in causes.items():
        _import(found, name, SETUP)
    return {name: found[0]["problem"].split("fails: ", 1)[1] for name, found in causes.items() if found}


def _attached(problems: list) -> bool:
    from llava.conversation import conv_templates
    from llava.model import llava_arch

    from ..attach import is_attached

    if is_attached(llava_arch.build_vision_projector) and "emoprompt" in conv_templates:
        return True
    way_out = "call emollm_plugin.register() before other code copies LLaVA's builders"
    _add(problems, "the plug-in is not attached to this LLaVA", way_out)
    return False


def _towers(problems: list) -> dict[str, str]:
    """Every vision tower of the plug-in whose weights a package carries: `weights present`, or what is missing.

    Only the default tower's absence is a problem.
    """
    from ..towers.builders import EFFICIENTNET_LITE

    found = {name: _weights(name) for name in EFFICIENTNET_LITE}
    default = next(iter(found))
    if found[default] != PRESENT:
        _add(problems, found[default], "install that package, or train with VISION_TOWER=<a CLIP folder or hub name>")
    return found


def _weights(tower: str) -> str:
    from ..towers.builders import weights_file

    try:
        weights_file(tower)
        return PRESENT
    except InputError as error:
        return str(error)


def as_text(report: dict[str, Any]) -> str:
    """The report as lines, problems last."""
    packages = ", ".join(f"{name} {version or 'missing'}" for name, version in report["packages"].items())
    lines = [f"python: {report['python']}", f"packages: {packages}", f"stack: {report['stack']}"]
    if "gpus" in report:
        gpus = ", ".join(report["gpus"]) or "none, so training is on the CPU"
        lines += [f"GPU: {gpus} (CUDA {report['cuda'] or 'not built in'})"]
        lines += [f"attention in half precision: {report['attention_in_half_precision']}"]
    lines += [f"LLaVA: {report['host']}, plug-in {'attached' if report['attached'] else 'not attached'}"]
    towers = report["vision_towers"].items()
    lines += [f"vision tower {name}: {state}" if state == PRESENT else state for name, state in towers]
    lines += [PLAN]
    lines += [f"problem: {item['problem']}\n  way out: {item['way_out']}" for item in report["problems"]]
    return "\n".join(lines if report["problems"] else [*lines, "all is well"])
