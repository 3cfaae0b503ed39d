"""LLaVA 1.2.2 decides by words in names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class _Path(str):
    # "mpt" is in "prompt" too, so a folder `emoprompt/vicuna` would be trained as MPT; and the host's code for MPT
    # meets a config that MPT has not had since transformers has its own (4.31). `train()` asks its own local variable, so
    # the other ways are worse: a second name for the folder is what the checkpoint would note as its base and would have to
    # be made known to transformers' tokenizers too; the host's branch for MPT breaks before it reaches the class that
    # `host/decoders.py` puts there; and to refuse such names would refuse MPT itself.
    def __contains__(self, part: object) -> bool:
        return part != "mpt" and super().__contains__(part)  # type: ignore[operator]  # as of any str


def base_by_content(host_init: Callable) -> Callable:
    """Wrap `ModelArguments.__init__`: whether a base model is MPT is read from its config, by `decoders`."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        host_init(self, *args, **kwargs)
        self.model_name_or_path = _Path(self.model_name_or_path)

    return __init__
