"""The docs: every page is in the site's menu, every link leads somewhere, every command is one that the programs take."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec

import click
import pytest
import yaml

from emobench_data.building.composition import load_composition
from emobench_data.cli.commands import main as data
from emobench_data.sources import all_sources, get_source
from emollm_plugin.cli import main as emollm
from emollm_plugin.recipes.eval_settings import EvalSettings
from emollm_plugin.recipes.layers import read_recipe

from .pages import LINK, PAGES, ROOT, blocks, commands

BESIDE = [ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "PACKAGE.md", "SECURITY.md")]
BESIDE += [ROOT / name for name in ("examples/README.md", "patches/README.md")]
BESIDE += [*(ROOT / "benchmarks").glob("*.md"), ROOT / "emobench_data/sources/README.md"]
IN_LINE = re.compile(r"`([^`]+)`")
BEGINS = re.compile(r"(?:[A-Z_]+=\S+ )*(?:emollm |bash scripts/|python -m emobench_data )")
# What the scripts and programs read from the environment beside settings.
VARIABLES = {"EXTRA", "EMOBENCH_DATA", "LMUData"}


def prose(page):
    """The page without its code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    """What a heading is called in an address, as the forge and the site name it."""
    headings = re.findall(r"^#+ +(.*)", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_menu_and_every_entry_is_a_page():
    menu = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    named = [entry for part in menu for pages in part.values() for page in pages for entry in page.values()]
    own = [name for name in named if (ROOT / "docs" / name).is_file()]
    assert sorted(own) == sorted(page.name for page in PAGES[1:]) and len(named) == len({*named})
    # The page of a notebook is made when the site is built.
    beside = [name.replace(".md", ".ipynb") if "notebooks/" in name else name for name in named if name not in own]
    assert all((ROOT / name).is_file() for name in beside)
    assert len([name for name in beside if name.endswith(".ipynb")]) == len([*(ROOT / "examples/notebooks").glob("*.ipynb")])


def test_the_readme_is_short():
    assert len(PAGES[0].read_text(encoding="utf-8").splitlines()) <= 150, "say it on a page of docs/, and link that"


@pytest.mark.parametrize("page", [*PAGES, *BESIDE], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in LINK.findall(prose(page)):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


# What somebody who does not know the project types into a search -> the page that answers it.
LOOKED_FOR = {
    "TensorBoard": "logging",
    "vLLM": "export",
    "TRL": "export",
    "CUDA out of memory": "memory",
    "QLoRA": "memory",
    "several GPUs": "gpus",
    "batch size": "gpus",
    "FlashAttention": "gpus",
    "learning rate": "models",
    "Resume a training": "index",
    "questions.jsonl": "questions",
    "gold.jsonl": "questions",
    "own data": "your-data",
    "cross-validation": "emobench",
}


@pytest.mark.parametrize(("words", "page"), LOOKED_FOR.items())
def test_what_strangers_look_for_stands_where_it_is_answered(words, page):
    assert words.lower() in (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8").lower()


def in_text(*pages):
    """Commands that stand in a line of text or a table."""
    found = [code for page in pages for code in IN_LINE.findall(prose(page)) if BEGINS.match(code)]
    return [code for code in dict.fromkeys(found) if "..." not in code]


@pytest.mark.parametrize("line", dict.fromkeys([*commands("bash", "sh"), *in_text(PAGES[0])]))
def test_a_command_is_one_that_there_is(line):
    for command in line.split(" && "):
        words = shlex.split(command, comments=True)
        count = next((place for place, word in enumerate(words) if not re.match(r"\w+=", word)), len(words))
        check(dict(word.split("=", 1) for word in words[:count]), words[count:])


@pytest.mark.parametrize("line", in_text(*PAGES[1:], ROOT / "CHANGELOG.md", ROOT / "PACKAGE.md"))
def test_a_command_in_a_sentence_has_these_options(line):
    program, words = (data, line.split()[3:]) if line.startswith("python") else (emollm, line.split()[1:])
    if line.startswith(("python", "emollm")):
        command, words = command_of(program, words)
        known = {name for one in command.params for name in one.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known


def check(environment, words):
    """Fail where a program would refuse the words before it opens a file."""
    match words:
        case ["emollm" | ".venv/bin/emollm", *rest]:
            parse(emollm, rest)
        case ["python", "-m", "emobench_data", *rest]:
            parse(data, rest)
        case ["bash", "scripts/build_emobench.sh", *rest]:
            parse(data, ["build", *rest])
        case ["bash", "scripts/eval_emobench.sh", *_]:
            assert {*environment} <= {one.name.upper() for one in fields(EvalSettings)}
        case ["bash", script, *rest] if script.startswith(("scripts/finetune_", "scripts/pretrain_")):
            assert (ROOT / script).is_file()
            recipe, changes, host = arguments(rest)
            read_recipe(environment, recipe, changes, host)
            name = environment.get("DATASET") or next((one[8:] for one in changes if one.startswith("dataset=")), "mini")
            assert name == "mini" or get_source(name)
        case ["bash" | "source" | "cd", *_] | ["python", "-m", "emollm_plugin" | "lmms_eval" | "build" | "venv", *_]:
            assert words[0] != "bash" or (ROOT / words[1]).is_file()
            assert {*environment} <= VARIABLES | {"STACK", "VENV"}
        case ["python", script, *_] if not script.startswith("$"):
            assert (ROOT / script).is_file()
        case [first, *_]:
            assert first in ("python", "pip", "tensorboard", "mkdocs", "git"), words


def arguments(words):
    """Recipe, changes and host's arguments of a launcher's command."""
    place = words.index("--") if "--" in words else len(words)
    own = [word for word in words[:place] if not word.startswith("--")]
    recipe = own.pop(0) if own and "=" not in own[0] else None
    return recipe, own, words[place + 1 :]


def command_of(program, words):
    """The command of `program` that `words` name, and the words behind its name."""
    command = program
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        command = command.get_command(click.Context(command), name)
        assert command, f"no such command: {name}"
    return command, words


def parse(program, words):
    """Hold words to a command's options, as click parses them, without the files that they name."""
    command, words = command_of(program, words)
    with click.Context(command, resilient_parsing=True) as context:
        given, rest, _ = command.make_parser(context).parse_args(list(words))
        assert not rest or command.allow_extra_args, rest
        for one in command.params:
            value = given.get(one.name)
            assert not one.required or value, f"{words}: {one.name} is missing"
            if value and isinstance(one.type, click.Choice):
                one.type.convert(value, one, context)


def test_examples_of_files_and_of_python_are_right(tmp_path, capsys):
    ((_, composition),) = blocks("yaml")
    (tmp_path / "own.yaml").write_text(composition)
    assert [part.source.name for part in load_composition(str(tmp_path / "own.yaml")).parts] == ["emoset", "fer2013", "mustard"]
    ((_, scored),) = [found for found in blocks("python") if "emobench_data.score(" in found[1]]
    exec(compile(scored, "questions.md", "exec"), {})
    assert capsys.readouterr().out == "1.0\n"


@pytest.mark.skipif(not find_spec("material"), reason="mkdocs-material is not installed (extra docs)")
def test_the_site_builds_without_a_warning(tmp_path):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MultiPerspectiveProjector" in (tmp_path / "site/api.html").read_text()
    notebook = (tmp_path / "site/examples/notebooks/first_answers.html").read_text()
    assert "What the perspectives attended to" in notebook and 'href="first_answers.ipynb"' in notebook
    assert 'href="your_data.html"' in notebook and (tmp_path / "site/examples/notebooks/first_answers.ipynb").is_file()
    assert 'href="examples/notebooks/first_answers.html"' in (tmp_path / "site/index.html").read_text()


def test_every_data_set_has_its_facts_on_the_page():
    assert all(f"{len(all_sources())} public data sets" in page.read_text() for page in (PAGES[0], ROOT / "docs/emobench.md"))
    page = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^### (.*?)\n(.*?)(?=^##|\Z)", page, flags=re.DOTALL | re.MULTILINE))
    for name, source in all_sources().items():
        part = next(text for title, text in parts.items() if f"`{name}`" in title)
        facts = (source.homepage, source.licence, source.citation, *(f"`{task}`" for task in source.tasks))
        facts += tuple(f"{count:,}" for count in source.expected.values())
        facts += tuple(", ".join(names) for names in source.labels.values() if len(names) <= 12)
        assert not [fact for fact in facts if fact not in part], name


def sources_of_the_code():
    files = [file for package in ("emollm_plugin", "emobench_data") for file in (ROOT / package).rglob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in [*files, ROOT / "scripts/lib.sh"])


@pytest.mark.parametrize("package", ["emollm_plugin", "emobench_data"])
def test_every_room_has_its_duty_on_the_page(package):
    page = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| \S", page.partition(f"| room of `{package}` |")[2].partition("\n\n")[0], re.MULTILINE)
    rooms = {init.parent.name for init in (ROOT / package).glob("*/__init__.py")}
    assert rooms and not rooms - {*told} and all((ROOT / package / f"{name}.py").is_file() for name in {*told} - rooms)


def test_every_group_of_entry_points_is_on_the_page():
    groups = re.findall(r'= Registry\(\s*"[^"]+", "([\w.]+)"', sources_of_the_code())
    page = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w.]+)` \| .* \| `(\w+)` \|$", page, flags=re.MULTILINE))
    points = re.findall(r'^\[project\.entry-points\."([\w.]+)"\]\n(\w+) = ', page, flags=re.MULTILINE)
    assert len(groups) > 7 and {*groups} < {*rows} and dict(points) == rows


# In the words of the shell, Python, PyTorch and the system.
FOREIGN = (
    "emollm: command not found",
    "No module named 'llava'",
    "CUDA out of memory",
    "Killed",
    "no kernel image is available for execution on the device",
    "EADDRINUSE`, `address already in use",
    "Watchdog caught collective operation timeout",
)


def test_errors_that_the_page_explains_are_those_of_the_code():
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    told = re.findall(r"^### `(.+)`$", page, flags=re.MULTILINE)
    code = sources_of_the_code()
    assert len(told) >= 15 and {*FOREIGN} <= {*told}
    told = [line for line in told if line not in FOREIGN]
    # What follows from the case stands there as `...`; in the code it is in braces, or begins another line.
    missing = [line for line in told for part in line.split("...") if len(part) > 3 and part.strip(" ;:,") not in code]
    assert not missing
