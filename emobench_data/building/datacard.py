"""The data card: what a build holds, where it comes from and what to beware of, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..export.table import card_head
from ..schema.records import SPLITS
from ..schema.tasks import get_task
from ..sources import Source, get_source

_FIGURES = {
    "figures/labels.png": "Labels by sub-task and split",
    "figures/lengths.png": "Words in a prompt by sub-task",
    "figures/durations.png": "Length of the clips and sounds by data set",
}
_ABOUT = """\
The benchmark of "EmoLLM: Multimodal Emotional Understanding Meets Large Language Models" (Yang, Ye, Du;
arXiv 2406.16442), rebuilt from public data sets with `python -m emobench_data build`. The paper speaks of about 287k
images and videos from eight data sets but does not name them: **which eight they are is unknown, and this is our own
composition.** No number measured on it can be compared with the paper's tables. Wording, label sets, splits and the
rules below are ours too."""
_WARNING = """\
**Warning: there is hateful, offensive or violent content in {titles}**: slurs, attacks on people, and pictures that
hurt. It is here to train and test the recognition of such content. Do not show these items to people unprepared, and do
not train a model to produce them."""
_FOR_LLAVA = """\
| file | what |
| --- | --- |
| `train.json` | LLaVA's training JSON |
| `questions.jsonl`, `gold.jsonl` | the test questions for LLaVA's eval scripts, and the answers for \
`python -m emobench_data score`, or for lmms-eval (`emollm lmms-eval-path`); `val_...` the same for validation |
"""
_FILES = f"""\
{_FOR_LLAVA}\
| `hf/*.jsonl` | Hugging Face: `datasets.load_dataset(FOLDER)` finds them by the head of this file |
| `vlmevalkit/*.tsv` | VLMEvalKit: the same as multiple choice, without items that are no picture; of several right \
answers one is offered, and of more than 26 options 26 |
| `splits.jsonl` | every record's split and group |
| `build.json` | composition, counts and checksums, for programs |
| `SHA256SUMS` | checksums: `sha256sum -c SHA256SUMS` |"""
_CONVERTED = """\
Written by `python -m emobench_data convert` for training and evaluation with LLaVA. Wording, label set, splits and the
rules below are ours, not those of the data set's authors."""
_FILES_OF_ONE = f"""\
{_FOR_LLAVA}\
| `records.jsonl` | the training records with their annotation, where `--keep-records` asked for them |
| `summary.json` | counts and what was left out, for programs |"""
_LEAKS = {
    "leaks": "the same item, medium or text",
    "content_leaks": "a medium of the same content or nearly the same picture",
}
_NOT_COMPARED = "media were not checked, nor compared by content (`--check-media` does both)"
_NAMED = "Media are not copied: their paths are relative to the data root, which is LLaVA's `--image_folder`."
_MADE = (
    "Paths of media are relative to `media/` in this folder, which is LLaVA's `--image_folder`. It holds the pictures that "
    "were made: of clips, or out of an annotation{}."
)
_LINKED = (
    "; the other media are not copied but reached by links to the data sets, so set `EMOLLM_FOLLOW_LINKS=1` where it is read"
)


def card(manifest: dict[str, Any], sources: Mapping[str, Source]) -> str:
    """The card of a build by its manifest (see `build`), with a head that Hugging Face `datasets` reads.

    Args:
        sources: the data sets in it, by name.
    """
    splits = [split for split, n in manifest["records"].items() if n]
    return f"{card_head(splits)}\n# EmoBench, rebuilt\n\n{_ABOUT}\n\n{_body(manifest, sources, _FILES)}\n"


def card_of_one(manifest: dict[str, Any], source: Source) -> str:
    """The card of what `convert` made of `source`."""
    return f"# {source.title}\n\n{_CONVERTED}\n\n{_body(manifest, {source.name: source}, _FILES_OF_ONE)}\n"


def _body(manifest: dict[str, Any], sources: Mapping[str, Source], files: str) -> str:
    there = [sources[name] for name in manifest["items"]]
    sections = [
        *_warnings(there),
        "## Files",
        files,
        _image_folder(manifest),
        "## Data sets",
        _sources(manifest, sources),
        *_absent(manifest),
        "## Sub-tasks",
        _tasks(manifest),
        *_figures(manifest),
        "## Rules",
        _rules(there, manifest),
        "## Left out",
        _left_out(manifest, sources),
        "## Labels",
        *_labels(manifest),
        "## Citations",
        "\n".join(f"- {source.title}: {source.citation}" for source in there),
    ]
    return "\n\n".join(sections)


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _warnings(sources: list[Source]) -> list[str]:
    hateful = [source.title for source in sources if source.hateful]
    return [_WARNING.format(titles=", ".join(hateful))] if hateful else []


