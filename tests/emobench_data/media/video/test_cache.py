"""The frame cache gives what reading gives, stays within its bytes, and serves several processes at once."""

import multiprocessing
import os
import shutil

import numpy as np
import pytest

from emobench_data import InputError
from emobench_data.media.video import FrameCache, Sampling, cache, read_frames

from .clips import make

TEN = Sampling(frames=10)
ENTRY = 10 * 64 * 96 * 3  # bytes of pixels


def total(folder):
    return sum(path.stat().st_size for path in folder.glob("*.npz"))


@pytest.fixture
def reads(monkeypatch):
    """The clips that were read from their files."""
    seen = []

    def note(path, *sampling, **side):
        seen.append(path.name)
        return read_frames(path, *sampling, **side)

    monkeypatch.setattr(cache, "read_frames", note)
    return seen


def test_a_second_epoch_reads_no_clip_and_gets_the_same(tmp_path, reads):
    path = make(tmp_path / "c.mp4")
    kept = FrameCache(tmp_path / "cache", limit=10**7)
    first, second = kept.frames(path, TEN), FrameCache(tmp_path / "cache", limit=10**7).frames(path, TEN)
    assert reads == ["c.mp4"] and kept.counts() == (1, 1)
    assert np.array_equal(first.pixels, second.pixels) and np.array_equal(first.times, second.times)
    assert "50.0 % of 2 clips came from it" in kept.hit_rate()
    kept.frames(path, TEN)
    assert "100.0 % of 1 clips" in kept.hit_rate(since=(1, 1))


def test_another_sampling_another_size_and_a_changed_clip_are_read_anew(tmp_path, reads):
    path = make(tmp_path / "c.mp4")
    kept = FrameCache(tmp_path / "cache", limit=10**7)
    kept.frames(path, TEN)
    assert kept.frames(path, Sampling(frames=2)).pixels.shape[0] == 2
    assert kept.frames(path, TEN, side=32).pixels.shape[1] == 32
    make(path, greys=[200] * 10)
    assert kept.frames(path, TEN).pixels.mean() == pytest.approx(200, abs=3)
    assert len(reads) == 4
    twin = shutil.copy2(path, tmp_path / "twin.mp4")  # of the same size and time
    kept.frames(twin, TEN)
    os.utime(path, ns=(1, 1))
    kept.frames(path, TEN)
    assert reads[4:] == ["twin.mp4", "c.mp4"]


def test_it_stays_within_its_bytes_and_the_longest_unused_goes_first(tmp_path, reads):
    kept = FrameCache(tmp_path / "cache", limit=int(3.5 * ENTRY))
    paths = [make(tmp_path / f"{index}.mp4") for index in range(4)]
    for path in paths[:3]:
        kept.frames(path, TEN)
    for age, entry in enumerate(sorted((tmp_path / "cache").glob("*.npz"), key=lambda each: each.stat().st_mtime_ns)):
        os.utime(entry, ns=(10**18 + age, 10**18 + age))  # clearly old, in the order of reading
    kept.frames(paths[0], TEN)
    kept.frames(paths[3], TEN)
    assert total(tmp_path / "cache") <= kept.limit
    reads.clear()
    kept.frames(paths[0], TEN)
    assert reads == []
    kept.frames(paths[1], TEN)
    assert reads == ["1.mp4"]


def test_a_spoilt_entry_and_what_a_killed_process_left_do_no_harm(tmp_path, reads):
    path = make(tmp_path / "c.mp4")
    kept = FrameCache(tmp_path / "cache", limit=int(1.5 * ENTRY))
    whole = kept.frames(path, TEN)
    (entry,) = (tmp_path / "cache").glob("*.npz")
    good = entry.read_bytes()
    for content in (b"", good[:5000], b"\x80\x04pickle", good.replace(b"\0\0\0", b"\1\1\1")):
        entry.write_bytes(content)
        assert np.array_equal(kept.frames(path, TEN).pixels, whole.pixels)
    (tmp_path / "cache" / ".x.npz.1.tmp").write_bytes(b"x" * 999)
    (tmp_path / "cache" / "total").write_bytes(b"rubbish")
    kept.frames(make(tmp_path / "d.mp4"), TEN)
    assert not list((tmp_path / "cache").glob(".*.tmp")) and total(tmp_path / "cache") <= kept.limit


def test_no_bytes_no_cache_an_entry_over_the_limit_and_a_negative_limit(tmp_path):
    path = make(tmp_path / "c.mp4")
    assert FrameCache(tmp_path / "cache", limit=0).frames(path, TEN).pixels.shape[0] == 10
    assert not (tmp_path / "cache").exists()
    small = FrameCache(tmp_path / "small", limit=ENTRY // 2)
    assert small.frames(path, TEN).pixels.shape[0] == 10 and total(tmp_path / "small") == 0
    with pytest.raises(InputError, match="a limit of -1e-09 GB"):
        FrameCache(tmp_path / "cache", limit=-1)


def use(kept, paths, order, results):
    greys = {}
    for index in order:
        greys[index] = round(float(kept.frames(paths[index], TEN).pixels.mean()))
    results.put(greys)


@pytest.mark.slow
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_several_processes_share_it_while_it_evicts(tmp_path, start):
    paths = [make(tmp_path / f"{index}.mp4", greys=[20 * index] * 10) for index in range(8)]
    kept = FrameCache(tmp_path / "cache", limit=5 * ENTRY)
    context = multiprocessing.get_context(start)
    results = context.Queue()
    orders = [list(np.random.default_rng(seed).integers(0, 8, 60)) for seed in range(3)]
    workers = [context.Process(target=use, args=(kept, paths, order, results)) for order in orders]
    for worker in workers:
        worker.start()
    for _ in workers:
        for index, grey in results.get(timeout=60).items():
            assert grey == pytest.approx(20 * index, abs=2)
    for worker in workers:
        worker.join(60)
    assert sum(kept.counts()) == 180 and kept.counts()[0] > 0
    assert total(tmp_path / "cache") <= kept.limit
