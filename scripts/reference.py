"""Write docs/settings.md and docs/cli.md, from what the launchers and the commands say of themselves in their --help.

To be run when a setting or a command changes: python scripts/reference.py; a test compares the pages with the code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import click

from emobench_data.cli.commands import main as data
from emollm_plugin.cli import main as emollm
from emollm_plugin.recipes import eval_settings, recipe
from emollm_plugin.recipes.layers import PRESETS, shipped_recipes

SCRIPTS = Path(__file__).parent
DOCS = SCRIPTS.parent / "docs"
WRITTEN = "<!-- Written by scripts/reference.py from the code's own help: change that, and run it. -->"
LAUNCHERS = ("finetune_emollm", "finetune_lora", "finetune_qlora", "pretrain_projector", "finetune_zero3_offload")
# The page that says more of a setting, where one does.
MORE = {
    "index": "DATASET DATA_ROOT SAVE_MINUTES SAVE_STEPS RESUME RUN_DIR OVERWRITE VENV STACK",
    "your-data": "DATA_PATH IMAGE_FOLDER QUESTIONS GOLD FAULTY_MEDIA TOO_LONG",
    "tasks": "TASKS NUMBERS HOST_ARGUMENTS",
    "emobench": "FOLD HOLD_OUT",
    "emoprompt": "RATIONALE FORM REASONED ALIGN ALIGN_RESIDUAL",
    "evaluation": "EVALUATOR",
    "video": "VIDEOS FRAME_CACHE",
    "sound": "SOUND AUDIO_TOWER AUDIO_LAYER AUDIO_PROJECTOR SOUND_CACHE DATA_DIR",
    "models": "BASE_MODEL VISION_TOWER SELECT_LAYER PROJECTOR PRETRAIN_PROJECTOR TUNE LORA_R LORA_ALPHA LORA_TARGETS "
    "LORA_LAYERS EPOCHS LEARNING_RATE PROJECTOR_LR PRECISION",
    "memory": "CHECKPOINTING MAX_LENGTH SAVE_LIMIT",
    "gpus": "BATCH GLOBAL_BATCH WORKERS FEATURE_CACHE OPTIMIZER ZERO GPUS PROCESSES LAUNCHER HOSTFILE NODES NODE_RANK "
    "MASTER_ADDR MASTER_PORT",
    "logging": "EVAL_DATA EVAL_STRATEGY EVAL_STEPS REPORT_TO",
    "troubleshooting": "TEMPLATE DEVICE DOWNLOADS PYTHON",
}
# What our own programs, and the model hub's, read from the environment beside settings.
VARIABLES = {
    "CUDA_VISIBLE_DEVICES": "the GPUs that may be used; `GPUS` takes the first of these",
    "OMP_NUM_THREADS": "threads of a process on a CPU; default: the cores, shared among the processes",
    "EMOLLM_CPU_DTYPE": "`float32` (default) or `bfloat16`: what models compute in on a CPU",
    "EMOLLM_FOLLOW_LINKS": "1: links in the folder of a data set may lead out of it",
    "EMOBENCH_CLIP_READER": "`pyav` (default) or `decord`: what reads clips",
    "EMOLLM_JUDGE_KEY": "the key for `emollm score --judge`",
    "EMOLLM_RATIONALE_KEY": "the key for the command `rationale`",
    "OPENAI_API_KEY": "the key for `emollm eval --endpoint`",
    "EMOLLM_VLLM_PYTHON": "the Python that has vLLM, for `emollm eval --engine vllm`",
    "HF_TOKEN": "your access token, for models that are gated or private ([errors](troubleshooting.md#models))",
    "HF_HUB_OFFLINE": "1: no model hub is asked; what was downloaded before is taken",
    "EMOBENCH_DATA, EMOBENCH_MEDIA": "the benchmark and its media, for [lmms-eval](harnesses.md)",
}
ENTRY = re.compile(r"( *)([A-Z][A-Z0-9_]+(?:, [A-Z][A-Z0-9_]+)*)(?: {2,}(.*))?")
DEFAULT = re.compile(r"(.*?),? ?\bdefault(?: of both)?: (.*)")


class Entry(NamedTuple):
    """What a help says of one setting, or of several that belong together."""

    names: tuple[str, ...]
    meaning: str
    default: str


def entries(text: str, indent: str = "") -> dict[str, list[Entry]]:
    """The settings of a help by its headings; an entry begins behind `indent`, and its further lines farther right."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in text.splitlines():
        begins = ENTRY.fullmatch(line)
        if begins and begins[1] == indent:
            found.setdefault(heading, []).append([begins[2], begins[3] or ""])
        elif indent and line and not line.startswith(" "):
            heading = line
        elif line.startswith(f"{indent}   ") and found:
            found[heading][-1].append(line)
    return {heading: [_entry(*lines) for lines in each] for heading, each in found.items()}


