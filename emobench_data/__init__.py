"""EmoBench as data: records, sources, exports and strict scoring. Needs neither torch nor the host."""

from .io.errors import InputError
from .schema.records import Record
from .schema.tasks import TASKS, Task

__all__ = ["TASKS", "InputError", "Record", "Task"]
