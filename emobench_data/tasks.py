"""The six sub-tasks of EmoBench: what is asked, how, and what an answer looks like.

The names and the Yes/No form of the applications are the paper's (arXiv 2406.16442); every wording is our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping

from .draw import draw
from .errors import InputError

if TYPE_CHECKING:
    from .records import Record

YES_NO = ("Yes", "No")
# How a question is asked: for the answer alone, or for reasons and then a closing line with the answer.
FORMS = DIRECT, GUIDED = "direct", "guided"


@dataclass(frozen=True)
class Task:
    """One sub-task.

    Args:
        name: the key used in files and on the command line.
        title: the paper's name.
        kind: `closed` (choose from options), `open` (name it) or `yes_no`.
        evaluation: the one wording that evaluation uses; `{medium}` is image, video or text.
        training: wordings for training, the evaluation's among them.
        hint: how to answer; `{options}` is the label set in its own order.
        guidance: what to look at before answering, and how to close, in the guided form.
    """

    name: str
    title: str
    kind: str
    evaluation: str
    training: tuple[str, ...]
    hint: str
    guidance: str


_CLOSED = "Choose one of: {options}. Answer with that word or phrase only."
_OPEN = "Answer with one or two words."
_YES_NO = "Answer Yes or No."
_REASONS = 'Give your reasons in one or two sentences, then close with the line "Answer:" and '
_GUIDED = {
    "closed": f"Choose one of: {{options}}. {_REASONS}that word or phrase.",
    "open": f"{_REASONS}one or two words.",
    "yes_no": f"{_REASONS}Yes or No.",
}
_FEELING = "Look at the scene, the people's faces and gestures, the light and the colors, and at what is said."


def _task(name: str, title: str, kind: str, hint: str, look: str, *wordings: str) -> Task:
    return Task(
        name=name, title=title, kind=kind, evaluation=wordings[0], training=wordings, hint=hint,
        guidance=f"{look} {_GUIDED[kind]}",
    )  # fmt: skip


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        _task(
            "emo_c", "Emo-C", "closed", _CLOSED, _FEELING,
            "Which emotion does this {medium} show or evoke?",
            "What feeling comes across in this {medium}?",
            "Look at this {medium}. Which of the emotions fits it best?",
            "Decide which emotion this {medium} conveys.",
        ),
        _task(
            "emo_o", "Emo-O", "open", _OPEN, _FEELING,
            "In your own words, which emotion does this {medium} show or evoke?",
            "Name the emotion that this {medium} conveys.",
            "What emotion do you see or feel in this {medium}?",
            "How would you call the feeling in this {medium}?",
        ),
        _task(
            "intent", "Intent", "closed", _CLOSED,
            "Look at the gesture and at whom it is for, and read the words together with it.",
            "What is the intent behind this {medium}?",
            "Which intention does this {medium} express?",
            "Why was this said or shared? Judge from the {medium}.",
            "Decide which intent fits this {medium} best.",
        ),
        _task(
            "hate", "Hate", "yes_no", _YES_NO,
            "Read the words against the picture. Do the two together turn against people for who they are?",
            "Is this {medium}, taken together with its text, hateful?",
            "Does this {medium} with its text attack or demean people?",
            "Judge picture and words together: is this {medium} hateful?",
        ),
        _task(
            "humor", "Humor", "yes_no", _YES_NO,
            "Read the words against the picture. Does one break in play with what the other leads to expect?",
            "Is this {medium}, taken together with its text, humorous?",
            "Is this {medium} with its text meant to be funny?",
            "Judge picture and words together: is this {medium} humorous?",
        ),
        _task(
            "sarcasm", "Sarcasm", "yes_no", _YES_NO,
            "Read the words against the picture and what was said before. Do they mean the opposite of what they say?",
            "Is this {medium}, taken together with its text, sarcastic?",
            "Does this {medium} with its text mean the opposite of what it says?",
            "Judge picture and words together: is this {medium} sarcastic?",
        ),
    )
}


def question(record: Record, *, training: bool, hint: bool = True, guided: bool = False) -> str:
    """The prompt text of `record`, without any media placeholder and without a trace of its answer.

    Training draws one wording per record by a hash of its id, so that a conversion is reproducible. Without `hint`
    it does not say how to answer, for evaluators that list the options themselves.
    `guided` asks for reasons and a closing line.
    """
    task = TASKS[record.task]
    wording = task.training[draw(record.id, len(task.training))] if training else task.evaluation
    ask = wording.format(medium=record.modality)
    if hint:
        ask = f"{ask} {(task.guidance if guided else task.hint).format(options=', '.join(record.options))}"
    return f"{record.text}\n{ask}" if record.text else ask


def is_guided(question: Mapping[str, Any], place: str) -> bool:
    """Whether a line of a question file is in the guided form; `place` names it where it says another one.

    Raises:
        InputError: the form is unknown.
    """
    form = question.get("form", DIRECT)
    if form not in FORMS:
        raise InputError(f"{place}: unknown form {form!r}; known: {', '.join(FORMS)}")
    return form == GUIDED


def quoted(role: str, text: str) -> str:
    """An item's own words as one prompt line, such as `Tweet: "..."`; line breaks become spaces."""
    flat = " ".join(text.split())
    return f'{role}: "{flat}"' if flat else ""


def dialogue(context: list[tuple[str, str]], speaker: str, utterance: str) -> str:
    """Dialogue lines `(speaker, words)` before an utterance, then the utterance that is asked about."""
    lines = ["Dialogue:"] + [f"{who}: {' '.join(words.split())}" for who, words in context] if context else []
    return "\n".join([*lines, quoted(f"Asked about, said by {speaker}" if speaker else "Asked about", utterance)])
