"""An exported folder on a model hub."""

from __future__ import annotations

from pathlib import Path

from emobench_data.io.errors import InputError


def push(folder: Path, name: str) -> str:
    """Upload `folder` under `name` and return its address; where the name is taken, its files are replaced.

    Raises:
        InputError: the hub cannot be reached, or lets nobody in.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    api = HfApi()
    try:
        api.create_repo(name, exist_ok=True)
        return str(api.upload_folder(repo_id=name, folder_path=folder))
    except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OSError) as error:
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        way_out = "log in with `hf auth login` and check the name"
        raise InputError(f"{folder} is written, but --push {name} failed: {why}; {way_out}") from error
