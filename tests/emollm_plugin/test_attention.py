import pytest

from emollm_plugin.attention import choose_attention


@pytest.mark.parametrize(
    ("installed", "half", "capability", "chosen"),
    [
        (True, True, (9, 0), "flash_attention_2"),
        (True, True, (8, 0), "flash_attention_2"),
        (False, True, (9, 0), "sdpa"),
        (True, False, (9, 0), "sdpa"),
        (True, True, (7, 5), "sdpa"),
        (True, True, None, "sdpa"),
    ],
)
def test_flash_attention_is_taken_where_it_can_run(installed, half, capability, chosen):
    assert choose_attention(half_precision=half, capability=capability, flash_installed=installed) == chosen
