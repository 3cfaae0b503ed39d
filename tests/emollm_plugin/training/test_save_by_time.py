"""Checkpoints by time: at steps at which the loss is logged, as often as the clock says."""

from types import SimpleNamespace

from emollm_plugin.training import save_by_time
from emollm_plugin.training.save_by_time import SaveByTime


def saved_at(monkeypatch, *, minutes, seconds, steps, every, begin=0):
    """The steps that are saved of a run of so many seconds a step (a number, or a function of the step)."""
    clock, asked = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(save_by_time.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(save_by_time, "from_first", lambda make: asked.append(state.global_step) or make())
    args = SimpleNamespace(save_minutes=minutes, logging_steps=every)
    state, callback, saved = SimpleNamespace(global_step=begin), SaveByTime(), []
    callback.on_train_begin(args, state, None)
    for step in range(begin + 1, begin + steps + 1):
        state.global_step = step
        clock.now += seconds(step) if callable(seconds) else seconds
        control = SimpleNamespace(should_save=False)
        callback.on_step_end(args, state, control)
        if control.should_save:
            saved.append(step)
            callback.on_save(args, state, control)
    return saved, asked


def test_a_checkpoint_every_half_hour(monkeypatch):
    saved, asked = saved_at(monkeypatch, minutes=30, seconds=2, steps=5000, every=5)
    assert saved == [900, 1800, 2700, 3600, 4500] and len(asked) < 60, "ranks talk seldom"


def test_a_run_of_minutes_writes_none_and_one_of_slow_steps_not_every_step(monkeypatch):
    assert saved_at(monkeypatch, minutes=30, seconds=3, steps=60, every=5)[0] == []
    assert saved_at(monkeypatch, minutes=30, seconds=600, steps=20, every=5)[0] == [5, 10, 15, 20]
    assert saved_at(monkeypatch, minutes=0, seconds=600, steps=20, every=5) == ([], [])


def test_steps_that_become_slow_are_noticed(monkeypatch):
    saved, _ = saved_at(monkeypatch, minutes=30, seconds=lambda step: 1 if step < 400 else 10, steps=1000, every=1, begin=50)
    assert 540 <= saved[0] <= 570 and 175 <= saved[1] - saved[0] <= 190
