"""A hook of mkdocs: pages, pictures and notebooks that lie beside `docs/` stand on the site too, and links to them hold."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
NOTEBOOKS = "examples/notebooks"
READMES = ("examples/README.md", "patches/README.md", "emobench_data/sources/README.md")
BESIDE = ("benchmarks/*.md", "benchmarks/figures/*", f"{NOTEBOOKS}/*.ipynb", *READMES)
_TO_NOTEBOOK = re.compile(rf"(\]\([\w./]*{NOTEBOOKS}/\w+)\.ipynb\)")
_UP = re.compile(r"(\]\()((?:\.\./)+)")


def on_files(files: Files, config: Any) -> Files:
    """Add what lies beside, under its path from the root, and of each notebook a page to read."""
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            place = path.relative_to(ROOT).as_posix()
            files.append(File(place, str(ROOT), config.site_dir, config.use_directory_urls))
    for path in sorted((ROOT / NOTEBOOKS).glob("*.ipynb")):
        files.append(File.generated(config, f"{NOTEBOOKS}/{path.stem}.md", content=page_of(path)))
    return files


def page_of(notebook: Path) -> str:
    """The texts and the code of a notebook, in Markdown; it is stored without what the code puts out."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    parts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    texts = [f"```python\n{text}\n```" if kind == "code" else _to_pages(text) for kind, text in parts]
    texts.insert(1, f"This page is a notebook: [{notebook.name}]({notebook.name}).")
    return "\n\n".join(texts) + "\n"


def _to_pages(text: str) -> str:
    """Links from one notebook to another, as they are between pages."""
    return re.sub(r"(\]\(\w+)\.ipynb\)", r"\1.md)", text)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links from `docs/` to what lies beside it, and back, as they are on the site, where `docs/` is the root."""
    folder, markdown = PurePosixPath(page.file.src_uri).parent, _TO_NOTEBOOK.sub(r"\1.md)", markdown)
    if len(folder.parts) == 0 and (ROOT / "docs" / page.file.src_uri).is_file():
        return _UP.sub(r"\1", markdown)
    return markdown.replace("](" + "../" * len(folder.parts) + "docs/", "](" + "../" * len(folder.parts))
