"""Draw how a trained model answered: a clip, a joke, sarcasm and its first error, from the folder of a run.

    python -m scripts.figures.at_work runs/mini-seed0

The README's picture is that of the default run. Pictures are EmoBench-mini's, rendered by this project; nothing is chosen by
hand, so that an error always stands beside what is right.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.media.examine import open_picture
from emobench_data.report.runs import Run, load_runs
from emobench_data.schema.items import Item
from emobench_data.schema.parsing import conclusion
from emobench_data.schema.questions import Question
from emobench_data.schema.steps import read_steps

from .pen import DONE, INK, QUIET, SMALL, WIDTH, WRONG, Pen, sheet

OUT = Path(__file__).parents[2] / "docs" / "figures" / "at_work.jpg"
# What is asked, in a few words.
ASKED = {
    "emo_c": "Which emotion?",
    "emo_o": "Which emotion?",
    "intent": "Which intent?",
    "hate": "Is it hateful?",
    "humor": "Is it humorous?",
    "sarcasm": "Is it sarcastic?",
}
STORYBOARD = ".storyboard."
TILE, GAP, TOP, HEIGHT = 162, 12, 8, 414


def chosen(run: Run) -> list[Item]:
    """The run's first clip, first joke, first sarcasm and first wrong answer; without a wrong one, its first intent.

    Raises:
        InputError: the run answers no such questions.
    """
    # Pictures of others are not ours to pass on.
    known = [item for item in run.items if item.gold.source == "mini" and item.gold.task in ASKED]
    found: list[Item] = []

    def take(fits: Callable[[Item], bool]) -> None:
        found.extend([item for item in known if item not in found and fits(item)][:1])

    take(lambda item: STORYBOARD in _medium(run, item))
    take(lambda item: item.gold.task == "humor")
    take(lambda item: item.gold.task == "sarcasm")
    take(lambda item: not item.right)
    if len(found) == 3:
        take(lambda item: item.gold.task == "intent")
    if len(found) < 4:
        raise InputError(f"{run.folder}: no run on EmoBench-mini with storyboards; give the folder of a default run")
    return found


def _medium(run: Run, item: Item) -> str:
    return run.asked[item.question].media[0].path


def draw(pen: Pen, run: Run) -> None:
    shown = chosen(run)
    for number, item in enumerate(shown):
        _column(pen, 8 + number * (TILE + GAP), run, item)
    right, last = sum(item.right for item in run.items), "intent" if shown[-1].right else "the first error"
    words = f"{right} of {len(run.items)} answers are right. Here: the first on a clip, humor and sarcasm, and {last}."
    pen.words(WIDTH / 2, HEIGHT - 14, words, size=SMALL, color=QUIET, most=WIDTH - 16)


def _column(pen: Pen, x: float, run: Run, item: Item) -> None:
    question, medium = run.asked[item.question], _medium(run, item)
    if run.media is None:
        raise InputError(f"{run.folder}: its results name no media; evaluate the run again")
    with open_picture(run.media / medium, run.media.resolve()) as image:
        pen.picture(x, TOP, TILE, TILE, image.convert("RGB").resize((2 * TILE, 2 * TILE), Image.Resampling.LANCZOS))
    y = TOP + TILE + 20
    pen.words(x, y, ASKED[item.gold.task], bold=True, align="left", most=TILE)
    for line in [line for told in _told(question, medium) for line in textwrap.wrap(told, 24)]:
        y += 18
        pen.words(x, y, line, size=SMALL, color=QUIET, align="left", most=TILE)
    said = item.answer.said if item.answer else ""
    y += 8
    for name, value in read_steps(said):
        y += 18
        pen.words(x, y, f"{name}: {value}", align="left", most=TILE)
    kind, sign = (DONE, "\N{CHECK MARK}") if item.right else (WRONG, "\N{BALLOT X}")
    pen.box(x, HEIGHT - 88, TILE, 34, f"{sign} {conclusion(said)}", kind=kind, size=15)
    if not item.right:
        pen.words(x + TILE / 2, HEIGHT - 42, f"right: {item.gold.answer}", size=SMALL, color=INK, most=TILE)


def _told(question: Question, medium: str) -> Iterator[str]:
    """What the model was told beside the question."""
    if STORYBOARD in medium:
        yield "four frames of a clip"
    if caption := re.search(r'Caption: "(.*?)"', question.text):
        yield f'"{caption[1]}"'
    if len(question.options) > 2:
        yield f"one of {', '.join(question.options)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder with answers.jsonl and results.json")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    try:
        (run,) = load_runs([options.run], questions=None, gold=None, media_root=None)
        with sheet(options.out, HEIGHT, "How a trained model answers") as pen:
            draw(pen, run)
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
