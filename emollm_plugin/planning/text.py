"""A plan as text: tables of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MEMORY = ("weights", "gradients", "optimizer states", "activations", "logits", "buffers", "total")
NOTE = (
    "GB are 10^9 bytes. Activations are counted for the longest sample on the real code; memory was not measured on these\n"
    "GPUs. total: weights, gradients and optimizer states, with the larger of what the passes and what the optimizer's step\n"
    "take beside them. 1.5 GB are kept free for CUDA."
)


def as_text(plan: dict[str, Any]) -> str:
    """The plan, a table for each question."""
    return "\n\n".join((_head(plan), _parameters(plan), _memory(plan), _modes(plan), _cards(plan), _work(plan), NOTE))


def _head(plan: dict[str, Any]) -> str:
    own = plan["setting"]
    words = f"tune={own['tune']} zero={own['zero']} batch={own['batch']} global_batch={own['global_batch']}"
    words += f" checkpointing={int(own['checkpointing'])} on {own['gpus']} GPU(s), {own['precision']}, {own['optimizer']}"
    sample = f"sample: {plan['visual_tokens']} visual tokens; {own['longest']} tokens at most, usually {own['usual']}"
    sources = "; ".join(f"{part}: {place}" for part, place in plan["sources"].items())
    return f"{words}\n{sample}, of which {own['answers']} are learned\nshapes: {sources}"


def _parameters(plan: dict[str, Any]) -> str:
    rows = [(part, f"{n['all']:,}", f"{n['trained']:,}") for part, n in plan["parameters"].items()]
    totals = (sum(n[kind] for n in plan["parameters"].values()) for kind in ("all", "trained"))
    return table(("parameters", "all", "trained"), [*rows, ("together", *(f"{total:,}" for total in totals))])


def _memory(plan: dict[str, Any]) -> str:
    rows = [(name, gigabytes(plan["memory"][name])) for name in MEMORY]
    host = plan["memory"]["host"]
    rows += [("in the CPU's memory", gigabytes(host))] if host else []
    kept = plan["activations_a_sample"][plan["setting"]["tune"]]
    words = f"activations of a sample: {gigabytes(kept['plain'])} GB, {gigabytes(kept['checkpointing'])} with checkpointing=1"
    return table(("a GPU, GB", "this recipe"), rows) + f"\n{words}"


def _modes(plan: dict[str, Any]) -> str:
    rows = [(one["tune"], one["zero"], *(gigabytes(one[name]) for name in MEMORY)) for one in plan["modes"]]
    return table(("tune", "zero", *MEMORY), rows, left=2)


def _cards(plan: dict[str, Any]) -> str:
    rows = [(f"{one['gb']} GB", "yes" if one["fits"] else "no", _instead(one)) for one in plan["cards"]]
    return table(("GPU", "fits", "would fit with"), rows, left=3)


def _instead(card: dict[str, Any]) -> str:
    return "" if card["fits"] else card["instead"] or "nothing here; more GPUs, shorter samples or a smaller base"


def _work(plan: dict[str, Any]) -> str:
    sent, disk = plan["sent_a_step"], plan["disk"]
    lines = [f"arithmetic: {plan['flops_a_step'] / 1e12:,.1f} TFLOP a step"]
    host = f", {gigabytes(sent['host'])} GB to and from the CPU" if sent["host"] else ""
    lines += [f"communication: {gigabytes(sent['network'])} GB sent by each GPU a step{host}"]
    kept = f"{disk['checkpoints_kept']} checkpoints in mid-run of {gigabytes(disk['checkpoint'])} GB at most"
    lines += [f"disk: {gigabytes(disk['final'])} GB for the model, {kept}"]
    if plan["samples"] is None:
        return "\n".join([*lines, "time: how many samples there are is not known; give --samples"])
    lines += [f"time: {plan['steps']:,} steps for {plan['samples']:,} samples"]
    if "hours" in plan:
        lines[-1] += f", {plan['hours']:.2f} h"
    else:
        lines[-1] += "; for hours give --tflops, what a GPU achieves"
    return "\n".join(lines)


def gigabytes(count: int) -> str:
    """Bytes in 10^9, with as many places as they need to be told from nothing."""
    size = count / 1e9
    return f"{size:,.1f}" if size >= 10 else f"{size:.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Columns as wide as they must be, the first `left` of them flush left."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = zip(row, widths)
        shown = (cell.ljust(width) if column < left else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        lines.append("  ".join(shown).rstrip())
    return "\n".join(lines)
