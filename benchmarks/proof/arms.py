"""The arms of the protocol: what stands between the frozen features and the answer, all else the same."""

from __future__ import annotations

from typing import NamedTuple

from emobench_data.io.errors import InputError

from ..quality.arms import GUIDED, PLAIN
from ..quality.data import CONTROL

HOST, POOLED, CELLS, OURS, WITHOUT, REGRESSION = "host", "pooled", "cells", "ours", "without ", "regression"


class Arm(NamedTuple):
    """One of them.

    Args:
        kind: what projects: `HOST`, `POOLED`, `CELLS`, `OURS`, `WITHOUT` and a perspective, or `REGRESSION`, which answers too.
        template: name of the conversation template, empty for none.
        beside: it is in no gain, and is trained after the others in one of these ways: `EQUAL_TIME`, or `TWO_STAGES`.
    """

    name: str
    kind: str
    template: str
    beside: str = ""


# As many steps as take the processor time of `FULL`; LLaVA's own two: the projector in front of the frozen model, with as many
# looks as alignment has, then the adapter too.
EQUAL_TIME, TWO_STAGES = "equal time", "two stages"


PLAIN_HOST, FULL, LOGISTIC = "host", "ours", "logistic regression"
SEEN, HEARD = ("objects", "relations", "atmosphere", "layout"), ("tone", "change", "course")
ARMS = {
    arm.name: arm
    for arm in (
        Arm(PLAIN_HOST, HOST, PLAIN),
        Arm("host, EmoPrompt", HOST, GUIDED),
        Arm("pooled", POOLED, PLAIN),
        Arm("cells", CELLS, PLAIN),
        Arm(FULL, OURS, GUIDED),
        Arm("ours, plain", OURS, PLAIN),
        *(Arm(f"ours, without {name}", WITHOUT + name, GUIDED) for name in dict.fromkeys(SEEN + HEARD)),
        Arm(LOGISTIC, REGRESSION, ""),
        *(Arm(f"host, {way}", HOST, PLAIN, way) for way in (EQUAL_TIME, TWO_STAGES)),
    )
}
# Of the reduced form, by set.
ESSENTIAL = (PLAIN_HOST, FULL, LOGISTIC)
REDUCED = {
    "fer2013": (PLAIN_HOST, "pooled", "cells", FULL, "ours, plain", LOGISTIC),
    "oasis": (PLAIN_HOST, "pooled", FULL, LOGISTIC),
    CONTROL: (PLAIN_HOST, "pooled", FULL, LOGISTIC),
    "emodb": (PLAIN_HOST, "pooled", FULL, LOGISTIC),
}


class Rates(NamedTuple):
    """Of AdamW: the projector's, and the adapter's."""

    projector: float
    adapter: float


# What every arm may choose from.
RATES = (Rates(2e-5, 2e-3), Rates(1e-3, 5e-4))


def projector_type(kind: str, tokens: int, known: tuple[str, ...]) -> str:
    """The host's type string of a kind, for so many tokens but for the host's own; raises `InputError` as `perspectives`."""
    if kind == HOST:
        return "mlp2x_gelu"
    return f"multiperspective:perspectives={'none' if kind == POOLED else perspectives(kind, known)},tokens={tokens}"


def perspectives(kind: str, known: tuple[str, ...]) -> str:
    """The perspectives of one of our projectors as its type string has them; `relations` need `objects`.

    Raises:
        InputError: what is to be left out is not among the `known`.
    """
    out = kind.removeprefix(WITHOUT) if kind.startswith(WITHOUT) else ""
    if out and out not in known:
        raise InputError(f"{out!r} is no perspective of this set; known: {', '.join(known)}")
    left = [name for name in known if name != out and not (name == "relations" and out == "objects")]
    return "+".join(left)
