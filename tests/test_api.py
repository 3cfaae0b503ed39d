"""The API page names what the packages hand out, and what the pages' and notebooks' Python takes from them."""

import ast
import json
import re
from pkgutil import resolve_name

import pytest

import emobench_data
import emollm_plugin

from .pages import ROOT, blocks

NAMED = re.findall(r"^::: (\S+)$", (ROOT / "docs/api.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
OURS = re.compile(r"(emollm_plugin|emobench_data)\b")


def on_the_page(thing):
    return any(thing is resolve_name(name) for name in NAMED)


def code_of_notebooks():
    for file in sorted((ROOT / "examples/notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def taken():
    """`module:name` of all that their Python imports, or takes as `package.name`."""
    for code in [*(text for _, text in blocks("python")), *code_of_notebooks()]:
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and OURS.match(node.module or ""):
                yield from (f"{node.module}:{one.name}" for one in node.names)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and OURS.fullmatch(node.value.id):
                yield f"{node.value.id}:{node.attr}"


def test_what_the_pages_and_notebooks_take_is_on_the_page():
    names = {*taken()}
    assert {"emollm_plugin:load", "emobench_data:score", "emollm_plugin.serving.explain:explain"} <= names
    assert not [name for name in names if not on_the_page(resolve_name(name))]


@pytest.mark.parametrize("package", [emollm_plugin, emobench_data], ids=lambda package: package.__name__)
def test_what_the_packages_hand_out_is_on_the_page(package):
    handed_out = {name: getattr(package, name) for name in package.__all__}
    assert not [name for name, thing in handed_out.items() if callable(thing) and not on_the_page(thing)]


def test_what_commands_do_to_a_checkpoint_can_be_called_too():
    assert {"emollm_plugin.serving.explain.explain", "emollm_plugin.hf.export.export"} <= {*NAMED}
