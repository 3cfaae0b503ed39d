"""config.json as transformers 5 writes it, on transformers 4, and the other way round in what the plug-in writes."""

from __future__ import annotations

import json
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from emobench_data.io.errors import InputError

# The number formats that models are run in, as a config.json names them.
FORMATS = ("float32", "float16", "bfloat16")


def read_newer_config(configuration_utils: ModuleType) -> None:
    """transformers < 5: read `rope_parameters` and `dtype` of a newer config.json.

    Versions before 5 ignore `rope_parameters` in silence and take a RoPE base of 10,000, so that a model of another
    base (SmolLM2 and LLaMA 3 among them) is loaded wrongly without an error.
    """
    base = configuration_utils.PretrainedConfig
    if not before_5():
        return
    host = base.from_dict.__func__

    @wraps(host)
    def from_dict(cls, config_dict, **kwargs):
        return host(cls, older_form(config_dict), **kwargs)

    base.from_dict = classmethod(from_dict)


def older_form(config: dict[str, Any]) -> dict[str, Any]:
    """A config that every supported transformers reads: `rope_theta`, `rope_scaling` and `torch_dtype`.

    Raises:
        InputError: the rotary embedding is of a type that transformers 4.37 does not have.
    """
    config = dict(config)
    if "dtype" in config:
        config.setdefault("torch_dtype", config.pop("dtype"))
    rope = config.pop("rope_parameters", None)
    if rope:
        kind = rope.get("rope_type")
        if kind not in ("default", "linear", "dynamic"):
            raise InputError(f"rope type {kind!r} needs transformers 5; use the current stack (STACK=current)")
        config["rope_theta"] = rope["rope_theta"]
        config["rope_scaling"] = None if kind == "default" else {"type": kind, "factor": rope["factor"]}
    return config


def newer_tokenizer(folder: Path) -> bool:
    """transformers < 5: whether the tokenizer in `folder` is in a form that only 5 reads (its class, or its merges)."""
    if not before_5() or any((folder / name).is_file() for name in ("tokenizer.model", "vocab.json")):
        return False
    try:
        merges = json.loads((folder / "tokenizer.json").read_text())["model"].get("merges")
    except (OSError, ValueError, KeyError):
        # Another form of tokenizer, or none: transformers will say so.
        return False
    return bool(merges) and isinstance(merges[0], list)


def before_5() -> bool:
    """Whether the installed transformers is older than 5."""
    return int(version("transformers").split(".")[0]) < 5
