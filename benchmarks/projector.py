"""What projectors cost, ours beside others: parameters, FLOPs, operators, time and memory, and a whole step.

    python benchmarks/projector.py [--parts llava,smollm,enrich,condense] [--repeats 5] [--threads 1] [--json]

Parts: `llava` is one picture of 576 patches of width 1024 to an LLM of width 4096 (CLIP-L/336, Vicuna-7B), `smollm` is
a batch of eight of 49 patches of width 192 to 576, the default recipe's sizes. `enrich` is the share of a training
step of the default recipe that the perspectives take, `condense` a step with 576 and with 144 tokens
(`benchmarks/projector_steps.py`). Within a part the contenders take turns; medians over the repeats. On a CPU with one
thread the time is CPU time, which other programs change less than wall time. Weights are random, float32.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from operators import operators  # noqa: E402
from other_projectors import CAbstractor, PoolMlp, Resampler, mlp2x, ours  # noqa: E402

from emollm_plugin.planning.activations import saved_bytes  # noqa: E402

# (batch, patches, their width, width of the LLM, tokens of those that condense)
SIZES = {"llava": (1, 576, 1024, 4096, 144), "smollm": (8, 49, 192, 576, 16)}


def contenders(patches: int, in_dim: int, out_dim: int, tokens: int) -> dict[str, Callable[[], nn.Module]]:
    """Name -> how to build it."""
    return {
        "linear": lambda: nn.Linear(in_dim, out_dim),
        "mlp2x_gelu": lambda: mlp2x(in_dim, out_dim),
        "multiperspective (enrich)": lambda: ours(in_dim, out_dim),
        f"pool, then MLP, {tokens}": lambda: PoolMlp(in_dim, out_dim, tokens),
        f"multiperspective:tokens={tokens}": lambda: ours(in_dim, out_dim, f"tokens={tokens}"),
        f"Perceiver resampler, {tokens}": lambda: Resampler(in_dim, out_dim, tokens),
        f"C-Abstractor, {tokens}": lambda: CAbstractor(in_dim, out_dim, tokens, patches),
    }


class Clock:
    """Seconds of a call, in its own time on one CPU thread, in wall time on a GPU or on several threads."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.now = time.process_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter

    def __call__(self, work: Callable[[], object]) -> float:
        self._wait()
        begun = self.now()
        work()
        self._wait()
        return self.now() - begun

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """The most that `work` allocated beyond what was there before it."""
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        work()
    changes = [event for event in profiled.profiler.kineto_results.events() if event.name() == "[memory]"]
    held = most = 0
    for change in sorted(changes, key=lambda event: event.start_ns()):
        held += change.nbytes()
        most = max(most, held)
    return most


def counted(build: Callable[[], nn.Module], patches: int, in_dim: int) -> dict:
    """Of one picture, without memory or arithmetic.

    Parameters; multiply-adds times two, forward; operators, views apart, forward and with backward; and bytes that autograd
    keeps of patches that need no gradient, themselves among them.
    """
    with torch.device("meta"):
        projector, picture = build(), torch.empty(1, patches, in_dim)
    with FlopCounterMode(display=False) as counter:
        tokens = projector(picture).shape[1]
    with torch.no_grad():
        forward = operators(lambda: projector(picture))
    return {
        "tokens": tokens,
        "parameters": sum(value.numel() for value in projector.parameters()),
        "flops": counter.get_total_flops(),
        "operators": [len(forward), len(operators(lambda: projector(picture).sum().backward()))],
        "kept_bytes": saved_bytes(projector, lambda: projector(picture)),
    }


def compare(size: str, repeats: int, device: torch.device) -> list[dict]:
    """One row for each projector."""
    batch, patches, in_dim, out_dim, tokens = SIZES[size]
    builders = contenders(patches, in_dim, out_dim, tokens)
    rows = [{"projector": name, **counted(build, patches, in_dim)} for name, build in builders.items()]
    images, clock = torch.randn(batch, patches, in_dim, device=device), Clock(device)
    works = [_works(build().to(device), images) for build in builders.values()]
    for forward, both in works:  # warm
        forward(), both()
    times = [([], []) for _ in works]
    for _ in range(repeats):
        for work, kept in zip(works, times):
            for call, seconds in zip(work, kept):
                seconds.append(clock(call))
    for row, (forward, both), (first, second) in zip(rows, works, times):
        row |= {
            "forward_s": median(first),
            "both_s": median(second),
            "forward_bytes": peak_bytes(forward, device),
            "both_bytes": peak_bytes(both, device),
        }
    return rows


def _works(projector: nn.Module, images: torch.Tensor) -> tuple[Callable[[], None], Callable[[], None]]:
    """Forward alone, and forward and backward; neither leaves anything behind."""

    @torch.no_grad()
    def forward() -> None:
        projector(images)

    def both() -> None:
        projector(images).sum().backward()
        projector.zero_grad()

    return forward, both


def table(size: str, rows: list[dict]) -> str:
    """The rows as Markdown."""
    batch, patches, in_dim, out_dim, _ = SIZES[size]
    lines = [
        f"Batch {batch}, {patches} x {in_dim} -> {out_dim}:",
        "",
        "| projector | tokens out | M parameters | GFLOP a picture | operators, with backward | kept MB a picture |"
        " forward ms | forward and backward ms | forward MB | forward and backward MB |",
        "| --- " * 10 + "|",
    ]
    for row in rows:
        numbers = [f"{row['parameters'] / 1e6:.2f}", f"{row['flops'] / 1e9:.2f}"]
        numbers += ["{}, {}".format(*row["operators"]), f"{row['kept_bytes'] / 1e6:.3g}"]
        numbers += [f"{1e3 * row[key]:.4g}" for key in ("forward_s", "both_s")]
        numbers += [f"{row[key] / 1e6:.3g}" for key in ("forward_bytes", "both_bytes")]
        lines.append(f"| {row['projector']} | {row['tokens']} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=[*SIZES, "enrich", "condense"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(given.threads)
    device, found = torch.device(given.device), {}
    for part in given.parts:
        if part in SIZES:
            found[part] = compare(part, given.repeats, device)
            text = table(part, found[part])
        else:
            import projector_steps

            found[part] = getattr(projector_steps, part)(given.repeats, device, Clock(device))
            text = projector_steps.told(part, found[part])
        print("" if given.json else text + "\n", file=sys.stderr if given.json else sys.stdout, flush=True)
    if given.json:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
