"""Training steps for `benchmarks/projector.py`: what enrich takes of one, and what condense saves of one.

A step is forward, backward and AdamW over LoRA of rank 16 and the projector, on an LLM of SmolLM2-135M's shapes with
random weights, float32, with logits for the answer alone, as the plug-in trains.
"""

from __future__ import annotations

from statistics import median
from types import SimpleNamespace

import torch
from other_projectors import mlp2x, ours
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaConfig, LlamaForCausalLM

from emollm_plugin.prompt.encode import IGNORE_INDEX
from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower
from emollm_plugin.training.loss import answer_loss

SMOLLM2 = LlamaConfig(
    vocab_size=49152,
    hidden_size=576,
    intermediate_size=1536,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    tie_word_embeddings=True,
)
VICUNA = LlamaConfig(
    vocab_size=32000,
    hidden_size=4096,
    intermediate_size=11008,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=32,
)
TEXT, ANSWER = 92, 4  # tokens of a sample: the mean over EmoBench-mini's records in the template emoprompt_chatml
SHARE, SPEED = 0.03, 2.0  # what enrich may take of a step, and condense must save
ENCODER_FLOPS = 381e9  # CLIP-L/336 on one picture


def decoder(config: LlamaConfig) -> LlamaForCausalLM:
    """A random LLM with LoRA in its layers, the rest frozen."""
    model = LlamaForCausalLM(config).requires_grad_(False)
    lora = LoraConfig(r=16, lora_alpha=32, target_modules=r"model\.layers.*_proj")
    return inject_adapter_in_model(lora, model).train()


def forward(model: LlamaForCausalLM, visual: Tensor, text: Tensor) -> Tensor:
    """The loss of samples that begin with their visual tokens."""
    embeddings = torch.cat([visual, model.get_input_embeddings()(text)], dim=1)
    labels = torch.full(embeddings.shape[:2], IGNORE_INDEX, device=text.device)
    labels[:, -ANSWER:] = text[:, -ANSWER:]
    llava = SimpleNamespace(get_model=lambda: model.model, lm_head=model.lm_head, config=model.config)
    return answer_loss(llava, labels, inputs_embeds=embeddings).loss


def stepper(model: LlamaForCausalLM, projector: nn.Module, features, text: Tensor):
    """A function that trains one step; `features()` gives the patches."""
    trained = [value for value in (*model.parameters(), *projector.parameters()) if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5)

    def step() -> None:
        forward(model, projector(features()), text).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def alone(projector: nn.Module, patches: Tensor):
    """A function that does what a step does in the projector: forward, backward and AdamW."""
    optimizer = torch.optim.AdamW(projector.parameters(), lr=1e-5)

    def step() -> None:
        projector(patches).sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def medians(works: dict, repeats: int, clock) -> dict[str, float]:
    """Seconds of each, in turns; the first turn warms up, and the median of three or more leaves it out."""
    times = [{name: clock(work) for name, work in works.items()} for _ in range(repeats)]
    return {name: median(one[name] for one in times) for name in works}


def enrich(repeats: int, device: torch.device, clock, batch: int = 8) -> dict:
    """The default recipe's step with and without perspectives, and what they take in the projector by itself."""
    tower = EfficientNetLiteTower("efficientnet_lite0", layer=-3).to(device)
    images = torch.randn(batch, 3, tower.image_size, tower.image_size, device=device)
    text = torch.randint(0, SMOLLM2.vocab_size, (batch, TEXT), device=device)
    patches = tower(images)
    # The default run condenses to 16 tokens; the others are 49, as the patches.
    options = {
        "MLP, 16": "perspectives=none,tokens=16",
        "perspectives, 16": "tokens=16",
        "MLP, 49": "perspectives=none",
        "perspectives, 49": "",
    }
    built = {name: ours(tower.hidden_size, SMOLLM2.hidden_size, each).to(device) for name, each in options.items()}
    part = medians({name: alone(projector, patches) for name, projector in built.items()}, 10 * repeats, clock)
    model = decoder(SMOLLM2).to(device)
    steps = {name: stepper(model, built[name], lambda: tower(images), text) for name in list(options)[:2]}
    whole = medians(steps, repeats, clock)
    # With 49 tokens the step is longer, so that their share of the step with 16 is the most that it can be.
    shares = {name: (part[f"perspectives, {name}"] - part[f"MLP, {name}"]) / whole["MLP, 16"] for name in ("16", "49")}
    return {"step_s": whole, "projector_s": part, "share": shares, "limit": SHARE}