def _entry(names: str, *lines: str) -> Entry:
    said = " ".join(" ".join(lines).split())
    match = DEFAULT.fullmatch(said)
    return Entry(tuple(names.split(", ")), *(match[1], match[2]) if match else (said, ""))


def settings() -> str:
    """The page of all settings."""
    parts = entries(recipe.HELP.read_text(encoding="utf-8"), "  ")
    known = {name for part in parts.values() for entry in part for name in entry.names} | {*VARIABLES}
    training = "\n\n".join(f"### {heading}\n\n{_table(part, known, more=True)}" for heading, part in parts.items())
    evaluation = entries(eval_settings.HELP.read_text(encoding="utf-8"))[""]
    making = entries(_comment(SCRIPTS / "setup.sh"))[""]
    known |= {name for entry in [*evaluation, *making] for name in entry.names}
    return f"""\
# Settings

{WRITTEN}

A setting is given in one of three ways: as a variable before a launcher (`EPOCHS=3 bash scripts/finetune_emollm.sh`), as
`key=value` behind it or behind `emollm train` (`epochs=3`), or as a line of a recipe (`epochs: 3`). What is typed behind the
command goes before a variable, and a variable before the recipe. A name that is none, such as `EPOCH`, stops the launcher with
one line. With `--help` a launcher prints the same; `emollm settings` prints those of a training.

## Training

These are for `emollm train`, `emollm plan`, and the launchers, some of which set a few themselves:

{_launchers(known)}

{training}

What a run has made of all of them stands in `recipe.yaml` in its folder, which makes the run again.

## Recipes

The first word behind a launcher or `emollm train` names a recipe: a YAML file of yours with these settings in small letters, or
one that is shipped (`emollm_plugin/recipes/presets/`). All but `default` need your data: `data_root`, or `data_path`.

{_recipes()}

## Evaluation

These are for `bash scripts/eval_emobench.sh CHECKPOINT` and `emollm benchmark CHECKPOINT`, as variables before the command.
More: [evaluation](evaluation.md).

{_table(evaluation, known)}

## The environment

These are for `bash scripts/setup.sh`, which every launcher calls.

{_table(making, known)}

## Other variables

{_rows(("variable", "what it does"), ((_code(names), said) for names, said in VARIABLES.items()))}
"""


def _table(part: list[Entry], known: set[str], *, more: bool = False) -> str:
    head = ("setting", "what it does", "default", *(["more"] if more else []))
    return _rows(head, (_row(entry, known, more=more) for entry in part))


def _row(entry: Entry, known: set[str], *, more: bool) -> tuple[str, ...]:
    cells = (_code(", ".join(entry.names)), _marked(entry.meaning, known), _marked(entry.default, known))
    pages = [page for page, names in MORE.items() if {*names.split()} & {*entry.names}]
    links = (f"[{page.replace('index', 'start').replace('-', ' ')}]({page}.md)" for page in pages)
    return (*cells, ", ".join(links)) if more else cells


def _launchers(known: set[str]) -> str:
    rows = []
    for name in LAUNCHERS:
        usage = _comment(SCRIPTS / f"{name}.sh")
        own = [entry for part in entries(usage, "  ").values() for entry in part]
        sets = [f"`{one.names[0]}={one.meaning}`" if one.meaning else f"default `{one.names[0]}={one.default}`" for one in own]
        rows.append((_code(f"scripts/{name}.sh"), _marked(_first(usage), known), ", ".join(sets)))
    return _rows(("launcher", "what it does", "sets"), rows)


