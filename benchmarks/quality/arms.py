"""What is compared: one line per arm."""

from __future__ import annotations

from dataclasses import dataclass

from emobench_data.io.errors import InputError

PLAIN, GUIDED = "chatml", "emoprompt_chatml"
LAST, BLOCK_14, BLOCK_10 = -1, -3, -7  # of EfficientNet-Lite0, see `layer_of`
ALIGNED = 150  # steps of word alignment
OURS = "multiperspective:tokens=4"  # the launcher's for EmoBench-mini, OASIS and FER2013

READ = {"beside": 0.2, "rate": 2e-5, "lora": 2e-3}  # what lets an adapter read aligned tokens in one pass
FACES = {**READ, "layer": BLOCK_10, "alignment": 300}


@dataclass(frozen=True)
class Arm:
    """One way to get from a picture to an answer.

    Args:
        projector: the host's `--mm_projector_type`.
        layer: the host's `--mm_vision_select_layer`, for EfficientNet-Lite0.
        template: name of the conversation template.
        alignment: steps of word alignment before the language model is in the loop.
        beside: share that a token keeps of what lies beside the labels' words, after alignment.
        rate: of the projector.
        lora: rate of a LoRA adapter, 0 for a language model that is frozen.
        cells: of the grid that logistic regression reads in place of all of the above but the layer, 0 for a projector.
    """

    name: str
    projector: str = OURS
    layer: int = BLOCK_14
    template: str = GUIDED
    alignment: int = ALIGNED
    beside: float = 1.0
    rate: float = 1e-3
    lora: float = 0.0
    cells: int = 0


HOST, EMOLLM = "host", "emollm"
EMOLLM_LORA = f"{EMOLLM}, LoRA"
# Data set and budget -> the arm with the launcher's TUNE for it.
HEADLINE = {("fer2013", "480 faces, 1 pass"): EMOLLM_LORA, ("oasis", "1 pass"): EMOLLM, ("oasis_category", "1 pass"): EMOLLM}
_MLP, _POOL = "mlp2x_gelu", "multiperspective:perspectives=none,tokens="


def _of(*perspectives: str) -> str:
    return f"multiperspective:perspectives={'+'.join(perspectives)},tokens=4"


_NO_LAYOUT = _of("objects", "relations", "atmosphere")
ARMS = {
    arm.name: arm
    for arm in (
        Arm(HOST, _MLP, LAST, PLAIN, 0),
        # The simplest baseline, on the features that the two headline arms read.
        Arm("logistic regression, block 14", "none", BLOCK_14, "none", 0, rate=0.0, cells=16),
        Arm("logistic regression, block 10", "none", BLOCK_10, "none", 0, rate=0.0, cells=16),
        # What is ours beside projector and prompt, given to the host's projector.
        Arm("host+block14", _MLP, BLOCK_14, PLAIN, 0),
        Arm("host+block14+alignment", _MLP, BLOCK_14, PLAIN),
        Arm("host+EmoPrompt", _MLP, LAST, GUIDED, 0),
        Arm("pool-mlp 16", _POOL + "16", LAST, PLAIN, 0),
        Arm("pool-mlp 4", _POOL + "4", LAST, PLAIN, 0),
        Arm("pool-mlp 4+block14+alignment", _POOL + "4", BLOCK_14, PLAIN),
        Arm(EMOLLM),
        Arm("emollm, no EmoPrompt", template=PLAIN),
        Arm("emollm, no alignment", alignment=0),
        Arm("emollm, no objects", _of("atmosphere", "layout")),  # relations read objects
        Arm("emollm, no relations", _of("objects", "atmosphere", "layout")),
        Arm("emollm, no atmosphere", _of("objects", "relations", "layout")),
        Arm("emollm, no layout", _NO_LAYOUT),
        Arm("emollm, no layout, no EmoPrompt", _NO_LAYOUT, template=PLAIN),
        Arm("emollm, no layout, no alignment", _NO_LAYOUT, alignment=0),
        Arm("emollm, no perspectives", _POOL + "4"),
        Arm("emollm, 16 tokens", "multiperspective:tokens=16"),
        Arm("emollm, enrich", "multiperspective"),
        # The language model trained too; an aligned projector takes a lower rate, which a fresh one does not.
        Arm("host, LoRA", _MLP, LAST, PLAIN, 0, lora=2e-3),
        Arm("host, LoRA+block10+alignment", _MLP, template=PLAIN, **FACES),
        Arm(EMOLLM_LORA, **FACES),
        Arm("emollm, LoRA, no EmoPrompt", template=PLAIN, **FACES),
        Arm("emollm, LoRA, no layout", _NO_LAYOUT, **FACES),
        Arm("emollm, LoRA, layout alone", _of("layout"), **FACES),
        Arm("emollm, LoRA, no perspectives", _POOL + "4", **FACES),
        Arm("emollm, LoRA, not drawn", **FACES | {"beside": 1.0}),
        # The faces' recipe before block 10; photographs with TUNE=lora still take the second.
        Arm("emollm, LoRA, block 14", **FACES | {"layer": BLOCK_14}),
        Arm("emollm, LoRA, block 14, 150 steps", **READ),
    )
}
REDUCED = (HOST, "host+block14+alignment", EMOLLM, "emollm, no EmoPrompt", "emollm, no alignment")


def layer_of(arm: Arm, tower: str) -> int:
    """The encoder's layer at the same place of a larger tower.

    EfficientNet-Lite1 and Lite2 have five blocks, Lite0 has four, between the grid of a sixteenth of the side, which ends at
    block 10 of Lite0, and the last block.
    """
    return arm.layer - (tower != "efficientnet_lite0" and arm.layer <= BLOCK_10)


def chosen(names: str) -> list[Arm]:
    """Arms by names with `;` between, since a name holds commas; `reduced` and `all` stand for sets.

    Raises:
        InputError: there is no such arm.
    """
    wanted = {"reduced": REDUCED, "all": tuple(ARMS)}.get(names) or tuple(name.strip() for name in names.split(";"))
    unknown = [name for name in wanted if name not in ARMS]
    if unknown:
        raise InputError(f"unknown arm {unknown[0]!r}; known, with ; between: {'; '.join(ARMS)}, or reduced, or all")
    return [ARMS[name] for name in wanted]
