"""Pictures, clips and sounds: which emotion, how sure, and why, as far as the model has learned to say that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from emobench_data.io.errors import InputError, way_out_of
from emobench_data.media.examine import kind_of, media_fault
from emobench_data.media.sound import read_sound
from emobench_data.schema.parsing import LabelSet, closing, reasons
from emobench_data.schema.task import Wording
from emobench_data.schema.tasks import DIRECT, GUIDED, TASKS, how_to_answer
from emobench_data.schema.wheel import load_wheel
from emobench_data.schema.words import named, normal, vocabulary

from ..checkpoints.notes import OWN, gives_reasons, reasoned, sub_tasks, trained_on
from ..evaluation.eyes import Seen, Span
from ..evaluation.predictor import Asked, Predictor
from .sub_task import TOKENS, About, ask_about

# Ekman's six and neutral, what most data sets with emotion labels share: where a model notes no labels of its own.
LABELS = ("happiness", "sadness", "anger", "fear", "surprise", "disgust", "neutral")
# How a model is asked for reasons of which it is not known what it was trained on.
WHY = "What in this {medium} shows or evokes {emotion}? Describe the scene, people, faces, light and color."
WHY_HEARD = "What in this voice expresses {emotion}? Describe its pitch, loudness, pace and breath."
EMOTIONAL = ("emo_c", "emo_o", OWN)  # sub-tasks whose labels may be emotions
NO_REASONS = "trained to name emotions without reasons, so it gives none"
UNKNOWN = "unknown, for this checkpoint does not note it"


class Why(NamedTuple):
    """Reasons that do not speak against the emotion; where there are none, a note that says so."""

    rationale: str
    note: str = ""


def ask(
    predictor: Predictor,
    seen: Seen,
    question: str | None = None,
    *,
    labels: Sequence[str] | None = None,
    about: About | None = None,
    max_new_tokens: int = TOKENS,
) -> dict[str, Any]:
    """As `ask_all`, of one picture, clip or sound."""
    return ask_all(predictor, [seen], question, labels=labels, about=about, max_new_tokens=max_new_tokens)[0]


def ask_all(
    predictor: Predictor,
    seen: Sequence[Seen],
    question: str | None = None,
    *,
    labels: Sequence[str] | None = None,
    about: About | None = None,
    max_new_tokens: int = TOKENS,
) -> list[dict[str, Any]]:
    """Which of `labels` each picture, clip or sound shows, with probabilities, and the model's own words on it; one batch.

    Args:
        labels: default: those that the model was trained on, see `default_labels`.
        about: another sub-task than to name an emotion; see `ask_about`.

    Returns:
        `emotion`, `confidence` (its probability), `probabilities` (label -> probability), `rationale` (empty where there is
        none that is worth the name), `note` (why there is none), `trained_on`, and `answer` where a `question` was asked.

    Raises:
        InputError: labels are missing or not different, or a `question` is asked beside a sub-task's own.
    """
    config = predictor.model.config
    if about:
        if question:
            raise InputError(f"--task {about.task}: asks a question of its own; leave out {question!r:.60}")
        return [report | {"trained_on": learned(config)} for report in ask_about(predictor, seen, about, labels)]
    labels, form = list(labels or default_labels(config)), _form(config)

    def ready(texts: Iterable[str]) -> list[Asked]:
        return [predictor.ask(each, text, picture=f"asked/{place}") for place, (each, text) in enumerate(zip(seen, texts))]

    try:
        shares = predictor.probabilities_batch(ready(_choose(each, labels) for each in seen), [labels] * len(seen))
        emotions = [max(each, key=each.__getitem__) for each in shares]
        whys = [] if form == DIRECT else ready(_why(each, emotion, labels, form) for each, emotion in zip(seen, emotions))
        rows = whys + (ready([question] * len(seen)) if question else [])
        said = predictor.answer_batch(rows, max_new_tokens=max_new_tokens) if rows else []
    finally:
        predictor.forget()  # what comes next has the same names
    reports = []
    for place, (emotion, each) in enumerate(zip(emotions, shares)):
        why = read_reasons(said[place], emotion, labels) if whys else Why("", NO_REASONS)
        reports.append(
            {
                "emotion": emotion,
                "confidence": each[emotion],
                "probabilities": each,
                **why._asdict(),
                "trained_on": learned(config),
            }
        )
        if question:
            reports[-1]["answer"] = said[len(whys) + place]
    return reports


def learned(config: Any) -> str:
    """What a model was trained on, in words; also where that was never to name an emotion."""
    tasks, words = sub_tasks(config), trained_on(config) or UNKNOWN
    return f"{words}; on {', '.join(tasks)}, and never to name an emotion" if tasks and not {*EMOTIONAL} & {*tasks} else words


def default_labels(config: Any) -> Sequence[str]:
    """The emotions that a model was trained to name: of Emo-C, else of Emo-O, else its own data's answers, else `LABELS`."""
    tasks = sub_tasks(config)
    return next((tasks[task] for task in EMOTIONAL if len(tasks.get(task, ())) > 1), LABELS)


