"""The host's own parser says what it takes."""

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.host.arguments import check_arguments

pytestmark = pytest.mark.host


def test_arguments_that_the_host_takes():
    check_arguments(["--weight_decay", "0.1", "--lr_scheduler_type=linear", "--group_by_modality_length", "True"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--weight_decai", "0.1"], "--weight_decai behind -- is no argument of the host's training; is --weight_decay meant?"),
        (["--weight_decay", "x"], "behind --: argument --weight_decay"),
        (["--lora_dropout=0.1", "--xyzzy"], "--xyzzy behind -- is no argument of the host's training"),
    ],
)
def test_arguments_that_it_does_not_take(words, said):
    with pytest.raises(InputError) as caught:
        check_arguments(words)
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)
