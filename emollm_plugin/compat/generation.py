"""Generation settings of released models that a newer transformers refuses to save."""

from __future__ import annotations


def valid_generation_config(model) -> None:
    """transformers >= 4.39: Vicuna's generation config has a temperature without `do_sample`, and saving it raises.

    Sampling is what such a file means; the host's scripts pass `do_sample` themselves.
    """
    config = model.generation_config
    if not config.do_sample and any(getattr(config, name) not in (None, 1.0) for name in ("temperature", "top_p")):
        config.do_sample = True
