"""The code of our classes as one file that needs nothing but torch and transformers, for exported folders."""

from __future__ import annotations

import ast
import importlib
import inspect
from types import ModuleType

# In the order in which they need one another. Of those that hold more than is needed, the names that are taken.
MODULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("emobench_data.io.errors", ("InputError",)),
    ("emobench_data.io.registry", ()),
    ("emollm_plugin.registry", ()),
    ("emollm_plugin.projector.options", ()),
    ("emollm_plugin.projector.grid", ()),
    ("emollm_plugin.projector.perspectives", ()),
    ("emollm_plugin.projector.change", ()),
    ("emollm_plugin.projector.fusion", ()),
    ("emollm_plugin.projector.warm_start", ()),
    ("emollm_plugin.projector.multiperspective", ()),
    ("emollm_plugin.hf.configuration", ()),
    ("emollm_plugin.hf.efficientnet", ()),
    ("emollm_plugin.hf.modeling", ()),
    ("emollm_plugin.hf.processing", ()),
    # Trainers look a config's class up among those that transformers was told of.
    ("emollm_plugin.hf.auto", ()),
)
NAME = "emo_llava"  # of the file
HEAD = '''"""{about}

Made by EmoLLM for LLaVA {version} from its own modules (Apache-2.0); mend it there, not here.
"""

from __future__ import annotations

'''
ABOUT = "An EmoLLM for transformers: configuration, vision tower, projector, model and processor."


def one_file() -> str:
    """The text of that file."""
    from .._version import __version__

    imports: dict[str, None] = {}
    bodies = []
    for name, names in MODULES:
        module = importlib.import_module(name)
        needed, body = _taken_apart(module, names)
        imports |= dict.fromkeys(needed)
        bodies.append(body)
    head = HEAD.format(about=ABOUT, version=__version__)
    return head + "\n".join(sorted(imports)) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def _taken_apart(module: ModuleType, names: tuple[str, ...]) -> tuple[list[str], str]:
    """A module's imports from elsewhere, a line each, and its text below its imports, or of it the classes `names`."""
    source = inspect.getsource(module)
    tree = ast.parse(source)
    if names:
        taken = [node for node in tree.body if getattr(node, "name", "") in names]
        return [], "\n\n\n".join(ast.get_source_segment(source, node) or "" for node in taken)
    heads = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    needed = [ast.unparse(node) for node in heads if not _is_ours(node)]
    lines = source.splitlines()
    return needed, "\n".join(lines[heads[-1].end_lineno :]).strip()


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return False
    return bool(node.level) or (node.module or "").split(".")[0] in ("emollm_plugin", "emobench_data", "__future__")
