"""What a task is: its name, its type, and the words that it is asked in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .task_type import TaskType
from .types import get_type

if TYPE_CHECKING:
    from .records import Record

_READ = "Read closely what is said, how, and to whom."
_LISTEN = "Listen to the pitch of the voice and how it moves, to loudness and pace, breath and pauses, and to what is said."
_SOUNDS = "Say how the voice sounds and what it comes to, a line each."


@dataclass(frozen=True)
class Wording:
    """How a question is put: `training` wordings, of which evaluation uses the first, and where to `look` first.

    `{medium}` is image, video, another kind of medium, or text; `image and audio` of several. `steps` says what is put down in
    steps, empty where that is what all tasks say.
    """

    training: tuple[str, ...]
    look: str
    steps: str = ""


@dataclass(frozen=True)
class Task:
    """One sub-task.

    Args:
        name: the key used in files and on the command line.
        title: the paper's name.
        type: what an answer is, how it is asked for and read, and what it is measured by.
        wording: of a medium; where its text is asked about too, of a medium with its text.
        silent: of a medium without a text.
        text: of a text alone.
        part_of: the name under which the mean over all tasks that are parts of it is given, such as an intensity by emotion.
        voice: of a sound alone; None where that is as `silent` has it.
    """

    name: str
    title: str
    type: TaskType
    wording: Wording
    silent: Wording
    text: Wording
    part_of: str = ""
    voice: Wording | None = None

    @property
    def hint(self) -> str:
        """How to answer; `{options}` is the label set in its own order."""
        return self.type.hint

    @property
    def close(self) -> str:
        """How to answer in the guided form."""
        return self.type.close

    @property
    def evaluation(self) -> str:
        """The one wording in which evaluation asks about a medium."""
        return self.wording.training[0]

    def wording_of(self, record: Record) -> Wording:
        """The wording that speaks of what `record` has."""
        if not record.media:
            return self.text
        if all(one.kind == "audio" for one in record.media):
            return self.voice or self.silent
        return self.wording if record.text else self.silent


def task(
    name: str,
    title: str,
    kind: str,
    wordings: tuple[str, ...],
    *,
    look: str = _READ,
    alone: tuple[str, ...] = (),
    look_alone: str = "",
    voice: tuple[str, ...] = (),
    read: str = _READ,
    steps: str = "",
    part_of: str = "",
) -> Task:
    """A task of the type that `kind` names, with its options (`types.get_type`).

    `steps` and `part_of` are as in `Wording` and `Task`. `alone` and `look_alone` are of a medium without a text, `alone` and
    `read` of a text without a medium, `voice` of a sound.
    """
    alone = alone or wordings
    return Task(
        name=name,
        title=title,
        type=get_type(kind),
        wording=Wording(wordings, look, steps),
        silent=Wording(alone, look_alone or look, steps),
        voice=Wording(voice or alone, _LISTEN, steps or ("" if get_type(kind).two_answers else _SOUNDS)),
        text=Wording(alone, read, steps),
        part_of=part_of,
    )
