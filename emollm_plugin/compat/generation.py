"""What generation settings mean, and which of them can be saved, in one version of transformers and another."""

from __future__ import annotations

from typing import Any

from .config import before_5


def valid_generation_config(model: Any) -> None:
    """transformers >= 4.39: Vicuna's generation config has a temperature without `do_sample`, and saving it raises.

    Sampling is what such a file means; the host's scripts pass `do_sample` themselves.
    """
    config = model.generation_config
    if not config.do_sample and any(getattr(config, name) not in (None, 1.0) for name in ("temperature", "top_p")):
        config.do_sample = True


def penalized_from_the_start(config: Any) -> list[int]:
    """transformers 4.37: a prompt of embeddings counts as one beginning-of-sequence token for the repetition penalty.

    In 5 it counts as none.
    """
    return [config.bos_token_id] if before_5() else []
