"""Figures are drawn for any size of benchmark, the same every time, and only where there are numbers."""

import pytest
from PIL import Image

from emobench_data.building.plots import draw
from emobench_data.building.statistics import Statistics


def statistics(labels, *, seconds=()):
    made = Statistics({})
    for n in range(labels):
        made.labels["train", "emoset", "emo_o", f"label {n}"] = n + 1
        made.words["emo_o", n] = 1
    made.labels["test", "hateful_memes", "hate", "Yes"] = 3
    made.words["hate", 12] = 3
    for n in seconds:
        made.seconds["hatemm", n] += 1
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "seconds"), [(0, ()), (1, (0,)), (300, (3, 100_000))])
def test_draw(tmp_path, labels, seconds):
    names = draw(statistics(labels, seconds=seconds), tmp_path)
    assert names == ["figures/labels.png", "figures/lengths.png", *["figures/durations.png"] * bool(seconds)]
    for name in names:
        with Image.open(tmp_path / name) as image:
            assert image.width > 300 and 100 < image.height < 2500 and len(image.getcolors(1 << 20)) > 5
    before = [(tmp_path / name).read_bytes() for name in names]
    assert draw(statistics(labels, seconds=seconds), tmp_path) == names
    assert [(tmp_path / name).read_bytes() for name in names] == before


def test_settings_of_the_machine_do_not_matter_and_stay(tmp_path):
    import matplotlib

    draw(statistics(3), tmp_path)
    before = (tmp_path / "figures/labels.png").read_bytes()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        draw(statistics(3), tmp_path)
        assert matplotlib.rcParams["font.size"] == 30
    assert (tmp_path / "figures/labels.png").read_bytes() == before
