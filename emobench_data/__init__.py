"""EmoBench as data: records, sources, exports and strict scoring. Needs neither torch nor the host.

`build`, `convert`, `validate` and `score` take objects as well as paths.
"""

from typing import TYPE_CHECKING

from .io.errors import InputError
from .io.lazy import handing_out

if TYPE_CHECKING:
    from .building.benchmark import build
    from .building.composition import Composition, load_composition
    from .building.convert import convert
    from .schema.questions import Question
    from .schema.records import Record
    from .schema.tasks import TASKS, Task
    from .scoring.core import score
    from .sources import Source, get_source
    from .validation.check import validate

__getattr__ = handing_out(
    __name__,
    {
        "Composition": "building.composition",
        "Question": "schema.questions",
        "Record": "schema.records",
        "Source": "sources",
        "TASKS": "schema.tasks",
        "Task": "schema.tasks",
        "build": "building.benchmark",
        "convert": "building.convert",
        "get_source": "sources",
        "load_composition": "building.composition",
        "score": "scoring.core",
        "validate": "validation.check",
    },
)

__all__ = [
    "TASKS",
    "Composition",
    "InputError",
    "Question",
    "Record",
    "Source",
    "Task",
    "build",
    "convert",
    "get_source",
    "load_composition",
    "score",
    "validate",
]
