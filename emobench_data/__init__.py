"""EmoBench as data: records, sources, exports and strict scoring. Needs neither torch nor the host."""

from .errors import InputError
from .records import Record
from .tasks import TASKS, Task

__all__ = ["InputError", "Record", "TASKS", "Task"]
