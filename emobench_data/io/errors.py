"""What a user's input can cause: one error, and its kinds for media."""

from __future__ import annotations

from pathlib import Path


class InputError(ValueError):
    """Bad input: one line that names the thing, the place and the way out. Command lines exit with code 2 on it."""


class MediumFault(InputError):
    """A picture, clip or sound that cannot be used.

    `fault` is the reason without the file's name, and with the way out where that is another than to get the file again.
    """

    # One argument is enough, since PyTorch raises what a worker raised again from its message alone.
    def __init__(self, message: str, fault: str = "") -> None:
        super().__init__(message)
        self.fault = fault

    @classmethod
    def of(cls, path: Path, reason: str, way_out: str = "") -> MediumFault:
        """The fault of the medium `path`; without a `way_out`, the file itself is at fault."""
        fault = f"{reason}; {way_out}" if way_out else reason
        return cls(f"{path}: {fault if way_out else f'{fault}; get the file again'}", fault)


def way_out_of(fault: str, otherwise: str) -> str:
    """The `fault` of a medium with a way out: its own, where it has one, as a limit of ours does."""
    return fault if "; " in fault else f"{fault}; {otherwise}"


class PictureFault(MediumFault):
    """A picture that cannot be used."""


class ClipFault(MediumFault):
    """A clip that cannot be used."""


class SoundFault(MediumFault):
    """A sound that cannot be used."""
