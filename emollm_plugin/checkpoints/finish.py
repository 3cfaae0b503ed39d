"""The last touches to a checkpoint that was written: it can be moved, says what it is, and may be read."""

from __future__ import annotations

from pathlib import Path

from .card import write_card
from .places import settle


def finish(folder: Path, at: Path | None = None) -> None:
    """Finish a checkpoint that was just written; `at` is where it will lie, if not there."""
    settle(folder, at)
    write_card(folder)
    let_read(folder)


def let_read(folder: Path) -> None:
    """Give weights the mode that config.json has by the umask: safetensors 0.8 writes files for their owner alone."""
    config = folder / "config.json"
    for file in folder.glob("*.safetensors") if config.is_file() else ():
        file.chmod(config.stat().st_mode)
