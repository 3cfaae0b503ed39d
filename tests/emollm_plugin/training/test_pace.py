from types import SimpleNamespace

import pytest
import torch

from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions
from emollm_plugin.training import pace
from emollm_plugin.training.pace import Pace, openings


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only where a test says so."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(pace.time, "monotonic", lambda: now.seconds)
    return now


def batch(*rows):
    return {"labels": torch.tensor(rows)}


def slow(clock, batches, seconds):
    for one in batches:
        clock.seconds += seconds
        yield one


def test_what_was_trained_in_a_second_and_the_share_that_was_waited(clock):
    counter = Pace()
    assert counter.figures(ranks=1) == {}
    two = [batch([-100, -100, 5], [-100, 6, 7]), batch([9, 5, 5])]
    counter.count(list(counter.waiting(slow(clock, two, seconds=1.0))))  # 3 rows, 1 + 2 + 2 labels that are predicted
    clock.seconds += 8
    expected = {"samples_per_second": 0.6, "answer_tokens_per_second": 1.0, "waiting_for_data": 0.2}
    assert counter.figures(ranks=2) == expected
    assert counter.figures(ranks=2) == {}
    counter.count([batch([1, 1])])
    clock.seconds += 2
    assert counter.figures(ranks=1) == {"samples_per_second": 0.5, "answer_tokens_per_second": 0.5, "waiting_for_data": 0.0}


def test_a_perspective_opens_as_its_values_grow():
    options = ProjectorOptions(perspectives=("objects", "atmosphere"), slots=2, width=16)
    model = torch.nn.ModuleDict({"mm_projector": MultiPerspectiveProjector(8, 12, options)})
    whole = torch.nn.ModuleDict({"model": model})
    assert openings(whole) == {"opening_objects": 0.0, "opening_atmosphere": 0.0}
    torch.nn.init.constant_(model["mm_projector"].reads["objects"].to_value.weight, 0.5)
    # A gate of 16 ** -0.5 times the length of a row of sixteen halves, 2.
    assert openings(whole) == {"opening_objects": pytest.approx(0.5), "opening_atmosphere": 0.0}
