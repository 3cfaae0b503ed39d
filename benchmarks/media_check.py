"""How long it takes to check pictures before training, and to begin again after that.

    python benchmarks/media_check.py [--count 20000] [--side 480]

Pictures of smoothed noise (JPEG, 4:3) are made once and linked under as many names as are wanted. The first check
decodes each; the second finds in its cache what is known of them. Seconds of the wall, and of all processors together.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from emobench_data.media.check import MediaFile, check_all, media_cache, signature

KINDS = 40  # different pictures


def make(folder: Path, count: int, side: int) -> list[str]:
    """`count` names of pictures of `side` pixels, the shorter one."""
    generator = np.random.default_rng(0)
    names = []
    for number in range(count):
        name = f"{number % 100:02}/{number}.jpg"
        (folder / name).parent.mkdir(exist_ok=True)
        if number < KINDS:
            coarse = generator.integers(0, 255, (side // 15, side // 12, 3)).astype(np.uint8)
            large = Image.fromarray(coarse).resize((side * 4 // 3, side), Image.Resampling.BICUBIC)
            noisy = np.asarray(large) + generator.normal(0, 8, (side, side * 4 // 3, 3))
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / name, quality=88)
        else:
            os.link(folder / names[number % KINDS], folder / name)
        names.append(name)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=480)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        names = make(root, arguments.count, arguments.side)
        media = {name: MediaFile(root, name, "image") for name in names}
        size = (root / names[0]).stat().st_size
        print(f"{len(names)} pictures of {size / 1000:.0f} kB, {os.cpu_count()} threads")
        for title in ("first check", "second check"):
            with media_cache(root / "cache.jsonl") as cache:
                wall, busy = time.perf_counter(), time.process_time()
                faults, _ = check_all(media, cache)
                wall, busy = time.perf_counter() - wall, time.process_time() - busy
            assert not faults
            print(f"{title:<14}{wall:8.2f} s {busy:8.2f} s of processors {len(names) / wall:10.0f} pictures a second")
        wall = time.perf_counter()
        signature(names, root)
        print(f"{'signature':<14}{time.perf_counter() - wall:8.2f} s")


if __name__ == "__main__":
    main()
