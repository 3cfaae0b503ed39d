"""Where runs, data, models and downloads go unless told otherwise: the clone that this runs from, else the current folder."""

from pathlib import Path

_ABOVE = Path(__file__).resolve().parents[1]
# None for an installed wheel: nobody looks for data or runs beside installed packages.
CLONE = _ABOVE if (_ABOVE / "scripts" / "lib.sh").is_file() else None
ROOT = CLONE or Path.cwd()