def _comment(file: Path) -> str:
    """The comment at the top of a recipe, or of a script, where it is the --help."""
    top = takewhile(lambda line: line.startswith("#"), file.read_text(encoding="utf-8").splitlines())
    return "\n".join(line[2:] for line in top if not line.startswith("#!"))


def _recipes() -> str:
    said = {name: _first(_comment(PRESETS / f"{name}.yaml")) for name in shipped_recipes()}
    return _rows(("recipe", "what it is"), [(_code(name), _escaped(words)) for name, words in said.items()])


def commands() -> str:
    """The page of all commands."""
    programs = {"emollm": emollm, "emobench_data": data}
    found = {name: list(_commands(program, name)) for name, program in programs.items()}
    tables = {name: _rows(("command", "what it does"), map(_summary, each)) for name, each in found.items()}
    shared = {command: path for path, command in found["emollm"]}
    parts = {name: "\n\n".join(_section(*each, shared) for each in named) for name, named in found.items()}
    return f"""\
# Commands

{WRITTEN}

There are two programs. `emollm` is for models; most of its commands need PyTorch and LLaVA. `python -m emobench_data` is for
data and scores, and needs neither. With `--help` each command prints what stands here. Words in capitals are yours to fill in.
Bad input ends with one line and exit code 2.

{tables["emollm"]}

`python -m emobench_data`:

{tables["emobench_data"]}

## emollm

{parts["emollm"]}

## python -m emobench_data

{parts["emobench_data"]}
"""


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


def _summary(named: tuple[str, click.Command]) -> tuple[str, str]:
    path, command = named
    return f"[{_code(path)}](#{path.replace(' ', '-')})", _escaped(_first(_help(command)))


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def _section(path: str, command: click.Command, shared: dict[click.Command, str]) -> str:
    """What one command says; what both programs have is said once."""
    if (first := shared.get(command, path)) != path:
        return f"### `{path}`\n\nThe same as [{_code(first)}](#{first.replace(' ', '-')})."
    pieces = command.collect_usage_pieces(click.Context(command))
    usage = " ".join([path.replace("emobench_data", "python -m emobench_data"), *pieces])
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    table = [_rows(("option", "what it does"), map(_option, options))] if options else []
    return "\n\n".join([f"### `{path}`", f"```text\n{usage}\n```", _escaped(_help(command)), *table])


def _option(option: click.Option) -> tuple[str, str]:
    names = "/".join([*option.opts, *option.secondary_opts])
    said = [
        option.help,
        f"One of: {', '.join(map(str, option.type.choices))}." if isinstance(option.type, click.Choice) else None,
        "May be given several times." if option.multiple else None,
        "Must be given." if option.required else None,
        f"Default: {_default(option)}." if option.show_default else None,
        f"Or by the variable {option.envvar}." if option.envvar else None,
    ]
    return _code(f"{names} {_value(option)}".strip()), _escaped(" ".join(filter(None, said)))


def _value(option: click.Option) -> str:
    """What stands behind an option's name."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Path):
        return option.metavar or ("FILE" if option.type.file_okay else "FOLDER")
    if isinstance(option.type, click.Choice):
        return "NAME"
    return option.metavar or ("NUMBER" if isinstance(option.type, (type(click.INT), type(click.FLOAT))) else "TEXT")


def _default(option: click.Option) -> str:
    if option.secondary_opts:
        return (option.opts if option.default else option.secondary_opts)[0]
    return f"{option.default:g}" if isinstance(option.default, float) else str(option.default)


def _first(text: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=\.) (?=[A-Z])", " ".join(text.split("\n\n")[0].split()), maxsplit=1)[0]


def _rows(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]] | map) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _code(words: str) -> str:
    return ", ".join(f"`{word}`" for word in words.split(", "))


def _marked(text: str, known: set[str]) -> str:
    """A help's text with names of settings, and arguments, as code."""
    names = "|".join(sorted(known, key=len, reverse=True))
    pattern = re.compile(rf"(`[^`]*`)|((?<![\w-])(?:(?:{names})\b(?:=[\w.-]+)?|--[a-z][\w-]*))")
    return _escaped(pattern.sub(lambda match: match[1] or f"`{match[2]}`", text))


def _escaped(text: str) -> str:
    """No HTML outside of code."""
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in re.split(r"(`[^`]*`)", text))


PAGES = {"settings.md": settings, "cli.md": commands}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
