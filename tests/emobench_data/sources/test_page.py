"""The page of the data sets gives an overview that says what the code and the made-up copies say."""

import re
from fnmatch import fnmatchcase

from emobench_data.sources import all_sources, get_source

from ...pages import ROOT
from .contract import every_source
from .helpers import convert

PAGE = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| \[([^\]]+)\]\(#[\w-]+\) \| (.*) \|$", PAGE, flags=re.MULTILINE))


def test_every_data_set_has_one_row():
    assert sorted(ROWS) == sorted(source.title for source in all_sources().values())
    assert len(re.findall(r"^\| \[[^\]]+\]\(#", PAGE, flags=re.MULTILINE)) == len(ROWS)


@every_source
def test_a_row_agrees_with_the_code(name, copy):
    source = get_source(name)
    media, language, tasks, labels, items, licence, access = ROWS[source.title].split(" | ")
    kinds = {medium.kind for record in convert(name, copy)[0] for medium in record.media}
    assert media.split(", ") == sorted(kinds or {"text"})
    assert language and access in ("free", "account", "form", "gone") and licence == source.licence
    named = re.findall(r"`([^`]+)`", tasks)
    assert all(any(fnmatchcase(task, one) for one in named) for task in source.tasks)
    assert all(any(fnmatchcase(task, one) for task in source.tasks) for one in named)
    sizes = dict.fromkeys(str(len(names)) for names in source.labels.values() if names)
    assert labels == (", ".join(sizes) or "-")
    told, known = int(re.sub(r"\D", "", items)), sum(source.expected.values()) or sum(source.parts.values())
    assert told > known if items.endswith("*") else told == known
