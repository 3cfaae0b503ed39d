"""Records as the files that others read: LLaVA, VLMEvalKit, lmms-eval, tables."""

from typing import TYPE_CHECKING

from ..io.lazy import handing_out

if TYPE_CHECKING:
    from .llava import write_questions, write_training_json

__getattr__ = handing_out(__name__, {"write_questions": "llava", "write_training_json": "llava"})

__all__ = ["write_questions", "write_training_json"]
