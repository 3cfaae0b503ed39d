"""A hook of mkdocs: pages and pictures that lie beside `docs/`, so that they stand on the site too and links to them hold."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
READMES = ("examples/README.md", "patches/README.md", "emobench_data/sources/README.md")
BESIDE = ("benchmarks/*.md", "benchmarks/figures/*", "examples/notebooks/*.ipynb", *READMES)
_UP = re.compile(r"(\]\()((?:\.\./)+)")


def on_files(files: Files, config: Any) -> Files:
    """Add what lies beside, under its path from the root."""
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            files.append(File(place, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links from `docs/` to what lies beside it, and back, as they are on the site, where `docs/` is the root."""
    folder = PurePosixPath(page.file.src_uri).parent
    if len(folder.parts) == 0 and (ROOT / "docs" / page.file.src_uri).is_file():
        return _UP.sub(r"\1", markdown)
    return markdown.replace("](" + "../" * len(folder.parts) + "docs/", "](" + "../" * len(folder.parts))
