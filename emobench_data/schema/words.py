"""Words of any script: what is one, and which labels a text holds as whole words.

Where a script sets no blanks between words (Han, Hiragana, Thai, Lao, Khmer, Burmese ...), any run of letters may be a word, so
that a label is found within a sentence; elsewhere a word ends at a blank or a sign, and a hyphen joins: `un-happy` holds no
`happy`. Classes of letters are Unicode's, by the `regex` library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import regex

_INVISIBLE = str.maketrans("", "", "\u00ad\u2060\ufeff")  # soft hyphen, word joiner, byte order mark
_PLAIN = re.compile(r"[^\W_]+")
_WORD = regex.compile(r"[^\W_\p{M}][^\W_]*")  # a mark belongs to the letter before it

_RUNS = r"\p{Han}\p{Hiragana}\p{Line_Break=Complex_Context}"  # scripts that set no blanks
_SPACED = rf"[^\W_\p{{M}}{_RUNS}][^\W_{_RUNS}]*"
# A Han sign for "not" or "un" joins what follows, as a hyphen does.
_PIECE = regex.compile(rf"[不無无非未沒没]?[{_RUNS}]\p{{M}}*|{_SPACED}(?:[-\u2010]{_SPACED})*")
_HYPHEN = re.compile("[-\u2010]")


def fold(text: str) -> str:
    """`text` in lower case, compatibility forms folded, without invisible signs."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).translate(_INVISIBLE)


def normal(text: str) -> str:
    """`text` as plain words: folded, single spaces, no punctuation.

    A text without any word, such as an emoji, keeps its signs.
    """
    folded = fold(text)
    return " ".join((_PLAIN if folded.isascii() else _WORD).findall(folded)) or " ".join(folded.split())


def pieces(text: str) -> list[str]:
    """The parts between which a label may begin and end: words, or single letters of a script without blanks.

    A compound such as `un-happy` is one part, its hyphens blanks.
    """
    folded = fold(text)
    found = (_PLAIN if folded.isascii() and "-" not in folded else _PIECE).findall(folded)
    return [_HYPHEN.sub(" ", part) for part in found] if "-" in folded or "\u2010" in folded else found


class Vocabulary:
    """Labels by the parts they are made of; `keys` are their `normal` forms."""

    def __init__(self, labels: Iterable[str]) -> None:
        forms = {normal(label): " ".join(pieces(label)) for label in labels}
        self.keys = frozenset(forms)
        self.forms = {form: key for key, form in forms.items() if form}
        self.longest = max((form.count(" ") + 1 for form in self.forms), default=0)


def named(text: str, *vocabularies: Vocabulary) -> frozenset[str]:
    """The labels that `text` holds as whole words, by their normal form; a longer label before one that is part of it."""
    parts, longest = pieces(text), max(own.longest for own in vocabularies)
    forms = [own.forms for own in vocabularies]
    found, start = set(), 0
    while start < len(parts):
        for end in range(min(len(parts), start + longest), start, -1):
            form = " ".join(parts[start:end])
            key = next((own[form] for own in forms if form in own), None)
            if key is not None:
                found.add(key)
                start = end - 1
                break
        start += 1
    return frozenset(found)


@lru_cache(maxsize=4096)
def vocabulary(labels: frozenset[str]) -> Vocabulary:
    """A `Vocabulary` that is made once for many questions."""
    return Vocabulary(sorted(labels))
