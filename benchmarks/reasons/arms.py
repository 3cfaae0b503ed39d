"""What is compared: how a model was trained, and how it is asked then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from emobench_data.io.errors import InputError
from emobench_data.schema.tasks import DIRECT, GUIDED
from emobench_data.schema.tasks import STEPS as IN_STEPS

from ..quality.arms import BLOCK_14, OURS, READ
from ..quality.arms import GUIDED as TEMPLATE
from ..quality.arms import Arm as Recipe

GREEDY, VOTED, SCORED = "greedy", "self-consistency", "likelihood"
CHAINS, TEMPERATURE = 5, 0.7  # of self-consistency


class Training(NamedTuple):
    """Which records learn reasons, see `rationale.choose`, and in which form."""

    rationale: str
    form: str


TRAININGS = {
    "direct": Training("none", DIRECT),
    "sentences": Training("all", GUIDED),
    "steps": Training("all", IN_STEPS),
    "half": Training("mixed", IN_STEPS),
}


@dataclass(frozen=True)
class Arm:
    """One way to train and to ask.

    Args:
        trained: of `TRAININGS`.
        form: in which the questions of the reasoned sub-tasks are asked.
        decoding: of their answers.
    """

    name: str
    trained: str
    form: str
    decoding: str = GREEDY


ARMS = {
    arm.name: arm
    for arm in (
        Arm("direct", "direct", DIRECT),
        Arm("guided, reasons not trained", "direct", GUIDED),
        Arm("sentences by rule", "sentences", GUIDED),
        Arm("steps", "steps", IN_STEPS),
        Arm("half direct, asked directly", "half", DIRECT),
        Arm("half direct, asked in steps", "half", IN_STEPS),
        Arm("steps, labels scored", "steps", IN_STEPS, SCORED),
        Arm("steps, self-consistency", "steps", IN_STEPS, VOTED),
    )
}
BASELINE = "direct"

TEXT = ("mustard", "mintrec")  # their clips are not at hand: the words alone, with those before them
# One recipe for all arms: the launcher's for rendered data, and for real data what its adapter takes.
_MINI = {"rate": 1e-3, "lora": 5e-4, "alignment": 300}
RECIPES = {
    "mini": Recipe("rendered", OURS, BLOCK_14, TEMPLATE, **_MINI),
    "oasis": Recipe("photographs", OURS, BLOCK_14, TEMPLATE, **READ),
    **dict.fromkeys(TEXT, Recipe("text", "none", 0, TEMPLATE, 0, rate=0.0, lora=READ["lora"])),
}
# The adapter; without dropout, which costs time and memory. Texts take it in the upper half of the layers alone: half the time.
LORA = {
    "r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.0,
    "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
}
# Of training, of 8 records each.
STEPS = {"mustard": 40, "mintrec": 40, "mini": 90, "oasis": 50}
# The sub-tasks that reasons are for, where these are not all.
REASONED = {"mini": ("hate", "humor", "sarcasm")}


def adapter(data: str, layers: int) -> dict[str, Any]:
    """What `peft.LoraConfig` takes, for a decoder of so many layers."""
    return LORA | {"layers_to_transform": list(range(layers // 2 if data in TEXT else 0, layers))}


def chosen(names: str) -> list[Arm]:
    """Arms by names with `;` between, or `all`.

    Raises:
        InputError: there is no such arm.
    """
    wanted = list(ARMS) if names == "all" else [name.strip() for name in names.split(";")]
    unknown = [name for name in wanted if name not in ARMS]
    if unknown:
        raise InputError(f"unknown arm {unknown[0]!r}; known, with ; between: {'; '.join(ARMS)}, or all")
    return [ARMS[name] for name in wanted]
