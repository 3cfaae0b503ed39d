"""Gains by stimuli, by hand."""

import pytest

from emobench_data.report.compare import Verdict
from emobench_data.report.gains import gains


def verdicts(**tasks):
    return {
        f"{task}{place}": Verdict(task, value, f"{task}{place}", None)
        for task, values in tasks.items()
        for place, value in enumerate(values)
    }


def test_relative_gains_are_means_over_tasks(monkeypatch):
    monkeypatch.setattr("emobench_data.report.compare.differs", lambda first, second: "")
    found = gains(verdicts(a=[1, 1, 0, 0], b=[1, 0, 0, 0], c=[0, 0]), verdicts(a=[1, 1, 1, 0], b=[0, 0, 0, 0], c=[1, 0]))
    assert [own["relative"] for own in found["tasks"].values()] == [pytest.approx(0.5), pytest.approx(-1), None]
    assert [own["difference"] for own in found["tasks"].values()] == pytest.approx([0.25, -0.25, 0.5])
    assert found["relative"] == pytest.approx(-0.25) and found["points"] == pytest.approx(0.5 / 3)
    assert gains(verdicts(c=[0]), verdicts(c=[0]))["relative"] is None
