"""LLaVA's question files, and the answer files of its evaluation scripts: read, converted, merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from ..io.atomic import atomic_file
from ..io.errors import InputError
from ..io.llava_files import Readable, Rows, line_place, read_lines, read_training
from ..media.kinds import placeholders
from .medium import VISUAL, Medium, crowded
from .tasks import DIRECT, find_task, form_of

TOKENS, GUIDED_TOKENS = 16, 192  # an answer, and reasons in one or two sentences with their closing line

PLACEHOLDER = "<image>"
_NAMED = 5  # how many ids an error names
T = TypeVar("T")


class Question(NamedTuple):
    """One question.

    Args:
        media: what is asked about, their paths below the image folder; none where that is text alone.
        options: what may be answered, empty if anything.
        line: where in its file it stands, from 1.
        form: how it is asked; of the forms that ask for reasons the closing line alone counts.
        stimulus: what stands on a line of its own before or after the question proper, see `stimuli`.
    """

    id: str | int
    text: str
    media: tuple[Medium, ...] = ()
    options: tuple[str, ...] = ()
    line: int = 0
    form: str = DIRECT
    stimulus: str = ""

    @property
    def reasoned(self) -> bool:
        """Whether it asks for reasons and a closing line."""
        return self.form != DIRECT

    @property
    def plain(self) -> str:
        """The text without its stimulus."""
        if not self.stimulus:
            return self.text
        before = f"{self.stimulus}\n"
        return self.text.removeprefix(before) if self.text.startswith(before) else self.text.removesuffix(f"\n{self.stimulus}")

    @property
    def image(self) -> str | None:
        """The path of its picture."""
        return self._path("image")

    @property
    def video(self) -> str | None:
        """The path of its clip."""
        return self._path("video")

    @property
    def audio(self) -> str | None:
        """The path of its sound."""
        return self._path("audio")

    @property
    def medium(self) -> str | None:
        """The path of the picture or clip that is asked about."""
        return self.image or self.video

    def _path(self, kind: str) -> str | None:
        return next((one.path for one in self.media if one.kind == kind), None)


def read_questions(path: Readable) -> list[Question]:
    """The questions of a JSONL file, or of the JSON list that `llava.eval.model_vqa_science` reads (name `*.json`).

    Raises:
        InputError: the file cannot be read or is empty, a question lacks its fields, or an id occurs twice.
    """
    path = path if isinstance(path, Rows) else Path(path)
    if isinstance(path, Path) and path.suffix == ".json":
        # `write_science` puts one record on a line.
        found = [_from_conversation(path, number, entry) for number, entry in enumerate(read_training(path), 1)]
    else:
        kinds = tuple(placeholders())
        found = [_from_line(path, number, entry, kinds) for number, entry in read_lines(path)]
    if not found:
        raise InputError(f"{path}: holds no question; write it again")
    first: dict[str, int] = {}
    for question in found:
        earlier = first.setdefault(str(question.id), question.line)
        if earlier != question.line:
            place = line_place(path, question.line)
            raise InputError(f"{place}: question_id {question.id!r} occurs twice, first in line {earlier}; keep one")
    return found


def answer_tokens(questions: Iterable[Question]) -> int:
    """The most tokens that an answer to one of them needs: by its form, and by the task that an id of ours ends with."""
    most = TOKENS
    for task in {str(one.id).rpartition("/")[2] for one in questions if not one.reasoned}:
        known = find_task(task)
        most = max(most, known.type.limit if known else 0)
    return max(most, GUIDED_TOKENS) if any(one.reasoned for one in questions) else most


def read_visual(path: Readable, *, heard: bool = False) -> list[Question]:
    """As `read_questions`, for who shows a picture, a clip or nothing.

    Args:
        heard: whether sounds are played too.

    Raises:
        InputError: as `read_questions`, or a question is about a medium of another kind.
    """
    found, shown = read_questions(path), (*VISUAL, "audio") if heard else VISUAL
    for question in found:
        other = next((one.kind for one in question.media if one.kind not in shown), None)
        if other:
            place = line_place(path, question.line)
            raise InputError(f"{place}: is about a medium of kind {other}, which is not shown here; ask it elsewhere")
    return found


def read_asked(path: Readable) -> dict[str, Question]:
    """Question id, as text -> question, in the file's order. Raises as `read_questions` does."""
    return {str(question.id): question for question in read_questions(path)}


