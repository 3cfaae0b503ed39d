"""One picture or clip at a time, for people: an answer, what it rests on, a page."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .model import Model, load

__getattr__ = handing_out(__name__, {"Model": "model", "load": "model"})

__all__ = ["Model", "load"]
