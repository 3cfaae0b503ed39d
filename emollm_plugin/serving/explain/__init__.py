"""A picture of what a checkpoint's perspectives attend to as it answers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError

from ...evaluation.eyes import picture_of
from ...evaluation.predictor import Predictor
from ..ask import ask
from ..sub_task import About
from .picture import Sheet
from .seen import look, watching


def explain(
    predictor: Predictor,
    image: Image.Image | str | Path,
    question: str | None = None,
    *,
    out: Path | str,
    labels: Sequence[str] | None = None,
    about: About | None = None,
    title: str = "",
) -> dict[str, Any]:
    """Answer as `ask` does, and write the attention of that very pass over the picture to `out`, a PNG.

    Returns:
        What `ask` returns.

    Raises:
        InputError: the checkpoint's projector has no perspectives, `out` is no PNG, or what `ask` refuses.
    """
    projector = predictor.model.get_model().mm_projector
    if not len(getattr(projector, "perspectives", ())):
        kind = getattr(predictor.model.config, "mm_projector_type", "linear")
        raise InputError(f"its projector {kind!r} has no perspectives to show; `emollm ask` gives the answer alone")
    out = Path(out)
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: the picture is a PNG; give it a name that ends in .png")
    seen = predictor.eyes.open(image) if isinstance(image, (str, Path)) else predictor.eyes.picture(image)
    with watching(projector) as passed:
        report = ask(predictor, seen, question, labels=labels, about=about)
    sheet = Sheet(picture_of(seen.pixels, predictor.image_processor), title)
    sheet.answer(report, question)
    for panel in look(projector, passed):
        sheet.add(panel)
    buffer = io.BytesIO()
    sheet.finish().save(buffer, "PNG")
    with atomic_file(out) as file:
        file.write(buffer.getvalue())
    return report
