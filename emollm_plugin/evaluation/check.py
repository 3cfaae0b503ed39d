"""The check before LLaVA's own evaluation scripts: what they would meet as a traceback in a worker, or not at all."""

from __future__ import annotations

import argparse
import os
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import line_place
from emobench_data.media.examine import is_there, leads_out
from emobench_data.media.kinds import placeholders
from emobench_data.schema.questions import read_visual

from ..checkpoints.load import check_tokenizer, host_branch
from ..prompt.formats import load_tokenizer
from ..prompt.plain import plain
from ..training.records import refuse_faulty_media


def check_evaluation(argv: Sequence[str]) -> None:
    """Check the arguments of `llava.eval.model_vqa*` before the model is loaded.

    Raises:
        InputError: an unknown template, a missing model, question file or image folder, a question without its fields,
            or images that cannot be decoded.
    """
    parser = argparse.ArgumentParser(add_help=False)
    for name in ("--model-path", "--model-base", "--question-file", "--image-folder", "--conv-mode"):
        parser.add_argument(name)
    given, _ = parser.parse_known_args(argv)
    if given.conv_mode is not None:
        _check_template(given.conv_mode)
    language_model = None
    if given.model_path:
        base, _ = host_branch(given.model_path, given.model_base, "")
        language_model = base or given.model_path
        check_tokenizer(language_model)
    if given.question_file:
        questions = Path(given.question_file).expanduser()
        _check_questions(questions, Path(given.image_folder or "."))
        if language_model:
            _check_control(questions, language_model)


def check_asked(questions: Path, images: Path) -> None:
    """Check the questions of `emollm eval`; whether a medium decodes is seen when it is asked about.

    Raises:
        InputError: as `read_visual`; a question holds a placeholder, or its medium is not below `images`.
    """
    root = images.resolve()
    for one in read_visual(questions, heard=True):  # whether the model hears is not known yet
        place = line_place(questions, one.line)
        held = next((sign for sign in placeholders().values() if sign in one.text), None)
        if held:
            raise InputError(f"{place}: the text holds {held}, which stands for a medium; take it out")
        for medium in one.media:
            there = is_there if medium.kind == "video" else os.path.isfile
            if not there(images / medium.path) or leads_out(images / medium.path, root):
                raise InputError(f"{place}: {medium.path!r} is no file below {images}; name its folder with --image-folder")


def _check_control(path: Path, language_model: str) -> None:
    """LLaVA's scripts put a question into the prompt as it is, where a control token in it would be one."""
    tokenizer = load_tokenizer(language_model)
    for one in read_visual(path):
        if plain(one.text, tokenizer) != one.text:
            held = f"{line_place(path, one.line)}: the text holds a control token of {language_model}"
            raise InputError(f"{held}; take emollm eval, which asks it as text, or take it out: {one.text!r:.80}")


def _check_template(name: str) -> None:
    from llava.conversation import conv_templates

    if name not in conv_templates:
        raise InputError(f"unknown template --conv-mode {name!r}; known: {', '.join(sorted(conv_templates))}")


def _check_questions(path: Path, images: Path) -> None:
    # The same picture may be asked about more than once.
    questions = read_visual(path)
    if any(question.video for question in questions):
        raise InputError(
            f"{path}: asks about clips, which LLaVA's scripts do not read; take emollm eval, or write pictures of their"
            " frames (--videos storyboards)"
        )
    bare = next((question for question in questions if not question.image), None)
    names = {question.image for question in questions if question.image}
    # Only model_vqa_science, which reads JSON, answers some without.
    if bare and (not names or path.suffix != ".json"):
        place = line_place(path, bare.line)
        raise InputError(f"{place}: has no image, and LLaVA's script needs one; emollm eval answers questions without one")
    if path.suffix != ".json" and any(not line.strip() or line.startswith(BOM_UTF8) for line in path.read_bytes().splitlines()):
        way_out = "take these out, or take emollm eval"
        raise InputError(f"{path}: has a byte order mark or a blank line, which LLaVA's scripts do not read; {way_out}")
    refuse_faulty_media(dict.fromkeys(sorted(names), "image"), images, str(path))
