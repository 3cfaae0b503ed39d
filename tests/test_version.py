"""The version stands in one place; what repeats it agrees, and nothing else names it."""

import re
from datetime import date

import yaml
from packaging.version import Version

from emollm_plugin import __version__

from .conftest import ROOT
from .pages import PAGES

HEADING = re.compile(r"^## (?:(\[Unreleased\])|(\S+) \((\d{4}-\d{2}-\d{2})\))$")
# Ours, with a number behind its name, or the tag of a release that is not LLaVA's.
NUMBERED = re.compile(r"emollm[-_]llava(-|==)\d|(?<!LLaVA )\bv\d+\.\d+\.\d+\b")


def releases():
    """Version and day of each heading of the changelog, which begins with `[Unreleased]`."""
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    headings = [(line, HEADING.match(line)) for line in lines if line.startswith("## ")]
    assert all(found for _, found in headings), headings
    first, *others = [found for _, found in headings]
    assert first[1] and not any(found[1] for found in others)
    return [(Version(found[2]), date.fromisoformat(found[3])) for found in others]


def test_the_changelog_has_releases_in_order_and_the_newest_is_not_behind_the_code():
    found = releases()
    assert found == sorted(found, reverse=True) and len({version for version, _ in found}) == len(found)
    assert found[0][0] >= Version(__version__)


def test_the_citation_has_the_version_of_the_code_and_the_day_of_the_newest_release():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["date-released"]) == (__version__, releases()[0][1])


def test_no_other_file_names_it():
    others = [ROOT / name for name in ("setup.cfg", "pyproject.toml", "mkdocs.yml", "PACKAGE.md", "CONTRIBUTING.md")]
    for folder in ("scripts", ".github/workflows", "docker"):
        others += [path for path in (ROOT / folder).iterdir() if path.is_file()]
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in [*others, *PAGES]}
    named = {path: found for path, text in texts.items() if (found := NUMBERED.findall(text))}
    named |= {path: __version__ for path, text in texts.items() if re.search(rf"\b{re.escape(__version__)}\b", text)}
    assert not named
