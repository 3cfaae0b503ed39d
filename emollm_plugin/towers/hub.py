"""Whether a model that is named can be had: a folder of this machine, or a name of a model hub."""

from __future__ import annotations

from pathlib import Path

from emobench_data.io.errors import InputError


def check_download(name: str, what: str) -> None:
    """Raise `InputError` if a hub name is neither here nor can be fetched; what is on this disk passes."""
    from transformers import PretrainedConfig

    if Path(name).expanduser().exists():
        return
    try:
        PretrainedConfig.get_config_dict(name)
    except (OSError, ValueError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise InputError(
            f"{what} {name!r} is no folder here and cannot be downloaded ({why});"
            " without a network, put its files into a folder by hand and name that folder"
        ) from error


def is_hub_name(name: str) -> bool:
    """Whether a hub is to be asked for `name`: encoders lie there as OWNER/NAME, and a slip of the pen is no such name."""
    return "/" in name
