"""Warnings that nobody can act on are dropped, and nothing else."""

import warnings
from types import SimpleNamespace

import pytest

from emollm_plugin import compat
from emollm_plugin.compat.notices import drop_workers_of_the_host

pytestmark = pytest.mark.host

MODULE = "transformers.modeling_utils"
OLD = "`is_gradient_checkpointing` is deprecated and will be removed in v6."


@pytest.fixture
def told():
    """Warnings that come through behind our hook."""
    from transformers import modeling_utils

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        compat.HOOKS[MODULE](modeling_utils)
        drop_workers_of_the_host()
        yield found


def test_the_old_name_of_activation_checkpointing_is_read_in_silence(told):
    from transformers import PreTrainedModel

    model = SimpleNamespace(is_activation_checkpointing=False, modules=list)
    assert PreTrainedModel.is_gradient_checkpointing.fget(model) is False and not told


def test_a_number_that_the_host_has_fixed_is_not_spoken_of_and_the_users_own_is(told, monkeypatch):
    from torch.utils.data import DataLoader

    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    DataLoader([1], num_workers=4)
    assert not told
    DataLoader([1], num_workers=3)
    assert ["create 3 worker processes" in str(each.message) for each in told] == [True]


@pytest.mark.parametrize(
    ("words", "kind", "module"),
    [
        ("`torch_dtype` is deprecated", FutureWarning, MODULE),
        (OLD, UserWarning, MODULE),
        (OLD, FutureWarning, "transformers.modeling_utils_of_ours"),
        (OLD, FutureWarning, "ours"),
    ],
)
def test_what_else_is_warned_of_is_seen(told, words, kind, module):
    warnings.warn_explicit(words, kind, "file.py", 1, module=module)
    assert [str(each.message) for each in told] == [words]
