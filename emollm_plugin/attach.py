"""Hand the plug-in's names to the host's builders as its modules are imported: how, and which hook belongs to which module.

What the hooks do is in `host/`, the only place besides `compat` that names the host's internals (llava 1.2.2); they are named
here and imported with the module that they are for. `register()` may come before or after the host.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

import wrapt

from . import compat

_MARK = "_emollm_attached"
Hook = Callable[[ModuleType], None]
_set: set[str] = set()  # modules whose hooks wait for their import, or have run
_replaced: list[tuple[Any, Any]] = []  # what the host had under a name, and what stands there now
# `llavaction` descends from LLaVA-NeXT and keeps the builders; its training script is not the one we wrap.
HOSTS = ("llava", "llavaction")
_IN_EVERY_HOST = {
    "conversation": "prompts:on_conversation",
    "model.multimodal_encoder.builder": "builders:on_tower_builder",
    "model.multimodal_projector.builder": "builders:on_projector_builder",
    "model.llava_arch": "models:on_arch",
}
_IN_LLAVA = {
    "model": "models:on_model",
    "model.builder": "builders:on_model_builder",
    "model.language_model.llava_llama": "models:on_llama",
    "model.language_model.llava_mistral": "models:on_mistral",
    "model.language_model.llava_mpt": "models:on_mpt",
    "train.llava_trainer": "training:on_trainer",
    "train.train": "training:on_train",
}
# The host's module -> the hook in `host/` that is given it.
HOOKS: dict[str, Hook | str] = {
    **{f"{host}.{module}": f"{__package__}.host.{hook}" for host in HOSTS for module, hook in _IN_EVERY_HOST.items()},
    **{f"llava.{module}": f"{__package__}.host.{hook}" for module, hook in _IN_LLAVA.items()},
}


def register() -> None:
    """Attach the plug-in to LLaVA. Safe to call again, before or after `import llava`, and after a call that failed.

    Names that other modules have already imported from the host (`from llava.model.builder import
    load_pretrained_model`) are bound anew. What else was taken from it by then, such as a function in a list or inside a
    `functools.partial`, stays the host's: register first, or take it again.
    """
    before = len(_replaced)
    try:
        for name in {**compat.HOOKS, **HOOKS}:
            if name not in _set:
                hooks = [some[name] for some in (compat.HOOKS, HOOKS) if name in some]
                wrapt.register_post_import_hook(_attaching(name, hooks), name)
                _set.add(name)
    finally:
        if len(_replaced) > before:
            _bind_anew()


def _attaching(name: str, hooks: Sequence[Hook | str]) -> Hook:
    """All hooks of a module as one, which waits again where it fails during the module's import."""

    def attach(module: ModuleType) -> None:
        try:
            for hook in hooks:
                (resolve_name(hook) if isinstance(hook, str) else hook)(module)
        except BaseException:
            if name in _set:
                # Python drops a module whose import fails, and wrapt forgot this hook before it ran it.
                sys.modules.pop(name, None)
                wrapt.register_post_import_hook(attach, name)
            raise

    return attach


def _bind_anew() -> None:
    """Let every module's name for what was replaced mean the replacement."""
    replacements = {id(original): replacement for original, replacement in _replaced}
    for module in [each for each in sys.modules.values() if isinstance(each, ModuleType)]:
        for name, value in list(vars(module).items()):
            if id(value) in replacements:
                setattr(module, name, replacements[id(value)])


class Attached(wrapt.FunctionWrapper):
    """A function of the host that calls ours; it keeps name, signature and binding of the one that it wraps."""

    _emollm_attached = True


def wrap(owner: ModuleType | type, name: str, make: Callable[[Callable], Callable]) -> None:
    """Let `owner.name`, a function or method of the host, be answered by `make(original)`, once."""
    original = getattr(owner, name)
    if is_attached(original):
        return
    ours = make(original)

    def answer(_wrapped: Callable, instance: Any, args: tuple, kwargs: dict) -> Any:
        return ours(*args, **kwargs) if instance is None else ours(instance, *args, **kwargs)

    _put(owner, name, original, Attached(original, answer))


def replace(owner: ModuleType | type, name: str, make: Callable[[Any], Any]) -> None:
    """Replace the class `owner.name` by `make(original)`, once. A class must stay one, for `isinstance` and for subclasses."""
    original = getattr(owner, name)
    if vars(original).get(_MARK):
        return
    replacement = make(original)
    setattr(replacement, _MARK, True)
    _put(owner, name, original, replacement)


def _put(owner: ModuleType | type, name: str, original: Any, replacement: Any) -> None:
    setattr(owner, name, replacement)
    if isinstance(owner, ModuleType):
        _replaced.append((original, replacement))


def is_attached(function: Any) -> bool:
    """Whether a function of the host is answered by the plug-in."""
    return getattr(function, _MARK, False)
