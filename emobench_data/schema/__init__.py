"""What EmoBench is made of: records, tasks and their types, questions, and how an answer is read."""

from typing import TYPE_CHECKING

from ..io.lazy import handing_out

if TYPE_CHECKING:
    from .questions import Question, read_questions
    from .records import Record
    from .tasks import TASKS, Task

__getattr__ = handing_out(
    __name__,
    {"TASKS": "tasks", "Question": "questions", "Record": "records", "Task": "tasks", "read_questions": "questions"},
)

__all__ = ["TASKS", "Question", "Record", "Task", "read_questions"]
