"""Ways through the project: of the data, of a clip, and of the plug-in's names into LLaVA."""

from __future__ import annotations

from fnmatch import fnmatch
from itertools import pairwise

from emobench_data.io.errors import InputError
from emollm_plugin.attach import HOOKS
from emollm_plugin.projector.options import ProjectorOptions

from .pen import DATA, DONE, FOREIGN, OURS, PLAIN, QUIET, SMALL, Pen

# What the plug-in brings -> the modules of LLaVA that take it. A module without a line is an error.
BROUGHT: dict[tuple[str, str], tuple[str, ...]] = {
    ("templates", "emoprompt..."): ("conversation",),
    ("projector", "multiperspective"): ("model.multimodal_projector.builder",),
    ("towers", "SigLIP, DINOv2, EfficientNet"): ("model.multimodal_encoder.builder",),
    ("models", "any decoder, clips, strict loading"): ("model, model.builder", "model.llava_arch", "model.language_model.*"),
    ("training", "preflight, labels, loss, saving"): ("train.llava_trainer", "train.train"),
}
WAY_HEIGHT, HOOKS_HEIGHT, VIDEO_HEIGHT = 412, 470, 330
COLUMNS, WIDE = (8, 188, 368, 542), 150  # of the boxes of the way


def draw_way(pen: Pen) -> None:
    """From data sets to scores, with what leaves the way."""
    first, second, third, fourth = COLUMNS
    for x, kind, *lines in (
        (first, DATA, "1  sources", "your copies,", "one reader each"),
        (second, DATA, "2  records", "one type for all"),
        (third, DATA, "checked", "splits, leaks,", "broken media"),
        (fourth, PLAIN, "for others", "Hugging Face,", "VLMEvalKit, lmms-eval"),
    ):
        pen.box(x, 10, WIDE, 68, *lines, kind=kind)
    pen.words(first, 112, "3  LLaVA's files", bold=True, align="left")
    for x, kind, *lines in (
        (first, DATA, "train.json", "reasons, if wanted"),
        (second, FOREIGN, "base models", "language, vision"),
        (third, DATA, "questions.jsonl"),
        (fourth, DATA, "gold.jsonl", "kept apart"),
    ):
        pen.box(x, 128, WIDE, 52, *lines, kind=kind)
    for x, kind, *lines in (
        (first, OURS, "4  training", "LLaVA's trainer", "with the plug-in"),
        (second, OURS, "checkpoint"),
        (third, DONE, "5  answers", "answers.jsonl"),
        (fourth, DONE, "6  scores", "results.json,", "a report"),
    ):
        pen.box(x, 228, WIDE, 68, *lines, kind=kind)
    pen.box(98, 346, WIDE, 52, "use it", "ask, explain, serve")
    pen.box(278, 346, 240, 52, "export it", "transformers, vLLM, TRL")
    _arrows_of_the_way(pen)


def _arrows_of_the_way(pen: Pen) -> None:
    first, second, third, fourth = COLUMNS
    middle = WIDE / 2
    for before, after in pairwise(COLUMNS):
        pen.arrow((before + WIDE, 44), (after, 44))
        pen.arrow((before + WIDE, 262), (after, 262))
    for x in (first + 130, third + middle, fourth + middle):  # beside the heading of the files
        pen.arrow((third + middle, 78), (third + middle, 96), (x, 96), (x, 128))
    for x in (first + 60, third + middle, fourth + middle):
        pen.arrow((x, 180), (x, 228))
    pen.arrow((second + middle, 180), (second + middle, 204), (first + 110, 204), (first + 110, 228))
    for x in (173, 398):
        pen.arrow((second + middle, 296), (second + middle, 322), (x, 322), (x, 346))


