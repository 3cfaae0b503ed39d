"""The loss by sub-task is the loss of all, sorted: no more and no less is trained."""

import json

import pytest
import torch
import torch.nn.functional as F

from emollm_plugin.prompt.encode import IGNORE_INDEX
from emollm_plugin.training.by_task import MOST_KEPT, LossByTask

from ..trainings import finish


def test_losses_are_those_of_each_sub_tasks_own_labels():
    torch.manual_seed(0)
    labels = torch.randint(0, 7, (3, 6))
    labels[:, :3] = IGNORE_INDEX
    labels[2, 4:] = IGNORE_INDEX
    logits = torch.randn(3, 6, 7)
    learned = labels[:, 1:] != IGNORE_INDEX
    each = F.cross_entropy(logits[:, :-1][learned], labels[:, 1:][learned], reduction="none")
    kept = LossByTask()
    kept.add(["hate", "emo_c", "hate"], labels, each)
    rows = [F.cross_entropy(logits[row, :-1], labels[row, 1:], reduction="none") for row in range(3)]
    hate = torch.cat([rows[0][2:], rows[2][2:3]])
    assert kept.figures() == {"loss_emo_c": round(rows[1][2:].mean().item(), 4), "loss_hate": round(hate.mean().item(), 4)}
    assert kept.figures() == {}


def test_a_training_that_never_logs_keeps_no_batches():
    kept = LossByTask()
    for number in range(1000):
        kept.add(["hate", "humor"], torch.tensor([[1, 2], [1, 2]]), torch.tensor([1.0, float(number)]))
    assert len(kept._kept) < MOST_KEPT
    assert kept.figures() == {"loss_hate": 1.0, "loss_humor": 499.5}


def test_of_one_sub_task_nothing_is_said_twice():
    kept = LossByTask()
    kept.add(["own", "own"], torch.tensor([[1, 2], [1, 2]]), torch.tensor([1.0, 2.0]))
    assert kept.figures() == {}


@pytest.mark.host
@pytest.mark.both_stacks
@pytest.mark.parametrize("steps", [1, 2])
def test_a_training_logs_them_and_their_mean_is_its_loss(train_arguments, tmp_path, steps):
    """Answers of one token and its end each, so that sub-tasks weigh as they have samples."""
    names = ("mini/{}/hate", "mini/{}/humor", "elsewhere {}")
    turns = [{"from": "human", "value": "Is it?"}, {"from": "gpt", "value": "x"}]
    entries = [{"id": names[number % 3].format(number), "conversations": turns} for number in range(24)]
    (tmp_path / "texts.json").write_text(json.dumps(entries))
    how = {"max_steps": 3, "per_device_train_batch_size": 8 // steps, "gradient_accumulation_steps": steps}
    done = finish(train_arguments(data_path=tmp_path / "texts.json", bf16=False, **how), out=tmp_path / "llava-out")
    history = json.loads((done.out / "trainer_state.json").read_text())["log_history"]
    logged = [entry for entry in history if "loss" in entry]
    assert len(logged) == 3
    seen = set()
    for entry in logged:
        own = {name: value for name, value in entry.items() if name.startswith("loss_")}
        seen |= own.keys()
        assert min(own.values()) - 1e-3 <= entry["loss"] <= max(own.values()) + 1e-3
    assert seen == {"loss_hate", "loss_humor", "loss_own"}
