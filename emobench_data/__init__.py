"""EmoBench as data: records, sources, exports and strict scoring. Needs neither torch nor the host.

`build`, `convert`, `validate` and `score` are functions, and take objects as well as paths. Two of them are rooms of this
package as well, which can be called.
"""

from typing import TYPE_CHECKING

from .io.errors import InputError
from .io.lazy import handing_out

if TYPE_CHECKING:
    from .build.benchmark import build
    from .build.composition import Composition, load_composition
    from .build.convert import convert
    from .schema.questions import Question
    from .schema.records import Record
    from .schema.tasks import TASKS, Task
    from .scoring.core import score
    from .sources import Source, get_source
    from .validate.check import validate

__getattr__ = handing_out(
    __name__,
    {
        "Composition": "build.composition",
        "Question": "schema.questions",
        "Record": "schema.records",
        "Source": "sources",
        "TASKS": "schema.tasks",
        "Task": "schema.tasks",
        "build": None,
        "convert": "build.convert",
        "get_source": "sources",
        "load_composition": "build.composition",
        "score": "scoring.core",
        "validate": None,
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
