"""Whether perspectives move at a projector's rates: what each adds to the visual tokens after a short training.

    python -m benchmarks.perspectives_move --toy
    python -m benchmarks.perspectives_move --data-root FOLDER --cache CACHE [--seeds 0,1] [--rates 2e-5,1e-3]

`--toy` regresses on a target that the perspectives can reach and the content path cannot, once with gates at zero and
random values, as the projector began before, and once as it begins now. Without it SmolLM2 with a LoRA adapter and the
projector are trained on 476 FER2013 faces after word alignment and asked about the development faces, which are a part
of FER2013's own training split. Run at two commits, with one cache, the table compares them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions
from emollm_plugin.serving.explain.seen import changes, watching

TOY_RATE, TOY_STEPS = 2e-5, 100


@contextmanager
def added(projector: nn.Module) -> Iterator[dict[str, float]]:
    """Fills a table at its end: perspective -> length of what it added in the last pass, as a share of the tokens before it."""
    shares: dict[str, float] = {}
    with watching(projector) as passed:
        yield shares
    shares.update(changes(projector, passed))


def toy(gate: float, *, zero_values: bool) -> tuple[float, dict[str, float]]:
    """The share of the target's variance that is explained, and what each perspective adds; from such a gate."""
    torch.manual_seed(0)
    projector = MultiPerspectiveProjector(12, 20, ProjectorOptions.parse("multiperspective:slots=4"))
    for read in projector.reads.values():
        if not zero_values:
            read.to_value.open()
        nn.init.constant_(read.gate, gate)
    torch.manual_seed(1)
    patches = torch.randn(64, 16, 12)
    target = projector.content(patches).detach()
    target = target + torch.einsum("bnc,nco->bo", patches, torch.randn(16, 12, 20) / 10)[:, None]
    optimizer = torch.optim.AdamW(projector.parameters(), lr=TOY_RATE)
    losses = []
    for _ in range(TOY_STEPS):
        losses.append((projector(patches) - target).square().mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    with added(projector) as shares, torch.no_grad():
        projector(patches)
    return 1 - (losses[-1] / losses[0]).item(), shares


def real(options: argparse.Namespace, seed: int, rate: float) -> tuple[float, float, dict[str, float]]:
    """Accuracy on the development faces, the last loss, and what each perspective adds to their tokens."""
    from dataclasses import replace

    from benchmarks.quality.arms import ARMS
    from benchmarks.quality.runs import Bench, Unit
    from benchmarks.quality.training import answer, build, stacked, train, turns_of, warm

    arm = replace(ARMS["emollm, LoRA, not drawn"], rate=rate)
    bench, unit = Bench(options), Unit("fer2013", "efficientnet_lite0", seed, 0, arm)
    (cell, _), features = bench.cell(unit), bench.features(*bench.pictures([unit]))
    words, model = bench._words(cell), bench._model(arm.template)
    projector = build(arm, next(iter(features.values())), model.width, seed)
    warm(projector, arm, features, turns_of(cell.train), words, seed)
    with model.adapted(seed):
        loss = train(projector, model, arm, features, cell.train, steps=len(cell.train) // 8, seed=seed, quiet=True)
        with added(projector) as shares, torch.no_grad():
            projector(stacked(features, cell.test))
        given = answer(projector, model, features, cell.test, quiet=True)
    return sum(given[item.id] == item.answer for item in cell.test) / len(cell.test), loss, shares


def line(name: str, shares: dict[str, float], *figures: float) -> str:
    return " | ".join(
        ("", name, *(f"{figure:.3f}" for figure in figures), *(f"{100 * share:.1f} %" for share in shares.values()), "")
    ).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toy", action="store_true")
    parser.add_argument("--data-root", type=Path, help="folder with fer2013/ in it")
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"))
    parser.add_argument("--base", default=str(Path(__file__).parents[1] / "models" / "smollm2-135m-instruct"))
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--rates", default="2e-5,1e-3", help="of the projector")
    parser.add_argument("--test", type=int, default=546, help="development faces")
    options = parser.parse_args()
    columns = "objects | relations | atmosphere | layout |"
    if options.toy:
        print(f"| {TOY_STEPS} steps at {TOY_RATE} | explained | {columns}\n{'| --- ' * 6}|")
        width = ProjectorOptions().width
        starts = [("gates at zero, values random", 0.0, False)]
        starts += [(f"values at zero, gates at {gate:.3g}", gate, True) for gate in (width**-0.5, 0.1, 0.3, 1.0)]
        for name, gate, zero_values in starts:
            share, shares = toy(gate, zero_values=zero_values)
            print(line(name, shares, share), flush=True)
        return
    from emollm_plugin.attach import register

    register()
    vars(options).update(train=476, development=True, folds=1, epochs=1, device="cpu", jobs=1)
    print(f"| seed, rate | accuracy | loss | {columns}\n{'| --- ' * 7}|")
    for seed in map(int, options.seeds.split(",")):
        for rate in map(float, options.rates.split(",")):
            accuracy, loss, shares = real(options, seed, rate)
            print(line(f"{seed}, {rate}", shares, accuracy, loss), flush=True)


if __name__ == "__main__":
    main()
