"""The plug-in in the host: attached to its modules, started in its place, on every decoder."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .arguments import check_arguments
    from .decoders import family_of
    from .launch import run, take_over

__getattr__ = handing_out(
    __name__,
    {"check_arguments": "arguments", "family_of": "decoders", "run": "launch", "take_over": "launch"},
)

__all__ = ["check_arguments", "family_of", "run", "take_over"]
