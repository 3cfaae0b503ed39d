import logging
from types import SimpleNamespace

import pytest
from transformers.trainer_callback import PrinterCallback, TrainerState

from emollm_plugin.training import progress
from emollm_plugin.training.progress import ShowLoss, in_words, show_loss


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (605, "10 min 05 s"), (3900, "1 h 05 min")])
def test_a_time_in_words(seconds, words):
    assert in_words(seconds) == words


def test_a_line_says_step_loss_and_the_time_that_is_left(caplog, monkeypatch):
    clock = iter([100.0, 130.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    callback, state = ShowLoss(), TrainerState(global_step=40, max_steps=60, is_world_process_zero=True)
    with caplog.at_level(logging.INFO):
        callback.on_train_begin(None, state, None)  # a run that goes on from step 40
        state.global_step = 50
        callback.on_log(None, state, None, logs={"loss": 0.12345, "learning_rate": 1e-3})
        callback.on_log(None, state, None, logs={"train_runtime": 1.0})
        callback.on_log(None, TrainerState(global_step=50, is_world_process_zero=False), None, logs={"loss": 1.0})
    assert caplog.messages == ["step 50/60: loss 0.1235, 3.00 s a step, 30 s left"]


@pytest.mark.parametrize("printer", [PrinterCallback(), None], ids=["no bar", "a bar"])
def test_it_stands_for_the_printer_and_leaves_a_bar_alone(printer):
    added = []
    show_loss(SimpleNamespace(pop_callback=lambda kind: printer, add_callback=added.append))
    assert [type(one) for one in added] == ([ShowLoss] if printer else [])
