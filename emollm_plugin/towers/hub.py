"""Whether a model that is named can be had: a folder of this machine, or a name of a model hub."""

from __future__ import annotations

from pathlib import Path

from emobench_data.io.errors import InputError

REFUSED = (401, 403)  # by HTTP: who asks is not known, or not let in


def check_download(name: str, what: str) -> None:
    """Raise `InputError` if a hub name is neither here nor can be fetched; what is on this disk passes."""
    from transformers import PretrainedConfig

    if Path(name).expanduser().exists():
        return
    try:
        PretrainedConfig.get_config_dict(name)
    except (OSError, ValueError) as error:
        raise InputError(f"{what} {name!r} is no folder here and cannot be downloaded {_why(name, error)}") from error


def _why(name: str, error: BaseException) -> str:
    """Why the hub gives nothing, with the way out. It refuses a name that it does not know as it refuses a stranger."""
    if _status(error) in REFUSED:
        return (
            f"(the model hub refuses it, HTTP {_status(error)}); if the name is right, it is private or has terms: accept these"
            f" on its page, https://huggingface.co/{name}, and log in with `hf auth login`, or set HF_TOKEN"
        )
    why = next(iter(str(error).splitlines()), type(error).__name__)[:200]
    return f"({why}); without a network, put its files into a folder by hand and name that folder"


def _status(error: BaseException | None) -> int | None:
    """The HTTP status that an error of the hub's goes back to."""
    while error is not None:
        if (response := getattr(error, "response", None)) is not None:
            return response.status_code
        error = error.__cause__
    return None


def is_hub_name(name: str) -> bool:
    """Whether a hub is to be asked for `name`: encoders lie there as OWNER/NAME, and a slip of the pen is no such name."""
    return "/" in name
