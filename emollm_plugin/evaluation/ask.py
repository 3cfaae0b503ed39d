"""One picture or clip: which emotion, how sure, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from PIL import Image

from emobench_data.errors import InputError
from emobench_data.export import STORYBOARD_LINE
from emobench_data.media import open_picture
from emobench_data.storyboard import FRAMES, tile
from emobench_data.tasks import TASKS
from emobench_data.video import SUFFIXES, Sampling, read_frames

from .predictor import Predictor

# Ekman's six and neutral: what most data sets with emotion labels share.
LABELS = ("happiness", "sadness", "anger", "fear", "surprise", "disgust", "neutral")
WHY = "What in this {medium} shows or evokes {emotion}? Describe the scene, people, faces, light and color."


def ask(
    predictor: Predictor, image: Image.Image, question: str | None = None, *, labels: Sequence[str] = LABELS,
    medium: str = "image", max_new_tokens: int = 96,
) -> dict[str, Any]:  # fmt: skip
    """Which of `labels` a picture shows, with probabilities over them, and the model's own words on it.

    Returns:
        `emotion`, `confidence` (its probability), `probabilities` (label -> probability), `rationale`, and `answer`
        where a `question` was asked.

    Raises:
        InputError: labels are missing or not different.
    """
    task = TASKS["emo_c"]
    which = f"{task.evaluation.format(medium=medium)} {task.hint.format(options=', '.join(labels))}"
    shares = predictor.probabilities(image, about(which, medium), labels)
    emotion = max(shares, key=shares.get)
    texts = [WHY.format(medium=medium, emotion=emotion), *([question] if question else [])]
    ready = [predictor.ask(image, about(text, medium), picture="asked") for text in texts]
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


def open_medium(path: Path) -> tuple[Image.Image, str]:
    """A picture, or a clip as one picture of four of its frames; and which of the two it is: `image` or `video`.

    Raises:
        InputError: it is not there, or cannot be decoded.
    """
    if path.suffix.lower() not in SUFFIXES:
        return open_picture(path, path.resolve().parent), "image"
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    return tile(read_frames(path, Sampling(frames=FRAMES)).pixels), "video"


def about(text: str, medium: str) -> str:
    """A question about a medium that `open_medium` gave."""
    return f"{STORYBOARD_LINE}\n{text}" if medium == "video" else text
