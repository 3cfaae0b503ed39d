"""How many clips a second the loader reads, beside decoding everything and beside decord's plain `get_batch`.

    python benchmarks/video.py [--clips FOLDER] [--count 24] [--frames 8] [--runs 3]

Without --clips it makes clips of 640 x 360 with moving noise, 10 s at 25 a second, a key frame every 25 or every 250
frames. One process, one decoding thread each. Ways alternate within a run; the fastest of the runs is printed, and all.
The loader's frames are compared with those of decoding everything before anything is measured; `get_batch` chooses by
number and not by time, which are others where the frame rate varies.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av
import numpy as np

from emobench_data.media.video import FrameCache, Sampling, probe, read_frames

Way = Callable[[Path], np.ndarray]
SUFFIXES = (".mp4", ".mov", ".mkv", ".webm")


def make_clip(path: Path, *, seed: int, keys: int) -> Path:
    """250 frames of blurred noise that drifts: some motion, some detail, as a camera's pictures have."""
    generator = np.random.default_rng(seed)
    ground = np.kron(generator.integers(0, 255, (60, 100, 3)), np.ones((12, 12, 1))).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": str(keys), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(250):
            picture = np.ascontiguousarray(ground[index : index + 360, index : index + 640])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def decode_everything(path: Path, sampling: Sampling) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack([frames[index] for index in sampling.choose(probe(path).times)])


def plain_decord(path: Path, sampling: Sampling) -> np.ndarray:
    import decord

    reader = decord.VideoReader(str(path), num_threads=1)
    return reader.get_batch(np.linspace(0, len(reader) - 1, sampling.frames).round().astype(int)).asnumpy()


def ways(sampling: Sampling, cache: FrameCache) -> dict[str, Way]:
    """In the order of measuring: the cache is empty at `first epoch` and full at `later epochs`."""
    return {
        "decode everything": partial(decode_everything, sampling=sampling),
        "decord get_batch": partial(plain_decord, sampling=sampling),
        "loader, no cache": lambda path: read_frames(path, sampling).pixels,
        "loader, decord, no cache": lambda path: read_frames(path, sampling, reader="decord").pixels,
        "loader, first epoch": lambda path: cache.frames(path, sampling).pixels,
        "loader, later epochs": lambda path: cache.frames(path, sampling).pixels,
    }


def measure(title: str, paths: list[Path], sampling: Sampling, runs: int, folder: Path) -> None:
    cache = FrameCache(folder, limit=4_000_000_000)
    named = ways(sampling, cache)
    for name, way in named.items():
        for path in paths[:2] if name.startswith("loader") else ():
            assert np.array_equal(way(path), decode_everything(path, sampling)), f"{name}: other frames of {path}"
    rates: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(runs):
        shutil.rmtree(folder, ignore_errors=True)
        for name, way in named.items():
            start = time.perf_counter()
            for path in paths:
                way(path)
            rates[name].append(len(paths) / (time.perf_counter() - start))
    baseline = max(rates["decode everything"])
    print(f"\n{title}: {len(paths)} clips, {sampling.frames} frames each")
    for name, found in rates.items():
        listed = ", ".join(f"{rate:.1f}" for rate in found)
        times = max(found) / baseline
        print(f"{name:<24}{max(found):8.1f} clips/s  {times:6.2f} times decoding everything  ({listed})")
    print(cache.hit_rate())
    shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, help="measure on the clips of this folder instead")
    parser.add_argument("--count", type=int, default=24, help="clips to make, half of each kind")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    sampling = Sampling(frames=arguments.frames)
    with tempfile.TemporaryDirectory() as made:
        if arguments.clips:
            sets = {str(arguments.clips.name): sorted(p for p in arguments.clips.iterdir() if p.suffix in SUFFIXES)}
        else:
            each = range(max(arguments.count // 2, 1))
            sets = {
                f"key frame every {keys}": [make_clip(Path(made) / f"{keys}-{i}.mp4", seed=i, keys=keys) for i in each]
                for keys in (25, 250)
            }
        for title, paths in sets.items():
            measure(title, paths, sampling, arguments.runs, Path(made) / "cache")


if __name__ == "__main__":
    main()
