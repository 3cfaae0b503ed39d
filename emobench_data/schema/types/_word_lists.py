"""Lists of words as models write them."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[,;/|\n\u3001\uff0c\uff1b\u2022&]|\band\b", re.IGNORECASE)
_MARK = re.compile(r"^\s*(?:[-*+]|\(?\d+[.)])\s+")


def parts(text: str) -> list[str]:
    """What stands between the commas (or `and`, line breaks and the like), without the signs of a list before it."""
    found = (_MARK.sub("", part).strip(" \t\r.\"'*_[](){}:!") for part in _BETWEEN.split(text))
    return [part for part in found if part]