def _image_folder(manifest: dict[str, Any]) -> str:
    return _MADE.format(_LINKED if manifest["linked"] else "") if manifest["image_folder"] else _NAMED


def _sources(manifest: dict[str, Any], sources: Mapping[str, Source]) -> str:
    rows = []
    for name, items in manifest["items"].items():
        source, part = sources[name], manifest["config"]["sources"][name]
        counts = manifest["sources"].get(name, dict.fromkeys(SPLITS, 0))  # none, where nothing of it is asked or trained
        rows.append(
            [
                f"[{source.title}]({source.homepage})",
                ", ".join(part["tasks"]),
                *(f"{items[split]:,} / {counts[split]:,}" for split in SPLITS),
                source.licence,
            ]
        )
    total = ["all", "", *(f"{manifest['records'][split]:,}" for split in SPLITS), ""]
    text = "Items / questions: an item that serves several sub-tasks is asked several questions.\n\n"
    return text + _table(["data set", "sub-tasks", *SPLITS, "licence"], [*rows, total])


def _absent(manifest: dict[str, Any]) -> list[str]:
    absent = [get_source(name) for name in manifest["absent"]]
    lines = "\n".join(f"- {source.title}: {source.obtain}" for source in absent)
    return [f"Not on disk when this was built, and therefore missing:\n\n{lines}"] if absent else []


def _tasks(manifest: dict[str, Any]) -> str:
    rows = []
    for task, labels in manifest["tasks"].items():
        words = manifest["words"][task]
        counts = (f"{sum(label[split] for label in labels.values()):,}" for split in SPLITS)
        rows.append([get_task(task).title, f"`{task}`", *counts, len(labels), f"{words['median']} / {words['most']}"])
    return _table(["sub-task", "name", *SPLITS, "answers", "words, median / most"], rows)


def _figures(manifest: dict[str, Any]) -> list[str]:
    return [f"![{_FIGURES[name]}]({name})" for name in manifest["figures"]]


def _rules(sources: list[Source], manifest: dict[str, Any]) -> str:
    config = manifest["config"]
    lines = [
        "Accuracy counts an answer as right if it names one of the accepted labels. Where annotators disagree or an "
        "item has several labels:",
        *(f"- {source.title}: {source.rule}" for source in sources if source.rule),
        "",
        f"Official splits are kept; the others are stratified and grouped by seed {config['seed']}, so that one theme, "
        "show or dialogue stands in one split. Limits set by the composition:",
    ]
    for source in sources:
        part = config["sources"][source.name]
        limits = [f"weight {part['weight']:g}"] if part["weight"] != 1 else []
        limits += [f"at most {n:,} a sub-task in {split}" for split, n in part["cap"].items()]
        limits += [f"labels balanced in {', '.join(part['balance'])}"] if part["balance"] else []
        lines += [f"- {source.title}: {'; '.join(limits)}"] if limits else []
    return "\n".join(lines if lines[-1].startswith("-") else [*lines, "- none"])


def _left_out(manifest: dict[str, Any], sources: Mapping[str, Source]) -> str:
    lines = []
    for name, read in manifest["read"].items():
        reasons = [f"{entry['count']:,} x {reason}" for reason, entry in read["skipped"].items()]
        reasons += [f"{read['read'] - read['kept']:,} x not drawn by the composition"] * (read["read"] > read["kept"])
        reasons += [f"incomplete, {gap}" for gap in read["incomplete"]]
        lines += [f"- {sources[name].title}: {'; '.join(reasons)}"] if reasons else []
    for key, title in _LEAKS.items():
        entry = manifest["left_out"].get(key)
        if entry:
            kinds = "; ".join(f"{kind}: {n:,}" for kind, n in entry["by_kind"].items()) or "none"
            lines.append(f"- left out because another split holds {title} ({kinds})")
    if "content_leaks" not in manifest["left_out"]:
        lines.append(f"- {_NOT_COMPARED}")
    faulty = manifest["left_out"].get("faulty_media", {}).get("count", 0)
    return "\n".join([*lines, f"- records of {faulty:,} media that are missing or broken"] if faulty else lines)


def _labels(manifest: dict[str, Any]) -> list[str]:
    return [
        f"<details><summary>{get_task(task).title}: {len(labels)} answers</summary>\n\n"
        + _table(["answer", *SPLITS], ([label, *(f"{n[split]:,}" for split in SPLITS)] for label, n in labels.items()))
        + "\n\n</details>"
        for task, labels in manifest["tasks"].items()
    ]
