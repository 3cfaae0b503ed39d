"""Model folders: what they are, read strictly, noted, merged, moved."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .folders import ModelFolder, read_folder
    from .inspection import inspect_folder

__getattr__ = handing_out(__name__, {"ModelFolder": "folders", "inspect_folder": "inspection", "read_folder": "folders"})

__all__ = ["ModelFolder", "inspect_folder", "read_folder"]
