"""Memotion 7k: memes with degrees of humour, sarcasm and offence; it serves three sub-tasks."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2s
from pathlib import Path

from ..schema.parsing import normal
from ..schema.records import Medium, Record
from ..schema.tasks import quoted
from . import Skips, Source
from ._fields import NO_MEDIUM, Stems, below, heads_hold, label, make, prose, words
from ._files import read_table

COLUMNS = ("image_name", "text_ocr", "text_corrected", "humour", "sarcasm", "offensive")
# Sub-task -> column, and the answer for each degree; a degree without an answer is neither.
ANSWERS = {
    "humor": ("humour", {"not_funny": "No", "funny": "Yes", "very_funny": "Yes", "hilarious": "Yes"}),
    "sarcasm": (
        "sarcasm",
        {"not_sarcastic": "No", "general": "Yes", "twisted_meaning": "Yes", "very_twisted": "Yes"},
    ),
    "hate": ("offensive", {"not_offensive": "No", "very_offensive": "Yes", "hateful_offensive": "Yes"}),
}


def read(root: Path, skips: Skips) -> Iterator[Record]:
    """A row whose label for one sub-task is missing still serves the others. Memes of one text stay in one split."""
    items = Stems()
    for place, row in read_table(root / "labels.csv", COLUMNS, skips):
        name = words(row["image_name"])
        if not name:
            skips.add(place, NO_MEDIUM)
            continue
        said = _text(row["text_corrected"]) or _text(row["text_ocr"])
        item, text = items(name), quoted("Meme text", said)
        for task, (column, answers) in ANSWERS.items():
            answer = label(row[column], answers)
            if answer:
                yield from make(
                    skips,
                    place,
                    tasks=(task,),
                    source="memotion",
                    item=item,
                    media=(Medium("image", below("images", name)),),
                    answer=answer,
                    text=text,
                    group=said and _digest(said),
                )
            elif task == "hate" and label(row[column], {"slight": "slight"}):
                skips.add(place, "slightly offensive is neither hateful nor not")
            else:
                skips.add(place, f"no label for {task}")


def _digest(said: str) -> str:
    return "text " + blake2s(normal(said).encode("utf-8"), digest_size=8).hexdigest()


def _text(cell: str) -> str:
    """An empty cell is NaN in copies that went through a data frame."""
    return "" if cell.strip().lower() == "nan" else prose(cell)


SOURCE = Source(
    name="memotion",
    title="Memotion 7k",
    homepage="https://www.kaggle.com/datasets/williamscott701/memotion-dataset-7k",
    licence="not found",
    citation="Chhavi Sharma, Deepesh Bhageria, William Scott, Srinivas PYKL, Amitava Das, Tanmoy Chakraborty, "
    "Viswanath Pulabaigari, Bjorn Gamback. SemEval-2020 Task 8: Memotion Analysis - the Visuo-Lingual Metaphor! "
    "SemEval 2020.",
    obtain="download the data set from the homepage and unpack it, so that labels.csv and images/ lie in the root",
    tasks=("humor", "sarcasm", "hate"),
    labels={},
    expected={"": 6_992},
    markers=("labels.csv",),
    read=read,
    own=lambda root: heads_hold(root, ("labels.csv",), "text_corrected", "humour"),
    hateful=True,
    rule="humor and sarcasm: No for the lowest degree, Yes for the others. hate: No for not offensive, Yes for very or "
    "hateful offensive; slightly offensive memes are left out.",
)
