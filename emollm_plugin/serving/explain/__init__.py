"""A picture of what a checkpoint's perspectives attend to as it answers, in what it sees and in what it hears."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor, nn

from emobench_data.io.atomic import atomic_file, check_ours
from emobench_data.io.errors import InputError

from ...evaluation.eyes import Seen, picture_of
from ...evaluation.predictor import Predictor
from ...media.hearing import NAME as EARS
from ...media.sounds import spectrogram
from ..ask import ask
from ..sub_task import About
from .heard import listen
from .picture import Sheet
from .seen import Panel, look, watching

MARK = rb"(?s)\x89PNG.{,100}emollm explain"  # how a PNG begins that was written here


def explain(
    predictor: Predictor,
    image: Image.Image | Seen | str | Path,
    question: str | None = None,
    *,
    out: Path | str,
    labels: Sequence[str] | None = None,
    about: About | None = None,
    title: str = "",
) -> dict[str, Any]:
    """Answer as `ask` does, and write the attention of that very pass over picture and sound to `out`, a PNG.

    Returns:
        What `ask` returns.

    Raises:
        InputError: the checkpoint's projector has no perspectives, `out` is no PNG or somebody's file, or what `ask` refuses.
    """
    out = Path(out)
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: the picture is a PNG; give it a name that ends in .png")
    check_ours(out, MARK)
    if isinstance(image, (str, Path)):
        image = predictor.eyes.open(image)
    seen = image if isinstance(image, Seen) else predictor.eyes.picture(image)
    report, sheet, _ = drawn(predictor, seen, question, labels=labels, about=about, title=title)
    buffer = io.BytesIO()
    noted = PngInfo()
    noted.add_text("Software", "emollm explain")
    sheet.save(buffer, "PNG", pnginfo=noted)
    with atomic_file(out) as file:
        file.write(buffer.getvalue())
    return report


def drawn(
    predictor: Predictor,
    seen: Seen,
    question: str | None = None,
    *,
    labels: Sequence[str] | None = None,
    about: About | None = None,
    title: str = "",
) -> tuple[dict[str, Any], Image.Image, list[Panel]]:
    """As `explain`: what `ask` returns, the picture, and what is drawn on it of each perspective. Raises as that does."""
    eyes, ears = _with_perspectives(predictor, seen)
    with watching(eyes) as looked, watching(ears) as heard:
        report = ask(predictor, seen, question, labels=labels, about=about)
    picture = None if seen.pixels is None else picture_of(seen.pixels, predictor.image_processor)
    sound = spectrogram(cast(Tensor, seen.sound.spectrum)) if seen.sound else None  # it comes from no cache
    sheet = Sheet(picture, title, sound)
    sheet.answer(report, question)
    panels = [*(look(eyes, looked) if looked else []), *(listen(ears, heard) if heard else [])]
    for panel in panels:
        sheet.add(panel)
    return report, sheet.finish(), panels


def shows(predictor: Predictor, seen: Seen) -> bool:
    """Whether a projector through which `seen` goes has perspectives."""
    return any(len(getattr(projector, "perspectives", ())) for projector, _ in _asked(predictor, seen))


def _with_perspectives(predictor: Predictor, seen: Seen) -> tuple[Any, Any]:
    """The projectors of pictures and of sound, one of which shows something of what is asked about."""
    if not shows(predictor, seen):
        kinds = " and ".join(repr(kind) for _, kind in _asked(predictor, seen))
        raise InputError(f"its projector {kinds} has no perspectives to show; `emollm ask` gives the answer alone")
    return _projectors(predictor)


def _projectors(predictor: Predictor) -> tuple[Any, Any]:
    base = predictor.model.get_model()
    return base.mm_projector, getattr(base, EARS, nn.Module())


def _asked(predictor: Predictor, seen: Seen) -> list[tuple[Any, str | None]]:
    """The projectors through which `seen` goes, and their types."""
    (eyes, ears), config = _projectors(predictor), predictor.model.config
    asked = [] if seen.pixels is None else [(eyes, getattr(config, "mm_projector_type", "linear"))]
    return asked + ([(ears, getattr(config, "mm_audio_projector_type", None))] if seen.sound else [])