def _choose(seen: Seen, labels: Sequence[str]) -> str:
    return f"{_question(seen)} {TASKS['emo_c'].hint.format(options=', '.join(labels))}"


def _wording(seen: Seen) -> Wording:
    task = TASKS["emo_c"]
    return task.voice if task.voice and seen.kinds == ("audio",) else task.wording


def _question(seen: Seen) -> str:
    """As `emobench_data.schema.tasks.question` writes it for evaluation."""
    return _wording(seen).training[0].format(medium=" and ".join(seen.kinds))


def _form(config: Any) -> str | None:
    """The form in which a model learned to give reasons for an emotion: none is `direct`; None where that is unknown."""
    noted = reasoned(config)
    if noted is None:  # an earlier version noted only whether there were any
        return {True: GUIDED, False: DIRECT, None: None}[gives_reasons(config)]
    return next((noted[task] for task in EMOTIONAL if task in noted), DIRECT)


def _why(seen: Seen, emotion: str, labels: Sequence[str], form: str | None) -> str:
    if form is None:
        why = WHY_HEARD if seen.kinds == ("audio",) else WHY
        return why.format(medium=" and ".join(seen.kinds), emotion=emotion)
    # As it was trained.
    how = how_to_answer(TASKS["emo_c"], _wording(seen), form)
    return f"{_question(seen)} {how.format(options=', '.join(labels), medium=' and '.join(seen.kinds))}"


def read_reasons(said: str, emotion: str, labels: Sequence[str]) -> Why:
    """What a model's words say for `emotion`: nothing, where they come to another or are but a label again."""
    wheel, end, text = load_wheel(), closing(said), reasons(said).strip()

    def meaning(word: str) -> str:
        return wheel.emotions.get(word, word)

    known = frozenset((*labels, *LABELS, *wheel.emotions.values()))
    found = named(text, vocabulary(known)) | (LabelSet(labels, letters=False).parse(end) if end else frozenset())
    others = sorted(word for word in found if meaning(word) != meaning(normal(emotion)))
    if others:
        return Why("", f"its own words come to {', '.join(others)}, so they are left out")
    if end and not LabelSet(labels, letters=False).parse(end):
        return Why("", f"its own words come to none of the labels ({end:.40}), so they are left out")
    return Why(text) if len(text.split()) > 2 else Why("", "it gave no reasons")


def chosen_labels(words: str | None) -> Sequence[str] | None:
    """The labels that a command line gave with commas between, or None.

    Raises:
        InputError: one is empty or given twice.
    """
    labels = [label.strip() for label in words.split(",")] if words else None
    if labels and (not all(labels) or len(set(labels)) < len(labels)):
        raise InputError(f"--labels {words!r}: give different words with one comma between two")
    return labels


def refuse_faulty(path: Path, span: Span | None = None) -> None:
    """Raise `InputError` for a picture, clip or sound that cannot be used, before a model is loaded to be asked about it.

    Args:
        span: of a sound, from and to so many seconds.
    """
    kind = kind_of(path)
    if kind == "audio" and span:
        read_sound(path, *span)
        return
    fault = media_fault(path, kind, path.resolve().parent)
    if fault:
        raise InputError(f"{path}: {way_out_of(fault, 'give another file')}")
