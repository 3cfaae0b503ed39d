"""Clips in RAVDESS' form from its sounds: a drawn face that talks and shows nothing, with the actor's own voice.

    python -m benchmarks.ravdess_clips --root RAVDESS --out DIR

RAVDESS' own videos are large, and their faces tell the emotion. On these clips the voice alone does, so that a model that is
trained with SOUND=1 can be held beside the same one without: `DATASET=ravdess DATA_ROOT=DIR VIDEOS=clips`.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

from emobench_data.io.atomic import atomic_file
from emobench_data.media.sound import RATE, read_sound
from emobench_data.mini.clips import encode
from emobench_data.mini.heard import talking
from emobench_data.sources import Skips, get_source


@click.command(help=__doc__)
@click.option("--root", type=click.Path(path_type=Path), required=True, help="A copy of RAVDESS with its sounds.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Gets Actor_NN/01-*.mp4; those there stay.")
def main(root: Path, out: Path) -> None:
    heard = [one for one in get_source("ravdess").records(root, Skips(), ("emo_c",)) if one.media[0].kind == "audio"]
    for record in tqdm(heard, unit="clip", disable=None):
        path = out / f"Actor_{record.group}" / f"01{record.item[2:]}.mp4"
        if not path.is_file():
            wave = read_sound(root / record.paths[0])
            samples = np.clip(np.rint(wave * 32_768), -32_768, 32_767).astype(np.int16)
            content = encode(talking(record.item, len(wave) / RATE), samples)
            with atomic_file(path, durable=False) as file:
                file.write(content)


if __name__ == "__main__":
    main()
