"""From a model's words to a label: strict, with no guess and no default (our rules)."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence

from .words import Vocabulary, named, normal, pieces

__all__ = [
    "YES_NO",
    "LabelSet",
    "chain",
    "closed",
    "closing",
    "closings",
    "conclusion",
    "goes_on",
    "is_letter",
    "normal",
    "reasons",
    "shows_letters",
    "spoken",
    "yes_or_no",
]

YES_NO = ("Yes", "No")
_ANSWER_LINE = re.compile(r"^[ \t*#>_-]*(?:final[ \t]+)?answer[ \t*_]*:[ \t*_]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_LETTER = re.compile(r"(?:option )?([a-z])")
# A letter that marks what follows: `B) joy`, `(B) joy`, `**B.** joy`, `Option B: joy`.
_MARKED = re.compile(r"\W*(?:option\s+)?([a-z])[*_]*(?:[)\]:][*_\s]*|\.[*_]*\s+)(?=\S)", re.IGNORECASE)
# How models mark what they think before they answer: DeepSeek-R1, Qwen, GLM and their like in angle brackets (in Chinese
# too), Magistral in square ones, Kimi-VL in triangles.
_THOUGHT = re.compile(
    r"</?(?:think(?:ing)?|thoughts?|reason(?:ing)?|思考|思考过程|思维链?|推理)>|\[/?think\]|◁/?think▷", re.IGNORECASE
)
_ANSWER_TAG = re.compile(r"</?answer>", re.IGNORECASE)
_CLAUSE = re.compile(r"[^\w\s'’-]|\b(?:and|or|but)\b", re.IGNORECASE)


def spoken(answer: str) -> str:
    """`answer` without the model's thoughts; empty where it was cut off within one.

    A thought that only ends began in the prompt, as the chat templates of some models begin it.
    """
    if not ("<" in answer or "[" in answer or "◁" in answer):  # nearly every answer
        return answer
    kept, start, inside = [], 0, False
    for tag in _THOUGHT.finditer(answer):
        if tag[0][1] != "/":
            if not inside:
                kept.append(answer[start : tag.start()])
            inside = True
            continue
        if not inside:
            kept.clear()
        inside, start = False, tag.end()
    return "" if inside else "\n".join([*kept, answer[start:]]) if start else answer


def conclusion(answer: str) -> str:
    """What counts of an answer: its last line of the form `Answer: ...` and what follows, or all of it if there is none."""
    said = spoken(answer).replace("：", ":")
    said = _ANSWER_TAG.sub("\n", said) if "<" in said else said
    last = max((line.start(1) for line in _ANSWER_LINE.finditer(said)), default=0)
    return said[last:]


def closed(text: str, answer: str) -> str:
    """Reasons with the closing line in which a guided answer is trained and read: `Answer: ...`, nothing after it."""
    return f"{text}\nAnswer: {answer}"


def closing(answer: str) -> str:
    """What the closing line of a guided answer holds; empty if its last line is none, or two lines differ."""
    found = closings(answer)
    same = len({normal(label) for label in found}) == 1
    return found[-1] if same and not goes_on(answer) else ""


def closings(answer: str) -> list[str]:
    """What each closing line of an answer holds."""
    return [match[1] for line in _lines(answer) if (match := _ANSWER_LINE.fullmatch(line))]


def goes_on(answer: str) -> bool:
    """Whether the last line of an answer is no closing line."""
    return not _ANSWER_LINE.fullmatch(_lines(answer)[-1])


def reasons(answer: str) -> str:
    """A guided answer without its closing lines."""
    return "\n".join(line for line in _lines(answer) if not _ANSWER_LINE.fullmatch(line))


def chain(answer: str) -> str | None:
    """What a guided answer says before its first closing line; None where it has none."""
    lines = _lines(answer)
    closings = [place for place, line in enumerate(lines) if _ANSWER_LINE.fullmatch(line)]
    return "\n".join(lines[: closings[0]]) if closings else None


def _lines(answer: str) -> list[str]:
    return spoken(answer).replace("：", ":").strip().split("\n")


def yes_or_no(answer: str) -> frozenset[str]:
    """`yes` or `no` where the answer is that word or begins with it, both where it says both, else none.

    `Yes. There is no doubt` is a yes, since a `no` within a clause is most often none; `No. Actually, yes` says both.
    """
    text = conclusion(answer)
    yes, no = map(normal, YES_NO)
    first, *others = pieces(text) or [""]
    if first == "answer" and others:  # `Answer:` on a line of its own
        first, *others = others
    if first not in (yes, no):
        return frozenset()
    both = yes in others if first == no else no in map(normal, _CLAUSE.split(text))
    return frozenset((yes, no)) if both else frozenset((first,))


def is_letter(answer: str) -> bool:
    """Whether an answer is nothing but what may be an option's letter, such as `B`, `(B)` or `Option B.`."""
    return _LETTER.fullmatch(normal(conclusion(answer))) is not None


def shows_letters(question: str, options: Sequence[str]) -> bool:
    """Whether the text of a question lists `options` under their letters: `A. joy`, `(A) joy` or `A: joy`, and so on."""
    return all(
        re.search(rf"(?<!\w){letter}[*_]*\s*[).:\]]\s*{re.escape(option)}(?!\w)", question, re.IGNORECASE)
        for letter, option in zip(string.ascii_uppercase, options)
    )


class LabelSet:
    """The labels an answer may name. Labels are compared in their `normal` form.

    Args:
        labels: in their own order, which is the order of the option letters.
        letters: whether an answer may be an option's letter alone, which it may only where the question shows letters.

    `spelled` gives the label for its normal form.
    """

    def __init__(self, labels: Iterable[str], *, letters: bool) -> None:
        ordered = list(labels)
        self._words = Vocabulary(ordered)
        self.spelled = {normal(label): label for label in reversed(ordered)}
        self._letters = dict(zip(string.ascii_lowercase, map(normal, ordered)))
        self._may_be_letter = letters

    def parse(self, answer: str) -> frozenset[str]:
        """The labels that `answer` names: one, or none (unparsed), or several (ambiguous).

        The whole answer as a label comes first, then as an option letter, then every label that occurs in it as whole
        words, a longer label before one that is part of it. A letter that marks a label, as in `B) joy`, must be that
        label's own, or both count. Negation is not read: `not happy` names `happy`.
        """
        said = conclusion(answer)
        text = normal(said)
        if text in self._words.keys:
            return frozenset((text,))
        letter = _LETTER.fullmatch(text)
        if letter:
            return frozenset((self._letters[letter[1]],)) if self._may_be_letter and letter[1] in self._letters else frozenset()
        found, marked = named(said, self._words), _MARKED.match(said)
        if found and marked and marked[1].lower() in self._letters:
            return found | {self._letters[marked[1].lower()]}
        return found
