"""The README and the pages of the docs: what stands in them, for the tests that hold them to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```([\w-]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(*languages: str, pages: Iterable[Path] = PAGES) -> list[tuple[Path, str]]:
    """The page and the text of every code block in one of `languages`: `bash` is run by a test as it stands, `sh` is parsed.

    `tests/docs` runs some pages' `sh` on tiny models.
    """
    found = ((page, block) for page in pages for block in _BLOCK.findall(page.read_text(encoding="utf-8")))
    return [(page, text) for page, (language, text) in found if language in languages]


def commands(*languages: str, pages: Iterable[Path] = PAGES) -> list[str]:
    """The commands in those blocks, each on one line and once."""
    lines = (line.strip() for _, text in blocks(*languages, pages=pages) for line in text.replace("\\\n", " ").splitlines())
    return list(dict.fromkeys(line for line in lines if line))