def draw_hooks(pen: Pen) -> None:
    """What the plug-in hands to which module of LLaVA."""
    known = [name.removeprefix("llava.") for name in HOOKS if name.startswith("llava.")]
    _check(known)
    pen.box(8, 8, 284, HOOKS_HEIGHT - 16, kind=OURS)
    pen.box(408, 8, 284, HOOKS_HEIGHT - 16, kind=FOREIGN)
    pen.words(150, 28, "the plug-in", bold=True, size=15)
    pen.words(150, 48, "emollm_plugin.register()", size=SMALL, most=270)
    pen.words(550, 28, "LLaVA", bold=True, size=15)
    pen.words(550, 48, "no file of it is changed", size=SMALL, most=270)
    pen.words(350, 28, "as a module", size=SMALL, most=112)
    pen.words(350, 45, "is imported", size=SMALL, most=112)
    for number, ((name, words), modules) in enumerate(BROUGHT.items()):
        y = 68 + 66 * number
        pen.box(20, y, 260, 56, name, words)
        pen.box(420, y, 260, 56)
        for line, module in enumerate(modules):
            at = y + 27 + 16.5 * (line - (len(modules) - 1) / 2)
            pen.words(550, at, module, bold=True, size=SMALL, most=252)
        pen.arrow((280, y + 28), (420, y + 28))
    y = 68 + 66 * len(BROUGHT)
    pen.box(20, y, 260, 48, "a name that it does not know")
    pen.box(420, y, 260, 48, "LLaVA's own function")
    pen.arrow((280, y + 24), (420, y + 24), dashed=True)


def _check(known: list[str]) -> None:
    patterns = [pattern for modules in BROUGHT.values() for shown in modules for pattern in shown.split(", ")]
    missing = [name for name in known if not any(fnmatch(name, pattern) for pattern in patterns)]
    gone = [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in known)]
    if missing or gone:
        raise InputError(f"scripts/figures/flows.py: BROUGHT lacks {missing} and has {gone} too much; compare with HOOKS")


def draw_video(pen: Pen) -> None:
    """A clip as one picture of four frames, or frame by frame."""
    pen.words(8, 18, "by default: a storyboard", bold=True, align="left")
    _clip(pen, 8, 36)
    _grid(pen, 236, 33)
    pen.arrow((172, 70), (226, 70))
    pen.words(350, 52, "one picture", size=SMALL, align="left")
    pen.words(350, 70, "of four frames,", size=SMALL, align="left")
    pen.words(350, 88, "read as any picture", size=SMALL, align="left")
    pen.line((8, 130), (692, 130), color="#B0B0B0", width=1)
    pen.words(8, 154, "VIDEOS=clips: frame by frame", bold=True, align="left")
    frames = ProjectorOptions().frames
    _clip(pen, 8, 176)
    y = 176
    pen.box(192, y, 120, 68, f"{frames} frames", "equally far", "apart", kind=DATA)
    pen.box(338, y, 130, 68, "vision tower", "each frame", kind=FOREIGN)
    pen.box(494, y, 90, 68, "projector", kind=OURS)
    pen.box(610, y, 82, 68, "tokens", "of all", "frames", kind=DONE)
    for x, after in ((168, 192), (312, 338), (468, 494), (584, 610)):
        pen.arrow((x, y + 34), (after, y + 34))
    pen.box(338, 272, 246, 48, "change", "what differs between frames", kind=OURS)
    pen.arrow((403, y + 68), (403, 272), dashed=True)
    pen.arrow((584, 296), (651, 296), (651, y + 68), dashed=True)
    pen.words(328, 296, "only where it is named", size=SMALL, color=QUIET, align="right")


def _clip(pen: Pen, x: float, y: float) -> None:
    """A strip of film on which something grows."""
    pen.square(x, y, 160, 68, "#333333", edge="#333333")
    for number in range(4):
        left = x + 6 + 38 * number
        for hole in (y + 4, y + 57):
            for place in range(3):
                pen.square(left + 4 + 11 * place, hole, 6, 7, "white")
        pen.square(left, y + 15, 34, 38, "#DCEBF7")
        pen.dot(left + 17, y + 36, 4 + 3 * number, "#E69F00")


def _grid(pen: Pen, x: float, y: float) -> None:
    for number in range(4):
        left, top = x + 48 * (number % 2), y + 38 * (number // 2)
        pen.square(left, top, 48, 38, "#DCEBF7", edge="#333333")
        pen.dot(left + 24, top + 19, 4 + 3.5 * number, "#E69F00")
