"""What the reading says: gains with their intervals, tables, the figure, and the pages that show them."""

import re
from pathlib import Path
from statistics import mean

import numpy as np
import pytest

from benchmarks.proof import figure
from benchmarks.proof.arms import FULL, LOGISTIC, PLAIN_HOST
from benchmarks.proof.report import ALWAYS, CONTRASTS, gain, gather, mean_gain, mixed, tables
from benchmarks.shared.crossed import crossed_mean
from benchmarks.shared.rows import read_rows
from emobench_data.io.errors import InputError
from emobench_data.metrics import crossed_means

ROOT = Path(figure.__file__).parents[2]
BEHIND = {
    "fer2013": [other for first, other in CONTRASTS if first == FULL],
    "fer2013, 1890 faces": [PLAIN_HOST, LOGISTIC],
}


@pytest.mark.parametrize("page", ["README.md", "docs/results.md"])
def test_a_page_shows_what_was_read(page):
    found = gather(read_rows(ROOT / "benchmarks/proof.jsonl"))
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"^\| \w+[,:] .*? \((\d+)\) \| (.*) \|$", text, re.MULTILINE)
    assert len(shown) == len(figure.TITLES)
    for data, (asked, cells) in zip(figure.TITLES, shown):
        ours, host, over_host, logistic, over_logistic, always = cells.split(" | ")
        assert int(asked) == len({item for _, item in found[data]["ours"]})
        for name, told in {"ours": ours, "host": host, "logistic regression": logistic, ALWAYS: always}.items():
            assert float(told) == round(100 * mean(found[data][name].values()), 1)
        for name, told in {"host": over_host, "logistic regression": over_logistic}.items():
            own = gain(data, found[data]["ours"], found[data][name])
            assert told == in_points(own.value, own.low, own.high)
    (cells,) = re.findall(r"^\| \*\*mean of the three\*\* \| \| \| (.*) \| \|$", text, re.MULTILINE)
    over_host, over_logistic = (in_points(*mean_gain(found, name)) for name in ("host", "logistic regression"))
    assert cells == f"**{over_host}** | | {over_logistic}"


def test_the_page_shows_what_is_behind_the_gain():
    found = gather(read_rows(ROOT / "benchmarks/proof.jsonl"))
    text = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    told = {what: cells.split(" | ") for what, cells in re.findall(r"^\| .* \(`(.+)`\) \| (.*) \|$", text, re.MULTILINE)}
    for data, others in BEHIND.items():
        for other in others:
            own = gain(data, found[data]["ours"], found[data][other])
            cells = told[other if data == "fer2013" else f"{data}; {other}"]
            assert cells == [str(own.answers), in_points(own.value, own.low, own.high)], (data, other)
    assert len(told) == sum(map(len, BEHIND.values()))


def in_points(value, low, high):
    return f"{100 * value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def outcomes(rate, seeds=5, count=40, shift=0.0):
    draw = np.random.default_rng(int(100 * rate))
    return {(seed, str(item)): bool(draw.random() < rate + shift * seed) for seed in range(seeds) for item in range(count)}


def test_a_gain_is_paired_and_its_interval_holds_seeds_and_groups():
    first, second = outcomes(0.7), outcomes(0.4)
    own = gain("fer2013", first, second)
    assert own.value == pytest.approx(sum(first.values()) / 200 - sum(second.values()) / 200)
    assert own.low < own.value < own.high and own.answers == 200 and len(own.by_seed) == 5
    assert len(own.drawn) == 10_000, "as the protocol says"
    assert gain("fer2013", first, first).low == gain("fer2013", first, first).high == 0
    assert gain("fer2013", first, {}) is None
    uneven = {place: place[0] % 2 == 0 for place in first}  # seeds differ, items do not
    wide = gain("fer2013", uneven, dict.fromkeys(first, False))
    assert wide.high - wide.low > 0.5


def test_draws_of_seeds_and_groups_spread_as_the_two_way_variance_says():
    draw = np.random.default_rng(0)
    seeds, groups = np.repeat(np.arange(30), 40), np.tile(np.arange(40), 30)
    values = draw.normal(size=30)[seeds] + draw.normal(size=40)[groups] + draw.normal(size=1200)
    drawn = crossed_means(values, seeds.tolist(), [str(own) for own in groups], draws=4000)
    wanted = crossed_mean(values, seeds.tolist(), [str(own) for own in groups])
    assert drawn.mean() == pytest.approx(values.mean(), abs=0.02)
    assert 4 * drawn.std() == pytest.approx(wanted.high - wanted.low, rel=0.15)


def test_a_mixed_model_says_about_the_same():
    pytest.importorskip("statsmodels")
    first, second = outcomes(0.7), outcomes(0.4)
    value = float(mixed("fer2013", first, second).split()[0])
    assert value == pytest.approx(100 * gain("fer2013", first, second).value, abs=0.1)


def test_tables_leave_trials_out_and_refuse_two_answers_to_one_question():
    def row(arm, pair, development=False):
        key = {"protocol": 1, "data": "emodb", "arm": arm, "seed": 0, "development": development}
        return {"key": key, "answers": {"03a01Fa": pair, "08a01Fa": "aa"}}

    found = gather([row("ours", "aa"), row("host", "ab"), row("host", "aa", development=True)])
    assert "| emodb | ours over host | 2 | +50.0 | +50.0 |" in tables(found)
    assert "| emodb | always the same answer | 1 | 2 | 100.0 | 100.0 |" in tables(found)
    with pytest.raises(InputError, match="two rows that differ"):
        gather([row("ours", "aa"), row("ours", "ab")])


def test_the_figure_has_learning_curves_once_larger_sets_were_read(tmp_path, monkeypatch):
    panels = []
    for own in (figure._gains, figure._curve):
        monkeypatch.setattr(figure, own.__name__, lambda *given, own=own: (panels.append(given[0]), own(*given)))
    assert not figure.draw({"fer2013": {"logistic regression": outcomes(0.6)}}, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists() and not panels
    arms = {"host": outcomes(0.3), "ours": outcomes(0.5), "logistic regression": outcomes(0.6)}
    figure.draw({"fer2013": arms}, tmp_path / "one.png")
    assert len(panels) == 1
    figure.draw({"fer2013": arms, "fer2013, 1890 faces": {"ours": outcomes(0.8)}}, tmp_path / "two.png")
    lines = {own.get_label(): own.lines[0] for own in panels[-1].containers}
    assert lines["EmoLLM"].get_xdata().tolist() == [480, 1890]
    assert lines["EmoLLM"].get_ydata() == pytest.approx([100 * sum(outcomes(rate).values()) / 200 for rate in (0.5, 0.8)])
    assert len(lines["logistic regression"].get_xdata()) == 1 and (tmp_path / "two.png").stat().st_size > 0
