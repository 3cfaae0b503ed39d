"""Options of the projector, read from its type string and written out again."""

import pytest

from emobench_data import InputError
from emollm_plugin.projector.options import ProjectorOptions


def test_options_are_read_from_the_type_string():
    options = ProjectorOptions.parse("multiperspective:slots=4,width=32,perspectives=atmosphere+objects")
    assert options == ProjectorOptions(perspectives=("objects", "atmosphere"), slots=4, width=32)


@pytest.mark.parametrize("tail", ["", ":tokens=16,width=64", ":perspectives=none", ":perspectives=objects+change,frames=4"])
def test_written_out_in_full_a_type_string_means_the_same(tail):
    options = ProjectorOptions.parse(f"multiperspective{tail}")
    full = str(options)
    assert ProjectorOptions.parse(full) == options and "perspectives=" in full and f"width={options.width}" in full


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("multiperspective:slot=4", "slots"),
        ("multiperspective:slots=0", "slots"),
        ("multiperspective:slots=99999999999", "slots"),
        ("multiperspective:tokens=50", "square"),
        ("multiperspective:slots=4,slots=5", "once"),
        ("multiperspective:perspectives=smell", "atmosphere"),
        ("multiperspective:perspectives=none+objects", "none"),
        ("multiperspective:perspectives=relations", "objects"),
        ("multiperspektive", "multiperspective"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_known(text, named):
    with pytest.raises(InputError, match=named):
        ProjectorOptions.parse(text)
