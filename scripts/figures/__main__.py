"""Draw the figures of the docs into docs/figures/.

    python -m scripts.figures

They follow the code: rooms from pyproject.toml, hooks from emollm_plugin/attach.py, shapes and defaults from the projector's
options. Draw them anew when a test says that they differ. The README's picture needs a trained model:
`python -m scripts.figures.at_work runs/mini-seed0`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from emobench_data.io.errors import InputError

from . import flows, house, projector
from .pen import Pen, sheet

ROOT = Path(__file__).parents[2]

# Name -> title, height and what draws it.
FIGURES: dict[str, tuple[str, int, Callable[[Pen], None]]] = {
    "house": ("The rooms of the code, floor by floor", house.height(), house.draw),
    "projector": ("The projector multiperspective", projector.HEIGHT, projector.draw),
    "sound": ("The projector of sound", projector.HEIGHT_OF_SOUND, projector.draw_sound),
    "way": ("From data sets to scores", flows.WAY_HEIGHT, flows.draw_way),
    "hooks": ("How the plug-in hooks into LLaVA", flows.HOOKS_HEIGHT, flows.draw_hooks),
    "video": ("The two ways of a clip", flows.VIDEO_HEIGHT, flows.draw_video),
}


def draw_all(folder: Path) -> None:
    """Write every figure to `folder` as an SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (title, height, draw) in FIGURES.items():
        with sheet(folder / f"{name}.svg", height, title) as pen:
            draw(pen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "figures")
    try:
        draw_all(parser.parse_args().out)
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
