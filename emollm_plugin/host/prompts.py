"""The host's conversation templates, and the name by which its evaluation chooses among them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from ..attach import wrap


def on_conversation(module: ModuleType) -> None:
    from ..prompt.templates import build_templates

    module.conv_templates.update(build_templates(module))


def on_mm_utils(module: ModuleType) -> None:
    wrap(module, "get_model_name_from_path", _name_without_plain)


def _name_without_plain(host_function: Callable) -> Callable:
    def get_model_name_from_path(model_path):
        # The host's evaluation switches to another template where the folder's name holds this word in small letters.
        return host_function(model_path).replace("plain", "Plain")

    return get_model_name_from_path
