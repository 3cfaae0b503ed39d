"""What tells one file's content from another's."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(file, "rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
