"""Options of the projector, written in the type string so that config.json alone restores the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import isqrt
from typing import Any, TypeVar

from emobench_data.io.errors import InputError

from ..registry import PERSPECTIVE_BUILDERS

FAMILY = "multiperspective"
PERSPECTIVES = ("objects", "relations", "atmosphere", "layout")
ALL = (*PERSPECTIVES, "change")  # the last reads across frames, and only where it is named
ON_SOUND = ("tone", "change", "course")
Own = TypeVar("Own", bound="Spelt")


class Spelt(ABC):
    """Options that stand behind `multiperspective:` as `key=value`, separated by commas; the fields of a dataclass."""

    perspectives: tuple[str, ...]
    tokens: int

    def __str__(self) -> str:
        """The type string that means the same whatever later versions take where nothing is said."""
        said = {**asdict(self), "perspectives": "+".join(self.perspectives) or "none"}  # type: ignore[call-overload]
        if not self.tokens:
            del said["tokens"]
        return f"{FAMILY}:" + ",".join(f"{key}={value}" for key, value in said.items())

    @classmethod
    def parse(cls: type[Own], projector_type: str) -> Own:
        """Read a type string such as `multiperspective:slots=4,perspectives=objects+atmosphere`.

        Raises:
            InputError: an unknown option, perspective or number, with what is known.
        """
        family, _, tail = projector_type.partition(":")
        if family != FAMILY:
            raise InputError(f"projector type {projector_type!r} does not begin with {FAMILY!r}")
        known = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # those that inherit are dataclasses
        given: dict[str, Any] = {}
        for part in filter(None, tail.split(",")):
            key, _, value = part.partition("=")
            if key not in known or key in given:
                raise InputError(f"projector option {part!r} in {projector_type!r}: known, each once: {', '.join(known)}")
            given[key] = cls.chosen(value) if key == "perspectives" else _positive(key, value)
        return cls(**given)

    @classmethod
    def of(cls: type[Own], projector_type: str) -> Own | None:
        """As `parse`; None of the host's projectors and of another package's, which have no such options."""
        return cls.parse(projector_type) if projector_type.partition(":")[0] == FAMILY else None

    @classmethod
    @abstractmethod
    def chosen(cls, value: str) -> tuple[str, ...]:
        """The perspectives that `value` names, joined by `+`, in their own order."""


@dataclass(frozen=True)
class ProjectorOptions(Spelt):
    """What stands behind `multiperspective:`.

    Args:
        perspectives: which perspectives enrich the content tokens, joined by `+`; `none` leaves `mlp2x_gelu`.
            `change`, which reads across the frames of a clip, is on only where it is named, and so are those that other
            packages add.
        tokens: visual tokens that come out, of a clip for each frame, a square number; 0 (the default) leaves as many
            as came in. Fewer cost less in every layer of the LLM; patches are averaged on a grid before the MLP (DeCo,
            arXiv 2405.20985).
        slots: number of learned slots that compete for patches; 8 covers the few things a photograph is about.
        width: inner width of the perspectives, of layout a quarter of it; with 512 the projector stays below 40 M
            parameters and 25 GFLOP at 576 x 1024 -> 4096.
        frames: frames that are read of a clip.
    """

    perspectives: tuple[str, ...] = PERSPECTIVES
    tokens: int = 0
    slots: int = 8
    width: int = 512
    frames: int = 8

    def __post_init__(self) -> None:
        if isqrt(self.tokens) ** 2 != self.tokens:
            raise InputError(f"projector option tokens={self.tokens} must be a square number, such as 144, 64 or 16")

    @classmethod
    def chosen(cls, value: str) -> tuple[str, ...]:
        """As `Spelt.chosen`; those that other packages add come last."""
        chosen = _split(value)
        added = sorted(chosen - set(ALL))
        for name in added:
            if name not in PERSPECTIVE_BUILDERS:
                raise _unknown(name, (*ALL, *(one for one in PERSPECTIVE_BUILDERS if one not in ALL)))
            PERSPECTIVE_BUILDERS.get(name)  # fails now where it cannot be used
        if "relations" in chosen and "objects" not in chosen:
            raise InputError("perspective 'relations' needs 'objects': it reads the slots; add objects")
        return tuple(name for name in (*ALL, *added) if name in chosen)


@dataclass(frozen=True)
class SoundOptions(Spelt):
    """The same of the projector of sound, `--mm_audio_projector_type`.

    Args:
        perspectives: which perspectives enrich the content tokens, joined by `+`; `none` leaves `mlp2x_gelu`.
        tokens: tokens that come out of a sound, however long it is; 0 (the default) leaves one for each position of the
            encoder, Whisper's 50 a second. Fewer are means over equal stretches of time.
        width: inner width of the perspectives, of course a quarter of it.
    """

    perspectives: tuple[str, ...] = ON_SOUND
    tokens: int = 0
    width: int = 512

    @classmethod
    def chosen(cls, value: str) -> tuple[str, ...]:
        """As `Spelt.chosen`."""
        chosen = _split(value)
        for name in sorted(chosen - set(ON_SOUND)):
            raise _unknown(name, ON_SOUND)
        return tuple(name for name in ON_SOUND if name in chosen)


def in_full(projector_type: str, options: type[Spelt] = ProjectorOptions) -> str:
    """The type string with all its options where it is ours, otherwise as it is."""
    return str(options.of(projector_type) or projector_type)


def _split(value: str) -> set[str]:
    return set() if value == "none" else set(value.split("+"))


def _unknown(name: str, known: Sequence[str]) -> InputError:
    return InputError(f"unknown perspective {name!r}; known: {', '.join(known)}, or none alone")


def _positive(key: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 8192:
        raise InputError(f"projector option {key}={value!r} must be a whole number from 1 to 8192")
    return int(value)
