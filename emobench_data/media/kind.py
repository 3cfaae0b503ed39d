"""What a kind of medium is: a picture, a clip, or another one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from .video import Sampling


class Finding(NamedTuple):
    """What a check says of a medium: what is wrong with it, or None; a clip's length and how many frames of it are lost."""

    fault: str | None
    seconds: float | None = None
    spoilt: int = 0


class MediumKind(ABC):
    """One kind of medium. A kind is one file in `media.kinds`, or an object that an entry point names.

    `name` is the key of records and of LLaVA's files, and in angle brackets its placeholder in a prompt. `suffixes` are what
    files end in where nothing else says what they are.
    """

    name: ClassVar[str]
    checking: ClassVar[str]  # title of the bar while they are opened
    suffixes: ClassVar[tuple[str, ...]] = ()

    @property
    def placeholder(self) -> str:
        """What stands for the medium in a prompt."""
        return f"<{self.name}>"

    def ready(self) -> None:
        """Raise `InputError` where a library that reads them is not installed."""
        return None

    def version(self, sampling: Sampling) -> str:
        """What a finding depends on beside the file and PyAV's and Pillow's versions: one of another version does not hold."""
        return ""

    @abstractmethod
    def open(self, path: Path, sampling: Sampling) -> Finding:
        """Open a medium as it will be read.

        Args:
            sampling: the frames of a clip that will be read.

        Raises:
            MediumFault: it is missing, broken, or not of this kind.
        """
