"""Read the runs that a report is about; everything is scored anew from the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ..io.errors import InputError
from ..schema.items import Item
from ..schema.questions import Question, read_asked
from ..schema.types import LABELS
from ..scoring.core import read_items, summarise, with_reasons
from ..scoring.general import read_general, score_general
from ..scoring.gold import task_title
from ..scoring.wheels import with_wheels
from .compare import Verdict, Verdicts
from .same_question import asked_as


class Run(NamedTuple):
    """One run: its figures, its scored questions, its conditions, and its general ability by name."""

    name: str
    folder: Path
    result: dict[str, Any]
    items: list[Item]
    asked: Mapping[str, Question]
    media: Path | None
    conditions: dict[str, Any]
    notes: list[str]
    general: dict[str, tuple[dict[str, Any], Verdicts]]

    @property
    def verdicts(self) -> Verdicts:
        """By question."""
        return {
            item.question: Verdict(
                task_title(item.gold.task),
                item.credit,
                item.unit,
                asked_as(
                    self.asked[item.question],
                    (item.gold.task, item.gold.answer, item.gold.references, item.gold.options),
                    self.media,
                ),
                item.gold.type.family == LABELS,
            )
            for item in self.items
        }


def load_runs(folders: Sequence[Path], *, questions: Path | None, gold: Path | None, media_root: Path | None) -> list[Run]:
    """The runs in the order given. Paths given here go before those that a run's results.json names.

    Raises:
        InputError: a run lacks answers or results, or the questions it answers are not found.
    """
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in folders]
    if len(set(names)) < len(names):
        raise InputError(f"{', '.join(names)}: a run is given twice; name each once")
    return [_load(name, folder, questions, gold, media_root) for name, folder in zip(names, folders)]


def _load(name: str, folder: Path, questions: Path | None, gold: Path | None, media_root: Path | None) -> Run:
    stored = _read_json(folder / "results.json")
    questions = questions or _named(folder, stored, "questions", "--questions")
    gold = gold or _named(folder, stored, "gold", "--gold")
    asked = read_asked(questions)
    items = read_items(asked, questions, gold, folder / "answers.jsonl")
    result = with_reasons(summarise(items, asked), items, asked, gold)
    if _files(stored).get("wheels"):
        result = with_wheels(result, items, _named(folder, stored, "wheels", "--wheels"), official=_official(stored))
    notes = []
    told, found = stored.get("overall"), result["overall"]
    if isinstance(told, float) and found is not None and abs(told - found) > 1e-9:
        notes.append(
            f"results.json says {100 * told:.2f} overall, the answers beside it give {100 * found:.2f}; this page shows the "
            "latter"
        )
    conditions = stored.get("conditions")
    media = media_root or (_named(folder, stored, "media", "--media-root") if _files(stored).get("media") else None)
    general: dict[str, Any] = {}
    for path in sorted(folder.glob("general-*.json")):
        general |= _general(path)
    if stored.get("judge"):
        result["judge"] = _judge(folder, stored["judge"])
    return Run(name, folder, result, items, asked, media, conditions if isinstance(conditions, dict) else {}, notes, general)


def _official(stored: dict[str, Any]) -> bool:
    """Whether `score` was asked for the wheels with the published rule, which its tasks say."""
    families = stored.get("families")
    tasks = families.get("open_set") if isinstance(families, dict) else None
    found = [own.get("wheels") for own in tasks.values() if isinstance(own, dict)] if isinstance(tasks, dict) else []
    return any(isinstance(own, dict) and own.get("official") is True for own in found)


def _judge(folder: Path, judge: Any) -> dict[str, Any]:
    tasks = judge.get("tasks") if isinstance(judge, dict) else None
    rows = tasks.values() if isinstance(tasks, dict) else [None]
    if not all(isinstance(row, dict) and {"n", "accuracy"} <= row.keys() for row in rows) or "model" not in judge:
        raise InputError(f"{folder / 'results.json'}: its judge is no result of `score --judge`; score the run again")
    return judge


def _general(path: Path) -> dict[str, tuple[dict[str, Any], Verdicts]]:
    stored = _read_json(path)
    names = list(stored["general"]) if isinstance(stored.get("general"), dict) else []
    if len(names) != 1:
        raise InputError(f"{path}: no result of `score --general NAME --out`; score again, or move it away")
    files = [_named(path.parent, stored, key, "score again with --out") for key in ("questions", "gold", "predictions")]
    name, asked = names[0], read_asked(files[0])
    verdicts = {
        item.question: Verdict(name, item.credit or 0.0, item.unit, asked_as(asked[item.question], gold.credits, None))
        for item, gold in zip(*read_general(*files))
    }
    return {name: (score_general(name, *files)["general"][name], verdicts)}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); a run holds answers.jsonl and results.json") from error
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON ({error}); score the run again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: not a result; score the run again")
    return content


def _files(stored: dict[str, Any]) -> dict[str, Any]:
    files = stored.get("files")
    return files if isinstance(files, dict) else {}


def _named(folder: Path, stored: dict[str, Any], key: str, option: str) -> Path:
    name = _files(stored).get(key)
    if not isinstance(name, str) or "\0" in name:
        raise InputError(f"{folder}: its result does not name its {key}; give {option}")
    return folder / name
