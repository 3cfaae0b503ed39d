"""The pages of all settings and of all commands say what the code says, and leave nothing out."""

import re
import runpy
from dataclasses import fields
from pathlib import Path

import click
import pytest

from emobench_data.cli.commands import main as data
from emollm_plugin.cli import main as emollm
from emollm_plugin.recipes.eval_settings import EvalSettings
from emollm_plugin.recipes.recipe import Recipe

from .pages import ROOT

REFERENCE = runpy.run_path(str(ROOT / "scripts/reference.py"))
INNER = {"EMOLLM_LAUNCHER"}  # what one process of ours tells another


def text(page):
    return (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", REFERENCE["PAGES"])
def test_a_page_is_what_the_code_says(page):
    same = (ROOT / "docs" / page).read_text(encoding="utf-8") == REFERENCE["PAGES"][page]()
    assert same, f"docs/{page} is not what the code says; run: python scripts/reference.py"


def rows(part):
    """Setting -> what stands behind it in its row of a chapter."""
    chapter = re.search(rf"^## {part}\n(.*?)(?=^## |\Z)", text("settings"), flags=re.DOTALL | re.MULTILINE)[1]
    cells = [line.split(" | ", 1) for line in chapter.splitlines() if line.startswith("| `")]
    return {name: rest for first, rest in cells for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", first)}


@pytest.mark.parametrize(("kind", "part"), [(Recipe, "Training"), (EvalSettings, "Evaluation")])
def test_every_setting_is_there_with_its_default(kind, part):
    there = rows(part)
    for one in fields(kind):
        if "read" in one.metadata:
            default = shown(one.default)
            assert default is None or re.search(rf"(?<!\w){re.escape(default)}(?!\w)", there[one.name.upper()]), one.name


def shown(default):
    """A default as a help says it; None where it follows from other settings, or is nothing."""
    if isinstance(default, Path):
        return default.name or None
    if isinstance(default, tuple):
        return ",".join(default) or None
    return None if default is None else f"{default:g}" if isinstance(default, (bool, float)) else str(default)


@pytest.mark.parametrize("name", ["VENV", "PYTHON", "DOWNLOADS", "STACK", "EXTRA"])
def test_what_the_environment_is_made_by_is_there(name):
    assert rows("The environment")[name]


def test_other_variables_that_the_code_reads_are_there():
    files = [file for package in ("emollm_plugin", "emobench_data") for file in (ROOT / package).rglob("*.py")]
    read = {name for file in files for name in re.findall(r'"((?:EMOLLM|EMOBENCH)_[A-Z_]+)"', file.read_text("utf-8"))}
    assert "EMOLLM_CPU_DTYPE" in read and read - INNER <= {*rows("Other variables")}


def test_the_page_that_says_more_names_the_setting():
    known = rows("Training")
    for page, names in REFERENCE["MORE"].items():
        for name in names.split():
            assert name in known and re.search(rf"\b{name}\b", text(page)), f"{page}: {name}"


def every(group, path):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


COMMANDS = dict([*every(emollm, "emollm"), *every(data, "emobench_data")])


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_there_and_its_options_say_what_they_are(path):
    page, command = text("cli"), COMMANDS[path]
    assert f"\n### `{path}`\n" in page and re.search(rf"^\| \[`{path}`\]\(#\S+\) \| \w", page, flags=re.MULTILINE)
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    assert not [one.opts[0] for one in options if not one.help], f"{path}: an option without help"
    assert not [one.opts[0] for one in options if f"| `{one.opts[0]}" not in page]