def condense(repeats: int, device: torch.device, clock, batch: int = 1) -> dict:
    """A step with 576 patches of width 1024 as they come (MLP), and condensed to 144; the frozen encoder apart.

    Ten of the LLM's thirty layers, so that it is through in a minute; with all of them the projector weighs less.
    """
    patches = torch.randn(batch, 576, 1024, device=device)
    text = torch.randint(0, SMOLLM2.vocab_size, (batch, TEXT), device=device)
    model = decoder(LlamaConfig(**{**SMOLLM2.to_dict(), "num_hidden_layers": 10})).to(device)
    projectors = {"mlp2x_gelu, 576 tokens": mlp2x(1024, 576), "condensed to 144": ours(1024, 576, "tokens=144")}
    works = {name: stepper(model, projector.to(device), lambda: patches, text) for name, projector in projectors.items()}
    return {"step_s": medians(works, repeats, clock), "batch": batch, "limit": SPEED, "vicuna_flops": vicuna_flops()}


def vicuna_flops() -> dict[str, float]:
    """FLOPs of one LoRA step for one sample at LLaVA-1.5-7B's shapes, counted without memory; encoder included."""
    flops = {}
    with torch.device("meta"):
        model = decoder(VICUNA)
        for name, projector in {"576": mlp2x(1024, 4096), "144": ours(1024, 4096, "tokens=144")}.items():
            patches, text = torch.empty(1, 576, 1024), torch.empty(1, TEXT, dtype=torch.long)
            embeddings = torch.cat([projector(patches), model.get_input_embeddings()(text)], dim=1)
            # A mask of its own, since transformers would look into the values of a plain one.
            mask = torch.zeros(1, 1, embeddings.shape[1], embeddings.shape[1])
            with FlopCounterMode(display=False) as counter:
                projector(patches)
                model.model(inputs_embeds=embeddings, attention_mask=mask, use_cache=False)[0].sum().backward()
            flops[name] = counter.get_total_flops() + ENCODER_FLOPS
    return flops


def told(part: str, found: dict) -> str:
    """The figures of a part as Markdown."""
    if part == "condense":
        slow, fast = found["step_s"].values()
        lines = [f"| {name} | {seconds:.2f} |" for name, seconds in found["step_s"].items()]
        many, few = found["vicuna_flops"].values()
        counted = f"Counted at Vicuna-7B's shapes: {many / 1e12:.1f}, {few / 1e12:.1f} TFLOP, {many / few:.2f} times"
        return "\n".join(
            [
                f"| batch {found['batch']} | s a step |",
                "| --- | --- |",
                *lines,
                "",
                f"{slow / fast:.2f} times as fast (limit {SPEED}). {counted} as many.",
            ]
        )
    step = {name: f"{seconds:.2f}" for name, seconds in found["step_s"].items()}
    lines = [
        f"| {name} tokens | {1e3 * seconds:.1f} | {step.get(name, '')} |" for name, seconds in found["projector_s"].items()
    ]
    shares = ", ".join(f"{100 * share:.2f} % ({name} tokens)" for name, share in found["share"].items())
    taken = f"Perspectives take {shares} of a step; limit {100 * SHARE:.0f} %."
    return "\n".join(["| | projector alone, ms a step | whole step, s |", "| --- | --- | --- |", *lines, "", taken])
