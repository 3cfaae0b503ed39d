"""Pictures, clips and other kinds of media: opened in one way, examined, kept inside their folder."""

from typing import TYPE_CHECKING

from ..io.lazy import handing_out

if TYPE_CHECKING:
    from .examine import media_fault, open_picture
    from .pictures import read_picture

__getattr__ = handing_out(__name__, {"media_fault": "examine", "open_picture": "examine", "read_picture": "pictures"})

__all__ = ["media_fault", "open_picture", "read_picture"]
