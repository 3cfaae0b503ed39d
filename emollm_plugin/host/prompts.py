"""The host's conversation templates."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

logger = logging.getLogger(__name__)
MMTAG = "_mmtag"


def on_conversation(module: ModuleType) -> None:
    from ..prompt.templates import build_templates

    module.conv_templates.update(build_templates(module))


@contextmanager
def asked_for_template(words: Sequence[str]) -> Iterator[None]:
    """Inside, llava 1.2.2's evaluation asks in the template of `--conv-mode`, whatever the model's folder is called.

    Its scripts take the template `<conv-mode>_mmtag` where they find the word `plain` in the folder's name; under that name
    stands the one that was asked for meanwhile.

    Args:
        words: the script's arguments.
    """
    from llava.conversation import conv_templates
    from llava.mm_utils import get_model_name_from_path

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--model-path", default="")
    parser.add_argument("--conv-mode", default="llava_v1")
    asked = parser.parse_known_args(list(words))[0]
    other = asked.conv_mode + MMTAG
    if "plain" not in get_model_name_from_path(asked.model_path) or MMTAG in other[: -len(MMTAG)]:
        yield
        return
    before = conv_templates.get(other)
    if asked.conv_mode in conv_templates:
        conv_templates[other] = conv_templates[asked.conv_mode]
        logger.info("%s stands for the template of %s in what follows", other, asked.conv_mode)
    try:
        yield
    finally:
        conv_templates.pop(other, None)
        if before is not None:
            conv_templates[other] = before
