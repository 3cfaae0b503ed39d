"""A training whose loss is no number stops, and saves nothing of it."""

import pytest
import torch

from emobench_data.io.errors import InputError
from emollm_plugin.training.finite import FiniteLoss

from ..trainings import start


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_one_loss_that_is_no_number_is_kept_in_mind(broken):
    losses = FiniteLoss()
    losses.check(0)
    for loss in (1.0, broken, 1.0):
        losses.note(torch.tensor(loss))
    with pytest.raises(InputError, match=r"^the loss is nan or infinite, at step 3 or before; .* lower LEARNING_RATE"):
        losses.check(3)


@pytest.mark.host
@pytest.mark.both_stacks
@pytest.mark.parametrize(("zero", "logged"), [(None, 1), ("2", 1), (None, 5)])
def test_a_rate_that_is_far_too_high_ends_in_one_line_and_no_checkpoint(train_arguments, tmp_path, zero, logged):
    """Also where the loss is logged less often than a checkpoint is saved, as the launcher does."""
    how = {"learning_rate": 1e30, "bf16": False, "save_strategy": "steps", "save_steps": 3, "disable_tqdm": True}
    how["logging_steps"] = logged
    training = start(train_arguments(**how), out=tmp_path / "llava-out", zero=zero)
    assert training.wait() == 2, training.tail()
    errors = [line for line in training.log.read_text().splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "the loss is nan or infinite, at step" in errors[0]
    assert not [*(tmp_path / "llava-out").rglob("*.safetensors")], "what is broken was saved"
