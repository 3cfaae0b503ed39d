"""One picture or clip: which emotion, how sure, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from emobench_data.errors import InputError, way_out_of
from emobench_data.media import media_fault
from emobench_data.tasks import TASKS

from .eyes import Seen, is_clip
from .predictor import Predictor

# Ekman's six and neutral: what most data sets with emotion labels share.
LABELS = ("happiness", "sadness", "anger", "fear", "surprise", "disgust", "neutral")
WHY = "What in this {medium} shows or evokes {emotion}? Describe the scene, people, faces, light and color."


def ask(
    predictor: Predictor, seen: Seen, question: str | None = None, *, labels: Sequence[str] = LABELS,
    max_new_tokens: int = 96,
) -> dict[str, Any]:  # fmt: skip
    """Which of `labels` a picture or clip shows, with probabilities over them, and the model's own words on it.

    Returns:
        `emotion`, `confidence` (its probability), `probabilities` (label -> probability), `rationale`, and `answer`
        where a `question` was asked.

    Raises:
        InputError: labels are missing or not different.
    """
    task = TASKS["emo_c"]
    which = f"{task.evaluation.format(medium=seen.medium)} {task.hint.format(options=', '.join(labels))}"
    shares = predictor.probabilities(seen, which, labels)
    emotion = max(shares, key=shares.get)
    texts = [WHY.format(medium=seen.medium, emotion=emotion), *([question] if question else [])]
    ready = [predictor.ask(seen, text, picture="asked") for text in texts]
    rationale, *answer = predictor.answer_batch(ready, max_new_tokens=max_new_tokens)
    predictor.forget()
    report = {"emotion": emotion, "confidence": shares[emotion], "probabilities": shares, "rationale": rationale}
    return {**report, "answer": answer[0]} if answer else report


def chosen_labels(words: str | None) -> Sequence[str]:
    """The labels that a command line gave with commas between, or `LABELS`.

    Raises:
        InputError: one is empty or given twice.
    """
    labels = [label.strip() for label in words.split(",")] if words else LABELS
    if not all(labels) or len(set(labels)) < len(labels):
        raise InputError(f"--labels {words!r}: give different words with one comma between two")
    return labels


def refuse_faulty(path: Path) -> None:
    """Raise `InputError` for a picture or clip that cannot be used, before a model is loaded to be asked about it."""
    fault = media_fault(path, "video" if is_clip(path) else "image", path.resolve().parent)
    if fault:
        raise InputError(f"{path}: {way_out_of(fault, 'give another file')}")