def _from_line(path: Readable, number: int, entry: dict[str, Any], kinds: tuple[str, ...]) -> Question:
    key, text, options = entry.get("question_id"), entry.get("text"), entry.get("options") or ()
    if not isinstance(key, (str, int)) or isinstance(key, bool) or not isinstance(text, str):
        raise InputError(f"{line_place(path, number)}: a question needs question_id and text")
    if "answer_id" in entry:
        raise InputError(f"{line_place(path, number)}: an answer, as LLaVA's scripts write it; give the questions")
    media = tuple([Medium(kind, entry[kind]) for kind in kinds if entry.get(kind)])
    for one in media:
        if not isinstance(one.path, str):
            raise InputError(f"{line_place(path, number)}: {one.kind} must be a path below the image folder")
    if len(media) > 1 and (crowd := crowded([one.kind for one in media])):
        raise InputError(f"{line_place(path, number)}: {crowd}; a question has one of them")
    if options and not _different_words(options):
        raise InputError(f"{line_place(path, number)}: options must be a list of different words")
    form = form_of(entry, line_place(path, number)) if "form" in entry else DIRECT
    stimulus = entry.get("stimulus", "")
    if stimulus and not (isinstance(stimulus, str) and stimulus in (text.split("\n")[0], text.split("\n")[-1])):
        raise InputError(f"{line_place(path, number)}: neither the first nor the last line of its text is its stimulus")
    return Question(key, text, media, tuple(options), number, form, stimulus)


def _different_words(options: Any) -> bool:
    words = isinstance(options, list) and all(isinstance(option, str) and option.strip() for option in options)
    return words and len(set(options)) == len(options)


def _from_conversation(path: Readable, number: int, entry: Any) -> Question:
    turns = entry.get("conversations") if isinstance(entry, dict) else None
    first = turns[0] if isinstance(turns, list) and turns else None
    if not isinstance(first, dict) or not isinstance(first.get("value"), str):
        place = line_place(path, number)
        raise InputError(f"{place}: a question needs id and conversations, as llava.eval.model_vqa_science reads them")
    text = first["value"].replace(PLACEHOLDER, "").strip()
    known = {key: entry[key] for key in ("image", "options", "form") if key in entry}
    return _from_line(path, number, {"question_id": entry.get("id"), "text": text, **known}, ("image",))


def _named(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def write_science(questions: Iterable[Question], path: Path) -> None:
    """Write questions as the JSON list that `llava.eval.model_vqa_science` reads; it makes the same prompts of it.

    Raises:
        InputError: a question is about a clip or a medium of another kind.
    """
    entries = []
    for one in questions:
        other = next((medium.kind for medium in one.media if medium.kind != "image"), None)
        if other:
            about = "a clip" if other == "video" else f"a medium of kind {other}"
            raise InputError(f"question {one.id!r} is about {about}: LLaVA's scripts read none; take emollm eval")
        text = f"{PLACEHOLDER}\n{one.text}" if one.image else one.text
        turns = [{"from": "human", "value": text}]
        known = {**({"image": one.image} if one.image else {}), **({"form": one.form} if one.reasoned else {})}
        entries.append({"id": one.id, **known, "conversations": turns})
    with atomic_file(path) as file:
        file.write(b"[" + b",\n".join(map(orjson.dumps, entries)) + b"]\n")


def chunk(items: Sequence[T], chunks: int, index: int) -> list[T]:
    """Part `index` of `chunks` as LLaVA's scripts cut it; empty where they would stop with an IndexError."""
    if not 0 <= index < chunks:
        raise InputError(f"--chunk-idx {index} is not among the {chunks} chunks, which count from 0")
    size = ceil(len(items) / chunks)
    return list(items[index * size : (index + 1) * size])


def merge_answers(questions: Path, parts: Sequence[Path], out: Path) -> int:
    """Write the answers of several files as one, in the questions' order, and return how many.

    Raises:
        InputError: a question has no answer, two, or an answer no question; nothing is written then.
    """
    asked = [one.id for one in read_questions(questions)]
    known, lines, twice, unknown = set(asked), {}, [], []
    for part in parts:
        for number, entry in read_lines(part):
            key = entry.get("question_id")
            if not _named(key) or not isinstance(entry.get("text"), str):
                raise InputError(f"{line_place(part, number)}: an answer needs question_id and text")
            if key not in known:
                unknown.append(key)
            elif key in lines:
                twice.append(key)
            lines[key] = entry
    missing = [key for key in asked if key not in lines]
    for keys, fault in ((unknown, "not asked"), (twice, "answered twice"), (missing, "not answered")):
        if keys:
            named = ", ".join(map(repr, keys[:_NAMED])) + (", ..." if len(keys) > _NAMED else "")
            raise InputError(f"{questions}: {fault}: {named} ({len(keys)}); evaluate the chunk that holds it again")
    with atomic_file(out) as file:
        for key in asked:
            file.write(orjson.dumps(lines[key], option=orjson.OPT_APPEND_NEWLINE))
    return len(asked)
