"""Word alignment: the projector is trained alone for a moment, before the language model sees a picture (our own)."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .align import Words, words_of
    from .run import align_projector

__getattr__ = handing_out(__name__, {"Words": "align", "align_projector": "run", "words_of": "align"})

__all__ = ["Words", "align_projector", "words_of"]
