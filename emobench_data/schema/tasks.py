"""The six sub-tasks of EmoBench: what is asked, how, and of which type; those `beyond` them, and those of other packages.

The names and the Yes/No form of the applications are the paper's (arXiv 2406.16442); every wording is our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..io.errors import InputError
from ..io.registry import Registry
from . import beyond
from .asking import DIALOGUE
from .draw import draw
from .medium import called
from .parsing import YES_NO
from .task import Task, Wording, task

if TYPE_CHECKING:
    from .records import Record

__all__ = [
    "DIRECT",
    "FORMS",
    "GUIDED",
    "STEPS",
    "TASKS",
    "YES_NO",
    "Task",
    "Wording",
    "dialogue",
    "find_task",
    "form_of",
    "get_task",
    "how_to_answer",
    "in_order",
    "known_tasks",
    "question",
    "quoted",
    "register_task",
]

# How a question is asked: for the answer alone, or for reasons, in sentences or in steps (`steps`), and then a closing line
# with the answer.
FORMS = DIRECT, GUIDED, STEPS = "direct", "guided", "steps"


# What is put down in steps: of a medium with its text, and of one of them alone.
_BOTH = "Say what the words mean, what the {medium} shows and whether the two clash, a line each."
_ALONE = "Say what there is to see or read and what it comes to, a line each."
_FEELING = "Look at the scene, the people's faces and gestures, the light and the colors, and at what is said."


TASKS: dict[str, Task] = {
    one.name: one
    for one in (
        task(
            "emo_c",
            "Emo-C",
            "closed",
            (
                "Which emotion does this {medium} show or evoke?",
                "What feeling comes across in this {medium}?",
                "Look at this {medium}. Which of the emotions fits it best?",
                "Decide which emotion this {medium} conveys.",
            ),
            voice=(
                "Which emotion does the voice express?",
                "What feeling comes across in this voice?",
                "Listen to the voice. Which of the emotions fits it best?",
                "Decide which emotion this voice conveys.",
            ),
            look=_FEELING,
        ),
        task(
            "emo_o",
            "Emo-O",
            "open",
            (
                "In your own words, which emotion does this {medium} show or evoke?",
                "Name the emotion that this {medium} conveys.",
                "What emotion do you see or feel in this {medium}?",
                "How would you call the feeling in this {medium}?",
            ),
            voice=(
                "In your own words, which emotion does the voice express?",
                "Name the emotion that this voice conveys.",
                "What emotion do you hear in this voice?",
                "How would you call the feeling in this voice?",
            ),
            look=_FEELING,
        ),
        task(
            "intent",
            "Intent",
            "closed",
            (
                "What is the intent behind this {medium}?",
                "Which intention does this {medium} express?",
                "Why was this said or shared? Judge from the {medium}.",
                "Decide which intent fits this {medium} best.",
            ),
            look="Look at the gesture and at whom it is for, and read the words together with it.",
            look_alone="Look at the people, at what they do and for whom, and at what is shown.",
        ),
        task(
            "hate",
            "Hate",
            "yes_no",
            (
                "Is this {medium}, taken together with its text, hateful?",
                "Does this {medium} with its text attack or demean people?",
                "Judge picture and words together: is this {medium} hateful?",
            ),
            alone=(
                "Is this {medium} hateful?",
                "Does this {medium} attack or demean people?",
                "Judge it as a whole: is this {medium} hateful?",
            ),
            look="Read the words against the picture. Do the two together turn against people for who they are?",
            look_alone="Look at what is shown and done. Does it turn against people for who they are?",
            read="Read closely what is said. Does it turn against people for who they are?",
        ),
        task(
            "humor",
            "Humor",
            "yes_no",
            (
                "Is this {medium}, taken together with its text, humorous?",
                "Is this {medium} with its text meant to be funny?",
                "Judge picture and words together: is this {medium} humorous?",
            ),
            alone=(
                "Is this {medium} humorous?",
                "Is this {medium} meant to be funny?",
                "Judge it as a whole: is this {medium} humorous?",
            ),
            look="Read the words against the picture. Does one break in play with what the other leads to expect?",
            look_alone="Look at what is shown and done. Does it break in play with what it leads to expect?",
            read="Read closely what is said. Does its end break in play with what it leads to expect?",
        ),
        task(
            "sarcasm",
            "Sarcasm",
            "yes_no",
            (
                "Is this {medium}, taken together with its text, sarcastic?",
                "Does this {medium} with its text mean the opposite of what it says?",
                "Judge picture and words together: is this {medium} sarcastic?",
            ),
            alone=(
                "Is this {medium} sarcastic?",
                "Does this {medium} mean the opposite of what it says?",
                "Judge it as a whole: is this {medium} sarcastic?",
            ),
            look="Read the words against the picture and what was said before. Do they mean the opposite of what they say?",
            look_alone="Look at what is shown and done, and how. Does it mean the opposite of what it shows?",
            read="Read closely what is said, how, and after what. Do the words mean the opposite of what they say?",
        ),
    )
}


_TASKS: Registry[Task] = Registry("sub-task", "emobench_data.tasks", Task)
for _one in (*TASKS.values(), *beyond.tasks()):
    _TASKS.add(_one.name, _one)


def register_task(task: Task) -> Task:
    """Make `task` known. It never enters the overall, which is the mean of the six.

    Raises:
        InputError: another one has its name.
    """
    return _TASKS.add(task.name, task)


def get_task(name: str) -> Task:
    """The task called `name`; raises `InputError` with the known names."""
    return TASKS.get(name) or _TASKS.get(name)


def find_task(name: str) -> Task | None:
    """The task called `name`, or None."""
    return TASKS.get(name) or (_TASKS.get(name) if name in _TASKS else None)


def known_tasks() -> dict[str, Task]:
    """The six and then the others, by name."""
    return {name: get_task(name) for name in in_order(_TASKS)}


def in_order(names: Iterable[str]) -> list[str]:
    """Names of tasks in the order in which they are shown: the six as they are, then others."""
    place = {name: place for place, name in enumerate(TASKS)}
    return sorted(set(names), key=lambda name: (place.get(name, len(place)), name))


def question(record: Record, *, training: bool, hint: bool = True, form: str = DIRECT) -> str:
    """The prompt text of `record`, without any media placeholder and without a trace of its answer.

    Training draws one wording per record by a hash of its id, so that a conversion is reproducible. Without `hint`
    it does not say how to answer, for evaluators that list the options themselves.
    `form` is one of `FORMS`.

    The words that belong to a medium stand before the question. Of a text alone the question stands first: all items share it,
    so that training and evaluation read it once for many.
    """
    task = get_task(record.task)
    wording = task.wording_of(record)
    chosen, medium = draw(record.id, len(wording.training)) if training else 0, called(record.media)
    ask = wording.training[chosen].format(medium=medium)
    if hint:
        how = how_to_answer(task, wording, form, both=bool(record.media and record.text))
        ask = f"{ask} {how.format(options=', '.join(record.options), medium=medium)}"
    if not record.text:
        return ask
    return f"{record.text}\n{ask}" if record.media else f"{ask}\n{record.text}"


def how_to_answer(task: Task, wording: Wording, form: str, *, both: bool = False) -> str:
    """What stands behind a question in one of `FORMS`, with `{options}` and `{medium}` in it.

    Args:
        both: whether there is a text with the medium, so that the two have to be put together.
    """
    if form == DIRECT:
        return task.hint
    if form == GUIDED:
        return f"{wording.look} {task.close}"
    return f"{wording.steps or (_BOTH if both and task.type.two_answers else _ALONE)} {task.type.closing}"


def form_of(question: Mapping[str, Any], place: str) -> str:
    """The form of a line of a question file; `place` names it where it says one that is none.

    Raises:
        InputError: the form is unknown.
    """
    form = question.get("form", DIRECT)
    if form not in FORMS:
        raise InputError(f"{place}: unknown form {form!r}; known: {', '.join(FORMS)}")
    return form


def quoted(role: str, text: str) -> str:
    """An item's own words as one prompt line, such as `Tweet: "..."`; line breaks become spaces."""
    flat = " ".join(text.split())
    return f'{role}: "{flat}"' if flat else ""


def dialogue(context: list[tuple[str, str]], speaker: str, utterance: str) -> str:
    """Dialogue lines `(speaker, words)` before an utterance, then the utterance that is asked about."""
    lines = [DIALOGUE] + [f"{who}: {' '.join(words.split())}" for who, words in context] if context else []
    return "\n".join([*lines, quoted(f"Asked about, said by {speaker}" if speaker else "Asked about", utterance)])
