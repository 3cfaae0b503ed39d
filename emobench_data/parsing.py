"""From a model's words to a label: strict, with no guess and no default (our rules)."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Iterable

_ANSWER_LINE = re.compile(r"^[ \t*#>_-]*(?:final[ \t]+)?answer[ \t*_]*:[ \t*_]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"(?:option )?([a-z])")


def normal(text: str) -> str:
    """`text` as plain words: compatibility forms folded, lower case, single spaces, no punctuation.

    A text without any word, such as an emoji, keeps its signs.
    """
    folded = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(_WORD.findall(folded)) or " ".join(folded.split())


def conclusion(answer: str) -> str:
    """What counts of an answer: the last line of the form `Answer: ...`, or all of it if there is none."""
    lines = _ANSWER_LINE.findall(answer.replace("：", ":"))
    return lines[-1] if lines else answer


def closed(text: str, answer: str) -> str:
    """Reasons with the closing line in which a guided answer is trained and read: `Answer: ...`, nothing after it."""
    return f"{text}\nAnswer: {answer}"


def closing(answer: str) -> str:
    """What the closing line of a guided answer holds; empty if its last line is none, or two lines differ."""
    lines = _lines(answer)
    found = [match[1] for line in lines if (match := _ANSWER_LINE.fullmatch(line))]
    same = len({normal(label) for label in found}) == 1
    return found[-1] if same and _ANSWER_LINE.fullmatch(lines[-1]) else ""


def reasons(answer: str) -> str:
    """A guided answer without its closing lines."""
    return "\n".join(line for line in _lines(answer) if not _ANSWER_LINE.fullmatch(line))


def _lines(answer: str) -> list[str]:
    return answer.replace("：", ":").strip().split("\n")


class LabelSet:
    """The labels an answer may name. Labels are compared in their `normal` form.

    Args:
        labels: in their own order, which is the order of the option letters.
        letters: whether an answer may be an option's letter, such as `B`, `(B)` or `Option B.`.
    """

    def __init__(self, labels: Iterable[str], *, letters: bool) -> None:
        ordered = [normal(label) for label in labels]
        self._keys = frozenset(ordered)
        self._letters = dict(zip(string.ascii_lowercase, ordered)) if letters else {}
        longest_first = sorted(self._keys, key=lambda key: (-len(key), key))
        self._pattern = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, longest_first))})(?!\S)")

    def parse(self, answer: str) -> frozenset[str]:
        """The labels that `answer` names: one, or none (unparsed), or several (ambiguous).

        The whole answer as a label comes first, then as an option letter, then every label that occurs in it as whole
        words, a longer label before one that is part of it. Negation is not read: `not happy` names `happy`.
        """
        text = normal(conclusion(answer))
        if text in self._keys:
            return frozenset((text,))
        letter = _LETTER.fullmatch(text)
        if letter and letter[1] in self._letters:
            return frozenset((self._letters[letter[1]],))
        return frozenset(self._pattern.findall(text))
