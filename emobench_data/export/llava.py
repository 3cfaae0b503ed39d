"""Records as the files LLaVA reads hold them: training JSON, and question JSONL with the answers kept apart."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..io.errors import InputError
from ..media.kinds import placeholders
from ..media.storyboard import SUFFIX
from ..schema.medium import Medium, crowded
from ..schema.parsing import closed
from ..schema.records import Record
from ..schema.steps import Steps
from ..schema.tasks import DIRECT, get_task, question

# Any word in angle brackets may be a placeholder or a special token of some model: <image>, <video>, </s>, <|im_end|>.
_TAG = re.compile(r"<([\w/|-]+)>")
TRAIN = "train.json"
# split -> its questions and their answers
QUESTIONS = {"test": ("questions.jsonl", "gold.jsonl"), "val": ("val_questions.jsonl", "val_gold.jsonl")}
STORYBOARD_LINE = "The picture holds four frames of the video in reading order."


class Shown(NamedTuple):
    """A record as a model gets it: its media, a clip as such or as a picture of its frames, and its prompt text.

    `form` says how the text asks: for the answer alone, or for reasons and a closing line.
    """

    record: Record
    media: tuple[Medium, ...]
    prompt: str
    form: str = DIRECT

    @property
    def by_key(self) -> dict[str, str]:
        """The paths by the keys of LLaVA's files, which are the kinds.

        Raises:
            InputError: they are more than such a file holds of a record.
        """
        if len(self.media) > 1 and (fault := crowded([one.kind for one in self.media])):
            raise InputError(
                f"record {self.record.id}: {fault}; LLaVA's files hold one picture or clip, and one of any other kind"
            )
        return {one.kind: one.path for one in self.media}


def show(record: Record, media: tuple[Medium, ...], *, training: bool, form: str = DIRECT) -> Shown:
    """`record` with its media given as `media`; a video that is shown as an image says so."""
    text = neutral(question(record, training=training, form=form))
    if media is not record.media and _clip_among(record.media) and not _clip_among(media):
        text = f"{STORYBOARD_LINE}\n{text}"
    return Shown(record, media, text, form)


def _clip_among(media: tuple[Medium, ...]) -> bool:
    return "video" in [one.kind for one in media]


def neutral(text: str) -> str:
    """`text` without anything a model or host takes for a placeholder or special token: `<image>` becomes `[image]`."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return _TAG.sub(r"[\1]", text) if "<" in text else text


def neutral_answer(answer: Any) -> Any:
    """An answer whose words, if it has any, are `neutral`; a number is as it is."""
    if isinstance(answer, str):
        return neutral(answer)
    return [neutral_answer(one) for one in answer] if isinstance(answer, tuple) else answer


def training_entry(shown: Shown, rationale: str = "") -> dict[str, object]:
    """One record of LLaVA's training JSON; with a rationale, its answer closes that."""
    record, own = shown.record, shown.by_key
    signs = "".join(f"{placeholders()[kind]}\n" for kind in own)
    answer = get_task(record.task).type.written(record.answer)
    answer = closed(rationale, answer) if rationale else answer
    return {
        "id": neutral(record.id),
        **own,
        "conversations": [
            {"from": "human", "value": signs + shown.prompt},
            {"from": "gpt", "value": neutral(answer)},
        ],
    }


def question_entry(shown: Shown) -> dict[str, object]:
    """One line of the question file of LLaVA's eval scripts.

    The text has no placeholder, because LLaVA's scripts add it. A clip has the key `video`, which `emollm eval` reads and
    LLaVA's scripts do not; a text-only record has no key of a medium.

    `options`, which they pass over, is the label set of a closed question or Yes and No, whatever the answer is;
    `form`, which they pass over too, stands where the question asks for reasons.
    """
    record, form = shown.record, shown.form
    options = get_task(record.task).type.choices(record.options)
    entry: dict[str, object] = {"question_id": neutral(record.id), **shown.by_key, "text": shown.prompt}
    entry |= {"form": form} if form != DIRECT else {}
    return {**entry, "options": [neutral(label) for label in options]} if options else entry


def answer_entry(record: Record, steps: Steps = ()) -> dict[str, object]:
    """The line of the gold file for that question.

    `group` stands where questions hang together, for the intervals, `steps` where annotation gives those of an answer in steps.
    """
    return {
        "question_id": neutral(record.id),
        "source": record.source,
        "task": record.task,
        "answer": neutral_answer(record.answer),
        "references": [neutral_answer(answer) for answer in record.references],
        "options": [neutral(label) for label in record.options],
        **({"group": neutral(record.group)} if record.group else {}),
        **({"steps": [[name, neutral(value)] for name, value in steps]} if steps else {}),
    }


def shown_as(record: Record, storyboards: bool) -> tuple[Medium, ...]:
    """A record's media, with the picture of its frames for a clip where `storyboards` says so."""
    if not storyboards or not _clip_among(record.media):
        return record.media
    return tuple(Medium("image", one.path + SUFFIX) if one.kind == "video" else one for one in record.media)
